"""Sessions that end, on a running stack: who is refused, how soon, and who is not. Nothing here is simulated."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import botocore.client
import pytest
import requests

from handler import revoking
from local.users import Users, new_password
from operations.__main__ import main
from operations.role import SESSION_CALLS
from proof.attack.tokens import decoded
from tests.own_program import brought_up

pytestmark = pytest.mark.acceptance  # a stack of its own, and waits

DELAY = 2  # seconds
PATHS = ("/hello", "/reports", "/admin", "/fresh")
CLIENTS = 12
ROUTES = """
    Route(key="GET /fresh", call=signed_in, summary="Asks", response=Answered, groups=("admin",), fresh=True),
    Route(key="POST /sign-out", call=out, summary="Signs out", response=Out, revokes=True),
"""
OUT = """
from handler.revoking import sign_out_everywhere


class Out(TypedDict):
    within: int


def out(request: Request[None]) -> Out:
    return {"within": sign_out_everywhere(request.user)}


TABLE ="""


def with_routes(table: str) -> str:
    before, after = table.split("\nTABLE =")
    return f"{before}{OUT}{after}".replace("TABLE = table(\n", f"TABLE = table({ROUTES}")


class Seen(NamedTuple):
    """One call: whose, when it began and ended, and its status."""

    name: str
    began: float
    ended: float
    status: int


@dataclass
class Running:
    """The stack, and a way to call it and to operate it."""

    outputs: dict[str, Any]
    file: Path
    cognito: Any
    users: Users
    names: Iterator[str] = field(default_factory=lambda: (f"user-{number}" for number in range(100)))

    def user(self) -> str:
        return self.users.ensure(next(self.names), ["admin"])

    def sign_in(self, name: str) -> dict[str, Any]:
        return self.users.tokens(name, ["api/reports.read"])

    def call(self, token: str, path: str = "/hello", method: str = "GET") -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.request(method, self.outputs["apiUrl"] + path, headers=headers, timeout=120)

    def statuses(self, token: str) -> set[int]:
        return {self.call(token, path).status_code for path in PATHS}

    def operate(self, *arguments: str) -> int:
        return main([*arguments, "--outputs", str(self.file)])

    def refresh_is_refused(self, tokens: dict[str, Any]) -> bool:
        try:
            self.cognito.initiate_auth(
                ClientId=self.outputs["userPoolClientId"],
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters={"REFRESH_TOKEN": tokens["refresh_token"]},
            )
        except self.cognito.exceptions.NotAuthorizedException:
            return True
        return False


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("revocation")
    with brought_up(folder, with_routes, revocation="true", revocationDelaySeconds=str(DELAY)) as (deployment, outputs):
        (folder / "outputs.json").write_text(json.dumps(outputs))
        users = Users(outputs, new_password())
        yield Running(outputs, folder / "outputs.json", deployment.provider.client("cognito-idp"), users)


def test_signed_out_user_is_refused_everywhere_within_the_delay(running: Running, capsys: Any) -> None:
    """Two dozen clients call all routes meanwhile: each of the user's tokens is out in time, nobody else's is."""
    ada, bob = running.user(), running.user()
    tokens = [(name, running.sign_in(name)["access_token"]) for name in (ada, bob) for _ in range(3)]
    seen: list[Seen] = []
    warm, ends = threading.Barrier(CLIENTS + 1), threading.Event()

    def client(number: int) -> None:
        name, token = tokens[number % len(tokens)]
        assert running.statuses(token) == {200}
        warm.wait(60)
        while not ends.is_set():
            for path in PATHS:
                began = time.monotonic()
                status = running.call(token, path).status_code
                seen.append(Seen(name, began, time.monotonic(), status))

    with ThreadPoolExecutor(CLIENTS) as clients:
        running_clients = [clients.submit(client, number) for number in range(CLIENTS)]
        warm.wait(60)
        time.sleep(1)
        began = time.monotonic()
        assert running.operate("sign-out", "--user", ada) == 0
        written = time.monotonic() - (1 + revoking.MARGIN)  # at the latest: the command waited that long afterwards
        again = running.sign_in(ada)["access_token"]
        assert running.statuses(again) == {200}
        time.sleep(DELAY + 1)
        ends.set()
    assert [each.exception() for each in running_clients] == [None] * CLIENTS
    # A busy machine may answer 503, which says nothing about a token.
    assert {each.status for each in seen if each.name == bob} - {503} == {200}
    assert {each.status for each in seen if each.name == ada and each.ended < began} - {503} == {200}
    late = [each.status for each in seen if each.name == ada and each.began > written + DELAY]
    assert len(late) > CLIENTS
    assert set(late) - {503} == {401}
    assert "no token is refreshed" in capsys.readouterr().out


def test_signing_out_in_one_session_ends_the_other(running: Running) -> None:
    """What the sample page does. The answer comes when a new sign-in works, and says how long the old ones may."""
    ada = running.user()
    here, there = running.sign_in(ada), running.sign_in(ada)
    assert running.call(there["access_token"]).status_code == 200
    time.sleep(1)  # the emulator spares refresh tokens of the second of the sign-out
    answer = running.call(here["access_token"], "/sign-out", "POST")
    assert (answer.status_code, answer.json()) == (200, {"within": DELAY})
    assert running.statuses(running.sign_in(ada)["access_token"]) == {200}
    time.sleep(DELAY)
    assert running.statuses(there["access_token"]) == running.statuses(here["access_token"]) == {401}
    assert all(running.refresh_is_refused(tokens) for tokens in (here, there))
    assert running.call(here["access_token"]).headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_group_that_was_taken_away_ends_at_the_next_call(running: Running) -> None:
    """On the route that asks; the others take the token on, and the new token has no group."""
    ada = running.user()
    token = running.sign_in(ada)["access_token"]
    assert running.statuses(token) == {200}
    assert running.operate("remove-from-group", "--user", ada, "--group", "admin") == 0
    assert [running.call(token, path).status_code for path in PATHS] == [200, 200, 200, 401]
    renewed = running.sign_in(ada)["access_token"]
    assert [running.call(renewed, path).status_code for path in PATHS] == [200, 200, 403, 403]
    assert running.operate("remove-from-group", "--user", ada, "--group", "admin") == 0, "again"


def test_disabled_user_is_out_and_comes_back_with_a_new_sign_in(running: Running) -> None:
    """Enabling the account does not bring back what was revoked."""
    ada = running.user()
    tokens = running.sign_in(ada)
    for _ in range(2):
        assert running.operate("disable", "--user", ada) == 0
    assert running.statuses(tokens["access_token"]) == {401}
    assert running.refresh_is_refused(tokens)
    assert running.operate("enable", "--user", ada) == 0
    assert running.statuses(tokens["access_token"]) == {401}
    assert running.refresh_is_refused(tokens)
    assert running.statuses(running.sign_in(ada)["access_token"]) == {200}


def test_user_disabled_in_the_console_is_found(running: Running, capsys: Any) -> None:
    """The table knows nothing of the console: reconcile names the user, revokes on demand, and is then content."""
    ada = running.user()
    token = running.sign_in(ada)["access_token"]
    running.cognito.admin_disable_user(UserPoolId=running.outputs["userPoolId"], Username=ada)
    assert running.call(token).status_code == 200
    assert running.operate("reconcile") == 1
    assert f"not revoked here: {ada};" in capsys.readouterr().err
    assert running.operate("reconcile", "--apply") == 0
    assert running.operate("reconcile") == 0
    assert running.statuses(token) == {401}


@pytest.mark.parametrize("kind", ["session", "client"])
def test_one_session_or_client_is_revoked(kind: str, running: Running) -> None:
    """The user's other session goes on; a client's ends for everybody."""
    ada = running.user()
    here, there = (running.sign_in(ada)["access_token"] for _ in range(2))
    claim = "origin_jti" if kind == "session" else "client_id"
    assert running.operate("sign-out", f"--{kind}", json.loads(decoded(here.split(".")[1]))[claim]) == 0
    time.sleep(DELAY)
    assert running.statuses(here) == {401}
    assert running.statuses(there) == ({200} if kind == "session" else {401})
    assert running.statuses(running.sign_in(ada)["access_token"]) == {200}


WRONG: dict[str, tuple[list[str], str]] = {
    "user": (["sign-out", "--user", "nobody"], "--user must be one of pool"),
    "client": (["sign-out", "--client", "nothing"], "--client must be one of pool"),
    "group": (["remove-from-group", "--user", "{ada}", "--group", "nothing"], "--group must be one of pool"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_name_is_told_in_one_line(wrong: str, running: Running, capsys: Any) -> None:
    """Before anything is changed."""
    arguments, text = WRONG[wrong]
    ada = running.user()
    assert running.operate(*(ada if each == "{ada}" else each for each in arguments)) == 1
    assert text in capsys.readouterr().err


def test_stack_without_a_table_says_what_goes_on(
    outputs: dict[str, Any], users: Users, tmp_path: Path, capsys: Any, username: str
) -> None:
    """Cognito's part is done, and nobody believes that the access token is out."""
    without = {name: value for name, value in outputs.items() if name != "revocation"}
    (tmp_path / "outputs.json").write_text(json.dumps(without))
    name = users.ensure(username)
    assert main(["sign-out", "--user", name, "--outputs", str(tmp_path / "outputs.json")]) == 0
    assert "access tokens work until they expire" in capsys.readouterr().out
    assert main(["reconcile", "--outputs", str(tmp_path / "outputs.json")]) == 1


def test_policy_of_operators_has_the_calls_of_the_commands(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """A right that is missing leaves a user signed in; one that no command uses is one too many."""
    seen: set[str] = set()
    make = botocore.client.BaseClient._make_api_call

    def recording(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        seen.add(f"{client.meta.service_model.service_name}:{operation}")
        return make(client, operation, parameters)

    name = running.user()
    session = json.loads(decoded(running.sign_in(name)["access_token"].split(".")[1]))["origin_jti"]
    client = running.cognito.create_user_pool_client(UserPoolId=running.outputs["userPoolId"], ClientName="other")
    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", recording)
    for arguments in (
        ("sign-out", "--user", name),
        ("sign-out", "--session", session),
        ("sign-out", "--client", client["UserPoolClient"]["ClientId"]),
        ("remove-from-group", "--user", name, "--group", "admin"),
        ("disable", "--user", name),
        ("reconcile", "--apply"),
        ("enable", "--user", name),
    ):
        assert running.operate(*arguments) == 0
    assert seen == {f"{service}:{each}" for service, calls in SESSION_CALLS.items() for each in calls.split()}
