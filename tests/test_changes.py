"""Each of the ten ordinary changes is made in a copy, touches few files, and leaves its tests green."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.changes import CHANGES, Change
from tests.copies import Copy

FILES_AT_MOST = {"an AWS resource": 4}  # one for each: program, mapping, rights and price, test


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_change_touches_few_files(change: Change) -> None:
    """More than this and one of them is forgotten; tests and pages count too."""
    assert len(change.files) <= FILES_AT_MOST.get(change.name, 3)


@pytest.mark.acceptance
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_change_leaves_its_tests_green(change: Change, tmp_path: Path) -> None:
    """Whoever makes an ordinary change and sees other tests fail stops believing in tests."""
    copy = Copy(tmp_path / "project")
    for edit in change.edits:
        if edit.after is None:
            copy.write(edit.file, edit.text)
        elif edit.after == "EOF":
            copy.write(edit.file, (copy.root / edit.file).read_text() + edit.text)
        else:
            copy.insert(edit.file, after=edit.after, text=edit.text)
    for command in change.commands:
        copy.run(*command.removeprefix("python -m ").split())
    copy.run("pytest", *change.tests)
    copy.run("docs.generate", "--check")
