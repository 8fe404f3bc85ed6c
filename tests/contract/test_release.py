"""The contract of the last release, and what becomes of a change."""

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
    """A release of this very program, where a test may change it."""
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
    """With placeholders where an environment has its own values: nobody's account is in the repository."""
    kept = release.released()

    check(kept)
    assert kept["outputs"]["apiUrl"] == "https://api.example.com"
    assert kept["outputs"]["userPoolId"] == "eu-central-1_example"


def test_program_is_evaluated_with_its_own_names(evaluated: dict[str, Any], outputs: dict[str, Any]) -> None:
    """The same outputs as with AWS's answers, or the comparison would miss what it is for."""
    assert evaluated.keys() == outputs.keys() - {"appClientIds", "appClientSecrets"}
    assert evaluated["signIn"].keys() == outputs["signIn"].keys()
    assert "example" in evaluated["issuer"]


@pytest.mark.usefixtures("released")
def test_unchanged_program_passes(capsys: pytest.CaptureFixture[str]) -> None:
    """In `make check`, each time."""
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == "The contract is unchanged since 1.4.0.\n"


def test_break_is_told_and_fails(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is lost, what to do if that is meant; and nothing is written until somebody says so."""
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
    """The version and the new promise come in one file, so in one commit."""
    change(released, status=204)
    assert main(["--release", "--breaking"]) == 0
    assert capsys.readouterr().out.endswith("Contract 2.0.0 is released.\n")
    assert json.loads(released.read_text())["contractVersion"] == "2.0.0"
    assert main(["--check"]) == 0


def test_addition_is_a_new_minor(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A version stands for one set of promises: what is added is promised from its release on, and not before."""
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
    """The program exports it under another name, which the contract does not even know."""
    renamed = {"url" if name == "apiUrl" else name: value for name, value in evaluated.items()}
    monkeypatch.setattr(release, "program_outputs", lambda: renamed)
    assert main(["--check"]) == 1
    assert capsys.readouterr().out == "BREAKS  output apiUrl is gone; it seems to be called url now\n"


def test_first_release_needs_no_other(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A project that starts from this one."""
    released.unlink()
    assert main(["--check"]) == 1
    assert capsys.readouterr().err.endswith("write it with: make contract-release\n")
    assert main(["--release"]) == 0
    assert json.loads(released.read_text())["contractVersion"] == "1.0.0"
