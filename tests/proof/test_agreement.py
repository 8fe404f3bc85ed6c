"""Both layers on tokens that the pool's own key signed: the function never admits what the gateway refuses."""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from docs.generate import written
from handler.app import App
from handler.routes import ROUTES
from local.emulator import Emulator
from proof import agreement
from proof.access import Access, Table
from proof.agreement import Draft, Mutation, draft, mutations
from proof.attack.tokens import decoded
from proof.client import Client
from proof.target import Target
from stacks import ROOT
from tests.handler.events import http_event

SEED, COUNT = 20251122, 300


class Layers:
    """The gateway as it runs, the function beside it in this process, and the pool's private key."""

    def __init__(self, client: Client, target: Target, table: Table, key: rsa.RSAPrivateKey, key_id: str) -> None:
        self._client, self._target, self._key, self._key_id = client, target, key, key_id
        environment = {
            "AWS_REGION": target.region,
            "AWS_ENDPOINT_URL": target.endpoint or "",
            "COGNITO_USER_POOL_ID": target.pool_id,
            "COGNITO_CLIENT_IDS": target.client_id,
        }
        self._app = App(ROUTES, environment)
        protected = [route for route in table.routes if not route.public and route.method == "GET"]
        self._routes = {
            "plain": next(route for route in protected if not route.scopes and not route.groups),
            "scoped": next(route for route in protected if route.scopes and not route.groups),
            "grouped": next(route for route in protected if route.groups),
        }

    def route(self, kind: str) -> Access:
        return self._routes[kind]

    def draft(self) -> Draft:
        scope, group = self._routes["scoped"].scopes[0], self._routes["grouped"].groups[0]
        return draft(self._key_id, self._target.issuer, self._target.client_id, scope, group)

    def token(self, *changes: Mutation) -> str:
        made = self.draft()
        for mutation in changes:
            mutation.change(made)
        return made.signed(self._key)

    def by_gateway(self, route: Access, token: str) -> tuple[bool, int]:
        """Whether the gateway calls the function with this token, and the status of the whole."""
        answer = self._client.call(route.method, route.path, [("Authorization", f"Bearer {token}")])
        assert answer.layer in {"gateway", "function"}
        return answer.layer == "function", answer.status

    def by_function(self, route: Access, token: str) -> str:
        """The function's reason code, had the gateway let the token through; empty if it admits it."""
        event = http_event(route.key, [("Authorization", f"Bearer {token}")], claims={})
        with redirect_stdout(io.StringIO()) as out:
            status = self._app.handle(event, None)["statusCode"]
        logged = json.loads(out.getvalue())
        assert (status == 200) == ("reason" not in logged)
        return str(logged.get("reason", ""))


@pytest.fixture(scope="module")
def key(emulator: Emulator, target: Target) -> rsa.RSAPrivateKey:
    """The pool's key for access tokens, which the emulator keeps in its folder."""
    with Client(target) as client:
        client.key_set()  # it makes them when they are first asked for
    path = emulator.log.parent / "emulator" / "cognito-pool-keys" / f"{target.pool_id}-access.pem"
    found = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(found, rsa.RSAPrivateKey)
    return found


@pytest.fixture(scope="module")
def layers(target: Target, table: Table, key: rsa.RSAPrivateKey) -> Iterator[Layers]:
    """The function here has the environment of the deployed one, and fetches the same keys."""
    with Client(target) as client:
        modulus = key.public_key().public_numbers().n
        key_id = next(each["kid"] for each in client.key_set() if _modulus(each["n"]) == modulus)
        yield Layers(client, target, table, key, key_id)


def _modulus(text: str) -> int:
    return int.from_bytes(decoded(text), "big")


def test_good_token_is_admitted_by_both(layers: Layers) -> None:
    """Or every refusal below would be for a reason of the test's own."""
    for kind in ("plain", "scoped", "grouped"):
        route, token = layers.route(kind), layers.token()
        assert layers.by_gateway(route, token) == (True, 200)
        assert layers.by_function(route, token) == ""


@pytest.mark.parametrize("mutation", mutations(), ids=lambda each: f"{each.id} {each.title}")
def test_each_change_is_stopped_where_the_list_says(mutation: Mutation, layers: Layers) -> None:
    """The documentation's list of what only the function stops is measured, not believed."""
    route, token = layers.route(mutation.route), layers.token(mutation)
    passed, status = layers.by_gateway(route, token)
    reason = layers.by_function(route, token)
    stopped = "gateway" if not passed else "function" if reason else "nobody"
    assert (stopped, reason) == (mutation.by, mutation.reason)
    assert mutation.errs == (status == 500)


def test_function_never_admits_what_the_gateway_refuses(layers: Layers) -> None:
    """Two gates, one inside the other: a token that the inner one alone takes would mean that one of them is wrong.

    Hundreds of tokens with up to four changes at once, as nobody writes them by hand.
    """
    chance, every, seen = random.Random(SEED), mutations(), Counter[str]()  # noqa: S311 - repeatable on purpose
    harmless = [mutation for mutation in every if mutation.by == "nobody"]
    for _ in range(COUNT):
        changes = [*chance.sample(every, chance.randint(0, 2)), *chance.sample(harmless, chance.randint(0, 2))]
        route, token = layers.route(chance.choice(["plain", "scoped", "grouped"])), layers.token(*changes)
        passed, _status = layers.by_gateway(route, token)
        admits = layers.by_function(route, token) == ""
        assert passed or not admits, f"{route.key}: {', '.join(f'{each.id} {each.title}' for each in changes)}"
        seen["both" if passed and admits else "function refuses" if passed else "both refuse"] += 1
    assert min(seen[word] for word in ("both", "function refuses", "both refuse")) >= COUNT / 20, seen


def test_page_holds_what_only_the_function_stops() -> None:
    """A reader decides by it whether the second check is worth its milliseconds."""
    page = (ROOT / "docs" / "proof.md").read_text()
    assert written(page, "only-the-function", agreement.only_the_function()) == page, "write it anew with: make docs"
    assert agreement.only_the_function().count("\n") > 30
