"""The token check: what is not exactly a token of this pool, for these clients and this use, is refused.

In strict order, each step on what the one before let through: size, shape, canonical encoding, header, key, signature,
claims. PyJWT does the cryptography (`PyJWK` in `handler.keys`, its RS256 here). Its `decode` is not used: it parses
twice, costs three times the signature check, and admits what Cognito never writes (duplicate members, padding, a
string for `exp`, any `typ`); a test holds that whatever passes here passes `jwt.decode` too.
"""

from __future__ import annotations

import json
from binascii import a2b_base64
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NoReturn

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

TOKEN_LIMIT = 9_216  # characters; request line and headers together end at 10,240 bytes (API Gateway quota)
HEADER_LIMIT = 512  # characters; Cognito's header has about 90
LIFETIME_MOST = 86_400  # seconds; Cognito issues access and ID tokens for a day at most

_HEADER_MEMBERS = frozenset({"alg", "kid", "typ"})  # Cognito writes alg and kid; RFC 9068 would add typ
_TYPES = frozenset({"JWT", "jwt", "at+jwt", "application/at+jwt"})
_URL_TO_STANDARD = bytes.maketrans(b"-_+/=", b"+/???")  # what is of the standard alphabet only shall be of neither
# The last characters of a segment whose unused bits are zero, by the segment's length modulo 4; 1 is no length at all.
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
    ) -> None:
        self._signing_key = signing_key
        self._issuer = issuer
        self._client_ids = client_ids
        self._token_uses = token_uses

    def verify(self, token: str, now: float) -> Caller:
        """Who the token speaks for. `now` is in seconds since the epoch.

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
        if "aud" in claims:  # only with resource binding; the gateway then looks at nothing else
            self._client(claims["aud"])
        scope = claims.get("scope", "")
        if not isinstance(scope, str):
            raise ClaimsInvalid
        username = claims.get("username")  # a client-credentials token has none
        return Caller(
            sub=_name(claims.get("sub")),
            username=None if username is None and "username" not in claims else _name(username),
            client_id=client_id,
            scopes=frozenset(scope.split(" ")) - {""},  # RFC 6749 3.3: separated by spaces, and by nothing else
            groups=_groups(claims),
        )

    def _identity(self, claims: dict[str, Any]) -> Caller:
        return Caller(
            sub=_name(claims.get("sub")),
            username=_name(claims.get("cognito:username")),
            client_id=self._client(claims.get("aud")),
            scopes=frozenset(),  # an ID token grants nothing
            groups=_groups(claims),
        )

    def _client(self, value: object) -> str:
        if not isinstance(value, str) or value not in self._client_ids:
            raise ClientMismatch
        return value


def _decoded(segment: str) -> bytes:
    """The bytes of a segment in its one canonical spelling, without padding or stray bits (RFC 7515 2, RFC 4648 3.5).

    Two spellings of one token would let it pass a deny list twice.
    """
    rest = len(segment) % 4
    if not segment or (rest and segment[-1] not in _LAST[rest]):
        raise TokenMalformed
    try:
        return a2b_base64(segment.encode().translate(_URL_TO_STANDARD) + _PADDING[rest], strict_mode=True)
    except ValueError:  # a character outside the alphabet
        raise TokenMalformed from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):  # two parsers could read two different tokens (RFC 7515 section 4)
        raise TokenMalformed
    return members


def _no_constant(_: str) -> NoReturn:
    raise TokenMalformed  # NaN and Infinity are Python's, not JSON's


_parse = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant).raw_decode


def _object(content: bytes) -> dict[str, Any]:
    """The object in strict JSON in UTF-8, without duplicate members at any depth."""
    try:
        text = content.decode().strip(" \t\r\n")  # JSON's white space, and no other
        members, end = _parse(text)
    except (ValueError, RecursionError):  # not UTF-8, not JSON, an integer beyond Python's limit, nested too deep
        raise TokenMalformed from None
    if end < len(text) or not isinstance(members, dict):
        raise TokenMalformed
    return members


def _parsed(segment: str) -> dict[str, Any]:
    return _object(_decoded(segment))


@lru_cache(maxsize=16)  # a pool's tokens have two headers, one for each signing key; what is refused is not kept
def _key_id(segment: str) -> str:
    """The key id of a header that asks for RS256 and for nothing else: no `crit`, no key or address of its own."""
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
    """No leeway: the gateway has none, and the handler must not admit what the gateway refuses."""
    expires, issued = claims.get("exp"), claims.get("iat")
    if type(expires) is not int or type(issued) is not int:  # not isinstance: True is an int
        raise ClaimsInvalid
    if expires <= now:
        raise TokenExpired
    if issued > now:
        raise TokenNotYetValid
    if expires - issued > LIFETIME_MOST:
        raise ClaimsInvalid
    if "nbf" in claims:
        if type(claims["nbf"]) is not int:
            raise ClaimsInvalid
        if claims["nbf"] > now:
            raise TokenNotYetValid
    if not isinstance(claims.get("jti", ""), str):
        raise ClaimsInvalid


def _name(value: object) -> str:
    """A subject or user name as Cognito writes one: 1 to 128 printable characters."""
    if not isinstance(value, str) or not 0 < len(value) <= 128 or not value.isprintable():
        raise ClaimsInvalid
    return value


def _groups(claims: dict[str, Any]) -> frozenset[str]:
    """The user's groups. Anything but an array of strings gives none, so it opens nothing."""
    groups = claims.get("cognito:groups", [])
    if not isinstance(groups, list) or not {*map(type, groups)} <= {str}:
        return frozenset()
    return frozenset(groups)
