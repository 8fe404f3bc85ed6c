"""The route table: every route of the API, who may call it, and the function that answers.

The gateway's routes, the resource server's scopes, the handler's dispatch and what it demands of a token all come from
`ROUTES`. To add a route, write a function and add its line. All that it imports does with the standard library: the
program reads the table at deploy time, where the function's own dependencies are not installed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypedDict, TypeVar

from handler import notes
from handler.notes import NewNote, Note

# API Gateway route keys, narrowed: no ANY, no $default, no greedy {proxy+}; what is not declared does not exist.
_KEY = re.compile(r"(GET|POST|PUT|PATCH|DELETE|HEAD) /(?:[\w.~-]+|\{\w+\})?(?:/(?:[\w.~-]+|\{\w+\}))*", re.ASCII)
# Cognito: an identifier, which may be a URL, and a name without a slash (ResourceServerIdentifierType, ScopeNameType)
_SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]{1,256}/[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}")
_GROUP = re.compile(r"[\w.+=@-]{1,128}", re.ASCII)  # narrower than Cognito: no space or bracket, which logs would blur
_FUNCTION = re.compile(r"[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?")  # part of names that IAM and Lambda cut at 64 characters
# No Scan, which reads what is everybody's, and no batches: each call names its owner.
_ITEMS = frozenset({"DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"})

Body = TypeVar("Body")


class Caller(NamedTuple):
    """Who called, from the token that the function verified itself.

    `username` is None for a machine (client credentials); `scopes` and `groups` are empty where the token has none.
    """

    sub: str
    username: str | None
    client_id: str
    scopes: frozenset[str]
    groups: frozenset[str]

    @property
    def name(self) -> str:
        """What to call it: a person's user name, a machine's client id."""
        return self.username or self.client_id


class Request(NamedTuple, Generic[Body]):
    """One request: API Gateway's event (payload format 2.0), its caller, None on a public route only, and its body.

    `body` is an instance of the route's request type, checked; None on a route without one.
    """

    event: dict[str, Any]
    caller: Caller | None
    body: Body

    @property
    def user(self) -> Caller:
        """The caller of a protected route; LookupError on a public one, where nobody is known."""
        if self.caller is None:
            raise LookupError("a public route has no caller")
        return self.caller


@dataclass(frozen=True)
class Throttle:
    """A route's own limit at the gateway: steady requests a second, and the most at once."""

    rate: float
    burst: int

    def __post_init__(self) -> None:
        if self.rate <= 0 or self.burst <= 0:  # API Gateway reads 0 as "refuse everything"
            raise ValueError(f"throttle must have a rate and a burst above 0, got {self.rate} and {self.burst}")


@dataclass(frozen=True, kw_only=True)
class Route:
    """One route. Protected unless `public` says otherwise; then any signed-in user may call it.

    `scopes` and `groups` narrow that: the token needs at least one of the scopes (API Gateway's rule) and its user at
    least one of the groups. A route with scopes is open to machines too; one without is for people.

    `request` is a frozen dataclass, which `handler.bodies` reads the body into; without it the route takes no body.
    `response` is the TypedDict that `call` returns, answered with `status`. `function` names the one that answers:
    the same code, with memory, time and rights of its own. `items` are the actions on the table of items that `call`
    needs: a function may do what its routes say, and no more.
    """

    key: str
    call: Callable[[Request[Any]], Mapping[str, Any]]
    summary: str
    response: type
    request: type | None = None
    status: int = 200
    public: bool = False
    scopes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    function: str = "api"
    throttle: Throttle | None = None
    items: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.key):
            raise ValueError(
                f"route key must be a method and a path without ANY, $default or {{proxy+}}, got {self.key!r}"
            )
        self._check_rights()
        self._check_types()

    def _check_rights(self) -> None:
        if self.public and (self.scopes or self.groups):
            raise ValueError(f"{self.key} must be public or ask for scopes and groups, not both")
        for scope in self.scopes:
            if not _SCOPE.fullmatch(scope):
                raise ValueError(f"{self.key}: scope must be <resource server>/<name>, got {scope!r}")
        for group in self.groups:
            if not _GROUP.fullmatch(group):
                raise ValueError(f"{self.key}: group must be letters, digits and _.+=@-, got {group!r}")
        if not _FUNCTION.fullmatch(self.function):
            raise ValueError(f"{self.key}: function must be lower case letters, digits and -, got {self.function!r}")
        if not _ITEMS.issuperset(self.items):
            raise ValueError(f"{self.key}: items must be of {', '.join(sorted(_ITEMS))}, got {', '.join(self.items)}")
        if len(self.scopes) > 10:  # API Gateway quota: authorization scopes per route
            raise ValueError(f"{self.key} must ask for 10 scopes at most, got {len(self.scopes)}")

    def _check_types(self) -> None:
        if not hasattr(self.response, "__required_keys__"):
            raise ValueError(f"{self.key}: response must be a TypedDict, got {self.response!r}")
        if self.request is not None:
            made = getattr(self.request, "__dataclass_params__", None)
            if not isinstance(self.request, type) or made is None or not made.frozen:
                raise ValueError(f"{self.key}: request must be a frozen dataclass, got {self.request!r}")
            if self.key.startswith(("GET ", "HEAD ", "DELETE ")):  # RFC 9110 9.3: a body has no meaning there
                raise ValueError(f"{self.key} must be POST, PUT or PATCH to take a body")
        if self.status not in (200, 201, 202):  # the others have no body, or say that something went wrong
            raise ValueError(f"{self.key}: status must be 200, 201 or 202, got {self.status}")


def table(*routes: Route) -> tuple[Route, ...]:
    """The routes as given; ValueError where two share a key or there are more than API Gateway's 300."""
    keys = [route.key for route in routes]
    repeated = {key for key in keys if keys.count(key) > 1} if len(set(keys)) < len(keys) else set()
    if repeated:
        raise ValueError(f"route keys must be unique, got twice: {', '.join(sorted(repeated))}")
    if len(routes) > 300:  # API Gateway quota: routes per HTTP API
        raise ValueError(f"an API must have 300 routes at most, got {len(routes)}")
    return routes


class Health(TypedDict):
    status: str


class Greeting(TypedDict):
    message: str
    user: str


Reports = TypedDict("Reports", {"reports": list[str], "for": str})  # a keyword is no name for a class's member


class Notes(TypedDict):
    """The caller's last notes, 50 at most, newest first."""

    notes: list[Note]


def health(_: Request[None]) -> Health:
    return {"status": "ok"}


def hello(request: Request[None]) -> Greeting:
    return {"message": "Hello, authenticated user!", "user": request.user.name}


def reports(request: Request[None]) -> Reports:
    return {"reports": [], "for": request.user.name}


def admin(request: Request[None]) -> Greeting:
    return {"message": "Hello, administrator!", "user": request.user.name}


def list_notes(request: Request[None]) -> Notes:
    return {"notes": notes.newest(request.user.sub)}


def add_note(request: Request[NewNote]) -> Note:
    return notes.add(request.user.sub, request.body)


ROUTES = table(
    Route(key="GET /health", call=health, summary="Says that the API answers", response=Health, public=True),
    Route(key="GET /hello", call=hello, summary="Greets the signed-in user", response=Greeting),
    Route(key="GET /reports", call=reports, summary="Lists reports", response=Reports, scopes=("api/reports.read",)),
    Route(key="GET /admin", call=admin, summary="Greets an administrator", response=Greeting, groups=("admin",)),
    Route(key="GET /notes", call=list_notes, summary="Lists the caller's own notes", response=Notes, items=("Query",)),
    Route(
        key="POST /notes",
        call=add_note,
        summary="Keeps a note for the caller",
        request=NewNote,
        response=Note,
        status=201,
        items=("PutItem",),
    ),
)
