"""The attack cases that need the pool's private key, against the running stack: gateway and function as they are wired.

`python -m proof attack` sends the others to every route; here they are sent as well, signed by the pool's key.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.emulator import Emulator
from local.provider import client
from proof import access
from proof.access import Access, Table
from proof.attack import emulator as known
from proof.attack.case import ACCEPTED, ADMITTED, Case, bearer, reads_only
from proof.attack.cases import all_cases
from proof.attack.draft import draft
from proof.attack.run import result
from proof.attack.stack import OTHER_POOL, USER, PoolKeys, TargetStack, target_stack
from proof.attack.tokens import jwk
from proof.client import Client
from proof.target import Target, expected_of, of_outputs
from stacks.routes import group_route, scoped_route, signed_in_route
from tests.handler.events import http_event
from tests.handler.table import TABLE

# The tests' table keeps no items of users; tests/local/samples attacks those of the sample routes.
SENDABLE = [case for case in all_cases() if case.sent != "event" and case.on != "owned"]
SEED, COUNT = 20251122, 300


def private_key(emulator: Emulator, pool_id: str, use: str) -> rsa.RSAPrivateKey:
    """Return a pool's private key, which the emulator keeps in a file."""
    pem = (emulator.scratch / "cognito-pool-keys" / f"{pool_id}-{use}.pem").read_bytes()
    key = load_pem_private_key(pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@pytest.fixture(scope="module")
def target(outputs: dict[str, Any], checkout: Path) -> Target:
    return of_outputs(outputs, expected_of("local", checkout))


@pytest.fixture(scope="module")
def table() -> Table:
    return Table(routes=tuple(map(access.of, TABLE)), throttle=None)


@pytest.fixture(scope="module")
def http(target: Target) -> Iterator[Client]:
    with Client(target) as opened:
        yield opened


@pytest.fixture(scope="module")
def stack(emulator: Emulator, target: Target, http: Client, table: Table) -> Iterator[TargetStack]:
    """The stack with its users' tokens, and with the private keys of its pool and of another pool."""
    with target_stack(http, target, table, None) as attacked:
        pool, other = target.pool_id, attacked.real(OTHER_POOL).claims["iss"].rpartition("/")[2]
        id_key = private_key(emulator, pool, "id")
        modulus = jwk(id_key.public_key(), "")["n"]
        keys = PoolKeys(
            access=private_key(emulator, pool, "access"),
            id=id_key,
            id_kid=next(str(key["kid"]) for key in attacked.keys if key["n"] == modulus),
            other_pool=private_key(emulator, other, "access"),
        )
        yield replace(attacked, private=keys)


def route_for(case: Case, stack: TargetStack) -> Access:
    """Return the first route that the case is for; a protected one, as public routes answer everybody."""
    routes = [route for route in stack.table.routes if reads_only(route) and not route.public]
    plain = [route for route in routes if not (route.scopes or route.groups)]
    return next(route for route in [*plain, *routes] if case.applies_to(route))


@pytest.mark.parametrize("case", SENDABLE, ids=str)
def test_live_answer_is_what_the_table_says(case: Case, stack: TargetStack, http: Client) -> None:
    """What holds in a forged event must hold on the wire, whichever layer is first."""
    found = result(http, stack, case, route_for(case, stack))
    assert found is not None
    assert (found.verdict == "noted") == (str(case) in known.FAILS), found
    assert found.verdict in {"ok", "noted"}, found
    if case.reason not in {ACCEPTED, None} and ADMITTED not in case.statuses:
        assert (found.layer == "function") == known.passes(case), found


def test_known_answers_belong_to_cases() -> None:
    """A name that no case has any more would excuse nothing, and hide that it does."""
    sendable = {str(case) for case in SENDABLE}
    assert sendable >= set(known.FAILS)
    assert sendable | {case.id for case in SENDABLE} >= known.PASSES


class Function:
    """The deployed function, called past the gateway."""

    def __init__(self, outputs: dict[str, Any]) -> None:
        self._aws = client(outputs["awsEndpointUrl"], outputs["region"], "lambda")
        functions = self._aws.list_functions()["Functions"]
        self._name = next(each["FunctionName"] for each in functions if each["Handler"] == "handler.app.lambda_handler")

    def status(self, route: Access, token: str) -> int:
        event = http_event(route.key, bearer(token), claims={})
        answer = self._aws.invoke(FunctionName=self._name, Payload=json.dumps(event))
        return int(json.loads(answer["Payload"].read())["statusCode"])


@pytest.mark.acceptance
def test_function_never_admits_what_the_gateway_refuses(
    stack: TargetStack, http: Client, outputs: dict[str, Any]
) -> None:
    """Two gates, one inside the other: a token that the inner one alone takes would mean that one of them is wrong.

    Hundreds of tokens with up to four changes at once, as nobody writes them by hand.
    """
    function, seen = Function(outputs), Counter[str]()
    chance = random.Random(SEED)  # noqa: S311 - repeatable on purpose
    changes = [case for case in SENDABLE if case.change is not None]
    harmless = [case for case in changes if case.reason == ACCEPTED]
    kinds = (signed_in_route, scoped_route, group_route)
    routes = [route for choose in kinds if (route := choose(stack.table.routes)) is not None]
    for _ in range(COUNT):
        chosen = [*chance.sample(changes, chance.randint(0, 2)), *chance.sample(harmless, chance.randint(0, 2))]
        token = draft(stack)
        for case in chosen:
            assert case.change is not None
            case.change(token)
        route, signed = chance.choice(routes), token.signed()
        passed = http.call(route.method, route.path, bearer(signed)).layer == "function"
        admits = function.status(route, signed) == 200
        assert passed or not admits, f"{route.key}: {', '.join(map(str, chosen))}"
        seen["both" if passed and admits else "function refuses" if passed else "both refuse"] += 1
    assert min(seen[word] for word in ("both", "function refuses", "both refuse")) >= COUNT / 20, seen


def test_function_log_holds_nothing_of_a_token(stack: TargetStack, http: Client, outputs: dict[str, Any]) -> None:
    """The function's log is read by many more people than the tokens were meant for."""
    for case in SENDABLE[:20]:
        result(http, stack, case, route_for(case, stack))
    logs = client(outputs["awsEndpointUrl"], outputs["region"], "logs")
    lines = [
        event["message"]
        for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    ]
    written = "\n".join(lines)
    assert '"reason"' in written, "there must be something to read"
    assert not re.search(r"eyJ|[A-Za-z0-9_-]{60,}", written)
    assert stack.real(USER).claims["sub"] not in written
    assert stack.kid not in written
