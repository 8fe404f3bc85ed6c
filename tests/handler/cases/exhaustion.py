"""R: requests that are cheap to send and meant to be dear to refuse."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from proof.attack.spellings import nested
from proof.attack.tokens import as_json, encoded, raw, signing_input
from tests.handler.case import Case, header_case, token_case


def exhaustion_cases() -> Iterator[Case]:
    yield from _depth()
    yield from _size()
    yield from _numbers()


def _depth() -> Iterator[Case]:
    for name, text in nested():
        yield token_case(
            "R01",
            f"header-{name}",
            f"header of nested {name}",
            lambda world, text=text: f"{encoded(text)}.{encoded(as_json(world.claims()))}.{'A' * 342}",
            "header_invalid" if len(text) > 384 else "token_malformed",
            milliseconds=50,
            gateway=(400, 401, 413, 431, 494),
        )
        for signer in ("attacker", "pool") if len(text) > 384 else ():
            yield token_case(
                "R02",
                f"payload-{name}-by-{signer}",
                f"payload of nested {name}, known key id, signed by the {signer}",
                lambda world, text=text, signer=signer: (world.forged if signer == "attacker" else world.signed)(
                    payload=text
                ),
                "signature_invalid" if signer == "attacker" else "token_malformed",
                layer="H",
                needs_key=signer == "pool",
                milliseconds=50,
                gateway=(400, 401, 413, 431, 494),
            )


def _size() -> Iterator[Case]:
    too_much = (400, 401, 413, 414, 431, 494)
    yield token_case(
        "R03",
        "random-9.9-kB",
        "9.9 kB of random token",
        lambda _: ".".join(secrets.token_urlsafe(2_475) for _ in range(3)),
        "token_too_large",
        layer="G",
        gateway=too_much,
        milliseconds=5,
    )
    yield token_case(
        "R03",
        "random-9-kB",
        "9 kB of random token, just short enough",
        lambda _: ".".join(secrets.token_urlsafe(2_250) for _ in range(3)),
        "header_invalid",
        layer="G",
        gateway=too_much,
        milliseconds=5,
    )
    yield Case(
        id="R03",
        name="header-over-the-gateway-limit",
        title="a header of 10,241 bytes, more than the gateway takes",
        headers=lambda _: [("Authorization", "Bearer " + "x" * (10_241 - len("Authorization: Bearer ")))],
        reason="token_too_large",
        layer="G",
        gateway=too_much,
        milliseconds=5,
    )
    yield header_case(
        "R04",
        "unknown-kid",
        "one of a thousand requests with a thousand key ids",
        lambda _: {"kid": secrets.token_urlsafe(32)},
        "key_unknown",
        layer="H",
        needs_key=False,
    )
    for name, value, reason in (
        ("spaces", " " * 8_000, "scheme_unsupported"),
        ("bearer-and-spaces", "Bearer" + " " * 8_000, "token_malformed"),
        ("bearers", "Bearer " * 1_000, "token_malformed"),
        ("dots", "Bearer " + "." * 8_000, "token_malformed"),
        ("almost-a-token", "Bearer " + "a" * 8_000 + "!", "token_malformed"),
        ("almost-two-dots", "Bearer " + "a." * 4_000, "token_malformed"),
        ("commas", "," * 8_000, "scheme_unsupported"),
    ):
        yield Case(
            id="R07",
            name=f"authorization-{name}",
            title=f"Authorization of 8 kB: {name.replace('-', ' ')}",
            headers=lambda _, value=value: [("Authorization", value)],
            reason=reason,
            layer="H",
            gateway=too_much,
            milliseconds=5,
        )


def _numbers() -> Iterator[Case]:
    for digits in (4_299, 4_301, 6_000):
        yield token_case(
            "R08",
            f"header-{digits}-digits",
            f"a {digits}-digit integer in the header",
            lambda world, digits=digits: (
                signing_input(as_json(world.header(x=raw("9" * digits))), b"{}") + "." + "A" * 342
            ),
            "header_invalid",
            layer="H",
            milliseconds=50,
        )
    for digits, reason in ((4_299, "claims_invalid"), (4_301, "token_malformed")):
        yield token_case(
            "R08",
            f"exp-{digits}-digits",
            f"exp is a {digits}-digit integer",
            lambda world, digits=digits: world.signed(payload=world.claims(exp=raw("9" * digits))),
            reason,
            layer="H",
            needs_key=True,
            milliseconds=50,
        )
