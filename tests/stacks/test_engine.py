"""The engine: the program as the CLI would run it, and one line where it cannot be run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from stacks import ROOT
from stacks.command_line import CommandError
from stacks.engine import Monitor, Stack, evaluate


def nothing(_type: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    return f"{name}-id", inputs


@pytest.fixture
def stack() -> Stack:
    return Stack("project", "test", {"aws:region": "eu-west-1", "project:list": "[1]"})


def program(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "__main__.py"
    path.write_text(f"import pulumi\nimport pulumi_aws as aws\n{text}\n")
    return path


def test_stack_has_the_defaults_of_the_project_and_its_own_values(tmp_path: Path) -> None:
    """The CLI fills in the defaults that Pulumi.yaml declares; so must this. The package is for this machine."""
    declared = "{a: {default: 1}, b: {default: true}, c: {type: string}}"
    (tmp_path / "Pulumi.yaml").write_text(f"name: project\nconfig: {declared}\n")
    (tmp_path / "Pulumi.mine.yaml").write_text("config: {'project:b': false, 'project:list': ['x']}\n")
    expected = {"a": "1", "b": "false", "list": '["x"]', "packagePlatform": "host"}
    assert Stack.load("mine", tmp_path).config == {f"project:{key}": value for key, value in expected.items()}


def test_outputs_of_the_program_come_back(tmp_path: Path, stack: Stack) -> None:
    """They are what front ends build on."""
    path = program(
        tmp_path, "group = aws.cloudwatch.LogGroup('logs')\npulumi.export('id', group.id)\npulumi.export('n', 3)"
    )
    assert evaluate(stack, nothing, path) == {"id": "logs-id", "n": 3}


def test_outputs_stay_whichever_stack_comes_last(tmp_path: Path, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pulumi's mocks register an empty stack of their own, in a thread of their own."""
    register = Monitor.RegisterResourceOutputs

    def late(monitor: Monitor, request: Any) -> Any:
        if not request.outputs.fields:
            time.sleep(0.3)
        return register(monitor, request)

    monkeypatch.setattr(Monitor, "RegisterResourceOutputs", late)
    assert evaluate(stack, nothing, program(tmp_path, "pulumi.export('n', 3)")) == {"n": 3}


def test_missing_package_is_said_with_its_place(tmp_path: Path, stack: Stack) -> None:
    """The program imports the routes' modules, so what they import must be installed here, too."""
    path = program(tmp_path, "import no_such_package")
    with pytest.raises(CommandError, match=r"'no_such_package'; add its package to handler/requirements\.in, .*make"):
        evaluate(stack, nothing, path)


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
    with pytest.raises(CommandError, match=r"aws:index/getRegion:getRegion .* add one to _ANSWERS in stacks/invokes"):
        evaluate(stack, nothing, path)


def test_error_inside_apply_ends_the_program(tmp_path: Path, stack: Stack) -> None:
    """It comes late, out of the event loop, and must not be lost there."""
    path = program(tmp_path, "pulumi.export('x', aws.cloudwatch.LogGroup('logs').id.apply(lambda _: 1 / 0))")
    with pytest.raises(CommandError, match="ZeroDivisionError"):
        evaluate(stack, nothing, path)


def test_module_that_exits_is_one_line(tmp_path: Path, stack: Stack) -> None:
    """`sys.exit` at the top of a module must end neither the command nor a stack that serves changes."""
    with pytest.raises(CommandError, match="SystemExit: enough"):
        evaluate(stack, nothing, program(tmp_path, "raise SystemExit('enough')"))


def stack_file(folder: Path, text: str) -> Stack:
    (folder / "Pulumi.yaml").write_text("name: project\n")
    (folder / "Pulumi.mine.yaml").write_text(text)
    return Stack.load("mine", folder)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((plain, plain) for plain in ("2024-01-01", "off", "no", "1:30", "010", "0x1f", "1", "-1", "1.5", "true")),
        ("[2024-01-01, yes, 010, 7]", '["2024-01-01", "yes", "010", 7]'),
        ("FALSE", "false"),
        ("~", "null"),
        ("{<<: {a: 1}, b: off}", '{"a": 1, "b": "off"}'),
    ],
)
def test_values_are_the_cli_s_strings(tmp_path: Path, value: str, text: str) -> None:
    """The CLI reads YAML 1.2: what is a date, a boolean or a number for YAML 1.1 alone is a text."""
    assert stack_file(tmp_path, f"config:\n  project:owner: {value}\n").config["project:owner"] == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("config: [unclosed", "Pulumi.mine.yaml must be YAML"),
        ("config: [1]", "Pulumi.mine.yaml must have keys and values under config"),
        ("config: {a: !!binary aGk=}", "a must be text, a number, a boolean, a list or an object"),
        ("config: {a: !!set {b}}", "a must be text"),
        ("config: {a: &a [*a]}", "must be YAML"),
        ("config: {a: 1, b: 2, a: 3}", "must be YAML, got: the key a twice"),
        ("config: {a: 2024-13-45T99:00:00Z}", ""),
    ],
)
def test_stack_file_that_cannot_be_read_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    """It is edited by hand, also while the stack runs."""
    if not says:
        assert stack_file(tmp_path, text).config["a"] == "2024-13-45T99:00:00Z"
        return
    with pytest.raises(CommandError, match=says):
        stack_file(tmp_path, text)


def test_stack_file_in_another_encoding_is_one_line(tmp_path: Path) -> None:
    """Editors of other times write Latin-1."""
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    (tmp_path / "Pulumi.mine.yaml").write_bytes("config: {a: ü}".encode("latin-1"))
    with pytest.raises(CommandError, match=r"Pulumi.mine.yaml must be YAML"):
        Stack.load("mine", tmp_path)


def test_program_has_no_branch_for_this_run() -> None:
    """What runs here is what `pulumi up` deploys."""
    for path in [ROOT / "__main__.py", *(ROOT / "settings").glob("*.py"), *(ROOT / "components").glob("*.py")]:
        for word in ("emulator", "ministack", "localstack", "endpoint_url", "is_local"):
            assert word not in path.read_text(), path.name
