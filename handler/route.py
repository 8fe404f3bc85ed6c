"""The definition of a route: its key, its function, who may call it, and the types that go in and out.

Imports the standard library only, since the program reads the route table at deploy time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, field
from typing import Any, Generic, TypeVar

from handler.frozen import frozen, is_frozen
from handler.route_errors import RouteError, check

# Lambda sets it. What is wrong with a table was refused before this file was deployed: no cold start looks again.
_DEPLOYED = "AWS_LAMBDA_FUNCTION_NAME" in os.environ

# API Gateway route keys without ANY, $default and greedy {proxy+}: a route that is not declared does not exist.
_KEY = r"(GET|POST|PUT|PATCH|DELETE|HEAD) /(?:[\w.~-]+|\{\w+\})?(?:/(?:[\w.~-]+|\{\w+\}))*"
# Cognito: an identifier, which may be a URL, and a name without a slash (ResourceServerIdentifierType, ScopeNameType)
SCOPE_PATTERN = r"[\x21\x23-\x5B\x5D-\x7E]{1,256}/[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}"
# Narrower than Cognito's GroupNameType: the gateway's log writes groups as [a b], so no space and no bracket.
GROUP_PATTERN = r"[A-Za-z0-9_.+=@-]{1,128}"
# Part of names that IAM and Lambda limit to 64 characters.
FUNCTION_PATTERN = r"[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?"
# Neither Scan, which reads every user's items, nor batches: each call names one owner.
ITEM_ACTIONS = frozenset({"DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"})

# Headers that a route may set. Each is always there, so that clients can build on it.
ANSWER_HEADERS = frozenset({"ETag", "Location"})
MAX_AGE_MOST = 31_536_000  # seconds; a year, as RFC 2616 14.21 advised

Body = TypeVar("Body")
Response = TypeVar("Response")


@frozen
class Caller:
    """The caller, from the token that the function verified itself.

    `username` is None for a machine (client credentials). `scopes` and `groups` are empty if the token has none.
    `issued_at` and `expires_at` are in seconds since the epoch. `session` is the id of the sign-in that the token comes
    from, at first hand or refreshed.
    """

    sub: str
    username: str | None
    client_id: str
    scopes: frozenset[str]
    groups: frozenset[str]
    issued_at: int
    expires_at: int
    session: str | None

    def __init__(  # noqa: PLR0913, PLR0917 - written out since each request makes one; a named tuple takes longer
        self,
        sub: str,
        username: str | None,
        client_id: str,
        scopes: frozenset[str],
        groups: frozenset[str],
        issued_at: int = 0,
        expires_at: int = 0,
        session: str | None = None,
    ) -> None:
        own = vars(self)
        own["sub"] = sub
        own["username"] = username
        own["client_id"] = client_id
        own["scopes"] = scopes
        own["groups"] = groups
        own["issued_at"] = issued_at
        own["expires_at"] = expires_at
        own["session"] = session

    @property
    def name(self) -> str:
        """A person's user name, or a machine's client id."""
        return self.username or self.client_id


@frozen
class Request(Generic[Body]):
    """One request: API Gateway's event (payload format 2.0), the caller and the body.

    `caller` is None on a public route only. `body` is a checked instance of the route's request type, or None on a
    route without one.
    """

    event: dict[str, Any]
    caller: Caller | None
    body: Body

    def __init__(self, event: dict[str, Any], caller: Caller | None, body: Body) -> None:
        own = vars(self)
        own["event"] = event
        own["caller"] = caller
        own["body"] = body

    @property
    def user(self) -> Caller:
        """The caller of a protected route. LookupError on a public route, which knows no caller."""
        if self.caller is None:
            raise LookupError("a public route has no caller")
        return self.caller


@frozen
class Answer(Generic[Response]):
    """A response with the headers that the route declares in `answer_headers`.

    location: the path of the item that was created, as `/notes/7`; it is sent relative to the request's URL.
    etag: the item's version, without quotes. None: a digest of the body.
    """

    body: Response
    location: str | None = None
    etag: str | None = None


@frozen
class Items:
    """A DynamoDB table of the stack, which exists because routes use it. Both keys are strings.

    name: of the component, as in `user-notes`. The function finds the table's own name in `variable`.
    expiry: the attribute with the second since the epoch at which an item expires; an item without it never does.
    """

    name: str
    partition_key: str = "owner"
    sort_key: str = "id"
    expiry: str | None = None

    @property
    def variable(self) -> str:
        return f"{self.name.replace('-', '_').upper()}_TABLE"


@frozen
class Throttle:
    """A route's own limit at the gateway: steady requests per second, and the largest burst."""

    rate: float
    burst: int


@frozen
class Route:
    """One route. It is protected unless it is `public`, and any signed-in user may call it unless it asks for more.

    key: method and path, as in `GET /items/{id}`.
    call: the function that answers. It takes the `Request`, and the `parameters` if there are any. It returns
        `response`, or an `Answer` of it, which is sent with `status`.
    summary: one line for the OpenAPI document and the access report.
    response: a TypedDict, or None for the status 204.
    parameters: a frozen dataclass that `handler.parameters` reads path, query and headers into.
    open_query: ignore query parameters that are not declared, as those of a link tracker. False: refuse them.
    request: a frozen dataclass that `handler.bodies` reads the body into. None: the route takes no body.
    errors: the failures that `call` raises, subclasses of `handler.route_errors`.
    answer_headers: headers of the answer, `Location` and `ETag`. A GET with an ETag answers 304 to If-None-Match.
    max_age: seconds that a client may reuse the answer without asking. None: it may not.
    scopes: the token needs at least one of them (API Gateway's rule). Machines may call a route with scopes; a route
        without is for people.
    groups: the user must be in at least one of them.
    fresh: revocations and changes of groups are asked at each call, at the price of a read; needs `revocation`.
    function: the Lambda function that serves the route; same code, but memory, timeout and role of its own.
    throttle: a limit of its own at the gateway instead of the stage's.
    items: the tables that `call` uses, and the DynamoDB actions it needs on each. A function's role allows those of its
        routes only.
    revokes: `call` ends its caller's sessions (`handler.revoking`): its function may sign this pool's users out, and
        revoke their tokens.
    """

    _: KW_ONLY
    key: str
    call: Callable[..., Mapping[str, Any] | Answer[Any] | None]
    summary: str
    response: type | None
    parameters: type | None = None
    open_query: bool = False
    request: type | None = None
    status: int = 200
    errors: tuple[type[RouteError], ...] = ()
    answer_headers: tuple[str, ...] = ()
    max_age: int | None = None
    public: bool = False
    scopes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    fresh: bool = False
    function: str = "api"
    throttle: Throttle | None = None
    items: Mapping[Items, tuple[str, ...]] = field(default_factory=dict)
    revokes: bool = False

    def __post_init__(self) -> None:
        if not _DEPLOYED:
            self._check()

    def _check(self) -> None:
        if not re.fullmatch(_KEY, self.key, re.ASCII):
            raise ValueError(
                f"route key must be a method and a path without ANY, $default or {{proxy+}}, got {self.key!r}"
            )
        self._check_rights()
        self._check_limits()
        self._check_types()
        self._check_answer()

    @property
    def reads(self) -> bool:
        """Whether a call changes nothing (RFC 9110, 9.2.1)."""
        return self.key.startswith(("GET ", "HEAD "))

    @property
    def request_headers(self) -> tuple[str, ...]:
        """Names of the headers that the route asks for."""
        from handler.parameters import declared

        return tuple(each.name for each in declared(self.parameters, self.key) if each.place == "header")

    @property
    def needs_parameters(self) -> bool:
        """Whether a request must carry a parameter."""
        from handler.parameters import declared

        return any(each.required for each in declared(self.parameters, self.key))

    def _check_rights(self) -> None:
        if self.public and (self.scopes or self.groups):
            raise ValueError(f"{self.key} must be public or ask for scopes and groups, not both")
        if self.public and self.fresh:
            raise ValueError(f"{self.key} must be public or fresh, not both")
        for scope in self.scopes:
            if not re.fullmatch(SCOPE_PATTERN, scope):
                raise ValueError(f"{self.key}: scope must be <resource server>/<name>, got {scope!r}")
        for group in self.groups:
            if not re.fullmatch(GROUP_PATTERN, group):
                raise ValueError(f"{self.key}: group must be letters, digits and _.+=@-, got {group!r}")
        if len(self.scopes) > 10:  # API Gateway quota: authorization scopes per route
            raise ValueError(f"{self.key} must ask for 10 scopes at most, got {len(self.scopes)}")

    def _check_limits(self) -> None:
        if not re.fullmatch(FUNCTION_PATTERN, self.function):
            raise ValueError(f"{self.key}: function must be lower-case letters, digits and -, got {self.function!r}")
        limit = self.throttle
        if limit and (limit.rate <= 0 or limit.burst <= 0):  # API Gateway reads 0 as "refuse everything"
            raise ValueError(
                f"{self.key}: throttle must have a rate and a burst above 0, got {limit.rate} and {limit.burst}"
            )
        for items, actions in self.items.items():
            if not re.fullmatch(FUNCTION_PATTERN, items.name):
                raise ValueError(
                    f"{self.key}: a table's name must be lower-case letters, digits and -, got {items.name!r}"
                )
            if not actions or not ITEM_ACTIONS.issuperset(actions):
                allowed = ", ".join(sorted(ITEM_ACTIONS))
                raise ValueError(f"{self.key}: items of {items.name} must be of {allowed}, got {', '.join(actions)}")

    def _check_types(self) -> None:
        from handler.parameters import declared

        declared(self.parameters, self.key)  # refuses what the key does not say, and unknown forms
        if self.request is not None:
            if not is_frozen(self.request):
                raise ValueError(f"{self.key}: request must be a frozen dataclass, got {self.request!r}")
            if self.key.startswith(("GET ", "HEAD ", "DELETE ")):  # RFC 9110 9.3: a body has no meaning there
                raise ValueError(f"{self.key} must be POST, PUT or PATCH to take a body")

    def _check_answer(self) -> None:
        if self.status not in (200, 201, 202, 204):  # the others report a failure, or need a body of another kind
            raise ValueError(f"{self.key}: status must be 200, 201, 202 or 204, got {self.status}")
        if (self.response is None) != (self.status == 204):
            raise ValueError(f"{self.key}: status must be 204 exactly if response is None, got {self.status}")
        if self.response is not None and not hasattr(self.response, "__required_keys__"):
            raise ValueError(f"{self.key}: response must be a TypedDict, got {self.response!r}")
        if not ANSWER_HEADERS.issuperset(self.answer_headers):
            allowed = ", ".join(sorted(ANSWER_HEADERS))
            raise ValueError(f"{self.key}: answer_headers must be of {allowed}, got {', '.join(self.answer_headers)}")
        if self.max_age is not None and not (self.reads and 0 < self.max_age <= MAX_AGE_MOST):
            raise ValueError(f"{self.key}: max_age must be 1 to {MAX_AGE_MOST} on a GET or HEAD, got {self.max_age}")
        for error in self.errors:
            if not (isinstance(error, type) and issubclass(error, RouteError)) or error is RouteError:
                raise ValueError(f"{self.key}: errors must be subclasses of handler.route_errors', got {error!r}")
            check(error)
        codes = [error.reason for error in self.errors]
        if len(set(codes)) < len(codes):
            raise ValueError(f"{self.key}: errors must each have a reason of their own, got {', '.join(codes)}")


def table(*routes: Route) -> tuple[Route, ...]:
    """Return the routes as given. ValueError if two share a key or there are more than API Gateway's 300."""
    if _DEPLOYED:
        return routes
    keys = [route.key for route in routes]
    repeated = {key for key in keys if keys.count(key) > 1} if len(set(keys)) < len(keys) else set()
    if repeated:
        raise ValueError(f"route keys must be unique, got twice: {', '.join(sorted(repeated))}")
    tables = {items for route in routes for items in route.items}
    if len({items.name for items in tables}) < len(tables):
        raise ValueError("tables of items must be the same in every route that names them")
    if len(routes) > 300:  # API Gateway quota: routes per HTTP API
        raise ValueError(f"an API must have 300 routes at most, got {len(routes)}")
    return routes
