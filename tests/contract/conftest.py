"""Outputs of the whole program, evaluated without AWS, and the contract of them."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from contract.document import contract
from contract.outputs import FOR_OPERATORS
from stacks.recorder import program


@pytest.fixture
def outputs() -> dict[str, Any]:
    """What `pulumi stack output --json` would print of a deployed stack with further clients; the test's own copy."""
    further = {"appClientIds": {"mobile": "2mobile", "nightly": "3nightly"}, "appClientSecrets": "[secret]"}
    own = {name: value for name, value in program("prod").outputs.items() if name not in FOR_OPERATORS}
    return {**copy.deepcopy(own), **further}


@pytest.fixture
def document(outputs: dict[str, Any]) -> dict[str, Any]:
    return contract(outputs, "1.0.0")
