"""Undo one protection after another, each in a copy of the tree, and see which test notices."""

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
from tests.sabotage.live import LiveRisk, smoke_against
from tests.sabotage.risks import Risk
from tests.sabotage.tree import changed_text, copy_of, copy_working_tree, undo_protection

DEADLINE = 600  # seconds for the tests of one risk
_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/.+?)(?: - .*)?$", re.MULTILINE)
_TESTS_FAILED, _NO_TESTS = 1, 5  # pytest's exit statuses

AnyRisk = Risk | LiveRisk


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The result of one risk: `caught_by` names the first test that failed, `trouble` why none could be run."""

    risk: AnyRisk
    seconds: float
    caught_by: str | None
    trouble: str | None = None

    @property
    def caught(self) -> bool:
        return self.caught_by is not None


def outcomes(chosen: Sequence[AnyRisk], jobs: int, say: Callable[[str], None], root: Path = ROOT) -> Iterator[Outcome]:
    """Yield each result as soon as it is known. CommandError if a risk no longer applies, or a test fails anyway."""
    check_that_all_apply(chosen, root)
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder:
        place = Path(folder)
        master = place / "unchanged"
        copy_working_tree(master, root)
        with ThreadPoolExecutor(jobs) as pool:
            try:
                started = time.perf_counter()
                _check_unchanged(chosen, master, place, pool)
                say(f"without a change, every test passes ({time.perf_counter() - started:.0f} s)")
                for done in as_completed([pool.submit(_outcome, each, master, place) for each in chosen]):
                    yield done.result()
            finally:
                pool.shutdown(cancel_futures=True)


def check_that_all_apply(chosen: Sequence[AnyRisk], root: Path = ROOT) -> None:
    """Raise CommandError for the first risk that no longer applies."""
    for each in chosen:
        if isinstance(each, Risk):
            changed_text(each, root)


def _check_unchanged(chosen: Sequence[AnyRisk], master: Path, place: Path, pool: ThreadPoolExecutor) -> None:
    """Raise CommandError if a test fails anyway: it would catch everything."""
    # By test, not by risk: most share theirs.
    tests = dict.fromkeys((test, each.keyword) for each in chosen if isinstance(each, Risk) for test in each.tests)
    runs = [pool.submit(first_failure, [test], keyword, master, place) for test, keyword in tests]
    if any(isinstance(each, LiveRisk) for each in chosen):
        runs.append(pool.submit(smoke_against, None, master, Path(tempfile.mkdtemp(dir=place))))
    for run in runs:
        failed = run.result()
        if failed is not None:
            raise CommandError(f"every test must pass without a change, but {failed} fails; fix that first")


def _outcome(risk: AnyRisk, master: Path, place: Path) -> Outcome:
    started = time.perf_counter()
    caught_by = trouble = None
    try:
        if isinstance(risk, LiveRisk):
            caught_by = smoke_against(risk.change, master, Path(tempfile.mkdtemp(dir=place)))
        else:
            with tempfile.TemporaryDirectory(dir=place) as folder:
                tree = Path(folder, "tree")
                copy_of(master, tree)
                undo_protection(risk, tree)
                caught_by = first_failure(risk.tests, risk.keyword, tree, Path(folder))
    except CommandError as error:
        trouble = str(error)
    seconds = time.perf_counter() - started
    return Outcome(risk=risk, seconds=seconds, caught_by=caught_by, trouble=trouble)


def first_failure(tests: Sequence[str], keyword: str, tree: Path, place: Path, deadline: int = DEADLINE) -> str | None:
    """Return the first test that fails, None if all pass; CommandError if the tests cannot be run."""
    base = tempfile.mkdtemp(dir=place)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "--tb=no", "-p", "no:cacheprovider"]
    command += ["--basetemp", f"{base}/tests", *(["-k", keyword] if keyword else []), *tests]
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "AWS_", "PULUMI_"))
    }
    try:
        done = subprocess.run(
            command, cwd=tree, env=environment, capture_output=True, text=True, check=False, timeout=deadline
        )
    except subprocess.TimeoutExpired:
        raise CommandError(f"{' '.join(tests)} must end within {deadline} s") from None
    if done.returncode == 0:
        return None
    failed = _FAILED.search(done.stdout)
    if done.returncode != _TESTS_FAILED or failed is None:
        why = "no test is selected" if done.returncode == _NO_TESTS else _last_line(done.stdout + done.stderr)
        raise CommandError(f"{' '.join(tests)} must run to a result, got: {why}")
    return failed[1]


def _last_line(output: str) -> str:
    lines = output.strip().splitlines()
    return lines[-1] if lines else "no output"
