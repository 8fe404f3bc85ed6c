"""The tests' pool as a target of the attack cases, with its private keys; and a case as an event for the function."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from handler.route import Route
from proof.access import Access, Table, of
from proof.attack.case import Case
from proof.attack.stack import OTHER_CLIENT, OTHER_POOL, STRANGER, UNSCOPED, USER, PoolKeys, TargetStack
from proof.attack.tokens import jwk
from proof.sign_in import Tokens
from proof.target import Target
from tests.handler.events import http_event
from tests.handler.signing import World

PASSWORD_SCOPE = "aws.cognito.signin.user.admin"


def target_stack(world: World, routes: Iterable[Route]) -> TargetStack:
    """Return the pool behind this route table, with every kind of real token."""
    table = Table(routes=tuple(map(of, routes)), throttle=None)
    scopes = " ".join(["openid", *(scope for route in table.routes for scope in route.scopes)])
    groups = {"cognito:groups": [group for route in table.routes for group in route.groups]}
    assert world.key is not None
    assert world.id_key is not None
    assert world.other_pool.key is not None
    other_client = "2other23456789012345678901"
    return TargetStack(
        target=_target(world),
        table=table,
        keys=(jwk(world.key.public_key(), world.kid), jwk(world.id_key.public_key(), world.id_kid)),
        attacker=world.attacker,
        tokens={
            USER: Tokens(access=world.access(scope=scopes, **groups), id=world.identity(**groups)),
            UNSCOPED: Tokens(access=world.access(scope=PASSWORD_SCOPE, **groups), id=world.identity(**groups)),
            STRANGER: Tokens(access=world.access(scope=scopes), id=world.identity()),
            OTHER_CLIENT: Tokens(
                access=world.access(client_id=other_client, scope=scopes), id=world.identity(aud=other_client)
            ),
            OTHER_POOL: Tokens(access=world.other_pool.access(), id=world.other_pool.identity()),
        },
        private=PoolKeys(access=world.key, id=world.id_key, id_kid=world.id_kid, other_pool=world.other_pool.key),
    )


def _target(world: World) -> Target:
    return Target(
        api_url="https://api.example",
        region=world.region,
        pool_id=world.pool_id,
        client_ids=(world.client_id,),
        issuer=world.issuer,
        sign_in_url=None,
        scopes=(),
        endpoint=None,
        api_id=None,
        expected=None,
        outputs={},
    )


def route_for(case: Case, stack: TargetStack) -> Access:
    """Return the first route of the case's kind: any signed-in user's, unless the case is for another kind."""
    routes = [route for route in stack.table.routes if route.method == "GET"]
    if case.on not in {"path", "numbers"}:
        routes = [route for route in routes if not route.needs_parameters]
    plain = [route for route in routes if not (route.public or route.scopes or route.groups)]
    return next(route for route in [*plain, *routes] if case.applies_to(route))


def event_of(case: Case, stack: TargetStack, route: Access) -> Any:
    """Return the event for a direct call of the function.

    The authorizer context vouches for a user with every right: the function has to hold without the gateway, and must
    not believe it.
    """
    request = case.make(stack, route)
    assert request is not None, "the case must have a request for a route of its kind"
    event = http_event(
        f"{request.method} {route.path}" if request.method else route.key,
        request.headers,
        claims=None if route.public else {**stack.claims(), **(case.context(stack) if case.context else {})},
        request=f"{request.method or route.method} {request.path or route.path}",
        body=None if request.body is None else request.body.decode("latin-1"),
    )
    return case.event(stack, event) if case.event else event
