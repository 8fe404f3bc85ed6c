"""`make quick`: format, lint and types, and for some seconds the tests nearest to the changes since main."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from docs.imports import ROOT, imports_of, module_of, sources

SECONDS, FILES = 8, 6  # for tests, and the files that are collected for them; `make test` runs all
CHECKS = (("ruff", "format", "--check", "--quiet", "."), ("ruff", "check", "--quiet", "."))
TYPES = ("dmypy", "run", "--timeout", "3600", "--")  # a server that remembers; the first run takes a minute


class Budget:
    """A pytest plugin that stops the session when its seconds are over."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self.left_out = self.failed = 0

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterable[None]:
        self.left_out = len(session.items)
        yield

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.left_out -= report.when == "teardown"
        self.failed += report.failed

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if time.monotonic() > self._until:
            item.session.shouldstop = f"{SECONDS} s are over"


def changed(since: str = "main") -> list[str]:
    """Return the Python files that differ from the last common commit with `since`, new ones included."""
    base = _git("merge-base", since, "HEAD")[0]
    names = {*_git("diff", "--name-only", base), *_git("ls-files", "--others", "--exclude-standard")}
    return sorted(names.intersection(sources()))


def nearest(changes: Iterable[str], files: Iterable[str]) -> list[str]:
    """Return the test files that reach a change by imports, those with the fewest steps first."""
    files = tuple(files)
    importers: dict[str, set[str]] = {}
    modules = {module_of(name): name for name in files}
    for name in files:
        for imported in imports_of(name):
            found = modules.get(imported) or modules.get(imported.rpartition(".")[0])
            if found and found != name:
                importers.setdefault(found, set()).add(name)
    steps = dict.fromkeys(changes, 0)
    level = list(steps)
    for step in range(1, len(files)):
        level = sorted({name for each in level for name in importers.get(each, ())} - steps.keys())
        steps |= dict.fromkeys(level, step)
    tests = [name for name in steps if Path(name).name.startswith("test_")]
    stems = {Path(name).stem for name in changes}
    return sorted(tests, key=lambda name: (steps[name] - (Path(name).stem.removeprefix("test_") in stems), name))


def main() -> int:
    """Return 0 if everything that ran is well."""
    commands = [[str(Path(sys.executable).with_name(name)), *rest] for name, *rest in (*CHECKS, TYPES)]
    checks = [subprocess.Popen(command, cwd=ROOT) for command in commands]
    tests, budget, status = nearest(changed(), sources()), Budget(SECONDS), pytest.ExitCode.OK
    if tests:
        status = pytest.main(["-p", "no:cacheprovider", "--no-header", *tests[:FILES]], plugins=[budget])
    files = max(0, len(tests) - FILES)
    print(f"Left to make test: {files} of {len(tests)} test files that reach the changes, and {budget.left_out} tests.")
    broken = budget.failed or status in {pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR}
    return int(max(check.wait() for check in checks) > 0 or broken)


def _git(*arguments: str) -> list[str]:
    git = ["git", *arguments]
    return subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")


if __name__ == "__main__":
    sys.exit(main())
