"""The local run answers as AWS does where the emulator by itself would not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local import gateway
from local.provider import client
from local.users import Users, new_password
from stacks.command_line import CommandError
from tests.own_program import brought_up

ROUTES = """


def dies(_: Request[None]) -> Answered:
    import os

    os._exit(3)


def sleeps(_: Request[None]) -> Answered:
    import time

    time.sleep(30)
    return {"name": "late"}


TABLE = (
    *TABLE,
    *(
        Route(key=f"GET /{each.__name__}", call=each, summary="Fails", response=Answered, public=True)
        for each in (dies, sleeps)
    ),
)
"""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with brought_up(tmp_path_factory.mktemp("as-on-aws"), lambda table: table + ROUTES, timeoutSeconds="3") as made:
        yield made[1]


@pytest.mark.acceptance  # a stack of its own
@pytest.mark.parametrize("path", ["/dies", pytest.param("/sleeps", marks=pytest.mark.acceptance)])
def test_function_that_fails_is_a_fixed_500(outputs: dict[str, Any], path: str) -> None:
    """The emulator's 502 has the failure in it; a front end that was built for it meets another answer on AWS."""
    answer = requests.get(outputs["apiUrl"] + path, timeout=30)
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert requests.get(outputs["apiUrl"] + "/health", timeout=30).status_code == 200, "it is started again"


@pytest.mark.acceptance  # a stack of its own
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/health", {}, 200),
        ("/health/", {}, 404),
        ("/health?x=" + "x" * 10_240, {}, 431),
        ("/health", {"X-Long": "x" * 10_240}, 431),
        ("/nowhere", {"X-Long": "x" * 9_000}, 404),
    ],
)
def test_path_and_headers_are_as_at_the_gateway(
    outputs: dict[str, Any], path: str, headers: dict[str, str], status: int
) -> None:
    """Quotas of HTTP APIs; a trailing slash makes another path."""
    assert requests.get(outputs["apiUrl"] + path, headers=headers, timeout=30).status_code == status


@pytest.mark.acceptance  # a stack of its own
def test_body_beyond_10_mb_is_refused_by_the_gateway(outputs: dict[str, Any]) -> None:
    """It reaches no function, with or without a token."""
    answer = requests.post(outputs["apiUrl"] + "/things", data=b"x" * (10 * 1024 * 1024 + 1), timeout=30)
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Entity Too Large"})


@pytest.mark.parametrize(("body", "status"), [(b'{"errorType": "X"}', 500), (b'{"own": "502"}', 502), (b"{", 502)])
def test_own_502_of_a_function_passes(body: bytes, status: int) -> None:
    """Only the emulator's report of a failure is replaced."""
    sent: list[dict[str, Any]] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 502, "headers": []})
        await send({"type": "http.response.body", "body": body[:1], "more_body": True})
        await send({"type": "http.response.body", "body": body[1:]})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/_aws/execute-api/a1/x", "headers": []}
    asyncio.run(gateway.as_on_aws(app)(scope, None, send))
    assert sent[0]["status"] == status
    assert json.loads(sent[1]["body"]) == {"message": "Internal Server Error"} if status == 500 else body


@pytest.mark.acceptance  # a stack of its own
@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("ada lovelace", "InvalidParameterException"),
        ("ada\u202e", "InvalidParameterException"),
        ("ada@example.com", "InvalidParameterException"),
        ("GRACE", "UsernameExistsException"),
        ("größe-日本", None),
    ],
)
def test_user_names_are_those_that_cognito_takes(outputs: dict[str, Any], name: str, refused: str | None) -> None:
    """By sign-up and by an administrator. `Ada` beside `ada` would be two people here and one there."""
    cognito = client(outputs["awsEndpointUrl"], outputs["region"], "cognito-idp")
    users = Users(outputs, new_password(), cognito)
    users.ensure("grace")
    sign_up = {"ClientId": outputs["userPoolClientId"], "Username": name, "Password": new_password()}
    attributes = [{"Name": "email", "Value": "someone@example.com"}]
    if refused is None:
        assert cognito.sign_up(**sign_up, UserAttributes=attributes)["UserSub"]
        return
    with pytest.raises(getattr(cognito.exceptions, refused)):
        cognito.sign_up(**sign_up, UserAttributes=attributes)
    with pytest.raises(CommandError, match="user must be a name that Cognito takes"):
        users.ensure(name)
