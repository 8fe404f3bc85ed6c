"""Is every check needed? Leave one out, and find a sabotage that then goes unnoticed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from stacks import ROOT
from stacks.command_line import CommandError
from tests.sabotage.catalogue import SABOTAGES, Sabotage
from tests.sabotage.run import first_failure
from tests.sabotage.tree import copy_of, copy_working_tree, undo_protection

DEADLINE = 1800  # seconds for all the checks but one: they all pass where that one is needed


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What became of leaving a check out: the sabotage that went unnoticed without it, and those that did not."""

    check: str
    missed: str | None
    noticed: Sequence[tuple[str, str]]  # sabotage, and the other check that noticed it


def checks() -> list[str]:
    """The test files that the list asks, in its order."""
    return list(dict.fromkeys(_file(catcher) for each in SABOTAGES for catcher in each.catchers))


def verdicts(asked: Sequence[str], jobs: int, root: Path = ROOT) -> Iterator[Verdict]:
    """For each check, the first sabotage that all the others together do not notice, tried one after another."""
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder:
        place = Path(folder)
        master = place / "unsabotaged"
        copy_working_tree(master, root)
        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(lambda check: _verdict(check, master, place), asked)


def _verdict(check: str, master: Path, place: Path) -> Verdict:
    others = [each for each in checks() if each != check]
    noticed: list[tuple[str, str]] = []
    for sabotage in _candidates(check):
        with tempfile.TemporaryDirectory(dir=place) as folder:
            tree = Path(folder, "tree")
            copy_of(master, tree)
            undo_protection(sabotage, tree)
            by = first_failure(others, "", tree, Path(folder), DEADLINE)
        if by is None:
            return Verdict(check=check, missed=sabotage.name, noticed=noticed)
        noticed.append((sabotage.name, by))
    return Verdict(check=check, missed=None, noticed=noticed)


def _candidates(check: str) -> list[Sabotage]:
    """The sabotages that the check is asked to notice, those first that no other is asked for."""
    named = [each for each in SABOTAGES if check in map(_file, each.catchers)]
    if not named:
        raise CommandError(f"--without must name a check of the list, got {check}; they are: {', '.join(checks())}")
    return sorted(named, key=lambda each: len(set(map(_file, each.catchers))))


def _file(catcher: str) -> str:
    return catcher.partition("::")[0]
