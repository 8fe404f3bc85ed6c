"""Processes that are measured: Python with nothing of this one, and the same options every time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.bundle import BundleError, Target, build
from stacks import ROOT
from stacks.command_line import CommandError

DEADLINE = 120  # seconds
COMPARED = ROOT / ".build" / "bench-venv"  # made by `make bench`
ISOLATED = ("-I", "-S")  # no site-packages, no environment variable, no current folder: as bare as Lambda's own


@contextmanager
def package() -> Iterator[Path]:
    """The function's deployment package for this host, unpacked in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        with zipfile.ZipFile(built()) as archive:
            archive.extractall(folder)
        yield Path(folder)


def built() -> Path:
    """The function's deployment package for this host: the one that a local run would upload."""
    try:
        return build(ROOT / "handler", Target.host(), ROOT / ".build")
    except BundleError as error:
        raise CommandError(str(error)) from None


def compared() -> Path | None:
    """Return the folder that Powertools is installed in, or None."""
    return next(COMPARED.glob("lib/python3*/site-packages"), None)


def run(
    arguments: Sequence[str], *, given: Any = None, environment: Mapping[str, str] | None = None, cwd: Path = ROOT
) -> str:
    """Run Python with these arguments and `given`, as JSON, on standard input; return its standard output."""
    done = subprocess.run(
        [sys.executable, *arguments],
        input=json.dumps(given),
        env={"PATH": os.environ.get("PATH", ""), **(environment or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
        raise CommandError(f"what is measured must run, got: {reason}")
    return done.stdout


def least_seconds(commands: Sequence[Sequence[str]], runs: int) -> list[float]:
    """The least processor time that each of these took from start to end, all run in turn: noise only ever adds."""
    least = [float("inf")] * len(commands)
    for _ in range(runs):
        for index, command in enumerate(commands):
            began = _spent()
            run(command)
            least[index] = min(least[index], _spent() - began)
    return least


def _spent() -> float:
    """Processor time of all children that have ended, in seconds."""
    times = os.times()
    return times.children_user + times.children_system
