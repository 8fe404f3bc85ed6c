"""The workflows' shell steps, run against a stack on the emulator; only `pulumi` and `gh` are stand-ins."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from handler.routes import ROUTES
from local.deployment import Steps, bring_up
from local.emulator import Emulator
from local.provider import client
from stacks.engine import Stack
from stacks.routes import MISSING, signed_in_route
from tests.sabotage.tree import copy_working_tree

pytestmark = pytest.mark.acceptance

ROOT = Path(__file__).parents[2]
# What a step's condition means here: after the steps before it, and with what they made.
CONDITIONS = {
    "${{ failure() && steps.release.outcome == 'success' }}": lambda run: (
        run.failed is not None and "Release" in run.done
    ),
    "${{ !cancelled() && hashFiles('.build/preview.md') != '' }}": lambda run: (
        run.copy / ".build/preview.md"
    ).exists(),
}
STACK = {"inputs.stack": "dev", "github.sha": "abc123", "github.token": "made-up"}
# A pull request that adds a route to whatever the table has.
ADDED = """
ROUTES = table(
    *ROUTES,
    Route(key="GET /added-by-the-pull-request", call=ROUTES[0].call, summary="New", response=ROUTES[0].response),
)
"""
# Answers what the tools ask of Pulumi, and notes what it was told to do.
PULUMI = """#!/bin/sh
echo "pulumi $*" >> "$CALLS"
case "$1" in
  stack) cat "$OUTPUTS" ;;
  up|preview) echo "Resources: 61 unchanged" ;;
  *) exit 2 ;;
esac
"""
GH = """#!/bin/sh
echo "gh $*" >> "$CALLS"
case "$*" in
  *--paginate*) echo "$COMMENT" ;;
  *commits/main*) echo "$NEWEST" ;;
esac
"""


@dataclass
class Run:
    """Runs a job's shell steps as GitHub does: in order until one fails, then those for the failure."""

    copy: Path
    environment: dict[str, str]
    done: list[str] = field(default_factory=list)
    failed: str | None = None
    said: dict[str, str] = field(default_factory=dict)

    def job(self, file: str, context: dict[str, str]) -> Run:
        (job,) = yaml.safe_load((self.copy / ".github" / "workflows" / file).read_text())["jobs"].values()
        for step in job["steps"]:
            if "run" not in step or not self._wanted(step):
                continue
            given = {**job.get("env", {}), **step.get("env", {})}
            own = {name: self._filled(str(value), context) for name, value in given.items()}
            self._step(step["name"], step["run"], own)
        return self

    @property
    def calls(self) -> list[str]:
        return Path(self.environment["CALLS"]).read_text().splitlines()

    def _wanted(self, step: dict[str, Any]) -> bool:
        return bool(CONDITIONS[step["if"]](self)) if "if" in step else self.failed is None

    def _step(self, name: str, script: str, own: dict[str, str]) -> None:
        assert (
            "${{" not in script
        )  # GitHub would write it into the script: whoever chooses its value chooses the script
        ended = subprocess.run(
            ["/bin/bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.copy,
            env={**self.environment, **own},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        self.said[name] = ended.stdout
        if ended.returncode == 0:
            self.done.append(name)
        else:
            self.failed = self.failed or name

    @staticmethod
    def _filled(text: str, context: dict[str, str]) -> str:
        return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: context[found[1]], text)


class Deployed:
    """Stack dev on the emulator; its function has a version before the one that answers."""

    def __init__(self, emulator: Emulator, copy: Path, folder: Path) -> None:
        self.outputs = bring_up(Stack.load("dev"), emulator, Steps(show=lambda _: None))
        self.copy = copy
        self._lambda = client(emulator.endpoint, self.outputs["region"], "lambda")
        self._gateway = client(emulator.endpoint, self.outputs["region"], "apigatewayv2")
        released = self.outputs["release"]["functions"]["api"]
        self._function, self._alias = released["function"], released["alias"]
        self._lambda.update_function_configuration(FunctionName=self._function, Description="newer")
        newest = self._lambda.publish_version(FunctionName=self._function)["Version"]
        self._lambda.update_alias(FunctionName=self._function, Name=self._alias, FunctionVersion=newest)
        (folder / "bin").mkdir()
        for name, text in {"pulumi": PULUMI, "gh": GH}.items():
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        (folder / "outputs.json").write_text(json.dumps(self.outputs))
        self._folder, self._runs = folder, 0

    @property
    def version(self) -> str:
        """The version that answers."""
        return str(self._lambda.get_alias(FunctionName=self._function, Name=self._alias)["FunctionVersion"])

    def run(self, comment: str = "") -> Run:
        self._runs += 1
        calls = self._folder / f"calls-{self._runs}"
        calls.touch()
        plain = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_", "GITHUB_"))
        }
        own = {
            "OUTPUTS": str(self._folder / "outputs.json"),
            "CALLS": str(calls),
            "COMMENT": comment,
            "NEWEST": "abc123",
        }
        return Run(self.copy, {**plain, **own, "PATH": f"{self._folder / 'bin'}:{os.environ['PATH']}"})

    def open_route(self, key: str, kind: str) -> None:
        api = self._gateway.get_apis()["Items"][0]["ApiId"]
        (route,) = [each for each in self._gateway.get_routes(ApiId=api)["Items"] if each["RouteKey"] == key]
        self._gateway.update_route(ApiId=api, RouteId=route["RouteId"], AuthorizationType=kind)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("delivery")
    copy = folder / "project"
    copy_working_tree(copy)
    (copy / ".venv").symlink_to(ROOT / ".venv")
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-qm", "base"],
    ):
        subprocess.run(["/usr/bin/env", "git", *command], cwd=copy, check=True)
    with Emulator(0, Stack.load("dev").region, folder / "emulator") as emulator:
        made = Deployed(emulator, copy, folder)
        record = ["-m", "operations", "pool", "record", "--as", "dev", "--outputs", str(folder / "outputs.json")]
        subprocess.run([sys.executable, *record], cwd=copy, check=True, capture_output=True)
        yield made


def test_stack_is_deployed_released_and_proven(deployed: Deployed) -> None:
    """Every step of the file runs, in its order."""
    run = deployed.run().job("stack.yml", STACK)

    assert run.failed is None, run.said
    assert run.done == [
        "Install",
        "Refuse to deploy over a newer commit",
        "Hold the settings against the checklist",
        "Deploy",
        "Hold the user pool against its record",
        "Release",
        "Prove",
        "Write what front ends build on",
    ]
    assert "pulumi up --yes --non-interactive --stack dev --policy-pack policies" in run.calls
    assert "FAILED" not in run.said["Prove"]
    written = json.loads((deployed.copy / ".build" / "contract" / "contract.json").read_text())
    assert written["outputs"]["apiUrl"] == deployed.outputs["apiUrl"]


def test_traffic_goes_back_when_the_proof_fails(deployed: Deployed) -> None:
    """A release that opens a protected route is undone at once."""
    before = deployed.version
    route = signed_in_route(ROUTES)
    assert route is not None, MISSING["signed-in"]
    deployed.open_route(route.key, "NONE")
    try:
        run = deployed.run().job("stack.yml", STACK)
    finally:
        deployed.open_route(route.key, "JWT")

    assert run.failed == "Prove"
    assert run.done[-1] == "Put the traffic back"
    assert f"{route.key}: is open" in run.said["Prove"]
    assert int(deployed.version) < int(before)
    assert "Write what front ends build on" not in run.said


def test_older_commit_is_not_deployed_over_a_newer_one(deployed: Deployed) -> None:
    """An approval may come days later, after a newer commit."""
    run = deployed.run().job("stack.yml", {**STACK, "github.sha": "def456"})

    assert run.failed == "Refuse to deploy over a newer commit"
    assert "approve the deployment of the newest" in run.said[run.failed]
    assert not any(call.startswith("pulumi up") for call in run.calls)


def test_rollback_goes_where_it_is_told_and_proves_it(deployed: Deployed) -> None:
    """Every field of the form is used here."""
    version = deployed.version
    context = {"inputs.stack": "dev", "inputs.function": "api", "inputs.version": version}

    run = deployed.run().job("rollback.yml", context)

    assert (run.failed, run.done) == (None, ["Install", "Roll back", "Prove"])
    assert deployed.version == version


def test_pull_request_is_told_what_it_changes(deployed: Deployed) -> None:
    """Each stack has one comment, which the next push updates."""
    base = subprocess.run(
        ["/usr/bin/env", "git", "rev-parse", "HEAD"], cwd=deployed.copy, capture_output=True, text=True, check=True
    ).stdout.strip()
    context = {
        "matrix.stack": "dev",
        "github.event.pull_request.base.sha": base,
        "github.event.pull_request.number": "7",
        "github.token": "made-up",
    }
    routes = deployed.copy / "handler" / "routes.py"
    text = routes.read_text()
    routes.write_text(text + ADDED)
    try:
        first = deployed.run().job("preview.yml", context)
        again = deployed.run(comment="41").job("preview.yml", context)
    finally:
        routes.write_text(text)

    assert (first.failed, again.failed) == (None, None), first.said
    page = (deployed.copy / ".build" / "preview.md").read_text()
    assert page.startswith("<!-- preview of dev -->\n")
    assert "Resources: 61 unchanged" in page
    assert re.search(r"GET /added-by-the-pull-request.*any signed-in user", page)
    assert any("POST" in call and "issues/7/comments" in call for call in first.calls)
    assert any("PATCH" in call and "issues/comments/41" in call for call in again.calls)
    assert not any("POST" in call for call in again.calls)
