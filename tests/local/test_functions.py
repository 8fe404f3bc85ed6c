"""Two functions behind one API, on an emulator of their own: a route is answered by the one it names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.deployment import Deployment
from local.users import Users, new_password
from tests.own_program import brought_up

pytestmark = pytest.mark.acceptance

SECRET = "/secure-api/payment"


ITEMS = {"GetItem", "PutItem"}


def with_two_functions(table: str) -> str:
    """The reports have a function of their own; another route uses the table of items."""
    table = table.replace("key=REPORTS,", 'key=REPORTS, function="reports",')
    table = table.replace("import Answer, Request,", "import Answer, Items, Request,")
    return table.replace("key=ADD,", f'key=ADD, items={{Items("notes"): {tuple(sorted(ITEMS))}}},')


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, dict[str, Any]]]:
    """A stack with two functions, of which only the first may read a secret."""
    other = {"reports": {"memoryMb": 1024, "timeoutSeconds": 29}}
    secrets = {"PAYMENT_KEY": SECRET}
    folder = tmp_path_factory.mktemp("functions")
    with brought_up(folder, with_two_functions, otherFunctions=other, secretReferences=secrets) as made:
        yield made


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

    table = {f"dynamodb:{action}" for action in ITEMS}
    assert actions["function"] - actions["function-reports"] == {"ssm:GetParameter", *table}
    assert actions["function-reports"] < actions["function"]
    assert sizes["function-reports"] == (1024, 29)
    assert sizes["function"] != sizes["function-reports"]
    assert environments["function"]["SECRET_PAYMENT_KEY"] == SECRET
    assert "SECRET_PAYMENT_KEY" not in environments["function-reports"]
