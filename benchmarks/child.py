"""Measured processes: Python without anything of this process, always with the same options."""

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
ISOLATED = ("-I", "-S")  # no site-packages, no PYTHON* variables, no current folder, as in Lambda


@contextmanager
def package() -> Iterator[Path]:
    """Unpack the function's deployment package for this host in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        with zipfile.ZipFile(built()) as archive:
            archive.extractall(folder)
        yield Path(folder)


def built() -> Path:
    """Return the function's deployment package for this host, which a local run would upload."""
    try:
        return build(ROOT / "handler", Target.host(), ROOT / ".build")
    except BundleError as error:
        raise CommandError(str(error)) from None


def compared() -> Path | None:
    """Return the folder that Powertools is installed in, or None."""
    return next(COMPARED.glob("lib/python3*/site-packages"), None)


def run(
    arguments: Sequence[str],
    *,
    given: Any = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
    deadline: float = DEADLINE,
) -> str:
    """Run Python with these arguments and `given`, as JSON, on standard input; return its standard output."""
    done = subprocess.run(
        [sys.executable, *arguments],
        input=json.dumps(given),
        env={"PATH": os.environ.get("PATH", ""), **(environment or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=deadline,
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
        raise CommandError(f"a measured process must end with status 0, got: {reason}")
    return done.stdout


def least_seconds(commands: Sequence[Sequence[str]], runs: int) -> list[float]:
    """Return the least processor time of each command, in seconds. The commands take turns; noise only adds time."""
    least = [float("inf")] * len(commands)
    for _ in range(runs):
        for index, command in enumerate(commands):
            began = _spent()
            run(command)
            least[index] = min(least[index], _spent() - began)
    return least


def _spent() -> float:
    """Return the processor time of all ended children, in seconds."""
    times = os.times()
    return times.children_user + times.children_system
