"""The attacks on parameters, against the sample routes that keep items of users. It goes with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from proof import access
from proof.attack.cases import live_cases
from proof.attack.cases.parameters import _cursor
from proof.attack.run import result
from proof.attack.stack import STRANGER, TargetStack, target_stack
from proof.client import Client
from proof.target import expected_of, of_outputs

CASES = [case for case in live_cases() if case.id.startswith("P")]


@pytest.fixture(scope="module")
def http(outputs: dict[str, Any]) -> Iterator[Client]:
    with Client(of_outputs(outputs, expected_of("local"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def stack(outputs: dict[str, Any], http: Client) -> Iterator[TargetStack]:
    with target_stack(http, of_outputs(outputs, expected_of("local")), access.current(), None) as attacked:
        yield attacked


@pytest.mark.acceptance
def test_no_parameter_gets_through(stack: TargetStack, http: Client) -> None:
    """Nothing is skipped: the attack makes another user's note by itself, and it is still there afterwards."""
    owner = [("Authorization", f"Bearer {stack.real(STRANGER).access}")]
    (item,) = stack.items.values()
    own = _cursor(stack, STRANGER, "GET /notes")  # the control: made in the same way, for the right caller and route
    assert http.call("GET", item, owner).status == http.call("GET", f"/notes?after={own}", owner).status == 200
    pairs = [(case, route) for case in CASES for route in stack.table.routes if case.applies_to(route)]
    found = [each for case, route in pairs if (each := result(http, stack, case, route)) is not None]

    assert [each for each in found if each.verdict != "ok"] == []
    assert {(each.id, each.route) for each in found} >= {
        *(("P03", "GET /notes"), ("P05", "GET /notes"), ("P04", "GET /notes/{id}")),
        *(("P06", "GET /notes/{id}"), ("P06", "DELETE /notes/{id}")),
    }
    assert http.call("GET", item, owner).status == 200
