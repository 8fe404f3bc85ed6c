"""Show text from outside on a terminal: without control characters, and cut."""

from __future__ import annotations


def printable(text: str, limit: int = 2_000, keep: str = "") -> str:
    """Return the first `limit` characters of the text, with those escaped that would not show as they are.

    These are control characters (an escape sequence can rewrite what stands on the terminal), line ends, invisible
    characters and those that reverse the direction of text. Characters in `keep` stay.
    """
    cut = text if len(text) <= limit else f"{text[:limit]}…"
    return "".join(each if each.isprintable() or each in keep else _escaped(each) for each in cut)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()
