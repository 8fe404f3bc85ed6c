"""The real Pulumi engine on this machine: its CLI, stand-ins for what no registry serves, and the emulator as AWS."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.emulator import CREDENTIALS, Emulator
from local.provider import client
from stacks import ROOT
from tests.sabotage.tree import copy_working_tree

CLI = ROOT / ".build" / "engine" / "pulumi"
HERE = Path(__file__).parent
REGION = "eu-central-1"
DEADLINE = 300  # seconds for one command of the CLI
_COUNT = re.compile(r"^ +(?:[+~-]{1,2} ?)?(\d+) (created|updated|deleted|replaced|unchanged|to \w+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Done:
    """A command of the CLI that ended: its output, its exit status, and what its summary counts."""

    text: str
    status: int

    @property
    def counts(self) -> dict[str, int]:
        """The summary of the last update: `created`, `updated`, `unchanged`, …."""
        summary = self.text.rpartition("Resources:")[2]
        return {what: int(count) for count, what in _COUNT.findall(summary)}


class Engine:
    """A Pulumi home, a backend of files, and a copy of the program."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.program = folder / "program"
        copy_working_tree(self.program)
        (self.program / ".venv").symlink_to(Path(sys.executable).parents[1])
        plugins = folder / "home" / "plugins" / f"resource-aws-v{version('pulumi-aws')}"
        (folder / "bin").mkdir()
        _command(plugins / "pulumi-resource-aws", HERE / "provider.py")
        # Pulumi's own host runs a program in the environment that Pulumi.yaml names.
        _command(folder / "bin" / "pulumi-language-python", HERE / "language.py", python=".venv/bin/python")
        (folder / "bin" / "pulumi").symlink_to(CLI)
        (folder / "backend").mkdir()
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "AWS_", "PYTEST_"))},
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}",
            "PULUMI_CONFIG_PASSPHRASE": "made-up",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_SKIP_CONFIRMATIONS": "true",  # nobody is there to answer
            "AWS_ENDPOINT_URL": endpoint,
            "ENGINE_TEST_ENDPOINT": endpoint,
            "ENGINE_TEST_REGION": REGION,
            "ENGINE_TEST_TAKEN": str(folder / "taken.json"),
            **CREDENTIALS,
        }

    def run(self, *arguments: str) -> Done:
        """Run a command of the CLI in the program's folder, without anybody to ask."""
        return self._run([str(CLI), *arguments, "--non-interactive", "--color", "never"])

    def _run(self, command: Sequence[str]) -> Done:
        done = subprocess.run(
            command,
            cwd=self.program,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=DEADLINE,
        )
        return Done(text=done.stdout, status=done.returncode)

    def type(self, lines: Sequence[str]) -> Done:
        """Type lines into one shell in the program's folder, up to the first that fails."""
        script = "\n".join(f"echo {shlex.quote(f'$ {line}')}\n{line}" for line in lines)
        return self._run(["/bin/bash", "-e", "-c", script])

    def good(self, *arguments: str) -> Done:
        """Run a command that must succeed, and print no traceback."""
        done = self.run(*arguments)
        assert done.status == 0, _errors(done.text)
        assert "Traceback" not in done.text, _errors(done.text)
        return done

    def up(self, stack: str) -> Done:
        """Deploy without a preview, which `preview` tries by itself."""
        return self.good("up", "--stack", stack, "--yes", "--skip-preview")

    def configure(self, stack: str, settings: Mapping[str, object]) -> None:
        """Write a stack file with these settings, which are encrypted where they hold a secret."""
        path = self.program / f"Pulumi.{stack}.yaml"
        before = yaml.safe_load(path.read_text()) if path.exists() else {}
        secrets = {
            key: value for key, value in settings.items() if key in {"logSubjectSalt", "identityProviderSecrets"}
        }
        config = {_full(key): value for key, value in settings.items() if key not in secrets and value is not None}
        path.write_text(yaml.safe_dump({**before, "config": config}))
        for key, value in secrets.items():
            members = value if isinstance(value, dict) else {"": value}
            for member, text in members.items():
                place = ["--path", f"{key}.{member}"] if member else [key]
                self.good("config", "set", "--stack", stack, "--secret", *place, str(text))

    def state(self, stack: str) -> dict[str, Any]:
        """What AWS was asked for, by URN, as far as the inputs of the program say it."""
        exported = json.loads(self.good("stack", "export", "--stack", stack).text)
        found: dict[str, Any] = {}
        for each in exported["deployment"].get("resources", []):
            made = each.get("outputs", {}).get("__made")
            if made is not None:
                sent = json.loads(made)["given"]
                found[each["urn"].partition("::")[2].partition("::")[2]] = sent
        return found


def _errors(text: str) -> str:
    """Return the lines that say what went wrong."""
    lines = [line.strip() for line in text.splitlines() if "error: " in line or "Traceback" in line]
    return "\n".join(dict.fromkeys(lines)) or text[-3000:]


def _command(path: Path, script: Path, python: str = sys.executable) -> None:
    """Write a command that runs the script with `python`, or with the tests' own where there is none yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'#!/bin/sh\n[ -x {python} ] && exec {python} "{script}" "$@"\nexec {sys.executable} "{script}" "$@"\n'
    )
    path.chmod(0o755)


def _full(key: str) -> str:
    return key if ":" in key else f"secure-serverless-api:{key}"


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(0, REGION, tmp_path_factory.mktemp("emulator")) as emulator:
        emulator.wait_until_ready()
        yield emulator


@pytest.fixture
def engine(tmp_path: Path, emulator: Emulator) -> Engine:
    assert CLI.is_file(), f"build the Pulumi CLI with: make {CLI.relative_to(ROOT)}"
    return Engine(tmp_path, emulator.endpoint)


@pytest.fixture
def leftovers(emulator: Emulator) -> Iterator[None]:
    """After the test AWS holds nothing of the stack: no user pool, no API, no function, no role, no log, no table."""
    yield
    assert _there(emulator.endpoint) == {}


def _there(endpoint: str) -> dict[str, list[str]]:
    def names(service: str, call: str, *path: str, **parameters: Any) -> list[str]:
        answer = getattr(client(endpoint, REGION, service), call)(**parameters)
        members = answer[path[0]]
        return [str(each[path[1]]) if len(path) > 1 else str(each) for each in members]

    found = {
        "user pools": names("cognito-idp", "list_user_pools", "UserPools", "Id", MaxResults=60),
        "APIs": names("apigatewayv2", "get_apis", "Items", "ApiId"),
        "functions": names("lambda", "list_functions", "Functions", "FunctionName"),
        "roles": names("iam", "list_roles", "Roles", "RoleName"),
        "tables": names("dynamodb", "list_tables", "TableNames"),
        "topics": names("sns", "list_topics", "Topics", "TopicArn"),
        "alarms": names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    }
    return {kind: each for kind, each in found.items() if each}
