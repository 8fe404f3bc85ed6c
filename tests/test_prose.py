"""The wording check finds what it is for, in prose and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs import prose


def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> list[str]:
    monkeypatch.setattr(prose, "ROOT", tmp_path)
    (tmp_path / name).write_text(text)
    return list(prose.problems(tmp_path / name))


@pytest.mark.parametrize(
    ("name", "text", "line", "says"),
    [
        ("page.md", "# Page\n\nKeys live for ever.\n", 3, "forever"),
        ("page.md", "A domain of one's own.\n", 1, "name the owner"),
        ("page.md", "It is very unique.\n", 1, "weasel_words"),
        ("module.py", '"""A module."""\n\nX = 1  # a call would mend it\n', 3, "write `fix`"),
        ("module.py", 'def f() -> None:\n    """What it does."""\n', 2, "begin with a verb"),
        ("module.py", 'class A:\n    x: int\n    """Answers no more."""\n', 3, "no longer"),
    ],
)
def test_riddle_is_found_at_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, line: int, says: str
) -> None:
    """A finding without its place is not fixed."""
    lines = found(tmp_path, monkeypatch, name, text)

    assert any(each.startswith(f"{name}:{line}: ") and says in each for each in lines), lines


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("page.md", "Call `mend`.\n\n```python\nfor ever in range(3): mend(ever)\n```\n\n[Fix](mend.md)\n"),
        ("module.py", '"""Return the number of calls."""\n\nMEND = "for ever"  # noqa: X1 mend\n'),
    ],
)
def test_code_is_not_prose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """A name that another library chose cannot be reworded."""
    assert found(tmp_path, monkeypatch, name, text) == []
