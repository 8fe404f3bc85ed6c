"""The audit's command line: wrong arguments, and a Prowler that does not run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from policies.audit import prowler
from policies.audit.__main__ import main
from stacks.command_line import CommandError


@pytest.mark.parametrize("arguments", [["--stack", "nowhere"], ["--stack", "../dev"], ["--stak", "dev"], ["dev"]])
def test_mistake_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """Wrong arguments are refused before anything is installed or started."""
    assert main(arguments) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("policies.audit: ")
    assert said.err.count("\n") == 1


def test_failing_command_names_its_log(tmp_path: Path) -> None:
    """Prowler's output is too long for a terminal, so the error names its log."""
    log = tmp_path / "log"

    with pytest.raises(CommandError, match="it failed; see the log"):
        prowler.run([sys.executable, "-c", "import sys; sys.exit('why')"], "it", log, "it failed; see the log")

    assert "why" in log.read_text()


def test_missing_command_names_its_log(tmp_path: Path) -> None:
    """A half-removed environment gives one line, not a traceback."""
    log = tmp_path / "log"

    with pytest.raises(CommandError, match="it failed"):
        prowler.run([str(tmp_path / "none")], "it", log, "it failed")

    assert "none" in log.read_text()


@pytest.mark.acceptance
def test_command_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In CI nobody can press Ctrl-C."""
    monkeypatch.setattr(prowler, "DEADLINE", 0)

    with pytest.raises(CommandError, match="more than 0 s"):
        prowler.run([sys.executable, "-c", "import time; time.sleep(60)"], "it", tmp_path / "log", "it")


def test_installation_of_another_lock_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an update of the lock file, the new Prowler must be installed."""
    ran: list[str] = []

    def record(command: list[str], *_: object) -> None:
        ran.append(command[2])
        (tmp_path / "venv").mkdir(exist_ok=True)

    monkeypatch.setattr(prowler, "VENV", tmp_path / "venv")
    monkeypatch.setattr(prowler, "ROOT", tmp_path)
    monkeypatch.setattr(prowler, "LOCK", tmp_path / "lock")
    monkeypatch.setattr(prowler, "run", record)
    (tmp_path / "lock").write_text("prowler==1")

    prowler.install()
    prowler.install()
    assert ran == ["venv", "pip"]

    (tmp_path / "lock").write_text("prowler==2")
    prowler.install()
    assert ran == ["venv", "pip"] * 2
