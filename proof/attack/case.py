"""What one hostile request is: how it is built, on which routes, and what must become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from proof.access import Access
from proof.attack.world import World
from proof.client import Answer

GROUPS = {
    "A": "token header",
    "B": "signature",
    "C": "key confusion",
    "D": "claims and rights",
    "E": "encoding",
    "F": "transport",
    "R": "exhaustion",
}


NO_BODY = b"{not json"  # refused by every route, after the right to call and before the function of the route


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One request. Method and path are the route's own where they are None."""

    headers: tuple[tuple[str, str], ...] = ()
    method: str | None = None
    path: str | None = None
    body: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One hostile request, for every route that it applies to.

    `shot` builds it, gives None where it does not apply to a route, and raises CannotTestError where the run lacks what
    it needs. `expected` are the statuses on a protected route, `public` those on a public one, whose 200 must be its
    usual answer. `admitted` says that a user who may call the route may also call it like this: then 200 is expected of
    those, 403 of others, and `expected` comes on top. A route that may change something is sent a body that no route
    takes: 400 by the function then says that the right to call was there, and nothing is written. `by` is the
    layer that must stop it, where another one's refusal means that something is broken. `judge` finds what else is
    wrong with an answer. `errs` says how the emulator's gateway is known to fail on it with a 500 where AWS's refuses.
    """

    id: str
    name: str
    title: str
    shot: Callable[[World, Access], Shot | None]
    expected: tuple[int, ...] = (401,)
    public: tuple[int, ...] = (200,)
    on: Literal["protected", "every"] = "every"
    admitted: bool = False
    by: Literal["gateway", "function"] | None = None
    judge: Callable[[World, Access, Answer], str] | None = None
    errs: str = ""

    @property
    def group(self) -> str:
        return GROUPS[self.id[0]]

    def __str__(self) -> str:
        return f"{self.id}-{self.name}"

    def expects(self, world: World, route: Access) -> tuple[int, ...]:
        """The statuses that this route may answer with."""
        if route.public:
            return self.public
        if not self.admitted:
            return self.expected
        admitted = 200 if reads_only(route) else 400
        return (admitted if world.may_call(route) else 403, *self.expected)


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {token}"),)


def token_case(id: str, name: str, title: str, token: Callable[[World], str], **more: Any) -> Case:  # noqa: A002 - the field's name
    """A case whose request is an ordinary one, with this token in it."""
    return Case(id=id, name=name, title=title, shot=lambda world, _: Shot(headers=bearer(token(world))), **more)


def reads_only(route: Access) -> bool:
    """Whether a call that is admitted changes nothing and needs nothing but the path."""
    return route.method in {"GET", "HEAD"}


def admitted_case(
    id: str,  # noqa: A002 - the field's name
    name: str,
    title: str,
    headers: Callable[[World], tuple[tuple[str, str], ...]],
    **more: Any,
) -> Case:
    """A case that a user who may call the route survives."""

    def shot(world: World, route: Access) -> Shot | None:
        if "{" in route.path:
            return None
        if reads_only(route):
            return Shot(headers=headers(world))
        return Shot(headers=(*headers(world), ("Content-Type", "application/json")), body=NO_BODY)

    return Case(id=id, name=name, title=title, shot=shot, admitted=True, **more)
