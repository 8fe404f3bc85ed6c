"""A newcomer's mistakes: each is refused in one line before anything is created, and the line's command fixes it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from handler.routes import ROUTES
from settings import Settings
from stacks import ROOT
from stacks.command_line import CommandError
from stacks.engine import Stack, evaluate
from stacks.recorder import PROJECT, record
from tests.settings.stack import Config, as_selected, typed


@dataclass(frozen=True)
class Mistake:
    """Settings typed into a stack file, by key (None: a line that was never written); the key, rule and remedy."""

    name: str
    stack: str
    typed: Config
    key: str
    rule: str
    remedy: str

    def __str__(self) -> str:
        return self.name


SET = "pulumi config set"
MISTAKES = [
    Mistake("an unknown key", "dev", {"memoryMB": 1}, "memoryMB", "docs/configuration.md", "pulumi config rm memoryMB"),
    Mistake(
        "a key in another spelling",
        "dev",
        {"throttle_rate": 10},
        "throttle_rate",
        "docs/configuration.md",
        "pulumi config rm throttle_rate",
    ),
    Mistake("a word for a number", "dev", {"memoryMb": "lots"}, "memoryMb", "whole number", f"{SET} memoryMb 512"),
    Mistake("yes for true", "dev", {"selfSignUp": "yes"}, "selfSignUp", "true or false", f"{SET} selfSignUp true"),
    Mistake(
        "one address for a list of them",
        "dev",
        {"callbackUrls": "https://app.example.com/"},
        "callbackUrls",
        "be a list",
        f"{SET} --path 'callbackUrls[0]' https://app.example.com/",
    ),
    Mistake("half a region", "dev", {"aws:region": "eu"}, "aws:region", "region", f"{SET} aws:region eu-central-1"),
    Mistake("no region", "dev", {"aws:region": None}, "aws:region", "be set", f"{SET} aws:region eu-central-1"),
    Mistake("no prefix", "dev", {"domainPrefix": None}, "domainPrefix", "be set", f"{SET} domainPrefix example-dev"),
    Mistake(
        "any origin",
        "dev",
        {"allowedOrigins": ["*"]},
        "allowedOrigins[0]",
        "wildcard",
        f"{SET} --path 'allowedOrigins[0]' https://app.example.com",
    ),
    Mistake(
        "a page of this machine in production",
        "prod",
        {"callbackUrls": ["http://localhost:5173/"]},
        "callbackUrls[0]",
        "https:// in production",
        f"{SET} --path 'callbackUrls[0]' https://app.example.com/",
    ),
    Mistake(
        "production by another name",
        "prod",
        {"environment": "production"},
        "environment",
        "dev, staging, prod",
        f"{SET} environment prod",
    ),
    Mistake(
        "a version that YAML takes for a number",
        "dev",
        {"pythonVersion": 3.1},
        "pythonVersion",
        "3.12, 3.13, 3.14",
        f"{SET} pythonVersion 3.13",
    ),
    Mistake(
        "a secret for everybody to read",
        "dev",
        {"logSubjectSalt": "0123456789abcdef0123456789abcdef"},
        "logSubjectSalt",
        "Pulumi secret",
        f"{SET} --secret logSubjectSalt replace-with-32-random-characters",
    ),
    Mistake(
        "alarms that nobody hears",
        "prod",
        {"alarmEmails": []},
        "alarmEmails",
        "in production",
        f"{SET} --path 'alarmEmails[0]' on-call@example.com",
    ),
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The files that somebody new edits."""
    for path in (ROOT / "Pulumi.yaml", *ROOT.glob("Pulumi.*.yaml")):
        shutil.copy(path, tmp_path)
    return tmp_path


def edit(project: Path, stack: str, change: Callable[[Config], None]) -> None:
    path = project / f"Pulumi.{stack}.yaml"
    content = yaml.safe_load(path.read_text())
    change(content["config"])
    path.write_text(yaml.safe_dump(content))


def full(key: str) -> str:
    """A key as the stack file has it."""
    return key if ":" in key else f"{PROJECT}:{key}"


def written(settings: Config) -> Callable[[Config], None]:
    def change(config: Config) -> None:
        for key, value in settings.items():
            config[full(key)] = value
            if value is None:
                del config[full(key)]

    return change


def run_by_shell(command: str) -> Callable[[Config], None]:
    """Return the change of the stack file by this command."""

    def change(config: Config) -> None:
        after = typed(command, {key.removeprefix(f"{PROJECT}:"): value for key, value in config.items()})
        config.clear()
        config.update({full(key): value for key, value in after.items()})

    return change


def refusal(project: Path, stack: str) -> str:
    """The complaint of `make up` or `pulumi up` about the stack; nothing may be made on the way."""

    def create(type_: str, name: str, _: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        raise AssertionError(f"{type_} {name} is made before the settings are checked")

    with pytest.raises(CommandError) as refused:
        evaluate(Stack.load(stack, project), create)
    return as_selected(str(refused.value), stack)


def accepted(project: Path, stack: str) -> bool:
    found: list[Settings] = []
    record(lambda: found.append(Settings.load(ROUTES)), Stack.load(stack, project))
    return bool(found)


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_mistake_is_one_line_and_its_remedy_fixes_it(mistake: Mistake, project: Path) -> None:
    """Key, rule and command: nobody has to open a file of ours, and nothing is created on the way."""
    edit(project, mistake.stack, written(mistake.typed))
    message = refusal(project, mistake.stack)

    assert "\n" not in message
    assert message.startswith(f"stack {mistake.stack} must change {mistake.key}: ")
    assert mistake.rule in message
    assert message.endswith(f" it with: {mistake.remedy})")
    edit(project, mistake.stack, run_by_shell(mistake.remedy))
    assert accepted(project, mistake.stack)


def test_stack_that_there_is_not_is_one_line(project: Path) -> None:
    """It lists the stacks, a user's own among them, and the command that adds one."""
    shutil.copy(project / "Pulumi.dev.yaml", project / "Pulumi.alice.yaml")
    with pytest.raises(CommandError, match=r"^stack must be one of alice, dev, .*got prd; .*Pulumi.prd.yaml$"):
        Stack.load("prd", project)


def test_stack_file_that_is_no_yaml_is_one_line(project: Path) -> None:
    """The place, as the parser has it."""
    (project / "Pulumi.dev.yaml").write_text("config: [\n")

    with pytest.raises(CommandError, match=r"^Pulumi\.dev\.yaml must be YAML, got: .* line 2, column 1") as refused:
        Stack.load("dev", project)
    assert "\n" not in str(refused.value)


def test_several_mistakes_are_one_report(project: Path) -> None:
    """A line for each, so that one round fixes all."""
    several = [each for each in MISTAKES if each.name in {"an unknown key", "a word for a number", "no prefix"}]
    for mistake in several:
        edit(project, "dev", written(mistake.typed))
    first, *lines = refusal(project, "dev").splitlines()

    assert first == "stack dev must change 3 settings:"
    assert sorted(line.strip().partition(":")[0] for line in lines) == sorted(each.key for each in several)
