"""The project's handler, from its deployment package: a route without parameters, and one with five."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypedDict

from handler.app import App
from handler.marks import Length, Range
from handler.route import Request, Route


class Greeting(TypedDict):
    message: str
    user: str


def hello(request: Request[None]) -> Greeting:
    return {"message": "Hello, authenticated user!", "user": request.user.name}


@dataclass(frozen=True)
class OrderAt:
    shop: Annotated[str, Length(1, 20)]
    number: Annotated[int, Range(1, 999_999)]
    limit: Annotated[int, Range(1, 50)] = 20
    gift: bool = False
    after: Annotated[str, Length(1, 100)] | None = None


class Order(TypedDict):
    shop: str
    number: int
    limit: int
    gift: bool
    after: str | None


def order(_: Request[None], at: OrderAt) -> Order:
    return {"shop": at.shop, "number": at.number, "limit": at.limit, "gift": at.gift, "after": at.after}


ROUTES = (
    Route(key="GET /hello", call=hello, summary="Greets the user", response=Greeting),
    Route(
        key="GET /shops/{shop}/orders/{number}",
        call=order,
        summary="Shows an order",
        parameters=OrderAt,
        response=Order,
    ),
)

lambda_handler = App(ROUTES).handle
