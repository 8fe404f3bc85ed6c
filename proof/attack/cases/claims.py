"""D: real tokens that are not for this, and rights that are missing."""

from __future__ import annotations

from collections.abc import Iterator

from proof.access import Access
from proof.attack.case import Case, Shot, bearer, token_case
from proof.attack.world import OTHER_CLIENT, UNSCOPED, World


def claims_cases() -> Iterator[Case]:
    yield token_case(
        "D14",
        "other-client",
        "a real token of another app client of the same pool",
        lambda world: world.real(OTHER_CLIENT).access,
        by="gateway",
    )
    yield token_case(
        "D14",
        "other-client-id-token",
        "a real ID token of another app client of the same pool",
        lambda world: world.real(OTHER_CLIENT).id,
        by="gateway",
    )
    yield Case(
        id="D17",
        name="id-token",
        title="a real ID token of the user's",
        shot=_identity,
        expected=(401, 403),  # 403 where the gateway misses the scope first
    )
    yield Case(
        id="D24",
        name="scope-missing",
        title="a real token that was asked for without the route's scope",
        shot=_without_scope,
        expected=(403,),
        on="protected",
    )
    yield Case(
        id="D32",
        name="group-missing",
        title="a real token of a user who is not in the route's group",
        shot=_without_group,
        expected=(403,),
        on="protected",
        by="function",  # the gateway cannot look at groups
    )


def _identity(world: World, route: Access) -> Shot | None:
    token = world.identity
    if world.target.expected is not None and world.target.expected.accept_id_tokens and not route.scopes:
        return None  # the stack's settings take it here
    return Shot(headers=bearer(token))


def _without_scope(world: World, route: Access) -> Shot | None:
    return Shot(headers=bearer(world.real(UNSCOPED).access)) if route.scopes else None


def _without_group(world: World, route: Access) -> Shot | None:
    return Shot(headers=bearer(world.stranger_to(route).access)) if route.groups else None
