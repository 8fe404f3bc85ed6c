"""Users, items, ids and keys outlive a run; what cannot be used again is said, and kept."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.deployment import Deployment, Steps
from local.emulator import Emulator
from local.provider import client
from local.running import Folder
from local.state import State
from local.users import Users, new_password, passwords_for
from stacks.command_line import CommandError
from stacks.engine import Stack
from stacks.mappings.mapping import CannotChange
from tests import own_program
from tests.local.commands import assert_one_line, here, run

pytestmark = pytest.mark.acceptance  # starts a stack again and again

PASSWORD = new_password()
KEYS = {"attributes": [{"name": name, "type": "S"} for name in ("owner", "id")], "hashKey": "owner", "rangeKey": "id"}
TABLE = ("aws:dynamodb/table:Table", "things", {**KEYS, "billingMode": "PAY_PER_REQUEST"})
SAVED_WITHIN = 20  # seconds; under one is usual


class Run:
    """A run of the tests' stack on the state in a folder, as `up` makes it."""

    def __init__(self, emulator: Emulator, deployment: Deployment, outputs: dict[str, Any], state: State) -> None:
        self.emulator = emulator
        self.outputs = outputs
        self.users = Users(outputs, PASSWORD)
        self.client = deployment.provider.client
        deployment.provider.create(*TABLE)
        state.describe(made=deployment.provider.described())

    def hello(self, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.outputs['apiUrl']}/hello", headers=headers, timeout=30).status_code

    def items(self) -> list[Any]:
        return [item["id"] for item in self.client("dynamodb").scan(TableName="things")["Items"]]

    def put(self, item: str) -> None:
        self.client("dynamodb").put_item(TableName="things", Item={"owner": {"S": "ada"}, "id": {"S": item}})


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return own_program.project(tmp_path_factory.mktemp("project") / "copy")


@contextlib.contextmanager
def running(checkout: Path, folder: Path, **settings: Any) -> Iterator[Run]:
    stack = own_program.with_settings(Stack.load("local", checkout), **settings)
    state = State(folder, stack.name, stack.region)
    with (
        own_program.imported_from(checkout),
        state.held() as lock,
        Emulator(0, stack.region, folder, state.folder, lock) as emulator,
    ):
        saved = state.load()
        deployment = Deployment(emulator, stack.region)
        outputs = deployment.bring_up(stack, Steps(show=lambda _: None), saved and saved["made"])
        yield Run(emulator, deployment, outputs, state)


@pytest.fixture
def begun(checkout: Path, tmp_path: Path) -> Callable[..., contextlib.AbstractContextManager[Run]]:
    return lambda **settings: running(checkout, tmp_path, **settings)


def test_everything_a_signed_in_page_relies_on_is_there_again(begun: Any) -> None:
    """The same user signs in, the first run's token works, ids and items are the same; only the port may differ."""
    with begun() as first:
        token = first.users.tokens(first.users.ensure("ada"))
        assert first.hello(token["access_token"]) == 200
        first.put("chair")
    with begun() as second:
        moved = json.dumps(first.outputs).replace(first.emulator.endpoint, second.emulator.endpoint)
        assert second.outputs == json.loads(moved)
        assert second.hello(token["access_token"]) == 200
        assert second.users.tokens("ada")["token_type"] == "Bearer"
        form = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
        form["client_id"] = second.outputs["userPoolClientId"]
        assert requests.post(f"{second.outputs['authDomain']}/oauth2/token", data=form, timeout=30).status_code == 200
        assert second.items() == [{"S": "chair"}]


def test_rotated_refresh_token_stays_used(begun: Any) -> None:
    """A restart must not bring a stolen one back to life."""
    rotation = {"refreshTokenRotation": "true", "refreshGraceSeconds": "0"}

    def refreshed(run: Run, token: str) -> int:
        form = {"grant_type": "refresh_token", "client_id": run.outputs["userPoolClientId"], "refresh_token": token}
        return requests.post(f"{run.outputs['authDomain']}/oauth2/token", data=form, timeout=30).status_code

    with begun(**rotation) as first:
        token = first.users.tokens(first.users.ensure("ada"))["refresh_token"]
        assert [refreshed(first, token), refreshed(first, token)] == [200, 400]
    with begun(**rotation) as second:
        assert refreshed(second, token) == 400


def test_crash_loses_less_than_a_second(begun: Any, tmp_path: Path) -> None:
    """The emulator is killed; what was written a moment before is there."""
    with begun() as first:
        first.put("chair")
        file = tmp_path / "state" / "local" / "state.json"
        deadline = time.monotonic() + SAVED_WITHIN
        while not (file.exists() and "chair" in file.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert first.emulator._process is not None
        os.killpg(first.emulator._process.pid, signal.SIGKILL)
    with begun() as second:
        assert second.items() == [{"S": "chair"}]


def test_changed_settings_and_functions_are_those_of_now(begun: Any) -> None:
    """The state is of users and items; the program's resources follow the program."""
    with begun() as first:
        first.users.ensure("ada")
    with begun(logLevel="WARNING", passwordMinimumLength="30") as second:
        function = second.client("lambda").list_functions()["Functions"][0]
        assert function["Environment"]["Variables"]["LOG_LEVEL"] == "WARNING"
        assert second.outputs["signIn"]["passwordPolicy"]["minimumLength"] == 30
        assert second.users.tokens("ada")


def test_password_follows_a_raised_policy_and_earlier_users_sign_in(begun: Any) -> None:
    """Cognito holds the policy against new passwords only."""
    with begun() as first:
        first.users.ensure("ada")
    with begun(passwordMinimumLength="99") as second:
        new, *earlier = passwords_for(second.outputs, [PASSWORD])
        users = Users(second.outputs, new, earlier=earlier)
        assert (len(new), earlier) == (99, [PASSWORD])
        assert passwords_for(second.outputs, [new, *earlier]) == [new, *earlier]
        assert users.tokens(users.ensure("ada"))
        assert users.tokens(users.ensure("grace"))


@pytest.mark.parametrize("setting", [{"emailAsUsername": "true"}, {"customAttributes": "[]"}])
def test_another_pool_shape_is_refused_as_such(begun: Any, setting: dict[str, str]) -> None:
    """`up` keeps the users aside then, and begins anew."""
    before = {"customAttributes": json.dumps([{"name": "team", "type": "String"}])}
    with begun(**before):
        pass
    with pytest.raises(CannotChange, match="auth-pool"), begun(**{**before, **setting}):
        pass


def test_pool_that_was_deleted_is_noticed(begun: Any) -> None:
    """By a program that the developer ran: the ids would lead nowhere."""
    with begun() as first:
        pool = first.outputs["userPoolId"]
        first.client("cognito-idp").delete_user_pool(UserPoolId=pool)
    with pytest.raises(CannotChange, match=f"not there again: .*{pool}"), begun():
        pass


def test_other_region_is_kept_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ids name the region. The line says where the state is, and moving it back is all it takes."""
    before = State(tmp_path, "local", "us-east-1")
    save(before)
    other = State(tmp_path, "local", "eu-west-1")

    assert other.load() is None
    line = capsys.readouterr().out
    assert "aws:region was us-east-1 and is eu-west-1" in line
    kept = Path(line.split("kept in ")[1].strip())
    other.reset()
    kept.replace(before.folder)
    again = before.load()
    assert again is not None
    assert again["made"] == {"resources": []}


@pytest.mark.parametrize(
    "content", ["{", "[]", "null", '{"stack": {"format": 99, "emulator": "1.5", "region": "us-east-1"}}']
)
def test_unreadable_state_is_kept_aside(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It may be of a later version of the project, and must neither end the run nor be lost."""
    state = State(tmp_path, "local", "us-east-1")
    save(state)
    (state.folder / "state.json").write_text(content)

    assert state.load() is None
    assert "kept in" in capsys.readouterr().out
    assert len(list(tmp_path.glob("state/local-*/state.json"))) == 1


def test_state_of_each_stack_is_its_own_and_reset_deletes_it(tmp_path: Path) -> None:
    """`make up STACK=prod` must not meet the users of another stack."""
    states = [State(tmp_path, name, "us-east-1") for name in ("local", "prod")]
    for state in states:
        save(state)
    assert (states[0].reset(), states[0].reset()) == (True, False)
    assert states[1].load() is not None


def test_state_that_an_emulator_still_holds_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its starter was killed, and it is saving: a second one would write the same files."""
    monkeypatch.setattr("local.state.LOCK_DEADLINE", 0)
    state = State(tmp_path, "local", "us-east-1")
    with state.held(), pytest.raises(CommandError, match="an emulator of an earlier run holds it"), state.held():
        pass


def save(state: State) -> None:
    """Save what a run without resources would, as the emulator does it."""
    state.load()
    state.describe(made={"resources": []})
    stack = json.loads((state.folder / "stack.json").read_text())
    (state.folder / "state.json").write_text(json.dumps({"stack": stack, "services": {}}))


def test_saved_files_are_private(begun: Any, tmp_path: Path) -> None:
    """They have the pool's private keys and all passwords."""
    with begun() as run:
        run.users.tokens(run.users.ensure("ada"))
    files = list((tmp_path / "state").rglob("*"))
    assert any("cognito-pool-keys" in str(file) for file in files)
    assert [file for file in files if file.stat().st_mode & 0o077] == []


@pytest.mark.acceptance
def test_a_signed_in_user_goes_on_after_down_and_up_and_after_a_kill(checkout: Path, folder: Path) -> None:
    """As a person does it. What the settings no longer fit is kept aside, and --reset begins anew."""
    port = free_port()
    up = ("up", "--detach", "--port", port)
    assert run(folder, *up, cwd=checkout).returncode == 0
    token = here(folder, "token", "--user", "ada").stdout.strip()
    outputs = json.loads((folder / "outputs.json").read_text())

    def hello() -> int:
        return requests.get(
            f"{outputs['apiUrl']}/hello", headers={"Authorization": f"Bearer {token}"}, timeout=30
        ).status_code

    assert here(folder, "down").returncode == 0
    again = run(folder, *up, cwd=checkout)
    assert "begin anew with: make up RESET=1" in again.stdout
    assert (json.loads((folder / "outputs.json").read_text()), hello()) == (outputs, 200)

    here(folder, "token", "--user", "grace")
    os.kill(Folder(folder).run().pid, signal.SIGKILL)
    assert run(folder, *up, cwd=checkout).returncode == 0, "at once, while the emulator of before still saves"
    known = client(outputs["awsEndpointUrl"], outputs["region"], "cognito-idp").list_users(
        UserPoolId=outputs["userPoolId"]
    )
    assert {each["Username"] for each in known["Users"]} == {"demo", "ada", "grace"}
    assert hello() == 200
    assert_one_line(here(folder, "reset"), "a stack runs already", "make down")
    here(folder, "down")

    replace = (checkout / "Pulumi.local.yaml").read_text()
    try:
        (checkout / "Pulumi.local.yaml").write_text(replace + "  secure-serverless-api:emailAsUsername: true\n")
        changed = run(folder, *up, cwd=checkout)
    finally:
        (checkout / "Pulumi.local.yaml").write_text(replace)
    assert changed.returncode == 0, changed.stderr
    assert "UsernameAttributes cannot change" in changed.stdout
    assert "kept in" in changed.stdout
    assert hello() == 404, "another API"
    here(folder, "down")

    assert here(folder, "reset").stdout == "Stack local begins anew.\n"
    assert here(folder, "reset").stdout == "Stack local had nothing saved.\n"
    assert len(list((folder / "state").glob("local-*"))) == 1


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
