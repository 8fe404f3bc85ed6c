"""The route table of these tests, with a route for each kind of access, so that they hold whatever `ROUTES` has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, TypedDict

from handler.bodies import Length, Pattern, Range
from handler.route import Request, Route, table

HEALTH, HELLO, REPORTS, ADMIN, ADD = "GET /health", "GET /hello", "GET /reports", "GET /admin", "POST /things"


@dataclass(frozen=True)
class Place:
    city: Annotated[str, Length(1, 5)]
    floor: Annotated[int, Range(-2, 40)] = 0


@dataclass(frozen=True)
class Thing:
    """Every form that a body may have."""

    name: Annotated[str, Length(1, 30), Pattern("[a-z ]+", "be lower-case letters and spaces")]
    size: Literal["s", "m", 44]
    weight: Annotated[float, Range(0, 1.5)]
    new: bool
    tags: Annotated[list[Annotated[str, Length(1, 3)]], Length(0, 2)] = field(default_factory=list)
    place: Place | None = None
    places: list[Place] = field(default_factory=list)
    note: str | None = None
    count: int = 1


class Answered(TypedDict):
    name: str


def public(_: Request[None]) -> Answered:
    return {"name": "anyone"}


def signed_in(request: Request[None]) -> Answered:
    return {"name": request.user.name}


def add(request: Request[Thing]) -> Answered:
    return {"name": request.body.name}


TABLE = table(
    Route(key=HEALTH, call=public, summary="Answers anyone", response=Answered, public=True),
    Route(key=HELLO, call=signed_in, summary="Answers any signed-in user", response=Answered),
    Route(
        key=REPORTS,
        call=signed_in,
        summary="Answers a scope",
        response=Answered,
        scopes=("api/reports.read", "api/reports.write"),
    ),
    Route(key=ADMIN, call=signed_in, summary="Answers a group", response=Answered, groups=("admin", "audit")),
    Route(key=ADD, call=add, summary="Adds a thing", request=Thing, response=Answered, status=201),
)
