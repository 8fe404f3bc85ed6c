"""The allow-list's file: every entry has a reason, and every key is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.audit.allowed import Entry, load
from stacks.command_line import CommandError


def test_entries_are_read(tmp_path: Path) -> None:
    """Each kind of entry names a check or a call."""
    file = tmp_path / "allowed.toml"
    file.write_text(
        """
        fail = [{check = "a", reason = "It is so.", environments = ["dev"], detail = "x.*"}]
        silent = [{check = "b", reason = "None is there."}]
        unanswered = [{call = "DescribeX", reason = "Not emulated."}]
        """
    )

    assert load(file) == [
        Entry(kind="fail", name="a", reason="It is so.", environments=("dev",), detail="x.*"),
        Entry(kind="silent", name="b", reason="None is there."),
        Entry(kind="unanswered", name="DescribeX", reason="Not emulated."),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('fail = [{check = "a"}]', "fail.. a must have a reason"),
        ('fail = [{check = "a", reason = ""}]', "must have a reason"),
        ('fail = [{check = "a", reason = "no stop"}]', "must have a reason"),
        ('fail = [{reason = "It is so."}]', "must name its check"),
        ('unanswered = [{check = "a", reason = "It is so."}]', "got check"),
        ('fail = [{check = "a", reason = "It is so.", stack = "dev"}]', "got stack"),
        ('fail = [{check = "a", reason = "It is so.", environments = ["qa"]}]', "environments of dev"),
        ('fail = [{check = "a", reason = "It is so.", detail = "("}]', "pattern"),
        ('silent = [{check = "a", reason = "It is so.", detail = "x"}]', "got detail"),
        ('allow = [{check = "a", reason = "It is so."}]', "got allow"),
        ("fail = [", "must be TOML"),
    ],
)
def test_mistakes_are_refused(tmp_path: Path, text: str, said: str) -> None:
    """An unknown key would allow more, or less, than its author thinks."""
    file = tmp_path / "allowed.toml"
    file.write_text(text)

    with pytest.raises(CommandError, match=said):
        load(file)
