"""One sabotage after another, each in its own copy of the tree: caught or not, by what, and how fast."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from stacks import ROOT
from stacks.command_line import CommandError
from tests.sabotage.catalogue import Sabotage
from tests.sabotage.live import LiveSabotage, smoke_against
from tests.sabotage.tree import changed_text, copy_of, copy_working_tree, undo_protection

DEADLINE = 600  # seconds for one sabotage's tests
_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", re.MULTILINE)
_TESTS_FAILED, _NO_TESTS = 1, 5  # pytest's exit statuses

AnySabotage = Sabotage | LiveSabotage


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one sabotage: `caught_by` names the first check that noticed, `trouble` why none could."""

    sabotage: AnySabotage
    seconds: float
    caught_by: str | None
    trouble: str | None = None

    @property
    def caught(self) -> bool:
        return self.caught_by is not None


def outcomes(
    chosen: Sequence[AnySabotage], jobs: int, say: Callable[[str], None], root: Path = ROOT
) -> Iterator[Outcome]:
    """Each sabotage's outcome, as it is known. CommandError if one no longer applies, or a check fails anyway."""
    check_that_all_apply(chosen, root)
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder:
        place = Path(folder)
        master = place / "unsabotaged"
        copy_working_tree(master, root)
        with ThreadPoolExecutor(jobs) as pool:
            try:
                started = time.perf_counter()
                _check_unsabotaged(chosen, master, place, pool)
                say(f"unsabotaged, every check is green ({time.perf_counter() - started:.0f} s)")
                for done in as_completed([pool.submit(_outcome, each, master, place) for each in chosen]):
                    yield done.result()
            finally:
                pool.shutdown(cancel_futures=True)


def check_that_all_apply(chosen: Sequence[AnySabotage], root: Path = ROOT) -> None:
    """CommandError with the first sabotage whose text is not there exactly once any more."""
    for each in chosen:
        if isinstance(each, Sabotage):
            changed_text(each, lambda name: (root / name).read_text())


def _check_unsabotaged(chosen: Sequence[AnySabotage], master: Path, place: Path, pool: ThreadPoolExecutor) -> None:
    """A check that fails anyway would catch everything."""
    # By catcher, not by sabotage: most share theirs.
    catchers = dict.fromkeys(
        (catcher, each.keyword) for each in chosen if isinstance(each, Sabotage) for catcher in each.catchers
    )
    runs = [pool.submit(first_failure, [catcher], keyword, master, place) for catcher, keyword in catchers]
    if any(isinstance(each, LiveSabotage) for each in chosen):
        runs.append(pool.submit(smoke_against, None, master, Path(tempfile.mkdtemp(dir=place))))
    for run in runs:
        failed = run.result()
        if failed is not None:
            raise CommandError(f"every check must be green without sabotage, but {failed} fails; mend that first")


def _outcome(sabotage: AnySabotage, master: Path, place: Path) -> Outcome:
    started = time.perf_counter()
    caught_by = trouble = None
    try:
        if isinstance(sabotage, LiveSabotage):
            caught_by = smoke_against(sabotage.change, master, Path(tempfile.mkdtemp(dir=place)))
        else:
            with tempfile.TemporaryDirectory(dir=place) as folder:
                tree = Path(folder, "tree")
                copy_of(master, tree)
                undo_protection(sabotage, tree)
                caught_by = first_failure(sabotage.catchers, sabotage.keyword, tree, Path(folder))
    except CommandError as error:
        trouble = str(error)
    seconds = time.perf_counter() - started
    return Outcome(sabotage=sabotage, seconds=seconds, caught_by=caught_by, trouble=trouble)


def first_failure(
    catchers: Sequence[str], keyword: str, tree: Path, place: Path, deadline: int = DEADLINE
) -> str | None:
    """The first test that fails, or None if all pass; CommandError if the tests cannot be run to an answer."""
    base = tempfile.mkdtemp(dir=place)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider"]
    command += ["--basetemp", f"{base}/tests", *(["-k", keyword] if keyword else []), *catchers]
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "AWS_", "PULUMI_"))
    }
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, check=False, timeout=deadline
        )
    except subprocess.TimeoutExpired:
        raise CommandError(f"{' '.join(catchers)} must end within {deadline} s") from None
    if done.returncode == 0:
        return None
    failed = _FAILED.search(done.stdout)
    if done.returncode != _TESTS_FAILED or failed is None:
        why = "no test is selected" if done.returncode == _NO_TESTS else _last_line(done.stdout + done.stderr)
        raise CommandError(f"{' '.join(catchers)} must run to a result, got: {why}")
    return failed[1]


def _last_line(output: str) -> str:
    lines = output.strip().splitlines()
    return lines[-1] if lines else "no output"
