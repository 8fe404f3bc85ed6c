"""Build tokens with any header, any payload and any key."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

ABSENT = object()  # as the value of a claim or a header member: leave it out

Part = Mapping[str, Any] | bytes


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decoded(segment: str) -> bytes:
    return urlsafe_b64decode(segment + "=" * (-len(segment) % 4))


def raw(literal: str) -> str:
    """Return a value that `as_json` writes without quotes: NaN, or a number of 5,000 digits."""
    return f"RAW<{literal}>"


def as_json(members: object) -> bytes:
    text = json.dumps(members, separators=(",", ":"))
    return re.sub(r'"RAW<(.*?)>"', r"\1", text).encode()


def changed(members: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**members, **changes}.items() if value is not ABSENT}


def signing_input(header: Part, payload: Part) -> str:
    """Return the first two segments."""
    return ".".join(encoded(part if isinstance(part, bytes) else as_json(part)) for part in (header, payload))


def rs256(key: rsa.RSAPrivateKey, text: str, digest: hashes.HashAlgorithm | None = None) -> str:
    """Append the signature of `text`. The result is a compact token if `text` is its first two segments."""
    return f"{text}.{encoded(key.sign(text.encode(), padding.PKCS1v15(), digest or hashes.SHA256()))}"


def hs256(secret: bytes, text: str) -> str:
    return f"{text}.{encoded(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def jwk(key: rsa.RSAPublicKey, kid: str, **more: Any) -> dict[str, Any]:
    """Return a member of a key set as Cognito writes it, changed by `more`."""
    numbers = key.public_numbers()
    members = {"alg": "RS256", "e": _number(numbers.e), "kid": kid, "kty": "RSA", "n": _number(numbers.n), "use": "sig"}
    return changed(members, more)


def public_key(member: Mapping[str, Any]) -> rsa.RSAPublicKey:
    """Return the key in a member of a key set. ValueError or KeyError if it is no RSA key."""
    exponent, modulus = (int.from_bytes(decoded(member[name]), "big") for name in ("e", "n"))
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))
