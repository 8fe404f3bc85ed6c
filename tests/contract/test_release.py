"""The released contract, and changes since the release."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from contract import release
from contract.__main__ import main
from contract.outputs import allowed, check
from tests.contract.conftest import with_table


@pytest.fixture(scope="module")
def evaluated() -> dict[str, Any]:
    return with_table(allowed(release.program_outputs()))


@pytest.fixture
def released(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evaluated: dict[str, Any]) -> Path:
    """Release this program's contract into a file that a test may change."""
    path = tmp_path / "released.json"
    release.write(evaluated, "1.4.0", path)
    monkeypatch.setattr(release, "RELEASED", path)
    monkeypatch.setattr(release, "program_outputs", lambda: copy.deepcopy(evaluated))
    return path


def change(path: Path, **routes: Any) -> None:
    """Have the released contract promise something else of GET /health, or nothing at all."""
    document = json.loads(path.read_text())
    promised = next(route for route in document["routes"] if route["key"] == "GET /health")
    document["routes"] = [route for route in document["routes"] if route is not promised]
    if routes:
        document["routes"].append({**promised, **routes})
    path.write_text(json.dumps(document))


def test_what_is_kept_is_a_contract() -> None:
    """The released contract has placeholders, and no value of an account."""
    kept = release.released()

    check(kept)
    assert kept["outputs"]["apiUrl"] == "https://api.example.com"
    assert kept["outputs"]["userPoolId"] == "eu-central-1_example"


def test_program_is_evaluated_with_its_own_names(evaluated: dict[str, Any], outputs: dict[str, Any]) -> None:
    """The evaluated outputs must be those of a deployment, or the check would miss changes."""
    assert evaluated.keys() == outputs.keys() - {"appClientIds", "appClientSecrets"}
    assert evaluated["signIn"].keys() == outputs["signIn"].keys()
    assert "example" in evaluated["issuer"]


@pytest.mark.usefixtures("released")
def test_unchanged_program_passes(capsys: pytest.CaptureFixture[str]) -> None:
    """`make check` passes without a change."""
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == "The contract is unchanged since 1.4.0.\n"


def test_break_is_told_and_fails(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A break is printed with its remedy, and nothing is released without --breaking."""
    change(released, status=204)
    before = released.read_text()
    assert main(["--check"]) == 1

    said = capsys.readouterr()
    assert said.out == "BREAKS  GET /health answers 200 now, and answered 204\n"
    assert "make contract-release BREAKING=1" in said.err
    assert main(["--release"]) == 1
    assert "make contract-release BREAKING=1" in capsys.readouterr().err
    assert released.read_text() == before


def test_intended_break_is_a_new_major(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A break gets the next major version."""
    change(released, status=204)
    assert main(["--release", "--breaking"]) == 0
    assert capsys.readouterr().out.endswith("Contract 2.0.0 is released.\n")
    assert json.loads(released.read_text())["contractVersion"] == "2.0.0"
    assert main(["--check"]) == 0


def test_addition_is_a_new_minor(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An addition is promised from its release on, with the next minor version."""
    change(released)
    assert main(["--check"]) == 1

    said = capsys.readouterr()
    assert said.out == "adds    route GET /health is new (public)\n"
    assert said.err.endswith("make contract-release\n")
    assert main(["--release"]) == 0
    assert json.loads(released.read_text())["contractVersion"] == "1.5.0"


@pytest.mark.usefixtures("released")
def test_output_that_goes_is_told(
    evaluated: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A renamed output is a break, even if the schema does not know the new name."""
    renamed = {"url" if name == "apiUrl" else name: value for name, value in evaluated.items()}
    monkeypatch.setattr(release, "program_outputs", lambda: renamed)
    assert main(["--check"]) == 1
    assert capsys.readouterr().out == "BREAKS  output apiUrl is gone; it seems to be called url now\n"


def test_first_release_needs_no_other(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new project starts without a released contract."""
    released.unlink()
    assert main(["--check"]) == 1
    assert capsys.readouterr().err.endswith("write it with: make contract-release\n")
    assert main(["--release"]) == 0
    assert json.loads(released.read_text())["contractVersion"] == "1.0.0"
