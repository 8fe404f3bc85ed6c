"""The program's outputs with the tests' own route table, and the contract of both."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest

from contract import __main__ as command
from contract import release
from contract.document import contract
from contract.outputs import allowed
from stacks.plan import plan_of
from tests.handler.table import TABLE


@pytest.fixture(autouse=True)
def own_table(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Have the commands read the tests' table, whatever the program's has; not for a stack that runs."""
    if not request.node.get_closest_marker("acceptance"):
        for module in (command, release):  # not handler.routes itself: evaluations of the program are cached
            monkeypatch.setattr(module, "table", SimpleNamespace(ROUTES=TABLE))


def with_table(outputs: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of a program's outputs, as if its routes were those of TABLE."""
    made = copy.deepcopy(outputs)
    scopes = sorted({scope for route in TABLE for scope in route.scopes})
    made["routes"], made["scopes"] = [route.key for route in TABLE], scopes
    groups = sorted({group for route in TABLE for group in route.groups})
    made["signIn"] |= {"scopes": ["openid", "email", "profile", *scopes], "groups": groups}
    return made


@pytest.fixture
def outputs() -> dict[str, Any]:
    """Return a copy of a deployed stack's outputs, with further clients, as `pulumi stack output --json` prints."""
    further = {"appClientIds": {"mobile": "2mobile", "nightly": "3nightly"}, "appClientSecrets": "[secret]"}
    plain = allowed(plan_of("prod").outputs)
    return {**with_table(plain), **further}


@pytest.fixture
def document(outputs: dict[str, Any]) -> dict[str, Any]:
    return contract(outputs, "1.0.0", TABLE)
