"""Every stack of the repository on this machine, as its settings have it: up, proven and attacked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks import ROOT
from stacks.recorder import STACKS

pytestmark = pytest.mark.acceptance


def run(*arguments: str) -> str:
    """What the command says; the test fails with it if the command does."""
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return done.stdout


@pytest.fixture(params=STACKS)
def outputs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The stack's name, and the file of its outputs while it runs."""
    folder = tmp_path / "run"
    try:
        run("local", "--dir", str(folder), "up", "--stack", request.param, "--port", "0", "--detach")
        yield request.param, folder / "outputs.json"
    finally:
        run("local", "--dir", str(folder), "down")


def test_stack_comes_up_and_holds(outputs: tuple[str, Path]) -> None:
    """Production with its required second factor, too: users enroll one, sign in, and are told apart from attackers."""
    stack, file = outputs
    where = ("--outputs", str(file), "--settings", stack)
    smoke = run("proof", "smoke", *where)

    assert "FAILED" not in smoke
    assert "skipped" not in smoke
    assert "sign-in page: signs the user in" in smoke
    assert "no deviation" in run("proof", "attack", *where)
