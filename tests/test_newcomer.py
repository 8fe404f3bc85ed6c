"""What somebody new gets wrong: each is one line, before anything is made, and what it says to type mends it."""

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
from tests.test_settings import SCOPES

Config = dict[str, Any]


@dataclass(frozen=True)
class Mistake:
    """What is typed into a stack file, by key without the project's name; `says` is all that is answered."""

    name: str
    stack: str
    typed: Config
    says: str

    def __str__(self) -> str:
        return self.name


ABSENT = object()  # a line that was never written

MISTAKES = [
    Mistake(
        "an unknown key",
        "dev",
        {"memoryMB": 1024},
        "memoryMB: must be a key that docs/configuration.md lists (remove it with: pulumi config rm memoryMB)",
    ),
    Mistake(
        "a key in another spelling",
        "dev",
        {"throttle_rate": 10},
        "throttle_rate: must be a key that docs/configuration.md lists "
        "(remove it with: pulumi config rm throttle_rate)",
    ),
    Mistake(
        "a word for a number",
        "dev",
        {"memoryMb": "lots"},
        'memoryMb: must be a valid integer, got "lots" (set it with: pulumi config set memoryMb 512)',
    ),
    Mistake(
        "yes for true",
        "dev",
        {"selfSignUp": "yes"},
        'selfSignUp: must be a valid boolean, got "yes" (set it with: pulumi config set selfSignUp true)',
    ),
    Mistake(
        "one address for a list of them",
        "dev",
        {"callbackUrls": "https://app.example.com/"},
        'callbackUrls: must be a valid list, got "https://app.example.com/" '
        "(set it with: pulumi config set --path 'callbackUrls[0]' https://app.example.com/)",
    ),
    Mistake(
        "half a region",
        "dev",
        {"aws:region": "eu-central"},
        "aws:region: must match pattern '^[a-z]{2}(-[a-z]+)+-\\d$', got \"eu-central\" "
        "(set it with: pulumi config set aws:region eu-central-1)",
    ),
    Mistake(
        "no region",
        "dev",
        {"aws:region": ABSENT},
        "aws:region: must be set (set it with: pulumi config set aws:region eu-central-1)",
    ),
    Mistake(
        "no domain prefix",
        "dev",
        {"domainPrefix": ABSENT},
        "domainPrefix: must be set (set it with: pulumi config set domainPrefix example-dev)",
    ),
    Mistake(
        "a prefix that Cognito keeps for itself",
        "dev",
        {"domainPrefix": "my-aws-app"},
        "domainPrefix: must not contain 'aws', got \"my-aws-app\" "
        "(set it with: pulumi config set domainPrefix example-dev)",
    ),
    Mistake(
        "any origin",
        "dev",
        {"allowedOrigins": ["*"]},
        'allowedOrigins[0]: must be one exact URL, without a wildcard, a fragment, a space or a user, got "*" '
        "(set it with: pulumi config set --path 'allowedOrigins[0]' https://app.example.com)",
    ),
    Mistake(
        "an origin with a slash",
        "dev",
        {"allowedOrigins": ["https://app.example.com/"]},
        "allowedOrigins[0]: must be an origin: scheme, host and port in lower case, no path, no final slash, "
        'got "https://app.example.com/" '
        "(set it with: pulumi config set --path 'allowedOrigins[0]' https://app.example.com)",
    ),
    Mistake(
        "a page without TLS",
        "dev",
        {"callbackUrls": ["https://app.example.com/", "http://app.example.com/"]},
        'callbackUrls[1]: must be https://, or http:// on localhost, got "http://app.example.com/" '
        "(set it with: pulumi config set --path 'callbackUrls[1]' https://app.example.com/)",
    ),
    Mistake(
        "a page of one's own machine in production",
        "prod",
        {"callbackUrls": ["http://localhost:5173/"]},
        'callbackUrls[0]: must be https:// in production, got "http://localhost:5173/" '
        "(set it with: pulumi config set --path 'callbackUrls[0]' https://app.example.com/)",
    ),
    Mistake(
        "passwords in production",
        "prod",
        {"passwordSignIn": True},
        "passwordSignIn: must be false in production, got true (set it with: pulumi config set passwordSignIn false)",
    ),
    Mistake(
        "users of production that may be lost",
        "prod",
        {"deletionProtection": False},
        "deletionProtection: must be true in production, got false "
        "(set it with: pulumi config set deletionProtection true)",
    ),
    Mistake(
        "logs for as long as in development",
        "prod",
        {"logRetentionDays": 14},
        "logRetentionDays: must be at least 90 in production, got 14 "
        "(set it with: pulumi config set logRetentionDays 365)",
    ),
    Mistake(
        "a number of days that CloudWatch does not have",
        "dev",
        {"logRetentionDays": 10},
        "logRetentionDays: must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, "
        "2192, 2557, 2922, 3288, 3653, got 10 (set it with: pulumi config set logRetentionDays 365)",
    ),
    Mistake(
        "production by another name",
        "prod",
        {"environment": "production"},
        "environment: must be 'dev', 'staging' or 'prod', got \"production\" "
        "(set it with: pulumi config set environment prod)",
    ),
    Mistake(
        "an unknown processor",
        "dev",
        {"architecture": "arm"},
        "architecture: must be 'arm64' or 'x86_64', got \"arm\" (set it with: pulumi config set architecture arm64)",
    ),
    Mistake(
        "a version that YAML takes for a number",
        "dev",
        {"pythonVersion": 3.1},
        "pythonVersion: must be '3.12', '3.13' or '3.14', got \"3.1\" "
        "(set it with: pulumi config set pythonVersion 3.13)",
    ),
    Mistake(
        "no limit as 0",
        "dev",
        {"throttleRate": 0},
        "throttleRate: must be greater than or equal to 1, got 0 (set it with: pulumi config set throttleRate 50)",
    ),
    Mistake(
        "longer than API Gateway waits",
        "dev",
        {"timeoutSeconds": 30},
        "timeoutSeconds: must be less than or equal to 29, got 30 (set it with: pulumi config set timeoutSeconds 10)",
    ),
    Mistake(
        "an exception without a reason",
        "prod",
        {"policySuppressions": [{"rule": "L-VPC", "reason": "TODO"}]},
        "policySuppressions[0].reason: must match pattern '^\\S.{18,}\\.$', got \"TODO\" (set it with: "
        """pulumi config set --path 'policySuppressions[0]' '{"rule": "L-VPC", """
        """"reason": "The VPC has a NAT gateway, so that keys can be fetched."}')""",
    ),
    Mistake(
        "threat protection without the tier that has it",
        "dev",
        {"threatProtection": "enforced"},
        'threatProtection: must be off on the tier ESSENTIALS: it needs PLUS, got "enforced" '
        "(set it with: pulumi config set userPoolTier PLUS)",
    ),
    Mistake(
        "passkeys on the cheapest tier",
        "dev",
        {"userPoolTier": "LITE", "firstFactors": ["password", "passkey"]},
        'firstFactors: must be password alone on the tier LITE: it needs ESSENTIALS, got ["password", "passkey"] '
        "(set it with: pulumi config set userPoolTier ESSENTIALS)",
    ),
    Mistake(
        "a sign-in domain without its certificate",
        "dev",
        {"signInDomain": "login.example.com"},
        'signInCertificateArn: must be set with signInDomain, got "" (set it with: pulumi config set '
        "signInCertificateArn "
        "arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e-0000-0000-0000-000000000000)",
    ),
    Mistake(
        "a machine that may do nothing",
        "dev",
        {"appClients": [{"name": "nightly", "kind": "machine"}]},
        "appClients[0].scopes: must have a scope for a machine: its token opens nothing else, got [] "
        f"(set it with: pulumi config set --path 'appClients[0].scopes[0]' {SCOPES[0]})",
    ),
    Mistake(
        "a scope that no route asks for",
        "dev",
        {"appClients": [{"name": "nightly", "kind": "machine", "scopes": ["api/report.read"]}]},
        f'appClients[0].scopes[0]: must be a scope of the route table ({", ".join(SCOPES)}), got "api/report.read" '
        f"(set it with: pulumi config set --path 'appClients[0].scopes[0]' {SCOPES[0]})",
    ),
    Mistake(
        "a provider without its secret",
        "dev",
        {"identityProviders": [{"name": "Google", "type": "google", "clientId": "client-id"}]},
        "identityProviderSecrets: must have the client secret of Google "
        "(set it with: pulumi config set --secret --path identityProviderSecrets.Google SECRET)",
    ),
    Mistake(
        "a secret for everybody to read",
        "dev",
        {
            "identityProviders": [{"name": "Google", "type": "google", "clientId": "client-id"}],
            "identityProviderSecrets": {"Google": "hush"},
        },
        "identityProviderSecrets: must be a Pulumi secret, and stands in plain "
        "(set it with: pulumi config set --secret --path identityProviderSecrets.Google SECRET)",
    ),
    Mistake(
        "nobody needs a second factor in production",
        "prod",
        {"mfa": "off"},
        'mfa: must be optional or required in production, got "off" (set it with: pulumi config set mfa required)',
    ),
    Mistake(
        "alarms that nobody hears",
        "prod",
        {"alarmEmails": []},
        "alarmEmails[0]: must name somebody in production, or alarmUrls must, or alarms be false "
        "(set it with: pulumi config set --path 'alarmEmails[0]' on-call@example.com)",
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
    assert len({each.says for each in MISTAKES}) == len(MISTAKES) >= 20


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_mistake_is_one_line_and_its_remedy_mends_it(mistake: Mistake, project: Path) -> None:
    """Key, rule, value and what to type; nobody opens a file of ours, and nothing is made."""
    edit(project, mistake.stack, written(mistake.typed))
    message = refusal(project, mistake.stack)

    assert message == f"stack {mistake.stack} must change {mistake.says}"
    assert "\n" not in message

    command = re.search(r"\((?:set|remove) it with: (pulumi config .*)\)$", message)
    assert command
    edit(project, mistake.stack, run_by_shell(command[1]))
    assert accepted(project, mistake.stack)


def test_stack_that_there_is_not_is_one_line(project: Path) -> None:
    """The names that there are, and how to add one."""
    with pytest.raises(
        CommandError, match=r"^stack must be one of dev, local, .*prod.*, got prd; .*pulumi stack init prd$"
    ):
        Stack.load("prd", project)


def test_stack_file_that_is_no_yaml_is_one_line(project: Path) -> None:
    """The place, as the parser has it."""
    (project / "Pulumi.dev.yaml").write_text("config: [\n")

    with pytest.raises(CommandError, match=r"^Pulumi\.dev\.yaml must be YAML, got: .* line 2, column 1") as refused:
        Stack.load("dev", project)
    assert "\n" not in str(refused.value)


def test_several_mistakes_are_one_report(project: Path) -> None:
    """A line for each, so that one round mends all."""
    several = [each for each in MISTAKES if each.name in {"an unknown key", "a word for a number", "no domain prefix"}]
    for mistake in several:
        edit(project, "dev", written(mistake.typed))
    first, *lines = refusal(project, "dev").splitlines()

    assert first == "stack dev must change 3 settings:"
    assert sorted(line.strip() for line in lines) == sorted(each.says for each in several)
