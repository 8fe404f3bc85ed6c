"""Choose a route to call from a route table: commands take the routes that are there and name none themselves.

Every function takes the route table as data and returns the first route of its kind, or None where the table has none;
`MISSING` has the words for that. A route is eligible only if it is a GET that needs no parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Protocol, TypeVar


class _Route(Protocol):
    """The handler's `Route`, and `proof.access.Access`, which may come from another revision of the program."""

    @property
    def key(self) -> str: ...
    @property
    def public(self) -> bool: ...
    @property
    def scopes(self) -> tuple[str, ...]: ...
    @property
    def groups(self) -> tuple[str, ...]: ...
    @property
    def needs_parameters(self) -> bool: ...


R = TypeVar("R", bound=_Route)

MISSING: Final = {
    "public": "the route table has no public GET route without a required parameter",
    "signed-in": "the route table has no GET route without a required parameter that any signed-in user may call",
    "scoped": "the route table has no GET route without a required parameter that asks for a scope alone",
    "group": "the route table has no GET route without a required parameter that asks for a group alone",
}


def public_route(routes: Iterable[R]) -> R | None:
    """Return a route that answers without a token."""
    return _first(routes, lambda route: route.public)


def signed_in_route(routes: Iterable[R]) -> R | None:
    """Return a route that any signed-in user may call."""
    return _first(routes, lambda route: not (route.public or route.scopes or route.groups))


def scoped_route(routes: Iterable[R]) -> R | None:
    """Return a route that asks for a scope and for no group."""
    return _first(routes, lambda route: bool(route.scopes) and not route.groups)


def group_route(routes: Iterable[R]) -> R | None:
    """Return a route that asks for a group and for no scope."""
    return _first(routes, lambda route: bool(route.groups) and not route.scopes)


def path_of(route: _Route) -> str:
    """Return the path in a route's key: `/health` for `GET /health`."""
    return route.key.partition(" ")[2]


def _first(routes: Iterable[R], is_of_the_kind: Callable[[R], bool]) -> R | None:
    return next(
        (each for each in routes if each.key.startswith("GET ") and not each.needs_parameters and is_of_the_kind(each)),
        None,
    )
