"""Group C: the wrong key, or the right key used for something else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proof.attack import pkcs1
from proof.attack.case import ACCEPTED, Case, drafts, requests, sending, tokens
from proof.attack.draft import header
from proof.attack.spellings import certificate
from proof.attack.stack import OTHER_POOL, TargetStack
from proof.attack.tokens import ABSENT, decoded, encoded, hs256, jwk, rs256, signing_input

Token = Callable[[TargetStack], str]
KeySet = Sequence[Mapping[str, Any]]


def confusion_cases() -> Iterator[Case]:
    yield from _hmac()
    yield from _key_in_header()
    yield from _other_pool()
    yield from _other_algorithms()
    yield from _serializations()
    yield from _same_key_id_twice()
    yield from _weak_keys()
    yield from _other_key()


def _hmac() -> Iterator[Case]:
    def pem(stack: TargetStack) -> bytes:
        return stack.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    public: dict[str, Callable[[TargetStack], bytes]] = {
        "pem": pem,
        "pem-without-newline": lambda stack: pem(stack).rstrip(b"\n"),
        "pem-crlf": lambda stack: pem(stack).replace(b"\n", b"\r\n"),
        "pem-pkcs1": lambda stack: stack.public_key.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "der-spki": lambda stack: stack.public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "der-pkcs1": lambda stack: stack.public_key.public_bytes(Encoding.DER, PublicFormat.PKCS1),
        "jwk-text": lambda stack: json.dumps(jwk(stack.public_key, stack.kid)).encode(),
        "jwk-compact-text": lambda stack: json.dumps(jwk(stack.public_key, stack.kid), separators=(",", ":")).encode(),
        "modulus": lambda stack: decoded(jwk(stack.public_key, stack.kid)["n"]),
        "modulus-text": lambda stack: jwk(stack.public_key, stack.kid)["n"].encode(),
    }
    guesses: dict[str, Callable[[TargetStack], bytes]] = {
        "empty": lambda _: b"",
        "secret": lambda _: b"secret",
        "client-id": lambda stack: stack.client_id.encode(),
        "pool-id": lambda stack: stack.target.pool_id.encode(),
        "key-id": lambda stack: stack.kid.encode(),
    }
    honest, disguised, guessed = (
        {f"{name}{suffix}": _hs256(secret, algorithm) for name, secret in secrets.items()}
        for secrets, suffix, algorithm in (
            (public, "", "HS256"),
            (public, "-called-rs256", "RS256"),
            (guesses, "", "HS256"),
        )
    )
    yield from tokens("C01", "HS256 with the public key as secret", "header_invalid", honest, "hs256-")
    yield from tokens("C01", "the same under alg RS256", "signature_invalid", disguised, "hs256-")
    yield from tokens("C02", "HS256 with a guessable secret", "header_invalid", guessed, "hs256-")
    for labeled, algorithm, reason, name in (
        ("HS256", "HS256", "header_invalid", "oct-key-hs256"),
        ("HS256", "RS256", "key_unknown", "oct-key-called-hs256"),
        ("RS256", "RS256", "key_unknown", "oct-key-called-rs256"),
    ):
        member = {"kty": "oct", "kid": "oct-1", "k": encoded(b"k" * 32), "use": "sig", "alg": labeled}
        title = f"{algorithm} token by an oct key of the key set, labeled {labeled}"
        made = {name: _hs256(lambda _: b"k" * 32, algorithm, "oct-1")}
        yield from tokens("C03", title, reason, made, sent="event", key_set=_with(member))


def _hs256(secret: Callable[[TargetStack], bytes], algorithm: str, kid: str | None = None) -> Token:
    return lambda stack: hs256(secret(stack), stack.unsigned(stack.header(alg=algorithm, kid=kid or stack.kid)))


def _with(member: Mapping[str, Any]) -> Callable[[TargetStack], KeySet]:
    return lambda stack: [*stack.keys, member]


def _forged(member: str, value: Callable[[TargetStack], object], kid: str | None = None) -> Token:
    """Sign with the attacker's key, which the header carries or points to."""
    return lambda stack: stack.forged(stack.header(kid=kid or stack.kid, **{member: value(stack)}))


def _key_in_header() -> Iterator[Case]:
    embedded = {
        "pool-kid": _forged("jwk", lambda stack: stack.attacker_jwk()),
        "own-kid": _forged("jwk", lambda stack: stack.attacker_jwk("attacker-1"), "attacker-1"),
    }
    title = "the attacker's key in the header's jwk, signed by it (CVE-2018-0114)"
    yield from tokens("C04", title, "header_invalid", embedded, "jwk-")
    foreign = {"jwk-of-another": header(jwk={"kty": "RSA"})}
    yield from drafts("C04", "somebody else's key in the header's jwk", "header_invalid", foreign)
    addresses: dict[str, Callable[[TargetStack], str]] = {
        "attacker": lambda stack: f"{stack.lure}/jwks.json",
        "https": lambda _: "https://attacker.example/jwks.json",
        "http": lambda _: "http://attacker.example/jwks.json",
        "file": lambda _: "file:///var/task/keys.json",
        "metadata": lambda _: "http://169.254.169.254/latest/meta-data/",
        "userinfo": lambda stack: f"{stack.issuer.replace('https://', 'https://pool@')}@attacker.example/jwks.json",
    }
    for member in ("jku", "x5u"):
        made = {name: _forged(member, address) for name, address in addresses.items()}
        made |= {f"{name}-own-kid": _forged(member, address, "attacker-1") for name, address in addresses.items()}
        yield from tokens("C05", f"{member} points to the attacker", "header_invalid", made, f"{member}-")
    pointed = {"jku-of-another": header(jku="https://attacker.example/jwks.json")}
    yield from drafts("C05", "jku of somebody else", "header_invalid", pointed)
    chain = {"x5c": _forged("x5c", lambda stack: [certificate(stack.attacker, stack.issuer)])}
    yield from tokens("C05", "x5c brings a self-signed certificate", "header_invalid", chain)
    issuer = {"issuer-attacker": lambda stack: stack.forged(payload=stack.claims(iss=stack.lure))}
    yield from tokens("C05", "iss is the attacker's, whose key set can be discovered", "signature_invalid", issuer)


def _other_pool() -> Iterator[Case]:
    def our_kid(stack: TargetStack) -> str:
        _, payload, signature = stack.real(OTHER_POOL).access.split(".")
        return f"{signing_input(stack.header(), b'').partition('.')[0]}.{payload}.{signature}"

    def rewritten(kid: Callable[[TargetStack], str]) -> Token:
        return lambda stack: rs256(stack.private_keys.other_pool, stack.unsigned(stack.header(kid=kid(stack))))

    theirs = {
        "other-pool": lambda stack: stack.real(OTHER_POOL).access,
        "other-pool-id-token": lambda stack: stack.real(OTHER_POOL).id,
    }
    yield from tokens("C07", "a real token of another pool", "key_unknown", theirs, by="gateway")
    title = "another pool's token under our key id"
    yield from tokens("C07", title, "signature_invalid", {"other-pool-our-kid": our_kid}, by="gateway")
    title = "another pool's key signs our iss and client_id"
    their_kid = {"other-pool-rewritten": rewritten(lambda stack: stack.other_kid)}
    yield from tokens("C08", title, "key_unknown", their_kid, sent="key")
    own_kid = {"other-pool-rewritten-our-kid": rewritten(lambda stack: stack.kid)}
    yield from tokens("C08", f"{title} under our key id", "signature_invalid", own_kid, sent="key")


@cache
def _elliptic() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@cache
def _edwards() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


def _elliptic_jwk() -> dict[str, Any]:
    numbers = _elliptic().public_key().public_numbers()
    point = {"x": encoded(numbers.x.to_bytes(32, "big")), "y": encoded(numbers.y.to_bytes(32, "big"))}
    return {"kty": "EC", "crv": "P-256", "use": "sig", **point}


def _edwards_jwk() -> dict[str, Any]:
    point = _edwards().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "x": encoded(point)}


def _elliptic_signature(text: bytes) -> bytes:
    first, second = decode_dss_signature(_elliptic().sign(text, ec.ECDSA(hashes.SHA256())))
    return first.to_bytes(32, "big") + second.to_bytes(32, "big")


def _by(sign: Callable[[bytes], bytes], algorithm: str, kid: str | None = None) -> Token:
    def token(stack: TargetStack) -> str:
        text = stack.unsigned(stack.header(alg=algorithm, kid=kid or stack.kid))
        return f"{text}.{encoded(sign(text.encode()))}"

    return token


def _other_algorithms() -> Iterator[Case]:
    for name, algorithm, sign, public in (
        ("es256", "ES256", _elliptic_signature, _elliptic_jwk),
        ("eddsa", "EdDSA", lambda text: _edwards().sign(text), _edwards_jwk),
    ):
        for called, reason, unknown in (
            (algorithm, "header_invalid", "header_invalid"),
            ("RS256", "signature_invalid", "key_unknown"),
        ):
            full, title = f"{name}-called-{called.lower()}", f"{algorithm} signature under alg {called}"
            yield from tokens("C09", title, reason, {full: _by(sign, called)})
            yield from tokens(
                "C09",
                f"{title}, by a key of the key set",
                unknown,
                {f"{full}-in-key-set": _by(sign, called, "other-1")},
                sent="event",
                key_set=lambda stack, public=public, called=called: [
                    *stack.keys,
                    {**public(), "kid": "other-1", "alg": called},
                ],
            )
    constants = {"zeros": _by(lambda _: bytes(64), "ES256"), "empty": _by(lambda _: b"", "ES256")}
    title, reasons = "ES256 with a constant signature (CVE-2022-21449)", ("header_invalid", "token_malformed")
    yield from tokens("C09", title, reasons, constants, "es256-")


def _serializations() -> Iterator[Case]:
    def encrypted(stack: TargetStack) -> str:
        members = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": stack.kid}
        return signing_input(members, b"\1" * 256) + f".{encoded(b'iv' * 6)}.{encoded(b'x' * 99)}.{encoded(b't' * 16)}"

    def flattened(stack: TargetStack) -> str:
        protected, payload, signature = stack.access.split(".")
        return json.dumps({"protected": protected, "payload": payload, "signature": signature})

    def general(stack: TargetStack) -> str:
        protected, payload, signature = stack.access.split(".")
        return json.dumps({"payload": payload, "signatures": [{"protected": protected, "signature": signature}]})

    yield from tokens("C10", "JWE compact, five segments", "token_malformed", {"jwe": encrypted})
    in_json = {"flattened": flattened, "general": general}
    yield from tokens("C10", "a real token in JSON", "token_malformed", in_json, "jws-")
    bare = {"jws-flattened-bare": sending(lambda stack: (("Authorization", flattened(stack)),))}
    yield from requests("C10", "flattened JSON as the whole header value", "scheme_unsupported", bare)


def _key_set_cases(
    case_id: str, name: str, title: str, token: Token, keys: Callable[[TargetStack], KeySet]
) -> Iterator[Case]:
    """Yield two cases for bad members of the key set: beside the pool's good keys, and alone."""

    def beside(stack: TargetStack) -> KeySet:
        return [*stack.keys, *keys(stack)]

    for where, reason, key_set in (("beside-others", "key_unknown", beside), ("alone", "keys_unavailable", keys)):
        made = {f"{name}-{where}": token}
        yield from tokens(case_id, f"{title}, {where}", reason, made, sent="event", key_set=key_set)


def _same_key_id_twice() -> Iterator[Case]:
    def twins(place: str) -> Callable[[TargetStack], KeySet]:
        def keys(stack: TargetStack) -> KeySet:
            pair = [stack.attacker_jwk("twin"), jwk(stack.public_key, "twin")]
            return pair if place == "first" else pair[::-1]

        return keys

    signers: dict[str, Token] = {
        "attacker": lambda stack: stack.forged(stack.header(kid="twin")),
        "pool": lambda stack: stack.signed(stack.header(kid="twin")),
    }
    for place in ("first", "second"):
        for signer, token in signers.items():
            title = f"one key id twice, attacker's key {place}, token by the {signer}"
            yield from _key_set_cases("C12", f"same-kid-{place}-by-{signer}", title, token, twins(place))


@cache
def _key(bits: int, exponent: int = 65537) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(exponent, bits)


def _weak_keys() -> Iterator[Case]:
    """The weak key signs wherever it can: the token must be refused for the key, not for the signature."""

    def by_key(bits: int, exponent: int = 65537) -> tuple[Token, Callable[[TargetStack], KeySet]]:
        return (
            lambda stack: rs256(_key(bits, exponent), stack.unsigned(stack.header(kid="weak"))),
            lambda _: [jwk(_key(bits, exponent).public_key(), "weak")],
        )

    def by_exponent(exponent: int) -> tuple[Token, Callable[[TargetStack], KeySet]]:
        """Announce a useless exponent; under 1, every encoded message is its own signature."""
        member = encoded(exponent.to_bytes((exponent.bit_length() + 7) // 8 or 1, "big"))
        return _by(_unsigned_block, "RS256", "weak"), lambda stack: [{**stack.attacker_jwk("weak"), "e": member}]

    yield from _key_set_cases("C13", "rsa-1024", "1,024-bit key", *by_key(1024))
    yield from _key_set_cases("C15", "exponent-3", "public exponent 3", *by_key(2048, 3))
    for exponent in (0, 1, 2, 65536):
        title = f"public exponent {exponent}"
        yield from _key_set_cases("C15", f"exponent-{exponent}", title, *by_exponent(exponent))


def _unsigned_block(text: bytes) -> bytes:
    return pkcs1.block(pkcs1.digest_info(hashlib.sha256(text).digest()))


def _other_key() -> Iterator[Case]:
    """Cognito signs access tokens and ID tokens with two keys; the function accepts either, and token_use decides."""

    def access_by_id_key(stack: TargetStack) -> str:
        return rs256(stack.private_keys.id, stack.unsigned(stack.header(kid=stack.private_keys.id_kid)))

    def identity_by_access_key(stack: TargetStack) -> str:
        claims = stack.claims(token_use="id", aud=stack.client_id, client_id=ABSENT)  # noqa: S106 - no password
        return stack.signed(payload=claims)

    title = "signed by the pool's other key"
    first, second = (
        {"signed-by-the-id-token-key": access_by_id_key},
        {"id-token-by-the-access-token-key": identity_by_access_key},
    )
    yield from tokens("C16", f"access token {title}", ACCEPTED, first, sent="key")
    yield from tokens("C16", f"ID token {title}", "token_use_mismatch", second, sent="key")
