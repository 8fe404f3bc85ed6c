"""B: signatures that are not quite the signature."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from proof.attack import spellings
from proof.attack.tokens import as_json, decoded, encoded
from tests.handler.case import Case, token_case
from tests.handler.pkcs1 import SIZE, block, digest_info, forgeries
from tests.handler.signing import World, raw_rsa


def signature_cases() -> Iterator[Case]:
    yield from _damaged()
    yield from _moved()
    yield from _padding()
    yield from _wrong_primitive()


def _resigned(make: Callable[[bytes], bytes]) -> Callable[[World], str]:
    """A valid token whose signature's bytes were passed through `make`."""

    def token(world: World) -> str:
        text, _, signature = world.access().rpartition(".")
        return f"{text}.{encoded(make(decoded(signature)))}"

    return token


def _flipped(signature: bytes, place: int) -> bytes:
    flipped = bytearray(signature)
    flipped[place] ^= 1
    return bytes(flipped)


def _damaged() -> Iterator[Case]:
    for name, place in {"first": 0, "middle": 128, "last": -1}.items():
        yield token_case(
            "B01",
            f"bit-{name}",
            f"one bit flipped in the {name} byte",
            _resigned(lambda signature, place=place: _flipped(signature, place)),
            "signature_invalid",
        )
    yield token_case(
        "B02", "empty", "signature empty", lambda world: f"{world.access().rpartition('.')[0]}.", "token_malformed"
    )
    yield token_case(
        "B02",
        "missing",
        "signature and its dot missing",
        lambda world: world.access().rpartition(".")[0],
        "token_malformed",
    )
    yield token_case(
        "B02",
        "truncated",
        "signature short by 20 characters",
        lambda world: world.access()[:-20],
        ("signature_invalid", "token_malformed"),
    )
    for name, make in spellings.SIGNATURES.items():
        yield token_case("B02", name, f"signature {name.replace('-', ' ')}", _resigned(make), "signature_invalid")
    for name, fixed in spellings.CONSTANT_SIGNATURES.items():
        yield token_case(
            "B03",
            name,
            f"signature is 256 bytes of {name}",
            _resigned(lambda _, fixed=fixed: fixed),
            "signature_invalid",
        )


def _moved() -> Iterator[Case]:
    def of_another(world: World) -> str:
        return f"{world.access().rpartition('.')[0]}.{world.identity().rpartition('.')[2]}"

    def other_payload(world: World) -> str:
        header, _, signature = world.access().split(".")
        return f"{header}.{encoded(as_json(world.claims(username='root', jti='x')))}.{signature}"

    def other_header(world: World) -> str:
        _, payload, signature = world.access().split(".")
        return f"{encoded(as_json(world.header(typ='JWT')))}.{payload}.{signature}"

    yield token_case("B03", "of-another-token", "signature of another valid token", of_another, "signature_invalid")
    yield token_case("B04", "payload-changed", "payload changed, signature kept", other_payload, "signature_invalid")
    yield token_case("B04", "header-changed", "header changed, signature kept", other_header, "signature_invalid")
    yield token_case(
        "B05", "attacker-key", "signed by the attacker under the pool's key id", World.forged, "signature_invalid"
    )


def _padding() -> Iterator[Case]:
    """PKCS #1 v1.5 blocks that a lax verifier takes for the right one, through the private operation."""
    for name, make in forgeries().items():

        def token(world: World, make: Callable[[bytes], bytes] = make) -> str:
            text = world.unsigned()
            return f"{text}.{encoded(raw_rsa(world.trusted, make(text.encode())))}"

        yield token_case(
            "B06", name, f"PKCS #1 padding: {name.replace('-', ' ')}", token, "signature_invalid", needs_key=True
        )

    yield token_case(
        "B06",
        "signature-plus-modulus",
        "the right signature plus the modulus: the same residue",
        _plus_modulus,
        "signature_invalid",
        needs_key=True,
    )
    yield token_case(
        "B06",
        "signature-negated",
        "the modulus less the right signature",
        lambda world: _arithmetic(world, lambda signature, modulus: modulus - signature),
        "signature_invalid",
        needs_key=True,
    )
    for name, value in {"modulus": 0, "modulus-less-one": -1, "modulus-plus-one": 1}.items():
        yield token_case(
            "B06",
            f"signature-is-{name}",
            f"signature is the {name.replace('-', ' ')}",
            lambda world, value=value: _arithmetic(world, lambda _, modulus: modulus + value),
            "signature_invalid",
        )


def _arithmetic(world: World, make: Callable[[int, int], int]) -> str:
    text, _, signature = world.access().rpartition(".")
    value = make(int.from_bytes(decoded(signature), "big"), world.public_key.public_numbers().n)
    return f"{text}.{encoded(value.to_bytes(SIZE, 'big'))}"


def _plus_modulus(world: World) -> str:
    while True:  # a small enough signature turns up every few tokens
        text, _, signature = world.access().rpartition(".")
        value = int.from_bytes(decoded(signature), "big") + world.public_key.public_numbers().n
        if value < 256**SIZE:
            return f"{text}.{encoded(value.to_bytes(SIZE, 'big'))}"


def _wrong_primitive() -> Iterator[Case]:
    for name in ("md5", "sha1", "sha224", "sha384", "sha512"):

        def token(world: World, name: str = name) -> str:
            text = world.unsigned()
            digest = hashlib.new(name, text.encode(), usedforsecurity=False).digest()
            return f"{text}.{encoded(raw_rsa(world.trusted, block(digest_info(digest, name))))}"

        yield token_case(
            "B07",
            name,
            f"a correct signature over the {name.upper()} digest, alg RS256",
            token,
            "signature_invalid",
            needs_key=True,
        )

    def pss(world: World) -> str:
        text = world.unsigned()
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        return f"{text}.{encoded(world.trusted.sign(text.encode(), scheme, hashes.SHA256()))}"

    yield token_case("B07", "pss", "a correct PSS signature, alg RS256", pss, "signature_invalid", needs_key=True)
