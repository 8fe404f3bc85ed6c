"""Text from outside on a terminal."""

from __future__ import annotations

import pytest

from stacks.terminal import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ümlaut, 日本", "plain, ümlaut, 日本"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\r\nb\tc\x00", r"a\r\nb\tc\x00"),
        ("\x9b31m", r"\x9b31m"),  # the same in one character
        ("\u202eexe.txt\u2066", r"\u202eexe.txt\u2066"),
        ("\u200bzero\ufeffwidth\U000e0041", r"\u200bzero\ufeffwidth\U000e0041"),
        ("lone \ud800", r"lone \ud800"),
    ],
)
def test_what_would_act_or_hide_is_escaped(text: str, shown: str) -> None:
    """Escape sequences, line ends, and characters that are invisible or reverse the text's direction."""
    assert printable(text) == shown


def test_text_is_cut_before_it_is_escaped() -> None:
    """A path of 60,000 characters would push everything else away."""
    assert printable("x" * 60_000, 10) == "xxxxxxxxxx…"
    assert len(printable("\u202e" * 60_000, 10)) < 100


def test_characters_can_be_kept() -> None:
    """A body with line ends is shown with them."""
    assert printable("a\nb\x07", keep="\n") == "a\nb\\x07"
