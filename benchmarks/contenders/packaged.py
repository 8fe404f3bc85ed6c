"""The project's handler, from its deployment package, with one route for any signed-in user."""

from __future__ import annotations

from typing import TypedDict

from handler.app import App
from handler.route import Request, Route


class Greeting(TypedDict):
    message: str
    user: str


def hello(request: Request[None]) -> Greeting:
    return {"message": "Hello, authenticated user!", "user": request.user.name}


ROUTES = (Route(key="GET /hello", call=hello, summary="Greets the user", response=Greeting),)

lambda_handler = App(ROUTES).handle
