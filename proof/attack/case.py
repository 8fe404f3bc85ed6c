"""One hostile request: how it is built, where it applies, and what gateway and function must answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from proof.access import Access
from proof.attack.draft import Change, draft
from proof.attack.stack import TargetStack
from proof.client import Answer

GROUPS = {
    "A": "token header",
    "B": "signature",
    "C": "key confusion",
    "D": "claims and rights",
    "E": "encoding",
    "F": "transport",
    "P": "parameters",
    "R": "exhaustion",
    "S": "revocation",
}
NO_BODY = b"{not json"  # every route refuses it, once the right to call is established and before its own code runs
ACCEPTED: Final = ""  # as the function's reason: it lets the request through
ADMITTED: Final = -1  # as a status: what a good token gets, see `Case.expects`
# Statuses where whatever speaks HTTP may refuse a malformed or too large request before anybody looks for a token.
MALFORMED: Final[dict[str, Any]] = {"expected": (400, 401), "public": (200, 400)}
_TOO_MUCH = (0, 400, 413, 414, 431, 494)
TOO_MUCH: Final[dict[str, Any]] = {"expected": (401, *_TOO_MUCH), "public": (200, *_TOO_MUCH)}
# The function's status by the reason code that it logs; 401 for every other code.
_STATUS = {
    "event_invalid": 400,
    "body_unexpected": 400,
    "query_invalid": 400,
    "path_invalid": 404,
    "body_too_large": 413,
    "scope_missing": 403,
    "group_missing": 403,
    "user_required": 403,
    "route_unknown": 404,
    "keys_unavailable": 503,
}
_INNER_HYPHEN = re.compile(r"(?<=\w)-")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request. Method and path are the route's own where they are None."""

    headers: tuple[tuple[str, str], ...] = ()
    method: str | None = None
    path: str | None = None
    body: bytes | None = None


MakeRequest = Callable[[TargetStack, Access], Request | None]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One hostile request, sent to every route of the kind `on`.

    `make` builds the request, returns None where it does not apply to a route, and raises CannotTestError where the run
    lacks what it needs. `reason` is the function's reason code when it is called alone: ACCEPTED, one code, any of
    several, or None if the case says nothing about the function. `expected` are the statuses of a protected route
    behind the gateway, by default the one that belongs to `reason`; `public` those of a public route, whose 200 must
    be its usual answer. `by` is the layer that must refuse, where a refusal by the other one means that something is
    broken; `judge` returns what else is wrong with an answer.

    `sent` says who can send the case: anybody ("live"), only the holder of the pool's private key ("key"), or nobody,
    so that the function is called with an event ("event"). `change` is the difference from a good token, if that is
    all. The last five are for a call of the function alone: `event` rewrites the event, `context` returns claims in
    the gateway's authorizer context, `key_set` the pool's key set; `environment` are additional variables, and
    `milliseconds` is the most processor time.
    """

    id: str
    name: str
    title: str
    make: MakeRequest
    reason: str | tuple[str, ...] | None = None
    expected: tuple[int, ...] = ()
    public: tuple[int, ...] = (200,)
    on: Literal["every", "protected", "public", "plain", "scoped", "grouped", "path", "numbers", "owned"] = "every"
    sent: Literal["live", "key", "event"] = "live"
    by: Literal["gateway", "function"] | None = None
    judge: Callable[[TargetStack, Access, Answer], str] | None = None
    change: Change | None = None
    event: Callable[[TargetStack, dict[str, Any]], Any] | None = None
    context: Callable[[TargetStack], Mapping[str, Any]] | None = None
    key_set: Callable[[TargetStack], Sequence[Mapping[str, Any]]] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    milliseconds: float = 1000

    @property
    def group(self) -> str:
        return GROUPS[self.id[0]]

    def __str__(self) -> str:
        return f"{self.id}-{self.name}"

    @property
    def reasons(self) -> tuple[str, ...]:
        return self.reason if isinstance(self.reason, tuple) else () if self.reason is None else (self.reason,)

    @property
    def statuses_alone(self) -> tuple[int, ...]:
        """The statuses that the function may answer with when it is called alone."""
        return tuple({200 if reason == ACCEPTED else _STATUS.get(reason, 401) for reason in self.reasons})

    @property
    def statuses(self) -> tuple[int, ...]:
        """The statuses of a protected route; ADMITTED among them stands for what a good token gets."""
        if self.expected or self.reason is None:
            return self.expected or (401,)
        return (ADMITTED,) if self.reason == ACCEPTED else self.statuses_alone

    def applies_to(self, route: Access) -> bool:
        return {
            "every": True,
            "protected": not route.public,
            "public": route.public,
            "plain": not (route.public or route.scopes or route.groups),
            "scoped": bool(route.scopes),
            "grouped": bool(route.groups),
            "path": not route.public and "{" in route.path,
            "numbers": not route.public and bool(route.surface.numbers),
            "owned": not route.public and route.surface.owned and route.path.endswith("}"),
        }[self.on]

    def request(self, stack: TargetStack, route: Access) -> Request | None:
        """Return the request for this route, None where there is none; CannotTestError where it cannot be built.

        A request with a good token to a route that may change something gets a body that no route takes: the
        function's 400 then shows that the right to call was there, and nothing is written.
        """
        if ADMITTED not in self.statuses:
            return self.make(stack, route)
        request = None if route.needs_parameters else self.make(stack, route)
        if request is None or reads_only(route):
            return request
        return replace(request, headers=(*request.headers, ("Content-Type", "application/json")), body=NO_BODY)

    def expects(self, stack: TargetStack, route: Access) -> tuple[int, ...]:
        """Return the statuses that this route may answer with.

        ADMITTED becomes 403 where the user may not call the route, 400 where the request has a body that no route
        takes, and 200 otherwise.
        """
        if route.public:
            return self.public
        if ADMITTED not in self.statuses:
            return self.statuses
        good = (200 if reads_only(route) else 400) if stack.may_call(route) else 403
        return tuple(good if status == ADMITTED else status for status in self.statuses)


def reads_only(route: Access) -> bool:
    """Return whether a call of the route changes nothing and needs no body."""
    return route.method in {"GET", "HEAD"}


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {token}"),)


# Each of the functions below declares the cases of one id as a table: names and what differs from one to the next.
# `prefix` begins every name; the further fields are those of `Case`.
Reason = str | tuple[str, ...] | None


def requests(
    case_id: str, title: str, reason: Reason, made: Mapping[str, MakeRequest], prefix: str = "", **fields: Any
) -> Iterator[Case]:
    """Yield a case for each request."""
    for name, make in made.items():
        words = f"{title}: {_INNER_HYPHEN.sub(' ', name)}" if len(made) > 1 else title
        yield Case(id=case_id, name=f"{prefix}{name}", title=words, make=make, reason=reason, **fields)


def tokens(
    case_id: str,
    title: str,
    reason: Reason,
    made: Mapping[str, Callable[[TargetStack], str]],
    prefix: str = "",
    **fields: Any,
) -> Iterator[Case]:
    """Yield a case for each token: an ordinary request with that token."""
    yield from requests(
        case_id, title, reason, {name: _with_token(make) for name, make in made.items()}, prefix, **fields
    )


def drafts(
    case_id: str, title: str, reason: Reason, changes: Mapping[str, Change], prefix: str = "", **fields: Any
) -> Iterator[Case]:
    """Yield a case for each change to a good token, which the strongest key that the run holds then signs."""
    made = {name: _drafted(change) for name, change in changes.items()}
    for case, change in zip(tokens(case_id, title, reason, made, prefix, **fields), changes.values(), strict=True):
        yield replace(case, change=change)


def altered(
    case_id: str, title: str, reason: Reason, ways: Mapping[str, Callable[[str], str]], prefix: str = "", **fields: Any
) -> Iterator[Case]:
    """Yield a case for each way to alter a real token."""
    yield from tokens(case_id, title, reason, {name: _altered(alter) for name, alter in ways.items()}, prefix, **fields)


def sending(headers: Callable[[TargetStack], tuple[tuple[str, str], ...]]) -> MakeRequest:
    """Return a request with these headers."""
    return lambda stack, _: Request(headers=headers(stack))


def _with_token(make: Callable[[TargetStack], str]) -> MakeRequest:
    return sending(lambda stack: bearer(make(stack)))


def _altered(alter: Callable[[str], str]) -> Callable[[TargetStack], str]:
    return lambda stack: alter(stack.access)


def _drafted(change: Change) -> Callable[[TargetStack], str]:
    def make(stack: TargetStack) -> str:
        token = draft(stack)
        change(token)
        return token.signed()

    return make
