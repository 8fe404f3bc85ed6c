"""One sample for each kind of access: public, any signed-in user, a scope, a group."""

from __future__ import annotations

from typing import TypedDict

from handler.route import Request


class Health(TypedDict):
    status: str


class Greeting(TypedDict):
    message: str
    user: str


Reports = TypedDict("Reports", {"reports": list[str], "for": str})  # a class cannot have a member named `for`


def health(_: Request[None]) -> Health:
    return {"status": "ok"}


def hello(request: Request[None]) -> Greeting:
    return {"message": "Hello, authenticated user!", "user": request.user.name}


def reports(request: Request[None]) -> Reports:
    return {"reports": [], "for": request.user.name}


def admin(request: Request[None]) -> Greeting:
    return {"message": "Hello, administrator!", "user": request.user.name}
