"""The call that shows that a stack answers: chosen from the route table that is there."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import pytest

from handler.marks import Length
from local.deployment import FirstCall
from tests.handler.table import TABLE

PUBLIC, SIGNED_IN, *_, ADD = TABLE


@dataclasses.dataclass(frozen=True)
class At:
    id: Annotated[str, Length(1, 9)]
    b: Annotated[str, Length(1, 9)]


def with_key(key: str) -> FirstCall | None:
    return FirstCall.of([dataclasses.replace(ADD, key=key, parameters=At if "{" in key else None)])


def test_public_route_is_called_first() -> None:
    """It reaches the function, which a refusal by the gateway does not."""
    assert FirstCall.of([SIGNED_IN, PUBLIC]) == FirstCall("GET /health", public=True)


@pytest.mark.parametrize(("key", "called"), [("POST /things", "POST /things"), ("PUT /a/{id}/{b}", "PUT /a/x/x")])
def test_any_protected_route_will_do(key: str, called: str) -> None:
    """Without a token the gateway refuses it, so its method and its variables do not matter."""
    assert with_key(key) == FirstCall(called, public=False)


def test_empty_table_has_none() -> None:
    """A team may begin with one."""
    assert FirstCall.of([]) is None


@pytest.mark.parametrize(
    ("public", "answers"), [(True, {200: True, 400: True, 404: False, 502: False}), (False, {401: True, 200: False})]
)
def test_answer_is_the_stacks(public: bool, answers: dict[int, bool]) -> None:
    """A protected route that lets a call through without a token is no stack to work with."""
    call = FirstCall("GET /x", public=public)
    assert {status: call.is_answer(status) for status in answers} == answers
