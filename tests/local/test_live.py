"""While `up` runs: a saved file is served and users stay, and each call is shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.deployment import Deployment, Steps
from local.emulator import Emulator
from local.engine import Stack
from local.live import Calls, Watch
from local.people import People, new_password


@pytest.fixture(autouse=True)
def same_modules() -> Iterator[None]:
    """A change imports the program anew; other tests must go on with the modules that they hold."""
    held = dict(sys.modules)
    yield
    sys.modules.update(held)


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    with Emulator(0, "us-east-1", tmp_path / "live") as running:
        yield running


@pytest.fixture
def quiet() -> Steps:
    return Steps(show=lambda _: None)


def test_changed_program_changes_the_stack_and_keeps_the_users(emulator: Emulator, quiet: Steps) -> None:
    """Signing up again after each save would make live development worthless."""
    stack = Stack.load("local")
    deployment = Deployment(emulator, stack.region)
    before = deployment.bring_up(stack, quiet)
    people = People(before, new_password())
    token = people.tokens(people.ensure("ada"))["access_token"]
    prefix = f"{stack.project}:"
    changed = {
        **stack.config,
        f"{prefix}memoryMb": "256",
        f"{prefix}accessTokenMinutes": "30",
        f"{prefix}passwordMinimumLength": "16",
        f"{prefix}allowedOrigins": '["http://localhost:3000"]',
        f"{prefix}logRetentionDays": "7",
        f"{prefix}throttleBurst": "120",
    }
    after = deployment.change(Stack(stack.project, stack.name, changed))

    assert after == before, "addresses and ids that front ends hold must stay"
    answer = requests.get(after["apiUrl"] + "/hello", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert answer.json()["user"] == "ada"
    client = deployment.provider.client
    pool = client("cognito-idp").describe_user_pool(UserPoolId=after["userPoolId"])["UserPool"]
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 16
    assert client("lambda").get_function_configuration(FunctionName="function-function")["MemorySize"] == 256
    api_id = after["apiUrl"].rsplit("/", 1)[-1]
    cors = client("apigatewayv2").get_api(ApiId=api_id)["CorsConfiguration"]
    assert cors["AllowOrigins"] == ["http://localhost:3000"]


def test_change_that_would_lose_the_users_is_refused(emulator: Emulator, quiet: Steps) -> None:
    """Cognito cannot change how users are named; the stack must say so and stay as it is."""
    stack = Stack.load("local")
    deployment = Deployment(emulator, stack.region)
    before = deployment.bring_up(stack, quiet)
    other = {**stack.config, f"{stack.project}:emailAsUsername": "true"}
    with pytest.raises(Exception, match="every user would be lost"):
        deployment.change(Stack(stack.project, stack.name, other))
    assert deployment.change(stack) == before


def test_route_that_is_gone_from_the_program_is_gone_from_the_api(emulator: Emulator, quiet: Steps) -> None:
    """A route that lingers after its line was deleted is a hole."""
    stack = Stack.load("local")
    deployment = Deployment(emulator, stack.region)
    outputs = deployment.bring_up(stack, quiet)
    deployment.provider.begin()
    kept = [key for key in deployment.provider._made if key[1] != "api-GET /hello"]
    deployment.provider._wanted.update(kept)
    deployment.provider.sweep()
    assert requests.get(outputs["apiUrl"] + "/hello", timeout=30).status_code == 404
    assert requests.get(outputs["apiUrl"] + "/health", timeout=30).status_code == 200


def test_calls_are_shown_with_who_refused_and_why(emulator: Emulator, quiet: Steps) -> None:
    """Whoever builds a front end sees at once why a call failed, without reading two logs."""
    stack = Stack.load("local")
    deployment = Deployment(emulator, stack.region)
    outputs = deployment.bring_up(stack, quiet)
    people = People(outputs, new_password())
    token = people.tokens(people.ensure("ada"))["access_token"]
    calls = Calls(emulator.requests, deployment.provider)
    try:
        list(calls.new())
        requests.get(outputs["apiUrl"] + "/hello", timeout=30)
        requests.get(outputs["apiUrl"] + "/admin", headers={"Authorization": f"Bearer {token}"}, timeout=30)
        shown = [line.split() for line in calls.new()]
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
