"""The record of a pool that runs, and the pool of a stack that changes while it runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from operations.__main__ import main
from settings import pool_record
from stacks.engine import Stack
from stacks.recorder import record_program
from tests.handler.table import TABLE


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(pool_record, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def source(tmp_path: Path, outputs: dict[str, Any]) -> list[str]:
    path = tmp_path / "outputs" / "local.json"
    path.parent.mkdir()
    path.write_text(json.dumps(outputs))
    return ["--outputs", str(path), "--as", "local"]


def test_record_says_what_cognito_says(
    records: Path, source: list[str], outputs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Written once; checked and written again it says so; and the stack as it is goes on."""
    assert main(["pool", "check", *source]) == 1
    assert "python -m operations pool record --stack local" in capsys.readouterr().err
    said = [main(["pool", command, *source]) or capsys.readouterr().out for command in ("record", "record", "check")]

    assert said == [
        "Pulumi.local.pool.json is written: commit it\n",
        "Pulumi.local.pool.json is up to date\n",
        f"Pulumi.local.pool.json matches pool {outputs['userPoolId']}\n",
    ]
    stack = Stack.load("local")
    tables = {items.variable for route in TABLE for items in route.items}
    if stack.config.get(f"{stack.project}:revocation") == "true":
        tables.add("REVOCATION_TABLE")
    assert json.loads((records / "Pulumi.local.pool.json").read_text()) == {
        "userPoolId": outputs["userPoolId"],
        "region": outputs["region"],
        "usernameAttributes": [],
        "aliasAttributes": ["email"],
        "caseSensitive": False,
        "customAttributes": {},
        "deployed": {
            "recovery": "email",
            "rotation": False,
            "tier": "ESSENTIALS",
            "trigger": False,
            "functions": {"api": {"secrets": [], "tables": sorted(tables), "vpc": False, "keys": []}},
        },
    }
    assert record_program(stack).outputs


def test_record_of_another_pool_is_not_overwritten(
    records: Path, source: list[str], outputs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is the last that knows of the users who were there; giving them up takes a word."""
    assert main(["pool", "record", *source]) == 0
    path = records / "Pulumi.local.pool.json"
    path.write_text(path.read_text().replace(outputs["userPoolId"], "us-east-1_Before000"))
    capsys.readouterr()

    assert main(["pool", "record", *source]) == 1
    error = capsys.readouterr().err
    assert f"must still have pool us-east-1_Before000, got {outputs['userPoolId']}" in error
    assert "--replaced" in error
    assert main(["pool", "record", *source, "--replaced"]) == 0
    assert json.loads(path.read_text())["userPoolId"] == outputs["userPoolId"]


def test_pool_that_is_not_there_leaves_the_record_alone(
    records: Path, source: list[str], outputs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says why, in AWS's words."""
    Path(source[1]).write_text(json.dumps({**outputs, "userPoolId": "us-east-1_NoSuch000"}))

    assert main(["pool", "record", *source]) == 1
    error = capsys.readouterr().err
    assert error.startswith("operations: Cognito must describe pool us-east-1_NoSuch000, got: ")
    assert error.count("\n") == 1
    assert not (records / "Pulumi.local.pool.json").exists()


@pytest.mark.usefixtures("records")
def test_record_needs_a_name(source: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Outputs do not say which stack they are of."""
    assert main(["pool", "record", *source[:2]]) == 1
    assert "--as NAME" in capsys.readouterr().err
