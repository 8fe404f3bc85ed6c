"""What an attacker has against one stack: addresses, public keys, keys of his own, and tokens he got honestly."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa

from proof.access import Access, Table
from proof.attack.canary import Canary, canary
from proof.attack.tokens import Part, changed, decoded, jwk, public_key, rs256, signing_input
from proof.client import Client
from proof.guests import Guests
from proof.sign_in import Tokens, tokens_of
from proof.target import Target
from stacks.command_line import CommandError

# Whose real tokens a run may have, and why it may lack them.
USER, UNSCOPED, STRANGER, OTHER_CLIENT, OTHER_POOL = "user", "unscoped", "stranger", "other client", "other pool"
_WITHOUT = {
    USER: "no --user given, so there is no real token",
    UNSCOPED: "no --user given, so there is no real token",
    STRANGER: "the user is in every group; name one who is not with: --user NAME",
    OTHER_CLIENT: "a second app client is made on this machine only",
    OTHER_POOL: "a second user pool is made on this machine only",
}


class CannotTestError(Exception):
    """A case cannot be built in this run; the text says why."""


@dataclass(frozen=True, kw_only=True)
class World:
    """One stack as an attacker sees it. `tokens` are real ones, by whose they are.

    USER may call the most, UNSCOPED is the same without any scope of the table's, STRANGER is in no group, and
    OTHER_CLIENT and OTHER_POOL were issued to and by somebody else. What needs a token that is not there raises
    CannotTestError. `canary` is None where nothing could be led to it. `public_answers` are the bodies that public
    routes answer with, by route key.
    """

    target: Target
    table: Table
    keys: tuple[Mapping[str, Any], ...]
    attacker: rsa.RSAPrivateKey
    tokens: Mapping[str, Tokens] = field(default_factory=dict)
    canary: Canary | None = None
    public_answers: Mapping[str, bytes] = field(default_factory=dict)

    @cached_property
    def kid(self) -> str:
        """The id of the key that signs access tokens, or of the first where no token tells."""
        if USER in self.tokens:
            header = json.loads(decoded(self.tokens[USER].access.split(".")[0]))
            return str(header.get("kid"))
        return str(self.keys[0].get("kid"))

    @cached_property
    def public_key(self) -> rsa.RSAPublicKey:
        return public_key(next(key for key in self.keys if key.get("kid") == self.kid))

    def real(self, whose: str) -> Tokens:
        if whose not in self.tokens:
            raise CannotTestError(_WITHOUT[whose])
        return self.tokens[whose]

    @property
    def access(self) -> str:
        return self.real(USER).access

    @property
    def identity(self) -> str:
        return self.real(USER).id

    def stranger_to(self, route: Access) -> Tokens:
        """A user with the route's scope but not its group."""
        for whose in (STRANGER, USER):
            tokens = self.tokens.get(whose)
            if tokens and tokens.groups.isdisjoint(route.groups):
                return tokens
        raise CannotTestError(_WITHOUT[STRANGER if USER in self.tokens else USER])

    @property
    def lure(self) -> str:
        """An address of the attacker's for a token to point to. Reserved, so nobody's, where there is no canary."""
        return self.canary.url if self.canary else "https://attacker.example"

    def may_call(self, route: Access) -> bool:
        """Whether the user may."""
        user = self.real(USER)
        has_scope = not route.scopes or not user.scopes.isdisjoint(route.scopes)
        return has_scope and (not route.groups or not user.groups.isdisjoint(route.groups))

    def header(self, **changes: Any) -> dict[str, Any]:
        return changed({"kid": self.kid, "alg": "RS256"}, changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """An access token's claims with every right there is: what an attacker would write."""
        now = int(time.time())
        rights = {
            "scope": " ".join(sorted({"openid", *(scope for route in self.table.routes for scope in route.scopes)})),
            "cognito:groups": sorted({group for route in self.table.routes for group in route.groups}),
        }
        claims = {
            "sub": str(uuid.uuid4()),
            "iss": self.target.issuer,
            "client_id": self.target.client_id,
            "token_use": "access",
            "username": "root",
            "auth_time": now,
            "jti": str(uuid.uuid4()),
        }
        if USER in self.tokens:
            claims |= self.tokens[USER].claims
        return changed({**claims, **rights, "iat": now, "exp": now + 3600}, changes)

    def unsigned(self, header: Part | None = None, payload: Part | None = None) -> str:
        """The first two segments."""
        return signing_input(self.header() if header is None else header, self.claims() if payload is None else payload)

    def forged(self, header: Part | None = None, payload: Part | None = None) -> str:
        """A token that the attacker's key signed, whatever is in it."""
        return rs256(self.attacker, self.unsigned(header, payload))

    def own_jwk(self, key_id: str | None = None) -> dict[str, str]:
        """The attacker's public key under the pool's key id, or one of its own."""
        return jwk(self.attacker.public_key(), key_id or self.kid)


@contextmanager
def world_of(client: Client, target: Target, table: Table, user: tuple[str, str] | None) -> Iterator[World]:
    """Everything that a run can have. What it makes in a stack on this machine is deleted afterwards."""
    attacker = rsa.generate_private_key(65537, 2048)
    keys = tuple(client.key_set())
    if not keys:
        raise CommandError(f"{target.keys_url} must hold the pool's keys, and holds none")
    with ExitStack() as stack:
        bird = None
        if target.is_local:  # elsewhere nothing could reach it
            members = [jwk(attacker.public_key(), str(key.get("kid"))) for key in keys]
            bird = stack.enter_context(canary({"keys": members}))
        yield World(
            target=target,
            table=table,
            keys=keys,
            attacker=attacker,
            tokens=_tokens(client, target, table, user, stack),
            canary=bird,
            public_answers={route.key: _answer(client, route) for route in table.routes if is_plain(route)},
        )


def is_plain(route: Access) -> bool:
    """Whether the route is public and can be called without a body, a variable or a consequence."""
    return route.public and route.method == "GET" and "{" not in route.path


def _answer(client: Client, route: Access) -> bytes:
    answer = client.call(route.method, route.path)
    if answer.status != 200:
        raise CommandError(f"{route.key} must answer 200 before an attack on it means anything, got {answer.status}")
    return answer.body


def _tokens(
    client: Client, target: Target, table: Table, user: tuple[str, str] | None, stack: ExitStack
) -> dict[str, Tokens]:
    groups = tuple(sorted({group for route in table.routes for group in route.groups}))
    guests = stack.enter_context(Guests(target)) if target.is_local else None
    if user is None:
        if guests is None:
            return {}
        user = guests.user(groups), guests.password
    tokens = {
        USER: tokens_of(client, target, *user, target.scopes),
        UNSCOPED: tokens_of(client, target, *user),
    }
    if guests is not None:
        stranger = guests.user()
        tokens[STRANGER] = tokens_of(client, target, stranger, guests.password, target.scopes)
        tokens[OTHER_CLIENT] = guests.of_other_client(stranger)
        tokens[OTHER_POOL] = guests.of_other_pool()
    return tokens
