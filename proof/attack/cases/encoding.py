"""E: spellings of a real token that are not the one spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from proof.attack import spellings
from proof.attack.case import Case, token_case
from proof.attack.world import World

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
    for name, make in spellings.DOTS.items():
        yield token_case("E01", f"dots-{name}", f"dots: {name.replace('-', ' ')}", _altered(make))


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
    for name, make in spellings.PADDING.items():
        title = f"a real token's signature: {name.replace('-', ' ')}"
        yield token_case("E04", f"signature-{name}", title, _altered(make))


def _characters() -> Iterator[Case]:
    for name, make in spellings.PUNCTUATION.items():
        yield token_case("E05", f"real-{name}", f"a real token with {name.replace('-', ' ')}", _altered(make))
    for name, character in spellings.CHARACTERS.items():
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
        **spellings.QUOTED,
        "lower-cased": str.lower,
        "upper-cased": str.upper,
        "reversed": lambda token: token[::-1],
    }.items():
        yield token_case("E09", name, f"a real token, {name.replace('-', ' ')}", _altered(make))
    for name, make in spellings.INVISIBLE.items():
        yield token_case(
            "E09",
            name,
            f"a real token with a {name.replace('-', ' ')}",
            _altered(make),
            expected=_MALFORMED,
            public=(200, 400),
        )
