"""Keys and tokens for tests: made here, really signed, good for nothing else.

A `World` is what a token is written for: a user pool, an app client, the pool's signing keys. One that was made here
holds the private keys and can sign anything; one that stands for a live pool holds a user's tokens instead, and only
the cases that need no key can be built on it.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from proof.attack.tokens import changed, decoded, jwk, rs256, signing_input


def now() -> int:
    return int(time.time())


def raw_rsa(key: rsa.RSAPrivateKey, block: bytes) -> bytes:
    """The private operation on a block of the caller's own making: what no signing interface offers."""
    numbers = key.private_numbers()
    value = int.from_bytes(block, "big")
    first, second = pow(value, numbers.dmp1, numbers.p), pow(value, numbers.dmq1, numbers.q)
    result = second + (first - second) * numbers.iqmp % numbers.p * numbers.q
    return result.to_bytes(key.key_size // 8, "big")


@dataclass(frozen=True, kw_only=True)
class World:
    """One user pool as an attacker and a tester see it.

    `key` and `id_key` sign access and ID tokens (Cognito has one for each); they are None for a live pool, whose
    `tokens` ("access", "id") a user got by signing in. `attacker` is a key the pool knows nothing of, `other` another
    pool of the same account and region.
    """

    region: str
    pool_id: str
    client_id: str
    kid: str
    public_key: rsa.RSAPublicKey
    attacker: rsa.RSAPrivateKey
    other: World | None = None
    key: rsa.RSAPrivateKey | None = None
    id_kid: str = ""
    id_key: rsa.RSAPrivateKey | None = None
    tokens: Mapping[str, str] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"https://cognito-idp.{self.region}.amazonaws.com/{self.pool_id}"

    @property
    def other_pool(self) -> World:
        assert self.other is not None
        return self.other

    @property
    def trusted(self) -> rsa.RSAPrivateKey:
        assert self.key is not None, "a case that signs with the pool's own key must say needs_key"
        return self.key

    def jwks(self, *more: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The pool's key set, and what an attacker or a mishap adds to it."""
        assert self.id_key is not None
        return [jwk(self.trusted.public_key(), self.kid), jwk(self.id_key.public_key(), self.id_kid), *more]

    def header(self, **changes: Any) -> dict[str, Any]:
        return changed({"kid": self.kid, "alg": "RS256"}, changes)

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What Cognito puts into an access token after a password sign-in."""
        if self.tokens:
            return changed(json.loads(decoded(self.tokens["access"].split(".")[1])), changes)
        own = {"client_id": self.client_id, "scope": "aws.cognito.signin.user.admin", "username": "alice"}
        return changed({**self._common("access"), **own}, changes)

    def id_claims(self, **changes: Any) -> dict[str, Any]:
        """What Cognito puts into an ID token."""
        own = {"aud": self.client_id, "cognito:username": "alice", "email": "alice@example.com", "email_verified": True}
        return changed({**self._common("id"), **own}, changes)

    def _common(self, token_use: str) -> dict[str, Any]:
        moment = now()
        return {
            "sub": "c0ffee00-1234-4abc-9def-001122334455",
            "iss": self.issuer,
            "origin_jti": str(uuid.uuid4()),
            "event_id": str(uuid.uuid4()),
            "token_use": token_use,
            "auth_time": moment,
            "exp": moment + 3600,
            "iat": moment,
            "jti": str(uuid.uuid4()),
        }

    def access(self, **changes: Any) -> str:
        """An access token; with `changes` to its claims, signed by the pool's key."""
        if self.tokens and not changes:
            return self.tokens["access"]
        return self.signed(payload=self.claims(**changes))

    def identity(self, **changes: Any) -> str:
        """An ID token; with `changes` to its claims, signed by the pool's key for ID tokens."""
        if self.tokens and not changes:
            return self.tokens["id"]
        assert self.id_key is not None
        return rs256(self.id_key, signing_input(self.header(kid=self.id_kid), self.id_claims(**changes)))

    def signed(
        self,
        header: Mapping[str, Any] | bytes | None = None,
        payload: Mapping[str, Any] | bytes | None = None,
        digest: hashes.HashAlgorithm | None = None,
    ) -> str:
        """A token that the pool's own key signed, whatever is in it."""
        return rs256(self.trusted, self.unsigned(header, payload), digest)

    def forged(
        self, header: Mapping[str, Any] | bytes | None = None, payload: Mapping[str, Any] | bytes | None = None
    ) -> str:
        """The same by the attacker's key."""
        return rs256(self.attacker, self.unsigned(header, payload))

    def strongest(
        self, header: Mapping[str, Any] | bytes | None = None, payload: Mapping[str, Any] | bytes | None = None
    ) -> str:
        """Signed by the pool's key if this world has it, else by the attacker's."""
        return self.signed(header, payload) if self.key is not None else self.forged(header, payload)

    def unsigned(
        self, header: Mapping[str, Any] | bytes | None = None, payload: Mapping[str, Any] | bytes | None = None
    ) -> str:
        """The first two segments."""
        return signing_input(self.header() if header is None else header, self.claims() if payload is None else payload)

    def keyless(self) -> World:
        """This pool as somebody sees it who can sign in but has none of its keys."""
        return World(
            region=self.region,
            pool_id=self.pool_id,
            client_id=self.client_id,
            kid=self.kid,
            public_key=self.public_key,
            attacker=self.attacker,
            other=self.other,
            tokens={"access": self.access(), "id": self.identity()},
        )


def made_world(keys: Iterator[rsa.RSAPrivateKey] | None = None) -> World:
    """A pool with fresh keys, an attacker, and another pool beside it."""
    keys = keys or (rsa.generate_private_key(65537, 2048) for _ in count())
    attacker = next(keys)
    other = _pool("us-east-1_Other6789", "9other8765432109876543210z", keys, attacker, None)
    return _pool("us-east-1_Test12345", "1test23456789012345678901a", keys, attacker, other)


def _pool(
    pool_id: str, client_id: str, keys: Iterator[rsa.RSAPrivateKey], attacker: rsa.RSAPrivateKey, other: World | None
) -> World:
    key, id_key = next(keys), next(keys)
    # Cognito's key ids are 32 bytes in base64, padding included
    kid, id_kid = (urlsafe_b64encode(hashlib.sha256(f"{pool_id}/{use}".encode()).digest()).decode() for use in "ai")
    return World(
        region="us-east-1",
        pool_id=pool_id,
        client_id=client_id,
        kid=kid,
        public_key=key.public_key(),
        attacker=attacker,
        other=other,
        key=key,
        id_kid=id_kid,
        id_key=id_key,
    )
