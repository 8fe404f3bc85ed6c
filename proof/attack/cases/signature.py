"""B: signatures that are not quite the signature."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from proof.attack import spellings
from proof.attack.case import Case, token_case
from proof.attack.tokens import as_json, decoded, encoded
from proof.attack.world import World


def signature_cases() -> Iterator[Case]:
    yield from _damaged()
    yield from _moved()
    yield from _numbers()


def _resigned(make: Callable[[bytes], bytes]) -> Callable[[World], str]:
    """A real token whose signature's bytes were passed through `make`."""

    def token(world: World) -> str:
        text, _, signature = world.access.rpartition(".")
        return f"{text}.{encoded(make(decoded(signature)))}"

    return token


def _flipped(place: int) -> Callable[[bytes], bytes]:
    def flipped(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[place] ^= 1
        return bytes(changed)

    return flipped


def _fixed(data: bytes) -> Callable[[bytes], bytes]:
    return lambda _: data


def _damaged() -> Iterator[Case]:
    for name, place in {"first": 0, "middle": 128, "last": -1}.items():
        yield token_case(
            "B01",
            f"bit-{name}",
            f"one bit flipped in the signature's {name} byte",
            _resigned(_flipped(place)),
        )
    for segment, name in enumerate(("header", "payload")):
        for where, share in {"start": 0.1, "middle": 0.5, "end": 0.9}.items():

            def token(world: World, segment: int = segment, share: float = share) -> str:
                parts = world.access.split(".")
                place = int(len(parts[segment]) * share)
                other = "B" if parts[segment][place] == "A" else "A"
                parts[segment] = parts[segment][:place] + other + parts[segment][place + 1 :]
                return ".".join(parts)

            yield token_case("B01", f"{name}-{where}", f"one character changed at the {where} of the {name}", token)
    yield token_case("B02", "empty", "signature empty", lambda world: f"{world.access.rpartition('.')[0]}.")
    yield token_case("B02", "missing", "signature and its dot missing", lambda world: world.access.rpartition(".")[0])
    yield token_case("B02", "truncated", "signature short by 20 characters", lambda world: world.access[:-20])
    for name, make in spellings.SIGNATURES.items():
        yield token_case("B02", name, f"signature {name.replace('-', ' ')}", _resigned(make))
    for name, fixed in spellings.CONSTANT_SIGNATURES.items():
        yield token_case("B03", name, f"signature is 256 bytes of {name}", _resigned(_fixed(fixed)))


def _moved() -> Iterator[Case]:
    def other_payload(world: World) -> str:
        header, _, signature = world.access.split(".")
        return f"{header}.{encoded(as_json(world.claims(username='root', jti='x')))}.{signature}"

    def other_header(world: World) -> str:
        _, payload, signature = world.access.split(".")
        return f"{encoded(as_json(world.header(typ='JWT')))}.{payload}.{signature}"

    def swapped(world: World) -> str:
        header, payload, _ = world.access.split(".")
        return f"{header}.{payload}.{world.identity.rpartition('.')[2]}"

    def payload_of_identity(world: World) -> str:
        header, _, signature = world.access.split(".")
        return f"{header}.{world.identity.split('.')[1]}.{signature}"

    def header_of_identity(world: World) -> str:
        _, payload, signature = world.access.split(".")
        return f"{world.identity.split('.')[0]}.{payload}.{signature}"

    yield token_case("B03", "of-the-id-token", "the ID token's signature under the access token", swapped)
    yield token_case(
        "B03", "payload-of-the-id-token", "the ID token's payload in the access token", payload_of_identity
    )
    yield token_case("B03", "header-of-the-id-token", "the ID token's header on the access token", header_of_identity)
    yield token_case("B04", "payload-changed", "payload with every right, signature kept", other_payload)
    yield token_case("B04", "header-changed", "header changed, signature kept", other_header)
    yield token_case("B05", "attacker-key", "signed by the attacker under the pool's key id", World.forged)


def _numbers() -> Iterator[Case]:
    def arithmetic(make: Callable[[int, int], int]) -> Callable[[World], str]:
        def token(world: World) -> str:
            text, _, signature = world.access.rpartition(".")
            value = make(int.from_bytes(decoded(signature), "big"), world.public_key.public_numbers().n)
            return f"{text}.{encoded(value.to_bytes(257, 'big').removeprefix(bytes(1)))}"

        return token

    for name, title, make in (
        ("negated", "the modulus less the right signature", lambda signature, modulus: modulus - signature),
        ("plus-modulus", "the right signature plus the modulus", lambda signature, modulus: signature + modulus),
        ("modulus", "signature is the modulus", lambda _, modulus: modulus),
        ("modulus-plus-one", "signature is the modulus and one", lambda _, modulus: modulus + 1),
    ):
        yield token_case("B06", f"signature-{name}", title, arithmetic(make))
