"""While `up` runs: a saved file is served and users stay, and each call is shown."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.deployment import Deployment
from local.live import Calls, Watch
from local.users import Users, new_password
from stacks.command_line import CommandError
from stacks.engine import Stack
from tests.own_program import brought_up, with_settings


@pytest.fixture(autouse=True)
def same_modules() -> Iterator[None]:
    """A change imports the program anew; other tests must go on with the modules that they hold."""
    held = dict(sys.modules)
    yield
    sys.modules.update(held)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("live")


@pytest.fixture(scope="module")
def deployment(folder: Path) -> Iterator[Deployment]:
    """One stack for all tests here; each leaves it as the program says."""
    with brought_up(folder) as (made, _):
        yield made


@pytest.fixture(scope="module")
def stack(folder: Path, deployment: Deployment) -> Stack:  # noqa: ARG001 - the deployment's folder has its settings
    return Stack.load("local", folder / "project")


@pytest.fixture
def outputs(deployment: Deployment, stack: Stack) -> dict[str, Any]:
    return deployment.change(stack)


@pytest.mark.acceptance
def test_changed_program_changes_the_stack_and_keeps_the_users(
    deployment: Deployment, stack: Stack, outputs: dict[str, Any]
) -> None:
    """Signing up again after each save would make live development worthless."""
    users = Users(outputs, new_password())
    token = users.tokens(users.ensure("ada"))["access_token"]
    after = deployment.change(
        with_settings(
            stack,
            memoryMb="256",
            accessTokenMinutes="30",
            passwordMinimumLength="16",
            allowedOrigins='["http://localhost:3000"]',
            logRetentionDays="7",
            throttleBurst="120",
        )
    )

    assert {**after, "signIn": None} == {**outputs, "signIn": None}, "addresses and ids that front ends hold must stay"
    assert after["signIn"]["passwordPolicy"]["minimumLength"] == 16
    answer = requests.get(after["apiUrl"] + "/hello", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert answer.json()["name"] == "ada"
    client = deployment.provider.client
    pool = client("cognito-idp").describe_user_pool(UserPoolId=after["userPoolId"])["UserPool"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 16
    assert client("lambda").get_function_configuration(FunctionName="function-function")["MemorySize"] == 256
    api_id = after["apiUrl"].rsplit("/", 1)[-1]
    cors = client("apigatewayv2").get_api(ApiId=api_id)["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["http://localhost:3000"]


@pytest.mark.acceptance
def test_group_and_client_come_and_go_while_users_stay(
    deployment: Deployment, stack: Stack, outputs: dict[str, Any]
) -> None:
    """What hangs on the pool never touches it: the same pool, with the same users, who sign in as before."""
    users = Users(outputs, new_password())
    name = users.ensure("hedy")
    client = '[{"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"]}]'
    cognito = deployment.provider.client("cognito-idp")
    for changed in (with_settings(stack, groups='["member"]', appClients=client), stack):
        assert deployment.change(changed)["userPoolId"] == outputs["userPoolId"]
        groups = cognito.list_groups(UserPoolId=outputs["userPoolId"])["Groups"]
        clients = cognito.list_user_pool_clients(UserPoolId=outputs["userPoolId"], MaxResults=10)["UserPoolClients"]
        assert (len(groups), len(clients)) == ((3, 2) if changed is not stack else (2, 1))
    assert users.tokens(name)["access_token"]


def test_change_that_would_lose_the_users_is_refused(
    deployment: Deployment, stack: Stack, outputs: dict[str, Any]
) -> None:
    """Cognito cannot change how users are named; the stack must say so and stay as it is."""
    with pytest.raises(CommandError, match="every user would be lost"):
        deployment.change(with_settings(stack, emailAsUsername="true"))
    assert deployment.change(stack) == outputs


def test_route_that_is_gone_from_the_program_is_gone_from_the_api(
    deployment: Deployment, stack: Stack, outputs: dict[str, Any]
) -> None:
    """A route that lingers after its line was deleted is a hole; one that comes back is served again."""
    deployment.provider.begin()
    deployment.provider._wanted.update(key for key in deployment.provider._made if key[1] != "api-GET /hello")
    deployment.provider.sweep()
    assert requests.get(outputs["apiUrl"] + "/hello", timeout=30).status_code == 404
    assert requests.get(outputs["apiUrl"] + "/health", timeout=30).status_code == 200
    deployment.change(stack)
    assert requests.get(outputs["apiUrl"] + "/hello", timeout=30).status_code == 401


def test_calls_are_shown_with_who_refused_and_why(folder: Path, outputs: dict[str, Any]) -> None:
    """Whoever builds a front end sees at once why a call failed, without reading two logs."""
    users = Users(outputs, new_password())
    token = users.tokens(users.ensure("grace"))["access_token"]
    calls = Calls(folder / "requests.jsonl")
    try:
        list(calls.new())
        requests.get(outputs["apiUrl"] + "/hello", timeout=30)
        requests.get(outputs["apiUrl"] + "/admin", headers={"Authorization": f"Bearer {token}"}, timeout=30)
        shown: list[list[str]] = []
        deadline = time.monotonic() + 10
        while len(shown) < 2 and time.monotonic() < deadline:  # a line follows its answer
            shown += [line.split() for line in calls.new()]
    finally:
        calls.close()
    assert [line[1:5] for line in shown] == [
        ["GET", "/hello", "401", "gateway"],
        ["GET", "/admin", "403", "group_missing"],
    ]


def test_watch_sees_saves_new_files_and_removals(tmp_path: Path) -> None:
    """Whatever an editor does to a file of the program counts; other files do not."""
    (tmp_path / "handler").mkdir()
    routes = tmp_path / "handler" / "routes.py"
    routes.write_text("a")
    watch = Watch(tmp_path)
    assert watch.changed() == []
    routes.write_text("longer")
    (tmp_path / "Pulumi.local.yaml").write_text("config: {}")
    (tmp_path / "notes.txt").write_text("not the program's")
    assert watch.changed() == ["Pulumi.local.yaml", "handler/routes.py"]
    routes.unlink()
    assert watch.changed() == ["handler/routes.py"]
    assert watch.changed() == []


def call(**changes: Any) -> str:
    made = {"method": "GET", "path": "/x", "status": 403, "milliseconds": 1.5, "requestId": "r1"}
    return json.dumps({**made, **changes}) + "\n"


def shown(tmp_path: Path, written: str) -> list[str]:
    """The lines, without their time, after the emulator has written its own."""
    requests = tmp_path / "requests.jsonl"
    requests.write_text("")
    with contextlib.closing(Calls(requests)) as calls:
        requests.write_text(written)
        return [line[12:] for line in calls.new()]


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    """The emulator writes while `up` reads."""
    requests = tmp_path / "requests.jsonl"
    requests.write_text("")
    line = call(status=200).encode()
    with contextlib.closing(Calls(requests)) as calls, requests.open("ab", buffering=0) as written:
        written.write(line[:20])
        assert list(calls.new()) == []
        written.write(line[20:])
        assert len(list(calls.new())) == 1


@pytest.mark.parametrize("line", ["no JSON\n", "[]\n", "{}\n", call(status="x"), call(milliseconds=None), "\x00\n"])
def test_unreadable_line_is_said_and_the_next_is_shown(tmp_path: Path, line: str) -> None:
    """A disk that was full leaves such lines."""
    unreadable, readable = shown(tmp_path, line + call(status=200))
    assert "200" in readable
    assert unreadable.isprintable()


@pytest.mark.parametrize(
    "path", ["/\x1b[2J\x1b]0;owned\x07", "/\u202egpj.exe", "/a\nGET /forged 200", "/" + "x" * 60_000]
)
def test_path_of_a_call_cannot_rewrite_the_terminal(tmp_path: Path, path: str) -> None:
    """Anybody's page can send one, and a terminal does what an escape sequence says."""
    (line,) = shown(tmp_path, call(path=path))
    assert line.isprintable()
    assert len(line) < 400


def test_region_cannot_change_while_the_stack_is_up(deployment: Deployment, stack: Stack) -> None:
    """Half of the stack would be in the other one, and no command would find it."""
    with pytest.raises(CommandError, match="aws:region cannot change while the stack is up, got eu-west-1"):
        deployment.change(with_settings(stack, **{"aws:region": "eu-west-1"}))
