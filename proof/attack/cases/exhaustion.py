"""Group R: requests that are cheap to send and meant to be expensive to refuse."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

from proof.attack.case import TOO_MUCH, Case, Request, drafts, requests, sending, tokens
from proof.attack.draft import claims, payload
from proof.attack.spellings import nested
from proof.attack.stack import TargetStack
from proof.attack.tokens import as_json, encoded, raw, signing_input

_SIGNATURE = "A" * 342  # as long as that of a 2,048-bit key
_HEADER_SHORT = 384  # bytes of a header that the function still parses


def exhaustion_cases() -> Iterator[Case]:
    yield from _depth()
    yield from _size()
    yield from _numbers()


def _depth() -> Iterator[Case]:
    fields: dict[str, Any] = {**TOO_MUCH, "milliseconds": 50}
    for name, text in nested():
        is_short = len(text) <= _HEADER_SHORT
        in_header, in_payload = {f"header-{name}": _with_header(text)}, {f"payload-{name}": _with_payload(text)}
        reason = "token_malformed" if is_short else "header_invalid"
        yield from tokens("R01", f"header of nested {name.replace('-', ' ')}", reason, in_header, **fields)
        title = f"payload of nested {name.replace('-', ' ')}, signed by"
        yield from tokens("R02", f"{title} the attacker", "signature_invalid", in_payload, **fields)
        if not is_short:
            by_pool = {f"payload-{name}-by-pool": payload(text)}
            yield from drafts("R02", f"{title} the pool", "token_malformed", by_pool, sent="key", **fields)


def _with_header(text: bytes) -> Callable[[TargetStack], str]:
    return lambda stack: f"{encoded(text)}.{encoded(as_json(stack.claims()))}.{_SIGNATURE}"


def _with_payload(text: bytes) -> Callable[[TargetStack], str]:
    return lambda stack: stack.forged(payload=text)


def _random(size: int) -> Callable[[TargetStack], str]:
    return lambda _: ".".join(secrets.token_urlsafe(size) for _ in range(3))


def _size() -> Iterator[Case]:
    fields: dict[str, Any] = {**TOO_MUCH, "milliseconds": 5}
    yield from tokens("R03", "9 kB of random token", "header_invalid", {"random-9-kB": _random(2_250)}, **fields)
    yield from tokens("R03", "9.9 kB of random token", "token_too_large", {"random-9.9-kB": _random(2_475)}, **fields)
    for id_, name, value, reason in (
        ("R03", "10241-bytes", "Bearer " + "x" * (10_241 - len("Authorization: Bearer ")), "token_too_large"),
        ("R03", "70-kB", "Bearer " + "x" * 70_000, "token_too_large"),
        ("R07", "spaces", " " * 8_000, "scheme_unsupported"),
        ("R07", "bearer-and-spaces", "Bearer" + " " * 8_000, "token_malformed"),
        ("R07", "bearers", "Bearer " * 1_000, "token_malformed"),
        ("R07", "dots", "Bearer " + "." * 8_000, "token_malformed"),
        ("R07", "almost-a-token", "Bearer " + "a" * 8_000 + "!", "token_malformed"),
        ("R07", "almost-two-dots", "Bearer " + "a." * 4_000, "token_malformed"),
        ("R07", "commas", "," * 8_000, "scheme_unsupported"),
    ):
        title = f"an Authorization header of {name.replace('-', ' ')}"
        made = {name: sending(_authorization(value))}
        yield from requests(id_, title, reason, made, "authorization-", **fields)
    many = {"200-headers": lambda *_: Request(headers=tuple((f"X-{number}", "x") for number in range(200)))}
    yield from requests("R03", "200 headers", "token_missing", many, **fields)
    unknown = {"unknown-kid": lambda stack: stack.forged(stack.header(kid=secrets.token_urlsafe(32)))}
    yield from tokens("R04", "one of many key ids that the pool does not have", "key_unknown", unknown)


def _authorization(value: str) -> Callable[[TargetStack], tuple[tuple[str, str], ...]]:
    return lambda _: (("Authorization", value),)


def _numbers() -> Iterator[Case]:
    fields: dict[str, Any] = {**TOO_MUCH, "milliseconds": 50}
    for digits, reason in ((4_299, "claims_invalid"), (4_301, "token_malformed"), (6_000, "token_malformed")):
        made = {f"header-{digits}-digits": _header_number(digits)}
        yield from tokens("R08", f"an integer of {digits} digits in the header", "header_invalid", made, **fields)
        expiry = {f"exp-{digits}-digits": claims(exp=raw("9" * digits))}
        yield from drafts("R08", f"exp of {digits} digits", reason, expiry, **fields)


def _header_number(digits: int) -> Callable[[TargetStack], str]:
    return lambda stack: f"{signing_input(stack.header(x=raw('9' * digits)), b'{}')}.{_SIGNATURE}"
