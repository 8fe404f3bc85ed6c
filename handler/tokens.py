"""Verify a token: it must be exactly a token of this pool, for one of these clients and uses.

The checks run in a fixed order: size, shape, canonical encoding, header, key, signature, claims. PyJWT does the
cryptography (`PyJWK` in `handler.keys`, RS256 here). Its `decode` is not used: it parses twice, costs three times the
signature check, and accepts tokens that Cognito never issues (duplicate members, padding, a string for `exp`, any
`typ`). A test checks that `jwt.decode` accepts every token that is accepted here.
"""

from __future__ import annotations

import json
from binascii import a2b_base64
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import get_algorithm_by_name

from handler.errors import (
    ClaimsInvalid,
    ClientMismatch,
    HeaderInvalid,
    IssuerMismatch,
    SignatureInvalid,
    TokenExpired,
    TokenMalformed,
    TokenNotYetValid,
    TokenTooLarge,
    TokenUseMismatch,
)
from handler.route import Caller
from handler.strict_json import no_constant, unique_members

TOKEN_LIMIT = 9_216  # characters; request line and headers together end at 10,240 bytes (API Gateway quota)
HEADER_LIMIT = 512  # characters; Cognito's header has about 90
LIFETIME_MOST = 86_400  # seconds; Cognito issues access and ID tokens for a day at most
LEEWAY = 2  # seconds that this machine's clock may be behind those of Cognito and the gateway

_HEADER_MEMBERS = frozenset({"alg", "kid", "typ"})  # Cognito writes alg and kid; RFC 9068 would add typ
_TYPES = frozenset({"JWT", "jwt", "at+jwt", "application/at+jwt"})
_URL_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/???")  # +, / and = are not in the URL-safe alphabet: refused
# The last characters of a segment whose unused bits are zero, by its length modulo 4. No segment has a remainder of 1.
_PADDING = (b"", b"", b"==", b"=")
_LAST = {1: "", 2: "AQgw", 3: "AEIMQUYcgkosw048"}
_RS256 = get_algorithm_by_name("RS256")


class TokenVerifier:
    """Checks compact JWS tokens of one Cognito user pool.

    `signing_key` returns the key of a key id, or raises KeyUnknown or KeysUnavailable.
    """

    def __init__(
        self,
        signing_key: Callable[[str], RSAPublicKey],
        issuer: str,
        client_ids: frozenset[str],
        token_uses: frozenset[str],
        resources: frozenset[str] = frozenset(),
    ) -> None:
        self._signing_key = signing_key
        self._issuer = issuer
        self._client_ids = client_ids
        self._token_uses = token_uses
        self._audiences = client_ids | resources

    def verify(self, token: str, now: float) -> Caller:
        """Return the token's caller. `now` is in seconds since the epoch.

        Raises one of the Unauthorized errors in `handler.errors`, or KeysUnavailable.
        """
        if len(token) > TOKEN_LIMIT:
            raise TokenTooLarge
        segments = token.split(".")
        if len(segments) != 3:
            raise TokenMalformed
        header, payload, signature = segments
        content, proof = _decoded(payload), _decoded(signature)
        if len(header) > HEADER_LIMIT:
            raise HeaderInvalid

        key = self._signing_key(_key_id(header))
        if not _RS256.verify(f"{header}.{payload}".encode(), key, proof):
            raise SignatureInvalid
        return self._caller(_object(content), now)

    def _caller(self, claims: dict[str, Any], now: float) -> Caller:
        if claims.get("iss") != self._issuer:
            raise IssuerMismatch
        _check_times(claims, now)
        token_use = claims.get("token_use")
        if not isinstance(token_use, str) or token_use not in self._token_uses:
            raise TokenUseMismatch
        return self._access(claims) if token_use == "access" else self._identity(claims)

    def _access(self, claims: dict[str, Any]) -> Caller:
        client_id = self._client(claims.get("client_id"))
        if "aud" in claims:  # only with resource binding (RFC 8707); the gateway then ignores client_id
            audience = claims["aud"]
            if not isinstance(audience, str) or audience not in self._audiences:
                raise ClientMismatch
        scope = claims.get("scope", "")
        if not isinstance(scope, str):
            raise ClaimsInvalid
        username = claims.get("username")  # a client-credentials token has none
        return Caller(
            sub=_name(claims.get("sub")),
            username=None if username is None and "username" not in claims else _name(username),
            client_id=client_id,
            scopes=frozenset(scope.split(" ")) - {""},  # RFC 6749 3.3: separated by spaces only
            groups=_groups(claims),
            issued_at=claims["iat"],
            expires_at=claims["exp"],
            session=_session(claims),
        )

    def _identity(self, claims: dict[str, Any]) -> Caller:
        return Caller(
            sub=_name(claims.get("sub")),
            username=_name(claims.get("cognito:username")),
            client_id=self._client(claims.get("aud")),
            scopes=frozenset(),  # an ID token grants nothing
            groups=_groups(claims),
            issued_at=claims["iat"],
            expires_at=claims["exp"],
            session=_session(claims),
        )

    def _client(self, value: object) -> str:
        if not isinstance(value, str) or value not in self._client_ids:
            raise ClientMismatch
        return value


def _decoded(segment: str) -> bytes:
    """Decode a segment in canonical base64url, without padding or stray bits (RFC 7515 2, RFC 4648 3.5).

    A token with two spellings could pass a deny list.
    """
    rest = len(segment) % 4
    if not segment or (rest and segment[-1] not in _LAST[rest]):
        raise TokenMalformed
    try:
        return a2b_base64(segment.encode().translate(_URL_TO_STANDARD) + _PADDING[rest], strict_mode=True)
    except ValueError:  # a character outside the alphabet
        raise TokenMalformed from None


_parse = json.JSONDecoder(object_pairs_hook=unique_members, parse_constant=no_constant).raw_decode


def _object(content: bytes) -> dict[str, Any]:
    """Parse an object in strict JSON in UTF-8, without duplicate members at any depth."""
    try:
        text = content.decode().strip(" \t\r\n")  # JSON's white space only
        members, end = _parse(text)
    except (
        ValueError,
        RecursionError,
    ):  # not UTF-8, not strict JSON, an integer beyond Python's limit, nested too deep
        raise TokenMalformed from None
    if end < len(text) or not isinstance(members, dict):
        raise TokenMalformed
    return members


def _parsed(segment: str) -> dict[str, Any]:
    return _object(_decoded(segment))


@lru_cache(maxsize=16)  # a pool's tokens have two headers, one for each signing key; refusals are not cached
def _key_id(segment: str) -> str:
    """Return the key id of a header that asks for RS256 and nothing else: no `crit`, no embedded key, no key URL."""
    header = _parsed(segment)
    key_id = header.get("kid")
    if header.get("alg") != "RS256" or not isinstance(key_id, str) or not 0 < len(key_id) <= 256:
        raise HeaderInvalid
    if not header.keys() <= _HEADER_MEMBERS:
        raise HeaderInvalid
    if "typ" in header and not (isinstance(header["typ"], str) and header["typ"] in _TYPES):
        raise HeaderInvalid  # RFC 8725 3.11: a token of another kind
    return key_id


def _check_times(claims: dict[str, Any], now: float) -> None:
    """Check `exp` without leeway, which would lengthen a token's life; `iat` and `nbf` with LEEWAY (decision 0006)."""
    expires, issued = claims.get("exp"), claims.get("iat")
    if type(expires) is not int or type(issued) is not int:  # not isinstance: True is an int
        raise ClaimsInvalid
    if expires <= now:
        raise TokenExpired
    if issued > now + LEEWAY:
        raise TokenNotYetValid
    if expires - issued > LIFETIME_MOST:
        raise ClaimsInvalid
    if "nbf" in claims:
        if type(claims["nbf"]) is not int:
            raise ClaimsInvalid
        if claims["nbf"] > now + LEEWAY:
            raise TokenNotYetValid
    if not isinstance(claims.get("jti", ""), str):
        raise ClaimsInvalid


def _name(value: object) -> str:
    """Return a subject or user name: 1 to 128 letters, marks, symbols, numbers and punctuation, as in Cognito.

    A space is allowed too, which an identity provider's name may hold.
    """
    if not isinstance(value, str) or not 0 < len(value) <= 128 or not (value.isprintable() or _is_name(value)):
        raise ClaimsInvalid
    return value


def _is_name(value: str) -> bool:
    """Tell if no character is a control, format or private one, a surrogate, or a separator other than a space.

    `str.isprintable` also refuses what this Python's Unicode does not know yet, and Cognito's may.
    """
    from unicodedata import category  # noqa: PLC0415 - nearly all names are printable

    kinds = {category(each) for each in value if each != " "}
    return kinds.isdisjoint({"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"})


def _session(claims: dict[str, Any]) -> str | None:
    """Return the id of the sign-in, by which one session can be revoked. A machine's token has none."""
    return _name(claims["origin_jti"]) if "origin_jti" in claims else None


def _groups(claims: dict[str, Any]) -> frozenset[str]:
    """Return the user's groups. Anything but an array of strings gives no group."""
    groups = claims.get("cognito:groups")
    if not isinstance(groups, list) or not {*map(type, groups)} <= {str}:
        return frozenset()
    return frozenset(groups)
