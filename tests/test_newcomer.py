"""A newcomer's mistakes: each is refused in one line before anything is created, and the line's command fixes it."""

from __future__ import annotations

import re
import shlex
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

Config = dict[str, Any]


@dataclass(frozen=True)
class Mistake:
    """Settings typed into a stack file, by key without the project's name; the refusal's key, rule and remedy."""

    name: str
    stack: str
    typed: Config
    key: str
    rule: str
    remedy: str

    def __str__(self) -> str:
        return self.name


ABSENT = object()  # a line that was never written
SCOPES = sorted({scope for route in ROUTES for scope in route.scopes})

MISTAKES = [
    Mistake(
        "an unknown key", "dev", {"memoryMB": 1024}, "memoryMB", "docs/configuration.md", "pulumi config rm memoryMB"
    ),
    Mistake(
        "a key in another spelling",
        "dev",
        {"throttle_rate": 10},
        "throttle_rate",
        "docs/configuration.md",
        "pulumi config rm throttle_rate",
    ),
    Mistake(
        "a word for a number", "dev", {"memoryMb": "lots"}, "memoryMb", "integer", "pulumi config set memoryMb 512"
    ),
    Mistake("yes for true", "dev", {"selfSignUp": "yes"}, "selfSignUp", "boolean", "pulumi config set selfSignUp true"),
    Mistake(
        "one address for a list of them",
        "dev",
        {"callbackUrls": "https://app.example.com/"},
        "callbackUrls",
        "list",
        "pulumi config set --path 'callbackUrls[0]' https://app.example.com/",
    ),
    Mistake(
        "half a region",
        "dev",
        {"aws:region": "eu-central"},
        "aws:region",
        "pattern",
        "pulumi config set aws:region eu-central-1",
    ),
    Mistake(
        "no region",
        "dev",
        {"aws:region": ABSENT},
        "aws:region",
        "must be set",
        "pulumi config set aws:region eu-central-1",
    ),
    Mistake(
        "no domain prefix",
        "dev",
        {"domainPrefix": ABSENT},
        "domainPrefix",
        "must be set",
        "pulumi config set domainPrefix example-dev",
    ),
    Mistake(
        "a prefix that Cognito keeps for itself",
        "dev",
        {"domainPrefix": "my-aws-app"},
        "domainPrefix",
        "'aws'",
        "pulumi config set domainPrefix example-dev",
    ),
    Mistake(
        "any origin",
        "dev",
        {"allowedOrigins": ["*"]},
        "allowedOrigins[0]",
        "wildcard",
        "pulumi config set --path 'allowedOrigins[0]' https://app.example.com",
    ),
    Mistake(
        "an origin with a slash",
        "dev",
        {"allowedOrigins": ["https://app.example.com/"]},
        "allowedOrigins[0]",
        "no final slash",
        "pulumi config set --path 'allowedOrigins[0]' https://app.example.com",
    ),
    Mistake(
        "a page without TLS",
        "dev",
        {"callbackUrls": ["https://app.example.com/", "http://app.example.com/"]},
        "callbackUrls[1]",
        "https://",
        "pulumi config set --path 'callbackUrls[1]' https://app.example.com/",
    ),
    Mistake(
        "a page of one's own machine in production",
        "prod",
        {"callbackUrls": ["http://localhost:5173/"]},
        "callbackUrls[0]",
        "https:// in production",
        "pulumi config set --path 'callbackUrls[0]' https://app.example.com/",
    ),
    Mistake(
        "passwords in production",
        "prod",
        {"passwordSignIn": True},
        "passwordSignIn",
        "false in production",
        "pulumi config set passwordSignIn false",
    ),
    Mistake(
        "users of production that may be lost",
        "prod",
        {"deletionProtection": False},
        "deletionProtection",
        "true in production",
        "pulumi config set deletionProtection true",
    ),
    Mistake(
        "logs for as long as in development",
        "prod",
        {"logRetentionDays": 14},
        "logRetentionDays",
        "at least 90 in production",
        "pulumi config set logRetentionDays 365",
    ),
    Mistake(
        "a number of days that CloudWatch does not have",
        "dev",
        {"logRetentionDays": 10},
        "logRetentionDays",
        "one of 1, 3, 5",
        "pulumi config set logRetentionDays 365",
    ),
    Mistake(
        "production by another name",
        "prod",
        {"environment": "production"},
        "environment",
        "'dev', 'staging' or 'prod'",
        "pulumi config set environment prod",
    ),
    Mistake(
        "an unknown processor",
        "dev",
        {"architecture": "arm"},
        "architecture",
        "'arm64' or 'x86_64'",
        "pulumi config set architecture arm64",
    ),
    Mistake(
        "a version that YAML takes for a number",
        "dev",
        {"pythonVersion": 3.1},
        "pythonVersion",
        "'3.12', '3.13' or '3.14'",
        "pulumi config set pythonVersion 3.13",
    ),
    Mistake(
        "no limit as 0",
        "dev",
        {"throttleRate": 0},
        "throttleRate",
        "greater than or equal to 1",
        "pulumi config set throttleRate 50",
    ),
    Mistake(
        "longer than API Gateway waits",
        "dev",
        {"timeoutSeconds": 30},
        "timeoutSeconds",
        "less than or equal to 29",
        "pulumi config set timeoutSeconds 10",
    ),
    Mistake(
        "an exception without a reason",
        "prod",
        {"policySuppressions": [{"rule": "L-VPC", "reason": "TODO"}]},
        "policySuppressions[0].reason",
        "pattern",
        """pulumi config set --path 'policySuppressions[0]' '{"rule": "L-VPC", """
        """"reason": "The VPC has a NAT gateway, so that keys can be fetched."}'""",
    ),
    Mistake(
        "threat protection without the tier that has it",
        "dev",
        {"threatProtection": "enforced"},
        "threatProtection",
        "PLUS",
        "pulumi config set userPoolTier PLUS",
    ),
    Mistake(
        "passkeys on the cheapest tier",
        "dev",
        {"userPoolTier": "LITE", "firstFactors": ["password", "passkey"]},
        "firstFactors",
        "ESSENTIALS",
        "pulumi config set userPoolTier ESSENTIALS",
    ),
    Mistake(
        "a sign-in domain without its certificate",
        "dev",
        {"signInDomain": "login.example.com"},
        "signInCertificateArn",
        "signInDomain",
        "pulumi config set signInCertificateArn "
        "arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e-0000-0000-0000-000000000000",
    ),
    Mistake(
        "a provider without its secret",
        "dev",
        {"identityProviders": [{"name": "Google", "type": "google", "clientId": "client-id"}]},
        "identityProviderSecrets",
        "secret of Google",
        "pulumi config set --secret --path identityProviderSecrets.Google SECRET",
    ),
    Mistake(
        "a secret for everybody to read",
        "dev",
        {
            "identityProviders": [{"name": "Google", "type": "google", "clientId": "client-id"}],
            "identityProviderSecrets": {"Google": "hush"},
        },
        "identityProviderSecrets",
        "Pulumi secret",
        "pulumi config set --secret --path identityProviderSecrets.Google SECRET",
    ),
    Mistake(
        "nobody needs a second factor in production",
        "prod",
        {"mfa": "off"},
        "mfa",
        "optional or required in production",
        "pulumi config set mfa required",
    ),
    Mistake(
        "alarms that nobody hears",
        "prod",
        {"alarmEmails": []},
        "alarmEmails[0]",
        "in production",
        "pulumi config set --path 'alarmEmails[0]' on-call@example.com",
    ),
]
if SCOPES:  # a table without scopes has none to name
    MISTAKES += [
        Mistake(
            "a machine that may do nothing",
            "dev",
            {"appClients": [{"name": "nightly", "kind": "machine"}]},
            "appClients[0].scopes",
            "scope",
            f"pulumi config set --path 'appClients[0].scopes[0]' {SCOPES[0]}",
        ),
        Mistake(
            "a scope that no route asks for",
            "dev",
            {"appClients": [{"name": "nightly", "kind": "machine", "scopes": ["api/report.read"]}]},
            "appClients[0].scopes[0]",
            "route table",
            f"pulumi config set --path 'appClients[0].scopes[0]' {SCOPES[0]}",
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


def written(typed: Config) -> Callable[[Config], None]:
    def change(config: Config) -> None:
        for key, value in typed.items():
            config[full(key)] = value
            if value is ABSENT:
                del config[full(key)]

    return change


def run_by_shell(command: str) -> Callable[[Config], None]:
    """What the Pulumi CLI does to the stack file for `pulumi config set` and `rm`."""
    words = shlex.split(command)
    assert words[:2] == ["pulumi", "config"]

    def change(config: Config) -> None:
        if words[2] == "rm":
            del config[full(words[3])]
            return
        assert words[2] == "set"
        *options, name, value = [word for word in words[3:] if word != "--"]
        if "--secret" in options:
            value = {"secure": f"v1:{value}"}  # encrypted, as the file has it
        if "--path" in options:
            key, *steps = re.findall(r"[^.\[\]]+", name)
            _set_at(config, full(key), [int(step) if step.isdigit() else step for step in steps], value)
        else:
            config[full(name)] = value

    return change


def _set_at(config: Config, key: str, steps: list[int | str], value: Any) -> None:
    place: Any = config
    at: Any = key
    for step in steps:
        wanted: type = list if isinstance(step, int) else dict
        missing = isinstance(place, list) and at == len(place)
        if missing:
            place.append(wanted())
        elif not isinstance(place, list) and not isinstance(place.get(at), wanted):
            place[at] = wanted()
        place, at = place[at], step
    if isinstance(place, list) and at == len(place):
        place.append(value)
    else:
        place[at] = value


def refusal(project: Path, stack: str) -> str:
    """What `make up` or `pulumi up` says of the stack; nothing may be made on the way."""

    def create(type_: str, name: str, _: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        raise AssertionError(f"{type_} {name} is made before the settings are checked")

    with pytest.raises(CommandError) as refused:
        evaluate(Stack.load(stack, project), create)
    return str(refused.value)


def accepted(project: Path, stack: str) -> bool:
    found: list[Settings] = []
    record(lambda: found.append(Settings.load(ROUTES)), Stack.load(stack, project))
    return bool(found)


def test_there_are_twenty() -> None:
    """And no two are the same."""
    assert len({(each.key, each.rule, each.name) for each in MISTAKES}) == len(MISTAKES) >= 20


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
    with pytest.raises(CommandError, match=r"^stack must be one of alice, dev, .*got prd; .*pulumi stack init prd$"):
        Stack.load("prd", project)


def test_stack_file_that_is_no_yaml_is_one_line(project: Path) -> None:
    """The place, as the parser has it."""
    (project / "Pulumi.dev.yaml").write_text("config: [\n")

    with pytest.raises(CommandError, match=r"^Pulumi\.dev\.yaml must be YAML, got: .* line 2, column 1") as refused:
        Stack.load("dev", project)
    assert "\n" not in str(refused.value)


def test_several_mistakes_are_one_report(project: Path) -> None:
    """A line for each, so that one round fixes all."""
    several = [each for each in MISTAKES if each.name in {"an unknown key", "a word for a number", "no domain prefix"}]
    for mistake in several:
        edit(project, "dev", written(mistake.typed))
    first, *lines = refusal(project, "dev").splitlines()

    assert first == "stack dev must change 3 settings:"
    assert sorted(line.strip().partition(":")[0] for line in lines) == sorted(each.key for each in several)
