"""Whatever has become of the stack, each command answers in one line, and `down` works."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from local.provider import client
from local.running import Folder
from tests.local.commands import (
    DEADLINE,
    assert_one_line,
    here,
    processes_in,
    read_until,
    run,
    started,
    wait_until_up,
)

NEEDS_THE_POOL = (
    ("token",),
    ("token", "--client", "nightly"),
    ("token", "--user", "ada", "--group", "admin"),
    ("call", "GET", "/hello", "--user", "ada"),
)
NEEDS_THE_API = (("status",), ("call", "GET", "/health"))
IN_A_RUN = (("up", "--port", "0"), ("up", "--detach", "--port", "0"), ("reset",))


def pool_deleted(outputs: dict[str, str], _: Path) -> None:
    cognito = client(outputs["awsEndpointUrl"], outputs["region"], "cognito-idp")
    cognito.delete_user_pool(UserPoolId=outputs["userPoolId"])


def emulator_reset(outputs: dict[str, str], _: Path) -> None:
    requests.post(f"{outputs['awsEndpointUrl']}/_ministack/reset", timeout=DEADLINE)


def emulator_stopped(_: dict[str, str], folder: Path) -> None:
    for pid in processes_in(folder):
        os.kill(pid, signal.SIGSTOP)


def outputs_damaged(_: dict[str, str], folder: Path) -> None:
    (folder / "outputs.json").write_text("{")


@pytest.mark.parametrize(
    ("happens", "fail"),
    [
        (pool_deleted, NEEDS_THE_POOL),
        (emulator_reset, NEEDS_THE_POOL + NEEDS_THE_API),
        (emulator_stopped, NEEDS_THE_POOL + NEEDS_THE_API),
        (outputs_damaged, NEEDS_THE_POOL + NEEDS_THE_API),
    ],
)
@pytest.mark.acceptance
def test_each_command_is_one_line(
    checkout: Path, folder: Path, happens: Callable[..., None], fail: tuple[tuple[str, ...], ...]
) -> None:
    """A program of the developer's own may do the first two, and a debugger the third."""
    with started(folder, "up", "--port", "0", cwd=checkout) as up:
        wait_until_up(folder, up)
        happens(json.loads((folder / "outputs.json").read_text()), folder)
        for command in fail:
            assert_one_line(here(folder, *command))
        for command in IN_A_RUN:
            assert_one_line(run(folder, *command, cwd=checkout), "a stack runs already")
        assert here(folder, "logs").returncode == 0, "it reads a file, and works as long as the run does"
        assert here(folder, "down").stdout == "Stopped.\n"
        assert up.wait(DEADLINE) == 0
    again = run(folder, "up", "--detach", "--port", "0", cwd=checkout)
    assert again.returncode == 0, again.stderr
    assert here(folder, "call", "GET", "/hello", "--user", "ada").returncode == 0


@pytest.mark.acceptance
def test_dead_emulator_ends_the_run_and_leaves_one_line(checkout: Path, folder: Path) -> None:
    """A stack that silently answers nothing costs an hour."""
    with started(folder, "up", "--port", "0", cwd=checkout) as up:
        read_until(up, "make down")
        for pid in processes_in(folder):
            os.kill(pid, signal.SIGKILL)
        _, errors = up.communicate(timeout=DEADLINE)
        assert (up.returncode, errors.count("\n")) == (1, 1)
        assert "the emulator ended" in errors
        for command in (*NEEDS_THE_POOL, *NEEDS_THE_API, ("logs",)):
            assert_one_line(here(folder, *command), "no stack runs here", "make up")
        assert not Folder(folder).outputs_file.exists()


@pytest.mark.acceptance
def test_each_command_follows_the_stack_whose_region_was_edited(folder: Path, own_project: Path) -> None:
    """The file then says what does not run: every command goes on with what does, and `reset` keeps the rest."""
    settings = own_project / "Pulumi.local.yaml"
    with started(folder, "up", "--port", "0", cwd=own_project) as up:
        wait_until_up(folder, up)
        settings.write_text(settings.read_text().replace("us-east-1", "eu-west-1"))
        assert up.stderr is not None
        assert "aws:region cannot change while the stack is up, got eu-west-1; restart it" in up.stderr.readline()
        for command in (*NEEDS_THE_API, ("token",), ("call", "GET", "/hello", "--user", "ada"), ("logs",)):
            done = run(folder, *command, cwd=own_project)
            assert (done.returncode, done.stderr) == (0, ""), command
        assert_one_line(run(folder, "call", "GET", "/nowhere", cwd=own_project), "answered 404")
        assert_one_line(run(folder, "token", "--client", "nightly", cwd=own_project), "appClients")
        for command in IN_A_RUN:
            assert_one_line(run(folder, *command, cwd=own_project), "a stack runs already")
        assert run(folder, "down", cwd=own_project).stdout == "Stopped.\n"
