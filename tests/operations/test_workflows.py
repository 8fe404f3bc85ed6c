"""The workflows: pinned actions, minimal permissions, and linters that can fail."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.api_function import FunctionOptionsArgs
from stacks.engine import Stack
from stacks.recorder import program

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TOOLS = ROOT / ".build" / "delivery-venv"


def content(path: Path) -> dict[str, Any]:
    """Read a workflow. YAML 1.1 reads the key `on` as true."""
    loaded: dict[Any, Any] = yaml.safe_load(path.read_text())
    return {"on" if key is True else key: value for key, value in loaded.items()}


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in FILES:
        for name, job in content(path)["jobs"].items():
            yield f"{path.name}: {name}", job


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    """A tag can be moved to other code; the comment names the version of the commit."""
    used = re.findall(r"uses: (.*)", path.read_text())

    assert used or path.name == "deploy.yml"
    for each in used:
        assert re.fullmatch(r"\./\.github/workflows/\w+\.yml|[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each


def test_one_action_is_one_commit_everywhere() -> None:
    """An update that misses a file leaves the old version there."""
    used = {each for path in FILES for each in re.findall(r"uses: ([\w./-]+@.*)", path.read_text())}
    assert len(used) == len({each.partition("@")[0] for each in used})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nobody_may_anything_unless_a_job_says_so(path: Path) -> None:
    """By default the token may write to the repository."""
    assert content(path)["permissions"] == {}
    for job in content(path)["jobs"].values():
        assert job["permissions"].get("contents") == "read"
        assert {name for name, may in job["permissions"].items() if may == "write"} <= {"id-token", "pull-requests"}


def test_foreign_code_gets_no_identity() -> None:
    """`pull_request_target` runs with this repository's rights; a fork's pull request must not."""
    for path in FILES:
        assert "pull_request_target" not in content(path)["on"]
        for job in content(path)["jobs"].values():
            if "pull_request" in content(path)["on"] and "id-token" in job["permissions"]:
                assert job["if"] == "github.event.pull_request.head.repo.full_name == github.repository"


def test_no_long_lived_key_is_used() -> None:
    """Jobs use GitHub's identity for AWS and Pulumi: there is no secret to steal."""
    for path in FILES:
        assert "secrets." not in path.read_text()
        assert "aws-access-key-id" not in path.read_text()


def test_one_deployment_of_a_stack_at_a_time_and_none_cut_off() -> None:
    """Two deployments at once compete for the state; a canceled one leaves half a stack."""
    job = content(ROOT / ".github" / "workflows" / "stack.yml")["jobs"]["deploy"]

    assert job["concurrency"] == {"group": "stack-${{ inputs.stack }}", "cancel-in-progress": False}
    assert job["environment"] == "${{ inputs.stack }}"  # whose reviewers approve


def test_preview_takes_the_environment_that_may_only_read() -> None:
    """With the stack's own environment, everybody who opens a pull request could deploy."""
    (job,) = content(ROOT / ".github" / "workflows" / "preview.yml")["jobs"].values()

    assert job["environment"]["name"] == "preview-${{ matrix.stack }}"
    assert job["strategy"]["matrix"]["stack"] == ["dev", "staging", "prod"]


def test_stacks_come_one_after_another() -> None:
    """A change that breaks dev must not reach production."""
    made = content(ROOT / ".github" / "workflows" / "deploy.yml")["jobs"]

    assert {name: (job.get("needs"), job["with"]["stack"]) for name, job in made.items()} == {
        "dev": (None, "dev"),
        "staging": ("dev", "staging"),
        "prod": ("staging", "prod"),
    }


def test_pulumi_is_the_one_of_the_requirements() -> None:
    """The command and the library are released together."""
    (locked,) = re.findall(r"^pulumi==([\d.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    used = {each for path in FILES for each in re.findall(r'pulumi-version: "([\d.]+)"', path.read_text())}
    assert used == {locked}


def test_python_is_the_functions() -> None:
    """Else the packages of the workflows have no bytecode, and differ from those of a laptop that has it."""
    used = {version for path in FILES for version in re.findall(r'python-version: "(.*)"', path.read_text())}
    assert used == {FunctionOptionsArgs().python_version.value}


def test_updates_are_proposed_for_every_lock() -> None:
    """Dependencies in a missing folder would never be updated."""
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    watched = {each["package-ecosystem"]: {*each.get("directories", [each.get("directory")])} for each in updates}
    tracked = subprocess.run(
        ["/usr/bin/env", "git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()

    def folders(*names: str) -> set[str]:
        found = {
            str(Path("/") / Path(name).parent) for name in tracked if re.fullmatch("|".join(names), Path(name).name)
        }
        return found or {"none"}

    assert watched["pip"] == folders(r"(requirements.*|schemathesis|mutation)\.in")
    assert watched["npm"] == folders(r"package-lock\.json")
    assert watched["gomod"] == folders(r"go\.mod")
    assert watched["github-actions"] == {"/"}


BAD = """name: Bad
on: pull_request
permissions: {{}}
jobs:
  bad:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    steps:
      - {step}
"""


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("step", "tool", "rule"),
    [
        ("uses: actions/checkout@v4", "zizmor", "unpinned-uses"),
        ('run: echo "${{ github.event.pull_request.title }}"', "zizmor", "template-injection"),
        ("uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "zizmor", "artipacked"),
        ('run: echo "${{ github.evnt.number }}"', "actionlint", "expression"),
        ("run: true\n        shel: bash", "actionlint", "syntax-check"),
    ],
)
def test_linters_see_what_is_bad(step: str, tool: str, rule: str, tmp_path: Path) -> None:
    """A linter with wrong arguments finds nothing, forever."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "bad.yml").write_text(BAD.format(step=step))
    commands = {
        "zizmor": [TOOLS / "bin" / "zizmor", "--offline", "--quiet", "--no-config", tmp_path],
        "actionlint": [TOOLS / "actionlint", "-shellcheck=", "-pyflakes=", folder / "bad.yml"],
    }
    done = subprocess.run(commands[tool], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert rule in done.stdout


def test_production_is_released_by_weight() -> None:
    """Without the setting every caller would get the new version at once, and the release step would do nothing."""
    assert {each["alias"] for each in program("prod").outputs["release"]["functions"].values()} == {"live"}
    assert Stack.load("prod").config["secure-serverless-api:shiftTraffic"] == "true"
