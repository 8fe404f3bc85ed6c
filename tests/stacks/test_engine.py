"""The engine: the program as the CLI would run it, and one line where it cannot be run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stacks import ROOT
from stacks.command_line import CommandError
from stacks.engine import Stack, evaluate


def nothing(_type: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"{name}-id", inputs


@pytest.fixture
def stack() -> Stack:
    return Stack("project", "test", {"aws:region": "eu-west-1", "project:list": "[1]"})


def program(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "__main__.py"
    path.write_text(f"import pulumi\nimport pulumi_aws as aws\n{text}\n")
    return path


def test_stack_has_the_defaults_of_the_project_and_its_own_values() -> None:
    """The CLI fills in what Pulumi.yaml declares; so must this."""
    config = Stack.load("dev").config
    assert config["secure-serverless-api:memoryMb"] == "512"
    assert config["secure-serverless-api:deletionProtection"] == "false"
    assert config["secure-serverless-api:pythonVersion"] == "3.13"
    assert config["secure-serverless-api:callbackUrls"].startswith('["http://localhost:')


def test_package_is_built_for_this_machine_whatever_the_stack() -> None:
    """The emulator runs the function in this Python; Lambda's wheels would not load."""
    assert Stack.load("dev").config["secure-serverless-api:packagePlatform"] == "host"


def test_outputs_of_the_program_come_back(tmp_path: Path, stack: Stack) -> None:
    """They are what front ends build on."""
    path = program(
        tmp_path, "group = aws.cloudwatch.LogGroup('logs')\npulumi.export('id', group.id)\npulumi.export('n', 3)"
    )
    assert evaluate(stack, nothing, path) == {"id": "logs-id", "n": 3}


def test_two_resources_of_one_name_are_refused(tmp_path: Path, stack: Stack) -> None:
    """Pulumi's engine refuses it; its mocks do not."""
    path = program(tmp_path, "for _ in range(2):\n    aws.cloudwatch.LogGroup('logs')")
    with pytest.raises(
        CommandError, match="resource names must be unique, got aws:cloudwatch/logGroup:LogGroup 'logs'"
    ):
        evaluate(stack, nothing, path)


def test_refused_resource_ends_the_program(tmp_path: Path, stack: Stack) -> None:
    """A half-made stack must not look made."""

    def refuse(type_: str, _name: str, _inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        raise CommandError(f"{type_} is refused")

    path = program(tmp_path, "aws.cloudwatch.LogGroup('logs')")
    with pytest.raises(CommandError, match="aws:cloudwatch/logGroup:LogGroup is refused"):
        evaluate(stack, refuse, path)


def test_unknown_invoke_is_refused_by_name(tmp_path: Path, stack: Stack) -> None:
    """An invented answer would be worse than none."""
    path = program(tmp_path, "pulumi.export('name', aws.get_region_output().name)")
    with pytest.raises(CommandError, match=r"aws:index/getRegion:getRegion .* add one to _ANSWERS in stacks/mappings"):
        evaluate(stack, nothing, path)


def test_error_inside_apply_ends_the_program(tmp_path: Path, stack: Stack) -> None:
    """It comes late, out of the event loop, and must not be lost there."""
    path = program(tmp_path, "pulumi.export('x', aws.cloudwatch.LogGroup('logs').id.apply(lambda _: 1 / 0))")
    with pytest.raises(CommandError, match="ZeroDivisionError"):
        evaluate(stack, nothing, path)


def test_program_has_no_branch_for_this_run() -> None:
    """What runs here is what `pulumi up` deploys."""
    for path in [ROOT / "__main__.py", *(ROOT / "settings").glob("*.py"), *(ROOT / "components").glob("*.py")]:
        for word in ("emulator", "ministack", "localstack", "endpoint_url", "is_local"):
            assert word not in path.read_text(), path.name
