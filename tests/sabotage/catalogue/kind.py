"""What a sabotage is: what is undone, what that would mean, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Sabotage:
    """One change of one file. `old` stands there exactly once; `catchers` are what pytest is asked to run.

    `keyword` narrows the catchers as pytest's `-k` does.
    """

    name: str
    risk: str
    file: str
    old: str
    new: str
    catchers: tuple[str, ...]
    keyword: str = ""


PROGRAM = ("tests/test_program.py",)


def all_of(file: str, catchers: tuple[str, ...], *rows: tuple[str, str, str, str], keyword: str = "") -> list[Sabotage]:
    return [
        Sabotage(name=name, risk=risk, file=file, old=old, new=new, catchers=catchers, keyword=keyword)
        for name, risk, old, new in rows
    ]
