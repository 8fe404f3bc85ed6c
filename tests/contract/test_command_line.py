"""`python -m contract`, as a person or a build script calls it."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from contract.__main__ import main
from contract.release import version


def write(outputs: dict[str, Any], folder: Path) -> int:
    source = folder / "outputs.json"
    source.write_text(json.dumps(outputs))
    return main(["--to", str(folder / "made"), "--outputs", str(source)])


def test_files_are_written_and_named(
    outputs: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The printed files are the written ones."""
    assert write(outputs, tmp_path) == 0

    made = {path.name for path in (tmp_path / "made").iterdir()}
    said = capsys.readouterr().out.splitlines()
    assert {"contract.json", "contract.schema.json", "oidc.json"} <= made
    assert {Path(line.strip()).name for line in said[1:]} == made
    assert said[0] == f"Contract {version()} of {outputs['apiUrl']}"


def test_file_that_no_longer_fits_is_removed(
    outputs: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A stale file would send users to a sign-in page that does not exist."""
    assert write(outputs, tmp_path) == 0
    assert write({**outputs, "authDomain": None}, tmp_path) == 0

    assert not (tmp_path / "made" / "oidc.json").exists()
    assert "oidc.json is left out: the stack has no sign-in page" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "--to"),
        (["--to", "x", "--nothing"], "unrecognized arguments: --nothing"),
        (["--to", "x", "--outputs", "a", "--stack", "b"], "not allowed with"),
        (["--to", "x", "--outputs", "/nowhere/outputs.json"], "start a local stack with: make up"),
    ],
)
def test_bad_call_is_one_line(arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Errors are one line with the remedy, not a traceback."""
    assert main(arguments) == 1
    said = capsys.readouterr().err
    assert said.startswith("contract: ")
    assert said.count("\n") == 1
    assert part in said


def test_folder_that_cannot_be_written_is_one_line(
    outputs: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file has the folder's name."""
    (tmp_path / "made").write_text("in the way")
    assert write(outputs, tmp_path) == 1
    assert f"{tmp_path / 'made'} must be writable" in capsys.readouterr().err


def test_files_can_be_read_by_a_web_server(outputs: dict[str, Any], tmp_path: Path) -> None:
    """The files are public, and often served directly."""
    assert write(outputs, tmp_path) == 0
    assert (tmp_path / "made" / "contract.json").stat().st_mode & stat.S_IRUSR
