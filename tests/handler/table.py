"""The route table of these tests, with a route for each kind of access, so that they hold whatever `ROUTES` has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal, TypedDict

from handler.marks import Header, Length, Pattern, Range, Uuid
from handler.route import Answer, Request, Route, table
from handler.route_errors import Conflict, NotFound, PreconditionFailed

HEALTH, HELLO, REPORTS, ADMIN, ADD = "GET /health", "GET /hello", "GET /reports", "GET /admin", "POST /things"
PART, MAKE, REMOVE = "GET /things/{id}/parts/{number}", "POST /things/{id}/parts", "DELETE /things/{id}"


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


@dataclass(frozen=True)
class PartAt:
    """Every form that a parameter may have."""

    id: Annotated[str, Length(1, 20)]
    number: int
    sort: Literal["up", "down", 3] = "up"
    tag: Annotated[list[Annotated[str, Length(1, 9)]], Length(0, 3)] = field(default_factory=list)
    limit: Annotated[int, Range(1, 50)] = 10
    ratio: float | None = None
    exact: bool = False
    since: datetime | None = None
    batch: Uuid | None = None
    trace: Annotated[str | None, Header("X-Trace")] = None


@dataclass(frozen=True)
class ThingAt:
    id: Annotated[str, Length(1, 20)]
    version: Annotated[str | None, Header("If-Match")] = None


class ThingMissing(NotFound):
    reason = "thing_missing"
    message = "There is no such thing"


class ThingTaken(Conflict):
    reason = "thing_taken"
    message = "Another thing has this name"


class Answered(TypedDict):
    name: str


def public(_: Request[None]) -> Answered:
    return {"name": "anyone"}


def signed_in(request: Request[None]) -> Answered:
    return {"name": request.user.name}


def add(request: Request[Thing]) -> Answered:
    return {"name": request.body.name}


def part(request: Request[None], at: PartAt) -> Answered:
    return {"name": f"{request.user.name} {at.id} {at.number}"}


def make(_: Request[Thing], at: ThingAt) -> Answer[Answered]:
    if at.id == "taken":
        raise ThingTaken
    return Answer({"name": at.id}, location=f"/things/{at.id}/parts/1", etag=f"v-{at.id}")


def remove(_: Request[None], at: ThingAt) -> None:
    if at.id == "taken":
        raise ThingTaken  # not declared there
    if at.id != "7":
        raise ThingMissing
    if at.version is not None:
        raise PreconditionFailed


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
    Route(key=PART, call=part, summary="Shows a part", response=Answered, parameters=PartAt, answer_headers=("ETag",)),
    Route(
        key=MAKE,
        call=make,
        summary="Makes a part",
        parameters=ThingAt,
        request=Thing,
        response=Answered,
        status=201,
        errors=(ThingTaken,),
        answer_headers=("ETag", "Location"),
    ),
    Route(
        key=REMOVE,
        call=remove,
        summary="Removes a thing",
        parameters=ThingAt,
        response=None,
        status=204,
        errors=(ThingMissing, PreconditionFailed),
    ),
)
