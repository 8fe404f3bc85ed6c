"""Group E: spellings of a token other than its one canonical spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from proof.attack import spellings
from proof.attack.case import MALFORMED, Case, altered, drafts, tokens
from proof.attack.draft import claims, every, header, spelled
from proof.attack.stack import TargetStack
from proof.attack.tokens import rs256

_SEGMENTS = ("header", "payload")


def encoding_cases() -> Iterator[Case]:
    yield from altered("E01", "dots", "token_malformed", spellings.DOTS, "dots-")
    fourth = {"fourth-segment-signed": _fourth_segment}
    yield from tokens("E02", "a fourth segment inside the signed part", "token_malformed", fourth, sent="key")
    yield from _alphabet()
    yield from _padding()
    yield from _characters()


def _fourth_segment(stack: TargetStack) -> str:
    return rs256(stack.private_keys.access, f"{stack.unsigned()}.eyJ4IjoxfQ")


def _alphabet() -> Iterator[Case]:
    """+ and / for - and _: a lenient decoder reads them as the same bytes."""
    for name, wrong, right in (("plus", "+", "-"), ("slash", "/", "_")):
        note = ">>>???"  # its base64url holds both characters, wherever it begins
        changes = {
            "header": every(header(typ=note), spelled(0, _replaced(right, wrong))),
            "payload": every(claims(note=note), spelled(1, _replaced(right, wrong))),
        }
        for segment, change in changes.items():
            title = f"{wrong} for {right} in the {segment}, signed as it stands"
            yield from drafts("E03", title, "token_malformed", {f"{segment}-{name}": change})
        title = f"{wrong} for {right} in the signature"
        yield from tokens("E03", title, "token_malformed", {f"signature-{name}": _in_signature(right, wrong)})


def _replaced(right: str, wrong: str) -> Callable[[str], str]:
    return lambda segment: segment.replace(right, wrong)


def _in_signature(right: str, wrong: str) -> Callable[[TargetStack], str]:
    def token(stack: TargetStack) -> str:
        text, _, signature = stack.access.rpartition(".")
        while stack.private and right not in signature:  # one signature in two hundred lacks the character
            text, _, signature = stack.signed().rpartition(".")
        return f"{text}.{signature.replace(right, wrong) if right in signature else wrong + signature[1:]}"

    return token


def _padded(segment: str) -> str:
    return segment + "=" * (-len(segment) % 4 or 4)


def _padding() -> Iterator[Case]:
    for place, segment in enumerate(_SEGMENTS):
        title = f"= padding after the {segment}, signed as it stands"
        yield from drafts("E04", title, "token_malformed", {f"{segment}-padded": spelled(place, _padded)})
    yield from altered(
        "E04", "padding or spare bits of the signature", "token_malformed", spellings.PADDING, "signature-"
    )


def _characters() -> Iterator[Case]:
    title = "a real token with punctuation"
    yield from altered("E05", title, "token_malformed", spellings.PUNCTUATION, "signature-")
    white: spellings.Altered = {
        "tab": lambda token: f"{token}\t",
        "newline": lambda token: f"{token}\n",
        "crlf": lambda token: f"{token}\r\nX-Evil: 1",
        "leading-newline": lambda token: f"\n{token}",
    }
    title = "a real token with white space around it"
    yield from altered("E05", title, "token_malformed", white, "signature-", sent="event")
    for name, character in {**spellings.CHARACTERS, "surrogate": "\ud800"}.items():
        ways = {
            f"{name}-in-{segment}": _inserted(character, at) for segment, at in {"header": 5, "signature": -5}.items()
        }
        sent = "event" if name == "surrogate" else "live"
        yield from altered("E07", "a foreign character", "token_malformed", ways, sent=sent, **MALFORMED)
    yield from altered("E09", "a real token in quotes", "token_malformed", spellings.QUOTED)
    yield from altered(
        "E09", "a real token with an invisible character", "token_malformed", spellings.INVISIBLE, **MALFORMED
    )
    cases: spellings.Altered = {
        "lower-cased": str.lower,
        "upper-cased": str.upper,
        "reversed": lambda token: token[::-1],
    }
    yield from altered("E09", "a real token in another order or case", ("token_malformed", "header_invalid"), cases)


def _inserted(text: str, place: int) -> Callable[[str], str]:
    return lambda token: token[:place] + text + token[place:]
