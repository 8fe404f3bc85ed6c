"""`python -m local` as a person uses it: in a process of its own, or in this one, which has boto3 loaded already."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from local.__main__ import main
from local.running import Folder

DEADLINE = 60  # seconds until a test gives up on a command


def local(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "local", "--dir", str(folder), *arguments]


def processes_in(folder: Path) -> list[int]:
    """Processes that work inside the run's folder, as the emulator and its workers do."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if entry.resolve().is_relative_to(folder):
                found.append(int(entry.parent.name))
    return found


def run(folder: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        local(folder, *arguments), cwd=cwd, capture_output=True, text=True, timeout=DEADLINE, check=False
    )


def here(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same in this process, which has boto3 loaded already."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["--dir", str(folder), *arguments])
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def started(folder: Path, *arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, running; ended with the block, whatever happened in it."""
    process = subprocess.Popen(
        local(folder, *arguments), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=DEADLINE)


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """What the process printed up to the line with `text`."""
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"{text!r} never came after: {seen}")


def wait_until_up(folder: Path, up: subprocess.Popen[str]) -> None:
    read_until(up, "make down")
    while not Folder(folder).is_up():  # published right after the summary
        time.sleep(0.01)


def assert_one_line(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for part in ("local: ", *parts):
        assert part in done.stderr
