"""Two functions behind one API, on an emulator of their own: a route is answered by the one it names."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
import requests

import handler.routes
from local.deployment import Deployment, Steps
from local.emulator import Emulator
from local.users import Users, new_password
from stacks.engine import Stack

pytestmark = pytest.mark.acceptance

SECRET = "/secure-api/payment"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, dict[str, Any]]]:
    """The local stack, whose reports are a function of their own; only the first one may read a secret."""
    usual = Stack.load("local")
    own = {
        "otherFunctions": json.dumps({"reports": {"memoryMb": 1024, "timeoutSeconds": 29}}),
        "secretReferences": json.dumps({"PAYMENT_KEY": SECRET}),
    }
    config = {**usual.config, **{f"{usual.project}:{key}": value for key, value in own.items()}}
    routes = tuple(
        dataclasses.replace(route, function="reports") if route.key == "GET /reports" else route
        for route in handler.routes.ROUTES
    )
    with (
        Emulator(0, usual.region, tmp_path_factory.mktemp("functions")) as emulator,
        mock.patch.object(handler.routes, "ROUTES", routes),
    ):
        deployment = Deployment(emulator, usual.region)
        stack = dataclasses.replace(usual, config=config)
        yield deployment, deployment.bring_up(stack, Steps(show=lambda _: None))


def test_each_route_is_answered_by_the_function_it_names(made: tuple[Deployment, dict[str, Any]]) -> None:
    """And by no other: each function's log has the calls of its own routes only."""
    deployment, outputs = made
    users = Users(outputs, new_password())
    token = users.tokens(users.ensure("ada"), ["api/reports.read"])["access_token"]
    for path in ("/hello", "/reports"):
        answer = requests.get(outputs["apiUrl"] + path, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        assert answer.status_code == 200, path

    def logged(group: str) -> str:
        events = deployment.provider.client("logs").filter_log_events(logGroupName=group)["events"]
        return "".join(event["message"] for event in events)

    assert "GET /hello" in logged("function-logs")
    assert "GET /reports" not in logged("function-logs")
    assert "GET /reports" in logged("function-reports-logs")
    assert "GET /hello" not in logged("function-reports-logs")


def test_each_function_has_its_own_size_and_rights(made: tuple[Deployment, dict[str, Any]]) -> None:
    """The secret of one is not the other's to read, nor to know of; the table is for those whose routes say so."""
    client = made[0].provider.client
    iam, functions = client("iam"), client("lambda")
    actions, sizes, environments = {}, {}, {}
    for name in ("function", "function-reports"):
        document = iam.get_role_policy(RoleName=f"{name}-role", PolicyName=f"{name}-policy")["PolicyDocument"]
        document = json.loads(document) if isinstance(document, str) else document
        actions[name] = {action for statement in document["Statement"] for action in statement["Action"]}
        made_of = functions.get_function_configuration(FunctionName=f"{name}-function")
        sizes[name] = (made_of["MemorySize"], made_of["Timeout"])
        environments[name] = made_of["Environment"]["Variables"]

    table = {f"dynamodb:{action}" for route in handler.routes.ROUTES for action in route.items}
    assert actions["function"] - actions["function-reports"] == {"ssm:GetParameter", *table}
    assert actions["function-reports"] < actions["function"]
    assert sizes["function-reports"] == (1024, 29)
    assert sizes["function"] != sizes["function-reports"]
    assert environments["function"]["SECRET_PAYMENT_KEY"] == SECRET
    assert "SECRET_PAYMENT_KEY" not in environments["function-reports"]
