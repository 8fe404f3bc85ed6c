"""A developer sees what a route of theirs did wrong, in the run's output and in `logs`; the client sees a fixed 500."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest
import requests

from handler.marks import Length
from local.live import Calls
from local.recorder import LOG
from stacks import ROOT
from tests.own_program import brought_up

sys.path.append(str(ROOT / "local" / "inside"))
from answer_types import mismatch

ROUTES = """


def _deep() -> int:
    return 1 // 0


def raises(_: Request[None]) -> Answered:
    return {"name": str(_deep())}


def forgets(_: Request[None]) -> Answered:
    {"name": "lost"}


def no_number(_: Request[None]) -> Answered:
    return {"name": float("nan")}


def unknown(_: Request[None]) -> Answered:
    return {"name": "x", "nick": "y"}


def long(_: Request[None]) -> Answered:
    return {"name": "x" * 7_000_000}


def prints(_: Request[None]) -> Answered:
    print({"seen": 1}, "\\x1b[2J", '{"requestId": 1}', "ä" * 100_000)
    return {"name": "x"}


def own(call: object) -> Route:
    return Route(key=f"GET /{call.__name__}", call=call, summary="Fails", response=Answered, public=True)


TABLE = (*TABLE, *map(own, (raises, forgets, no_number, unknown, long, prints)))
"""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The run's folder and the API's URL."""
    folder = tmp_path_factory.mktemp("own-errors")
    with brought_up(folder, lambda table: table + ROUTES) as (_, outputs):
        while not (folder / "requests.jsonl").read_text():  # the line of the first call follows its answer
            time.sleep(0.01)
        yield folder, outputs["apiUrl"]


def called(stack: tuple[Path, str], path: str) -> tuple[requests.Response, list[str]]:
    """The answer, and the lines that the run shows."""
    folder, api_url = stack
    with contextlib.closing(Calls(folder / "requests.jsonl")) as calls:
        answer = requests.get(f"{api_url}/{path}", timeout=30)
        shown: list[str] = []
        deadline = time.monotonic() + 10
        while not any(f"GET    /{path}" in line for line in shown) and time.monotonic() < deadline:
            shown += calls.new()
    return answer, shown


@pytest.mark.acceptance  # a stack of its own
def test_traceback_begins_with_the_own_line(stack: tuple[Path, str]) -> None:
    """The client's answer is the fixed one, without a word of it."""
    answer, shown = called(stack, "raises")
    assert (answer.status_code, answer.json()["message"]) == (500, "Internal Server Error")
    assert shown[0].startswith("    route: handler/routes.py:")
    assert shown[0].endswith(" in _deep: ZeroDivisionError: integer division or modulo by zero")
    assert "    Traceback (most recent call last):" in shown
    assert "internal_error" in shown[-1]
    log = (stack[0] / LOG).read_text()
    assert log.count("ZeroDivisionError") >= 2
    assert "ministack" not in log


@pytest.mark.acceptance  # a stack of its own
@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("forgets", 500, "GET /forgets: forgets must return Answered, but the answer is None, not Answered"),
        ("no_number", 500, "GET /no_number: no_number must return Answered, but name is of the type float, not str"),
        ("unknown", 200, "GET /unknown: unknown must return Answered, but the answer has the undeclared member nick"),
        ("long", 500, "AnswerInvalid"),
    ],
)
def test_answer_that_is_not_of_its_type_is_said(stack: tuple[Path, str], path: str, status: int, said: str) -> None:
    """A front end relies on the contract; on AWS it would find out alone."""
    answer, shown = called(stack, path)
    assert answer.status_code == status
    assert said in shown[0]


@pytest.mark.acceptance  # a stack of its own
def test_route_may_print_anything(stack: tuple[Path, str]) -> None:
    """It is neither a report nor an escape sequence, and the call is shown."""
    answer, shown = called(stack, "prints")
    assert answer.status_code == 200
    assert len(shown) == 1
    assert shown[0].isprintable()


class Part(TypedDict):
    number: int
    price: float
    kind: Literal["a", "b"]
    note: NotRequired[str | None]


class Whole(TypedDict):
    parts: Annotated[list[Part], Length(0, 3)]
    by_name: dict[str, Part]


PART: dict[str, Any] = {"number": 1, "price": 2, "kind": "a"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"parts": [PART, {**PART, "note": None}], "by_name": {"x": {**PART, "note": "n"}}}, ""),
        ({"parts": [PART, {**PART, "number": True}], "by_name": {}}, "parts[1].number is of the type bool, not int"),
        (
            {"parts": [{**PART, "price": float("inf")}], "by_name": {}},
            "parts[0].price is inf, which JSON does not have",
        ),
        ({"parts": [{**PART, "kind": "c"}], "by_name": {}}, "parts[0].kind is 'c', not one of 'a', 'b'"),
        ({"parts": [{**PART, "note": 1}], "by_name": {}}, "parts[0].note is of the type int, not str"),
        ({"parts": [], "by_name": {"x": {"number": 1}}}, "by_name['x'] lacks price, kind"),
        ({"parts": (), "by_name": {}}, "parts is of the type tuple, not list"),
        ([], "the answer is of the type list, not Whole"),
    ],
)
def test_first_difference_is_named(value: Any, said: str) -> None:
    """Each form that a response may have, in its place."""
    assert mismatch(value, Whole) == said
