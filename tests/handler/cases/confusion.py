"""C: the wrong key, or the right key used for something else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proof.attack.spellings import certificate
from proof.attack.tokens import encoded, hs256, jwk, rs256, signing_input
from tests.handler.case import Case, token_case
from tests.handler.signing import World
from tests.handler.weak_keys import WeakKey, generated, with_exponent


def confusion_cases() -> Iterator[Case]:
    yield from _hmac()
    yield from _key_in_header()
    yield from _other_pool()
    yield from _other_algorithms()
    yield from _serialisations()
    yield from _same_key_id_twice()
    yield from _weak_keys()
    yield token_case(
        "C16",
        "signed-by-the-id-token-key",
        "an access token signed by the pool's other key",
        lambda world: rs256(_id_key(world), signing_input(world.header(kid=world.id_kid), world.claims())),
        None,
        expected=(200,),
        layer="H",
        needs_key=True,
    )
    yield token_case(
        "C16",
        "id-token-by-the-access-token-key",
        "an ID token signed by the pool's other key: token_use decides",
        lambda world: world.signed(payload=world.id_claims()),
        "token_use_mismatch",
        layer="H",
        needs_key=True,
    )


def _id_key(world: World) -> rsa.RSAPrivateKey:
    assert world.id_key is not None
    return world.id_key


def _hmac() -> Iterator[Case]:
    def pem(world: World) -> bytes:
        return world.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    secrets: dict[str, Callable[[World], bytes]] = {
        "pem": pem,
        "pem-without-newline": lambda world: pem(world).rstrip(b"\n"),
        "pem-crlf": lambda world: pem(world).replace(b"\n", b"\r\n"),
        "pem-pkcs1": lambda world: world.public_key.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "der-spki": lambda world: world.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk-text": lambda world: json.dumps(jwk(world.public_key, world.kid)).encode(),
        "jwk-compact-text": lambda world: json.dumps(jwk(world.public_key, world.kid), separators=(",", ":")).encode(),
        "modulus": lambda world: world.public_key.public_numbers().n.to_bytes(256, "big"),
        "modulus-text": lambda world: jwk(world.public_key, world.kid)["n"].encode(),
    }
    for name, secret in secrets.items():
        yield token_case(
            "C01",
            f"hs256-{name}",
            f"HS256 with the public key as secret ({name.replace('-', ' ')})",
            lambda world, secret=secret: hs256(secret(world), world.unsigned(world.header(alg="HS256"))),
            "header_invalid",
        )
        yield token_case(
            "C01",
            f"hs256-{name}-called-rs256",
            f"the same under alg RS256 ({name.replace('-', ' ')})",
            lambda world, secret=secret: hs256(secret(world), world.unsigned()),
            "signature_invalid",
        )
    for name, guess in {
        "empty": lambda _: b"",
        "secret": lambda _: b"secret",
        "client-id": lambda world: world.client_id.encode(),
        "pool-id": lambda world: world.pool_id.encode(),
        "key-id": lambda world: world.kid.encode(),
    }.items():
        yield token_case(
            "C02",
            f"hs256-{name}",
            f"HS256 with a guessable secret ({name.replace('-', ' ')})",
            lambda world, guess=guess: hs256(guess(world), world.unsigned(world.header(alg="HS256"))),
            "header_invalid",
        )

    def with_oct(world: World, **changes: Any) -> list[Mapping[str, Any]]:
        return world.jwks({"kty": "oct", "kid": "oct-1", "k": encoded(b"k" * 32), "use": "sig", **changes})

    yield token_case(
        "C03",
        "oct-key-hs256",
        "HS256 by an oct key of the key set",
        lambda world: hs256(b"k" * 32, world.unsigned(world.header(alg="HS256", kid="oct-1"))),
        "header_invalid",
        layer="H",
        jwks=lambda world: with_oct(world, alg="HS256"),
    )
    for algorithm in ("HS256", "RS256"):
        yield token_case(
            "C03",
            f"oct-key-called-{algorithm.lower()}",
            f"RS256 token that names an oct key of the key set, labelled {algorithm}",
            lambda world: hs256(b"k" * 32, world.unsigned(world.header(kid="oct-1"))),
            "key_unknown",
            layer="H",
            jwks=lambda world, algorithm=algorithm: with_oct(world, alg=algorithm),
        )


def _key_in_header() -> Iterator[Case]:
    for name, kid in {"pool-kid": None, "own-kid": "attacker-1"}.items():
        yield token_case(
            "C04",
            f"jwk-{name}",
            "the attacker's key in the header's jwk, signed by it (CVE-2018-0114)",
            lambda world, kid=kid: world.forged(
                world.header(kid=kid or world.kid, jwk=jwk(world.attacker.public_key(), kid or world.kid))
            ),
            "header_invalid",
        )
    for member in ("jku", "x5u"):
        for name, url in {
            "https": "https://attacker.example/jwks.json",
            "http": "http://attacker.example/jwks.json",
            "file": "file:///var/task/keys.json",
            "metadata": "http://169.254.169.254/latest/meta-data/",
            "userinfo": "https://cognito-idp.us-east-1.amazonaws.com@attacker.example/jwks.json",
        }.items():
            yield token_case(
                "C05",
                f"{member}-{name}",
                f"{member} points to {url}",
                lambda world, member=member, url=url: world.forged(world.header(**{member: url})),
                "header_invalid",
            )
    yield token_case(
        "C05",
        "x5c",
        "x5c brings a self-signed certificate",
        lambda world: world.forged(world.header(x5c=[certificate(world.attacker, world.issuer)])),
        "header_invalid",
    )


def _other_pool() -> Iterator[Case]:
    yield token_case(
        "C07",
        "other-pool",
        "a valid token of another pool, same account and region",
        lambda world: world.other_pool.access(),
        "key_unknown",
    )
    yield token_case(
        "C07",
        "other-pool-our-kid",
        "another pool's token under our key id",
        lambda world: world.other_pool.signed(world.header(), world.other_pool.claims()),
        "signature_invalid",
    )
    yield token_case(
        "C08",
        "other-pool-rewritten",
        "iss and client_id are ours, signed by the other pool",
        lambda world: world.other_pool.signed(payload=world.claims()),
        "key_unknown",
    )
    yield token_case(
        "C08",
        "other-pool-rewritten-our-kid",
        "iss, client_id and key id are ours, signed by the other pool",
        lambda world: world.other_pool.signed(world.header(), world.claims()),
        "signature_invalid",
    )


@cache
def _elliptic() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def _edwards() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def _elliptic_jwk(algorithm: str) -> dict[str, Any]:
    numbers = _elliptic().public_key().public_numbers()
    point = {"x": encoded(numbers.x.to_bytes(32, "big")), "y": encoded(numbers.y.to_bytes(32, "big"))}
    return {"kty": "EC", "crv": "P-256", "kid": "ec-1", "use": "sig", "alg": algorithm, **point}


def _edwards_jwk(algorithm: str) -> dict[str, Any]:
    point = _edwards().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "kid": "okp-1", "use": "sig", "alg": algorithm, "x": encoded(point)}


def _elliptic_signature(text: str) -> bytes:
    first, second = decode_dss_signature(_elliptic().sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return first.to_bytes(32, "big") + second.to_bytes(32, "big")


def _other_algorithms() -> Iterator[Case]:
    for name, kid, algorithm, member, sign in (
        ("es256", "ec-1", "ES256", _elliptic_jwk, _elliptic_signature),
        ("eddsa", "okp-1", "EdDSA", _edwards_jwk, lambda text: _edwards().sign(text.encode())),
    ):
        for labelled, reason in ((algorithm, "header_invalid"), ("RS256", "key_unknown")):

            def token(
                world: World, kid: str = kid, algorithm: str = labelled, sign: Callable[[str], bytes] = sign
            ) -> str:
                text = world.unsigned(world.header(alg=algorithm, kid=kid))
                return f"{text}.{encoded(sign(text))}"

            yield token_case(
                "C09",
                f"{name}-called-{labelled.lower()}",
                f"{algorithm} by a key of the key set, labelled {labelled}",
                token,
                reason,
                jwks=lambda world, member=member, labelled=labelled: world.jwks(member(labelled)),
                needs_key=True,
            )


def _serialisations() -> Iterator[Case]:
    def encrypted(world: World) -> str:
        header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": world.kid}
        return signing_input(header, b"\1" * 256) + f".{encoded(b'iv' * 6)}.{encoded(b'x' * 99)}.{encoded(b't' * 16)}"

    def flattened(world: World) -> str:
        protected, payload, signature = world.access().split(".")
        return json.dumps({"protected": protected, "payload": payload, "signature": signature})

    def general(world: World) -> str:
        protected, payload, signature = world.access().split(".")
        return json.dumps({"payload": payload, "signatures": [{"protected": protected, "signature": signature}]})

    yield token_case("C10", "jwe", "JWE compact, five segments", encrypted, "token_malformed")
    yield token_case("C10", "jws-flattened", "a valid token in flattened JSON", flattened, "token_malformed")
    yield token_case("C10", "jws-general", "a valid token in general JSON", general, "token_malformed")
    yield Case(
        id="C10",
        name="jws-flattened-bare",
        title="flattened JSON as the whole header value",
        headers=lambda world: [("Authorization", flattened(world))],
        reason="scheme_unsupported",
    )


def _same_key_id_twice() -> Iterator[Case]:
    def two(world: World, *, attacker_first: bool) -> list[Mapping[str, Any]]:
        pair = [jwk(world.trusted.public_key(), "twin"), jwk(world.attacker.public_key(), "twin")]
        return pair[::-1] if attacker_first else pair

    for place in ("first", "second"):
        for signer in ("attacker", "pool"):

            def token(world: World, signer: str = signer) -> str:
                header = world.header(kid="twin")
                return world.forged(header) if signer == "attacker" else world.signed(header)

            for name, keys, status, reason in (
                ("beside-others", World.jwks, 401, "key_unknown"),
                ("alone", lambda _: [], 503, "keys_unavailable"),
            ):
                yield token_case(
                    "C12",
                    f"same-kid-{place}-by-{signer}-{name}",
                    f"one key id twice, attacker's key {place}, token by the {signer}, {name.replace('-', ' ')}",
                    token,
                    reason,
                    expected=(status,),
                    layer="H",
                    needs_key=True,
                    jwks=lambda world, keys=keys, place=place: (
                        [*keys(world), *two(world, attacker_first=place == "first")]
                    ),
                )


def _weak_keys() -> Iterator[Case]:
    """Signed by the weak key wherever that can be done: refused for the key, not for the signature."""
    yield from _weak("C13", "rsa-1024", "1,024-bit key", lambda: generated(1024))
    yield from _weak("C15", "exponent-3", "public exponent 3", lambda: generated(2048, 3))
    for exponent in (0, 1, 2, 65536):
        yield from _weak("C15", f"exponent-{exponent}", f"public exponent {exponent}", with_exponent(exponent))


def _weak(id: str, name: str, title: str, make: Callable[[], WeakKey]) -> Iterator[Case]:  # noqa: A002 - the field
    for beside, status, reason in ((True, 401, "key_unknown"), (False, 503, "keys_unavailable")):
        yield token_case(
            id,
            f"{name}-{'beside-others' if beside else 'alone'}",
            f"{title}, {'beside good keys' if beside else 'the only key'}",
            lambda world: make().signed(world.unsigned(world.header(kid="weak"))),
            reason,
            expected=(status,),
            layer="H",
            needs_key=True,
            jwks=lambda world, beside=beside: [*(world.jwks() if beside else []), make().jwk("weak")],
        )
