"""E: spellings of a token that are not the one spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

from proof.attack import spellings
from proof.attack.tokens import as_json, encoded, rs256
from tests.handler.case import Case, token_case
from tests.handler.signing import World


def encoding_cases() -> Iterator[Case]:
    yield from _dots()
    yield from _alphabet()
    yield from _padding()
    yield from _appended()


def _altered(make: Callable[[str], str]) -> Callable[[World], str]:
    return lambda world: make(world.access())


def _dots() -> Iterator[Case]:
    for name, make in spellings.DOTS.items():
        yield token_case("E01", f"dots-{name}", f"dots: {name.replace('-', ' ')}", _altered(make), "token_malformed")
    yield token_case(
        "E02",
        "fourth-segment-signed",
        "a fourth segment inside the signed part",
        lambda world: rs256(world.trusted, f"{world.unsigned()}.eyJ4IjoxfQ"),
        "token_malformed",
        layer="H",
        needs_key=True,
    )


def _alphabet() -> Iterator[Case]:
    """+ and / for - and _: what every lenient decoder reads as the same bytes."""
    for place, segment in enumerate(("header", "payload")):
        for wrong, right in (("+", "-"), ("/", "_")):

            def token(world: World, place: int = place, wrong: str = wrong, right: str = right) -> str:
                parts = _with_character(world, place, right).split(".")
                parts[place] = parts[place].replace(right, wrong)
                return rs256(world.trusted, ".".join(parts))

            yield token_case(
                "E03",
                f"{segment}-{'plus' if wrong == '+' else 'slash'}",
                f"{wrong} for {right} in the {segment}, signed as it stands",
                token,
                "token_malformed",
                needs_key=True,
            )
    for wrong, right in (("+", "-"), ("/", "_")):

        def resigned(world: World, wrong: str = wrong, right: str = right) -> str:
            head, _, signature = world.access().rpartition(".")
            # the last character is left alone, and a signature without any - or _ is as good with one made up
            return f"{head}.{signature.replace(right, wrong) if right in signature else wrong + signature[1:]}"

        yield token_case(
            "E03",
            f"signature-{'plus' if wrong == '+' else 'slash'}",
            f"{wrong} for {right} in the signature",
            resigned,
            "token_malformed",
        )


def _with_character(world: World, place: int, character: str) -> str:
    """The first two segments, such that segment `place` holds `character`."""
    for filling in count():
        # "?" and ">" give _ and - at the right offset
        extra = " " * (filling % 3) + ("?" if character == "_" else ">") * 3
        header = as_json(world.header()) + (extra.encode() if place == 0 else b"")
        payload = as_json(world.claims(note=extra))
        parts = [encoded(header.replace(b"}", b',"typ":"' + extra.encode() + b'"}', 1)), encoded(payload)]
        if character in parts[place]:
            return ".".join(parts)
    raise AssertionError


def _padding() -> Iterator[Case]:
    for place, segment in enumerate(("header", "payload")):

        def token(world: World, place: int = place) -> str:
            for filling in range(3):  # one of three lengths is a whole number of quadruples and needs no padding
                parts = [
                    encoded(as_json(world.header()) + b" " * filling),
                    encoded(as_json(world.claims()) + b" " * filling),
                ]
                if len(parts[place]) % 4:
                    break
            parts[place] += "=" * (-len(parts[place]) % 4)
            return rs256(world.trusted, ".".join(parts))

        yield token_case(
            "E04",
            f"{segment}-padded",
            f"= padding on the {segment}, signed as it stands",
            token,
            "token_malformed",
            layer="H",
            needs_key=True,
        )
    for name, make in spellings.PADDING.items():
        yield token_case(
            "E04",
            f"signature-{name}",
            f"a valid token's signature: {name.replace('-', ' ')}",
            _altered(make),
            "token_malformed",
            layer="H",
        )


def _appended() -> Iterator[Case]:
    for name, make in {
        **spellings.PUNCTUATION,
        "tab": lambda token: f"{token}\t",
        "newline": lambda token: f"{token}\n",
        "crlf": lambda token: f"{token}\r\nX-Evil: 1",
        "leading-newline": lambda token: f"\n{token}",
    }.items():
        yield token_case(
            "E05",
            f"signature-{name}",
            f"a valid token with {name.replace('-', ' ')}",
            _altered(make),
            "token_malformed",
            unsendable=name in {"tab", "newline", "crlf", "leading-newline"},
        )
    for name, character in {**spellings.CHARACTERS, "surrogate": "\ud800"}.items():
        for place, position in {"header": 5, "signature": -5}.items():
            yield token_case(
                "E07",
                f"{name}-in-{place}",
                f"{name.replace('-', ' ')} in the {place}",
                _altered(lambda token, at=position, new=character: token[:at] + new + token[at:]),
                "token_malformed",
                unsendable=True,
            )
    for name, make in {**spellings.QUOTED, **spellings.INVISIBLE}.items():
        yield token_case(
            "E09",
            name,
            f"a valid token, {name.replace('-', ' ')}",
            _altered(make),
            "token_malformed",
            unsendable=name in spellings.INVISIBLE,
        )
    for name, make in {
        "lower-cased": str.lower,
        "upper-cased": str.upper,
        "reversed": lambda token: token[::-1],
    }.items():
        yield token_case(
            "E09",
            name,
            f"a valid token, {name}",
            _altered(make),
            ("token_malformed", "header_invalid"),
        )
