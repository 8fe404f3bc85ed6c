"""Group B: signatures that are almost right."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from proof.attack import pkcs1, spellings
from proof.attack.case import Case, altered, tokens
from proof.attack.stack import TargetStack
from proof.attack.tokens import as_json, decoded, encoded

_ANY = ("token_malformed", "header_invalid", "key_unknown", "signature_invalid")


def signature_cases() -> Iterator[Case]:
    yield from _damaged()
    yield from _moved()
    yield from _arithmetic()
    yield from _wrong_padding()


def _resigned(make: Callable[[bytes], bytes]) -> Callable[[str], str]:
    """Rewrite the bytes of a token's signature."""

    def alter(token: str) -> str:
        text, _, signature = token.rpartition(".")
        return f"{text}.{encoded(make(decoded(signature)))}"

    return alter


def _bit_flipped(place: int) -> Callable[[str], str]:
    def flip(data: bytes) -> bytes:
        changed = bytearray(data)
        changed[place] ^= 1
        return bytes(changed)

    return _resigned(flip)


def _character_changed(segment: int, share: float) -> Callable[[str], str]:
    def alter(token: str) -> str:
        parts = token.split(".")
        place = int(len(parts[segment]) * share)
        other = "B" if parts[segment][place] == "A" else "A"
        parts[segment] = parts[segment][:place] + other + parts[segment][place + 1 :]
        return ".".join(parts)

    return alter


def _constant(data: bytes) -> Callable[[str], str]:
    return _resigned(lambda _: data)


def _damaged() -> Iterator[Case]:
    bits = {name: _bit_flipped(place) for name, place in {"first": 0, "middle": 128, "last": -1}.items()}
    yield from altered("B01", "one bit of the signature flipped", "signature_invalid", bits, "bit-")
    for segment, name in enumerate(("header", "payload")):
        places = {"start": 0.1, "middle": 0.5, "end": 0.9}
        ways = {where: _character_changed(segment, share) for where, share in places.items()}
        yield from altered("B01", f"one character of the {name} changed", _ANY, ways, f"{name}-")
    missing: spellings.Altered = {
        "empty": lambda token: f"{token.rpartition('.')[0]}.",
        "missing": lambda token: token.rpartition(".")[0],
    }
    yield from altered("B02", "no signature", "token_malformed", missing)
    short, reasons = {"truncated": lambda token: token[:-20]}, ("signature_invalid", "token_malformed")
    yield from altered("B02", "signature 20 characters short", reasons, short)
    lengths = {name: _resigned(make) for name, make in spellings.SIGNATURES.items()}
    yield from altered("B02", "signature of another length or order", "signature_invalid", lengths)
    constants = {name: _constant(data) for name, data in spellings.CONSTANT_SIGNATURES.items()}
    yield from altered("B03", "signature is a constant", "signature_invalid", constants)


def _mixed(access: str, identity: str) -> Callable[[TargetStack], str]:
    """Join segments of the access token and of the ID token, by their numbers: `01` and `2`."""

    def token(stack: TargetStack) -> str:
        parts = {int(place): stack.access.split(".")[int(place)] for place in access}
        parts |= {int(place): stack.identity.split(".")[int(place)] for place in identity}
        return ".".join(parts[place] for place in range(3))

    return token


def _moved() -> Iterator[Case]:
    def other_payload(stack: TargetStack) -> str:
        header, _, signature = stack.access.split(".")
        return f"{header}.{encoded(as_json(stack.claims(username='root', jti='x')))}.{signature}"

    def other_header(stack: TargetStack) -> str:
        _, payload, signature = stack.access.split(".")
        return f"{encoded(as_json(stack.header(typ='JWT')))}.{payload}.{signature}"

    mixed = {
        "of-the-id-token": _mixed("01", "2"),
        "payload-of-the-id-token": _mixed("02", "1"),
        "header-of-the-id-token": _mixed("12", "0"),
    }
    yield from tokens("B03", "access token with a segment of the ID token", "signature_invalid", mixed)
    changed = {"payload-changed": other_payload, "header-changed": other_header}
    yield from tokens("B04", "signature kept", "signature_invalid", changed)
    attacker = {"attacker-key": TargetStack.forged}
    yield from tokens("B05", "signed by the attacker under the pool's key id", "signature_invalid", attacker)


def _as_number(make: Callable[[int, int], int]) -> Callable[[TargetStack], str]:
    """Compute the signature from the right one and the modulus."""

    def token(stack: TargetStack) -> str:
        modulus = stack.public_key.public_numbers().n
        for _ in range(100):  # the sum of both fits into the signature's length for some tokens only
            access = stack.signed() if stack.private else stack.access
            text, _, signature = access.rpartition(".")
            value = make(int.from_bytes(decoded(signature), "big"), modulus)
            if not stack.private or value < 256**pkcs1.SIZE:
                break
        return f"{text}.{encoded(value.to_bytes(257, 'big').removeprefix(bytes(1)))}"

    return token


def _arithmetic() -> Iterator[Case]:
    numbers = {
        "plus-modulus": _as_number(lambda signature, modulus: signature + modulus),
        "negated": _as_number(lambda signature, modulus: modulus - signature),
        "is-modulus": _as_number(lambda _, modulus: modulus),
        "is-modulus-less-one": _as_number(lambda _, modulus: modulus - 1),
        "is-modulus-plus-one": _as_number(lambda _, modulus: modulus + 1),
    }
    yield from tokens("B06", "signature congruent to another number", "signature_invalid", numbers, "signature-")


def _by_hand(make: Callable[[bytes], bytes]) -> Callable[[TargetStack], str]:
    def token(stack: TargetStack) -> str:
        text = stack.unsigned()
        return f"{text}.{encoded(pkcs1.private_operation(stack.private_keys.access, make(text.encode())))}"

    return token


def _pss(stack: TargetStack) -> str:
    text = stack.unsigned()
    scheme = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    return f"{text}.{encoded(stack.private_keys.access.sign(text.encode(), scheme, hashes.SHA256()))}"


def _wrong_padding() -> Iterator[Case]:
    """PKCS #1 v1.5 blocks that a lax verifier takes for the right one."""
    blocks = {name: _by_hand(make) for name, make in pkcs1.forgeries().items()}
    yield from tokens("B06", "PKCS #1 padding", "signature_invalid", blocks, sent="key")
    digests = {name: _by_hand(pkcs1.over_digest(name)) for name in ("md5", "sha1", "sha224", "sha384", "sha512")}
    right = "right signature of another scheme, alg RS256"
    yield from tokens("B07", right, "signature_invalid", {**digests, "pss": _pss}, sent="key")
