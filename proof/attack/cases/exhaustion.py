"""R: requests that are cheap to send and meant to be dear to refuse."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

from proof.access import Access
from proof.attack.case import Case, Shot, token_case
from proof.attack.cases.header import NO_OBJECT
from proof.attack.spellings import nested
from proof.attack.tokens import as_json, encoded, raw, signing_input
from proof.attack.world import World

_TOO_MUCH = (0, 400, 401, 413, 414, 431, 494)
_SIGNATURE = "A" * 342  # as long as one of a 2,048-bit key
_PUBLIC = (0, 200, 400, 413, 414, 431, 494)


def exhaustion_cases() -> Iterator[Case]:
    yield from _depth()
    yield from _size()
    yield from _numbers()


def _with_header(text: bytes) -> Callable[[World], str]:
    return lambda world: f"{encoded(text)}.{encoded(as_json(world.claims()))}.{_SIGNATURE}"


def _with_payload(text: bytes) -> Callable[[World], str]:
    return lambda world: world.forged(payload=text)


def _with_header_number(digits: int) -> Callable[[World], str]:
    return lambda world: f"{signing_input(world.header(x=raw('9' * digits)), b'{}')}.{_SIGNATURE}"


def _with_expiry(digits: int) -> Callable[[World], str]:
    return lambda world: world.forged(payload=world.claims(exp=raw("9" * digits)))


def _random(size: int) -> Callable[[World], str]:
    return lambda _: ".".join(secrets.token_urlsafe(size) for _ in range(3))


def _authorization(value: str) -> Callable[[World, Access], Shot]:
    return lambda _, __: Shot(headers=(("Authorization", value),))


def _depth() -> Iterator[Case]:
    for name, text in nested():
        yield token_case(
            "R01",
            f"header-{name}",
            f"header of nested {name}",
            _with_header(text),
            errs=NO_OBJECT if name.split("-", 1)[1] == "lists" else "",
            expected=_TOO_MUCH,
            public=_PUBLIC,
        )
        yield token_case(
            "R02",
            f"payload-{name}",
            f"payload of nested {name}, signed by the attacker",
            _with_payload(text),
            expected=_TOO_MUCH,
            public=_PUBLIC,
        )


def _size() -> Iterator[Case]:
    for name, size in {"9-kB": 2_250, "9.9-kB": 2_475}.items():
        yield token_case(
            "R03",
            f"random-{name}",
            f"{name.replace('-', ' ')} of random token",
            _random(size),
            expected=_TOO_MUCH,
            public=_PUBLIC,
        )
    for name, value in {
        "10241-bytes": "Bearer " + "x" * (10_241 - len("Authorization: Bearer ")),
        "70-kB": "Bearer " + "x" * 70_000,
        "spaces": " " * 8_000,
        "bearer-and-spaces": "Bearer" + " " * 8_000,
        "bearers": "Bearer " * 1_000,
        "dots": "Bearer " + "." * 8_000,
        "almost-a-token": "Bearer " + "a" * 8_000 + "!",
        "almost-two-dots": "Bearer " + "a." * 4_000,
        "commas": "," * 8_000,
    }.items():
        yield Case(
            id="R03" if name in {"10241-bytes", "70-kB"} else "R07",
            name=f"authorization-{name}",
            title=f"an Authorization header of {name.replace('-', ' ')}",
            shot=_authorization(value),
            expected=_TOO_MUCH,
            public=_PUBLIC,
        )
    yield token_case(
        "R04",
        "unknown-kid",
        "one of many key ids that nobody has",
        lambda world: world.forged(world.header(kid=secrets.token_urlsafe(32))),
    )
    yield Case(
        id="R03",
        name="200-headers",
        title="200 headers",
        shot=lambda _, __: Shot(headers=tuple((f"X-{number}", "x") for number in range(200))),
        expected=_TOO_MUCH,
        public=_PUBLIC,
    )


def _numbers() -> Iterator[Case]:
    for digits in (4_299, 4_301, 6_000):
        yield token_case(
            "R08",
            f"header-{digits}-digits",
            f"a {digits}-digit integer in the header",
            _with_header_number(digits),
            expected=_TOO_MUCH,
            public=_PUBLIC,
        )
        yield token_case(
            "R08",
            f"payload-{digits}-digits",
            f"a {digits}-digit exp, signed by the attacker",
            _with_expiry(digits),
            expected=_TOO_MUCH,
            public=_PUBLIC,
        )
