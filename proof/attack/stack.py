"""The stack under attack, with what an attacker has: its public keys, a key pair of his own, and real tokens."""

from __future__ import annotations

import json
import re
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
from proof.sign_in import Tokens, tokens_of
from proof.target import Target
from proof.users import TemporaryUsers
from stacks.command_line import CommandError

# The holders of real tokens, and why a run may lack a holder's tokens.
USER, UNSCOPED, STRANGER, OTHER_CLIENT, OTHER_POOL = "user", "unscoped", "stranger", "other client", "other pool"
OF_REVOKED_USER, OF_ENDED_SESSION = "revoked user", "ended session"
_WITHOUT = {
    USER: "no --user given, so there is no real token",
    UNSCOPED: "no --user given, so there is no real token",
    STRANGER: "the user is in every group; name one who is not with: --user NAME",
    OTHER_CLIENT: "a second app client is made on this machine only",
    OTHER_POOL: "a second user pool is made on this machine only",
    **dict.fromkeys(
        (OF_REVOKED_USER, OF_ENDED_SESSION), "a token is revoked on this machine only, on a stack with revocation"
    ),
}


class CannotTestError(Exception):
    """A case cannot be built in this run; the text says why."""


@dataclass(frozen=True, kw_only=True)
class PoolKeys:
    """Private keys of the pool and of another pool. Tests hold them; a run against a stack never does."""

    access: rsa.RSAPrivateKey
    id: rsa.RSAPrivateKey
    id_kid: str
    other_pool: rsa.RSAPrivateKey


@dataclass(frozen=True, kw_only=True)
class TargetStack:
    """One stack as an attacker sees it.

    `tokens` are real tokens by holder: USER may call the most, UNSCOPED is the same user without the table's scopes,
    STRANGER is in no group, OTHER_CLIENT has tokens of another app client and OTHER_POOL of another pool.
    OF_REVOKED_USER and OF_ENDED_SESSION could call as much as USER, but for the table of revocations. Asking for tokens
    that the run lacks raises CannotTestError. `canary` is None where nothing could be led to it.
    `public_answers` are the bodies of the public routes' answers, by route key. `items` are the paths of items that
    belong to STRANGER, by the path in the table. `private` is None in a live run.
    """

    target: Target
    table: Table
    keys: tuple[Mapping[str, Any], ...]
    attacker: rsa.RSAPrivateKey
    tokens: Mapping[str, Tokens] = field(default_factory=dict)
    canary: Canary | None = None
    public_answers: Mapping[str, bytes] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    private: PoolKeys | None = None

    @property
    def issuer(self) -> str:
        return self.target.issuer

    @property
    def client_id(self) -> str:
        return self.target.client_id

    @cached_property
    def kid(self) -> str:
        """The id of the key that signs access tokens; of the first key where no token shows it."""
        if USER in self.tokens:
            return str(self._header_of(USER).get("kid"))
        return str(self.keys[0].get("kid"))

    @property
    def other_kid(self) -> str:
        """The id of the other pool's key for access tokens."""
        return str(self._header_of(OTHER_POOL).get("kid"))

    def _header_of(self, holder: str) -> dict[str, Any]:
        header: dict[str, Any] = json.loads(decoded(self.real(holder).access.split(".")[0]))
        return header

    @cached_property
    def public_key(self) -> rsa.RSAPublicKey:
        return public_key(next(key for key in self.keys if key.get("kid") == self.kid))

    @property
    def private_keys(self) -> PoolKeys:
        if self.private is None:
            raise CannotTestError("the pool's private key is needed to sign it")
        return self.private

    def real(self, holder: str) -> Tokens:
        if holder not in self.tokens:
            raise CannotTestError(_WITHOUT[holder])
        return self.tokens[holder]

    @property
    def access(self) -> str:
        return self.real(USER).access

    @property
    def identity(self) -> str:
        return self.real(USER).id

    def stranger_to(self, route: Access) -> Tokens:
        """Return tokens of a user with the route's scope but without its group."""
        for holder in (STRANGER, USER):
            tokens = self.tokens.get(holder)
            if tokens and tokens.groups.isdisjoint(route.groups):
                return tokens
        raise CannotTestError(_WITHOUT[STRANGER if USER in self.tokens else USER])

    @property
    def lure(self) -> str:
        """A URL of the attacker's for a token to name; in a reserved domain where there is no canary."""
        return self.canary.url if self.canary else "https://attacker.example"

    def may_call(self, route: Access) -> bool:
        """Return whether USER has the route's scope and group."""
        user = self.real(USER)
        has_scope = not route.scopes or not user.scopes.isdisjoint(route.scopes)
        return has_scope and (not route.groups or not user.groups.isdisjoint(route.groups))

    def header(self, **changes: Any) -> dict[str, Any]:
        return changed({"kid": self.kid, "alg": "RS256"}, changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Return an access token's claims with every scope and group of the route table."""
        now = int(time.time())
        rights = {
            "scope": " ".join(sorted({"openid", *(scope for route in self.table.routes for scope in route.scopes)})),
            "cognito:groups": sorted({group for route in self.table.routes for group in route.groups}),
        }
        claims = {
            "sub": str(uuid.uuid4()),
            "iss": self.issuer,
            "client_id": self.client_id,
            "origin_jti": str(uuid.uuid4()),
            "token_use": "access",
            "username": "root",
            "auth_time": now,
            "jti": str(uuid.uuid4()),
        }
        if USER in self.tokens:
            claims |= self.tokens[USER].claims
        return changed({**claims, **rights, "iat": now, "exp": now + 3600}, changes)

    def unsigned(self, header: Part | None = None, payload: Part | None = None) -> str:
        """Return the first two segments of a token."""
        return signing_input(self.header() if header is None else header, self.claims() if payload is None else payload)

    def forged(self, header: Part | None = None, payload: Part | None = None) -> str:
        """Return a token signed with the attacker's key."""
        return rs256(self.attacker, self.unsigned(header, payload))

    def signed(self, header: Part | None = None, payload: Part | None = None) -> str:
        """Return a token signed with the pool's own key. CannotTestError in a live run."""
        return rs256(self.private_keys.access, self.unsigned(header, payload))

    def attacker_jwk(self, key_id: str | None = None) -> dict[str, str]:
        """Return the attacker's public key, under the pool's key id unless another is given."""
        return jwk(self.attacker.public_key(), key_id or self.kid)


@contextmanager
def target_stack(client: Client, target: Target, table: Table, user: tuple[str, str] | None) -> Iterator[TargetStack]:
    """Collect what a run can have. Users, clients and pools made in a local stack are deleted afterwards."""
    attacker = rsa.generate_private_key(65537, 2048)
    keys = tuple(client.key_set())
    if not keys:
        raise CommandError(f"{target.keys_url} must hold the pool's keys, and holds none")
    with ExitStack() as undo:
        bird = None
        if target.is_local:  # nothing deployed could reach a listener on this machine
            members = [jwk(attacker.public_key(), str(key.get("kid"))) for key in keys]
            bird = undo.enter_context(canary({"keys": members}))
        tokens = _tokens(client, target, table, user, undo)
        yield TargetStack(
            target=target,
            table=table,
            keys=keys,
            attacker=attacker,
            tokens=tokens,
            canary=bird,
            public_answers={route.key: _answer(client, route) for route in table.routes if is_plain(route)},
            items=_items(client, table, tokens[STRANGER]) if STRANGER in tokens else {},
        )


def is_plain(route: Access) -> bool:
    """Return whether the route is public and can be called without a body, a parameter or a side effect."""
    return route.public and route.method == "GET" and not route.needs_parameters


def _answer(client: Client, route: Access) -> bytes:
    answer = client.call(route.method, route.path)
    if answer.status != 200:
        raise CommandError(f"{route.key} must answer 200 before an attack on it means anything, got {answer.status}")
    return answer.body


def _items(client: Client, table: Table, owner: Tokens) -> dict[str, str]:
    """Make an item of each kind that takes a body alone, and return the path of each by the path in the table."""
    headers = (("Authorization", f"Bearer {owner.access}"), ("Content-Type", "application/json"))
    made = {}
    for route in table.routes:
        if route.method != "POST" or route.surface.body is None or not route.surface.owned or route.needs_parameters:
            continue
        below = {each.path for each in table.routes if re.fullmatch(rf"{re.escape(route.path)}/{{\w+}}", each.path)}
        members = (client.call("POST", route.path, headers, route.surface.body).members or {}) if below else {}
        for path in below:
            parent, _, name = path.rpartition("/")
            if name[1:-1] in members:
                made[path] = f"{parent}/{members[name[1:-1]]}"
    return made


def _tokens(
    client: Client, target: Target, table: Table, user: tuple[str, str] | None, undo: ExitStack
) -> dict[str, Tokens]:
    groups = tuple(sorted({group for route in table.routes for group in route.groups}))
    temporary = undo.enter_context(TemporaryUsers(target)) if target.is_local else None
    if user is None:
        if temporary is None:
            return {}
        user = temporary.user(groups), temporary.password
    tokens = {USER: tokens_of(client, target, *user, target.scopes), UNSCOPED: tokens_of(client, target, *user)}
    if temporary is not None:
        stranger = temporary.user()
        tokens[STRANGER] = tokens_of(client, target, stranger, temporary.password, target.scopes)
        tokens[OTHER_CLIENT] = temporary.of_other_client(stranger)
        tokens[OTHER_POOL] = temporary.of_other_pool()
        if table_name := (target.outputs.get("revocation") or {}).get("table"):
            for holder, kind, claim in ((OF_REVOKED_USER, "user", "sub"), (OF_ENDED_SESSION, "session", "origin_jti")):
                name = temporary.user(groups)
                tokens[holder] = tokens_of(client, target, name, temporary.password, target.scopes)
                temporary.revoke(table_name, f"{kind}#{tokens[holder].claims[claim]}")
    return tokens
