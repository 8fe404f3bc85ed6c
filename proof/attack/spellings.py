"""Tables of altered tokens, signatures and headers for the attack cases."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

Altered = Mapping[str, Callable[[str], str]]
"""By name: a function that makes something else of a compact token."""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def spare_bit(token: str) -> str:
    """Change the last character without changing the 256 bytes of the signature: four of its bits are unused."""
    return token[:-1] + _ALPHABET[_ALPHABET.index(token[-1]) | 1] if token[-1] in _ALPHABET else token


DOTS: Altered = {
    "none": lambda token: token.replace(".", ""),
    "one": lambda token: token.replace(".", "", 1),
    "four-segments": lambda token: f"{token}.x",
    "five-segments": lambda token: f"{token}.x.y",
    "six-segments": lambda token: f"{token}.x.y.z",
    "leading": lambda token: f".{token}",
    "trailing": lambda token: f"{token}.",
    "doubled": lambda token: token.replace(".", ".."),
    "only": lambda _: "..",
    "many": lambda _: "." * 1000,
    "header-only": lambda token: f"{token.split('.')[0]}..",
}
PADDING: Altered = {
    "padded-by-one": lambda token: f"{token}=",
    "padded-by-two": lambda token: f"{token}==",
    "padded-by-four": lambda token: f"{token}====",
    "spare-bits": spare_bit,
}
PUNCTUATION: Altered = {
    "exclamation": lambda token: f"{token}!!!!",
    "inner-exclamation": lambda token: f"{token[:-9]}!!!!{token[-9:]}",
    "percent-20": lambda token: f"{token}%20",
    "inner-space": lambda token: f"{token[:-9]} {token[-9:]}",
    "inner-tab": lambda token: f"{token[:-9]}\t{token[-9:]}",
    "comma": lambda token: f"{token},",
    "semicolon": lambda token: f"{token};x",
}
QUOTED: Altered = {
    "percent-encoded": lambda token: quote(token, safe="").replace(".", "%2E"),
    "double-quoted": lambda token: f'"{token}"',
    "single-quoted": lambda token: f"'{token}'",
    "angle-brackets": lambda token: f"<{token}>",
}
INVISIBLE: Altered = {
    "zero-width-space": lambda token: f"{token[:20]}\u200b{token[20:]}",
    "byte-order-mark": lambda token: f"\ufeff{token}",
}
CHARACTERS = {
    "nul": "\0",
    "e-acute": "é",
    "emoji": "🦊",
    "line-separator": "\u2028",
    "full-width-a": "\uff21",
    "kelvin-sign": "\u212a",
    "arabic-digit": "\u0661",
}
"""Characters that no token holds; Unicode calls some of them letters or digits."""

SIGNATURES: Mapping[str, Callable[[bytes], bytes]] = {
    "truncated-bytes": lambda signature: signature[:-20],
    "one-byte": lambda signature: signature[:1],
    "doubled": lambda signature: signature * 2,
    "leading-zero": lambda signature: b"\0" + signature,
    "trailing-zero": lambda signature: signature + b"\0",
    "reversed": lambda signature: signature[::-1],
}
CONSTANT_SIGNATURES = {"zeros": b"\0" * 256, "ones": b"\xff" * 256, "one": b"\0" * 255 + b"\1"}

NO_OBJECTS = {"list": b"[]", "string": b'"x"', "null": b"null", "number": b"5"}
NO_JSON = {"open-brace": b"{", "empty": b"", "blank": b" "}
NO_UTF_8 = {
    "0xff": b"\xff",
    "0xff-in-kid": b'{"alg":"RS256","kid":"\xff"}',
    "utf-16": '{"alg":"RS256"}'.encode("utf-16"),
    "surrogate": b'{"alg":"RS256","kid":"\xed\xa0\x80"}',
}

TOKEN_HEADERS = (
    "Cookie",
    "X-Authorization",
    "X-Forwarded-Authorization",
    "Proxy-Authorization",
    "X-Amzn-Remapped-Authorization",
    "X-Access-Token",
    "X-Amz-Security-Token",
    "Authorization-Token",
    "Authorization_",
)
"""Headers that a proxy in front of an API, or a framework behind it, might take a token from."""


def nested() -> Iterator[tuple[str, bytes]]:
    """Yield deeply nested JSON that fits into a request, with its name."""
    for depth in (60, 2_000, 3_500):
        for name, opening, closing in (("lists", "[", "]"), ("objects", '{"a":', "}"), ("open-lists", "[", "")):
            text = (opening * depth + closing * depth).encode()
            if len(text) <= 6_600:
                yield f"{depth}-{name}", text


def certificate(key: rsa.RSAPrivateKey, issuer: str) -> str:
    """Return a self-signed certificate in the name of the issuer's host, as `x5c` may carry it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer.split("/")[2])])
    today = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, today, today + timedelta(days=1))
    return b64encode(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)).decode()
