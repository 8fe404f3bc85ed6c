"""E: spellings of a real token that are not the one spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote

from proof.attack.case import Case, token_case
from proof.attack.world import World

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_MALFORMED = (400, 401)  # what speaks HTTP may refuse such a header before anybody looks for a token


def encoding_cases() -> Iterator[Case]:
    yield from _dots()
    yield from _alphabet()
    yield from _padding()
    yield from _characters()


def _altered(make: Callable[[str], str]) -> Callable[[World], str]:
    return lambda world: make(world.access)


def _fixed(token: str) -> Callable[[World], str]:
    return lambda _: token


def _inserted(text: str, place: int | None) -> Callable[[str], str]:
    """Puts `text` at a place of the token, or at its end."""
    return lambda token: token[:place] + text + (token[place:] if place is not None else "")


def _dots() -> Iterator[Case]:
    for name, make in {
        "none": lambda token: token.replace(".", ""),
        "one": lambda token: token.replace(".", "", 1),
        "four-segments": lambda token: f"{token}.x",
        "five-segments": lambda token: f"{token}.x.y",
        "six-segments": lambda token: f"{token}.x.y.z",
        "leading": lambda token: f".{token}",
        "trailing": lambda token: f"{token}.",
        "doubled": lambda token: token.replace(".", ".."),
        "header-only": lambda token: f"{token.split('.')[0]}..",
    }.items():
        yield token_case("E01", f"dots-{name}", f"dots: {name.replace('-', ' ')}", _altered(make))
    for name, token in {"only": "..", "many": "." * 1000}.items():
        yield token_case("E01", f"dots-{name}", f"nothing but dots ({len(token)})", _fixed(token))


def _alphabet() -> Iterator[Case]:
    for segment, name in enumerate(("header", "payload", "signature")):
        for wrong, right in (("+", "-"), ("/", "_")):

            def token(world: World, segment: int = segment, wrong: str = wrong, right: str = right) -> str:
                parts = world.access.split(".")
                has = right in parts[segment]
                parts[segment] = parts[segment].replace(right, wrong) if has else wrong + parts[segment][1:]
                return ".".join(parts)

            yield token_case(
                "E03", f"{name}-{'plus' if wrong == '+' else 'slash'}", f"{wrong} for {right} in the {name}", token
            )


def _padding() -> Iterator[Case]:
    for segment, name in enumerate(("header", "payload")):

        def token(world: World, segment: int = segment) -> str:
            parts = world.access.split(".")
            parts[segment] += "=" * (-len(parts[segment]) % 4 or 2)
            return ".".join(parts)

        yield token_case("E04", f"{name}-padded", f"= padding after the {name}", token)
    for name, suffix in {"one": "=", "two": "==", "four": "===="}.items():
        yield token_case(
            "E04",
            f"signature-padded-by-{name}",
            f"{suffix} after a real token",
            _altered(_inserted(suffix, None)),
        )
    yield token_case(
        "E04",
        "signature-spare-bits",
        "the same signature bytes, spelled with a spare bit set",
        _altered(lambda token: token[:-1] + _ALPHABET[_ALPHABET.index(token[-1]) | 1]),
    )


def _characters() -> Iterator[Case]:
    for name, make in {
        "exclamation": lambda token: f"{token}!!!!",
        "percent-20": lambda token: f"{token}%20",
        "inner-space": lambda token: f"{token[:-9]} {token[-9:]}",
        "inner-tab": lambda token: f"{token[:-9]}\t{token[-9:]}",
        "comma": lambda token: f"{token},",
        "semicolon": lambda token: f"{token};x",
    }.items():
        yield token_case("E05", f"real-{name}", f"a real token with {name.replace('-', ' ')}", _altered(make))
    for name, character in {
        "nul": "\0",
        "e-acute": "é",
        "emoji": "🦊",
        "line-separator": "\u2028",
        "full-width-a": "\uff21",
        "kelvin-sign": "\u212a",
        "arabic-digit": "\u0661",
    }.items():
        for place, position in {"header": 5, "signature": -5}.items():
            yield token_case(
                "E07",
                f"{name}-in-{place}",
                f"{name.replace('-', ' ')} in the {place}",
                _altered(_inserted(character, position)),
                expected=_MALFORMED,
                public=(200, 400),
            )
    for name, make in {
        "percent-encoded": lambda token: quote(token, safe="").replace(".", "%2E"),
        "double-quoted": lambda token: f'"{token}"',
        "single-quoted": lambda token: f"'{token}'",
        "angle-brackets": lambda token: f"<{token}>",
        "lower-cased": str.lower,
        "upper-cased": str.upper,
        "reversed": lambda token: token[::-1],
    }.items():
        yield token_case("E09", name, f"a real token, {name.replace('-', ' ')}", _altered(make))
    for name, character in {"zero-width-space": "\u200b", "byte-order-mark": "\ufeff"}.items():
        yield token_case(
            "E09",
            name,
            f"a real token with a {name.replace('-', ' ')}",
            _altered(_inserted(character, 20)),
            expected=_MALFORMED,
            public=(200, 400),
        )
