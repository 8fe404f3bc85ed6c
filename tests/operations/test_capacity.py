"""The capacity calculation: examples by hand, properties, and the command."""

from __future__ import annotations

import json
from functools import cache

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from operations.__main__ import main
from operations.capacity import Bound, Load, bounds, most
from settings import Settings
from stacks.command_line import CommandError
from tests.settings.stack import PRODUCTION, Route, load, settings_with

OWN = {"throttleRate": "200", "throttleBurst": "200", "reservedConcurrency": "40", "accessTokenMinutes": "15"}


@cache
def stack() -> Settings:
    return settings_with(**OWN)


def by_name(load: Load, **changes: str) -> dict[str, Bound]:
    return {
        each.name.partition(",")[0].partition(":")[0]: each
        for each in bounds(settings_with(**{**OWN, **changes}), load)
    }


def test_needs_are_what_they_are_by_hand() -> None:
    """A hundred calls a second of 80 ms are eight at once; 9,000 people are 2.5 sign-ins and ten refreshes a second."""
    found = by_name(Load(rps=100, milliseconds=80, users=9_000, machines=450))

    assert {name: round(each.need, 3) for name, each in found.items()} == {
        "API Gateway": 100,
        "throttleRate": 100,
        "reservedConcurrency": 8,
        "Lambda": 10,
        "Cognito UserAuthentication": 12.5,
        "Cognito UserToken": 10,
        "Cognito ClientAuthentication": 0.5,
    }
    assert (found["throttleRate"].limit, found["reservedConcurrency"].limit) == (200, 40)


def test_tightest_is_first_and_says_where_it_ends() -> None:
    """The first bound is the answer that people need."""
    load = Load(rps=100, milliseconds=300)
    found = bounds(settings_with(**OWN), load)

    assert found[0].name == "reservedConcurrency"
    assert most(found, load) == pytest.approx(40 / 0.3)
    assert found[0].remedy == "pulumi config set reservedConcurrency 50"


def test_without_a_reserve_the_account_is_the_limit() -> None:
    """The default quota is 1,000; a new account has less."""
    found = by_name(Load(rps=100), reservedConcurrency="-1")
    assert found["Lambda concurrency"].limit == 1_000


def test_every_function_is_a_bound() -> None:
    """The load may all go to the second function, whose limit is its own."""
    routes = [Route("GET /a"), Route("GET /b", function="reports")]
    others = {"otherFunctions": {"reports": {"reservedConcurrency": 5}}}
    found = bounds(load({**PRODUCTION, **OWN, **others}, routes), Load(rps=100, milliseconds=100))

    assert (found[0].name, found[0].used) == (
        "otherFunctions.reports.reservedConcurrency, if reports gets every request",
        2,
    )
    assert found[0].remedy == "pulumi config set --path otherFunctions.reports.reservedConcurrency 20"


@pytest.mark.parametrize(
    ("region", "limit"), [("eu-central-1", 10_000), ("eu-central-2", 2_500), ("ap-southeast-5", 2_500)]
)
def test_younger_regions_begin_with_less(region: str, limit: int) -> None:
    """A stack that fits in Frankfurt may not fit in Zurich."""
    assert by_name(Load(rps=1), **{"aws:region": region})["API Gateway"].limit == limit


@examples(derandomize=True, max_examples=50)
@given(
    rps=st.floats(0.1, 1e5), factor=st.floats(1, 100), milliseconds=st.floats(1, 29_000), users=st.integers(0, 10**7)
)
def test_more_never_needs_less(rps: float, factor: float, milliseconds: float, users: int) -> None:
    """Needs grow with the load, and `most` is the load at which the first bound is reached."""
    some = Load(rps=rps, milliseconds=milliseconds)
    more = Load(rps=rps * factor, milliseconds=milliseconds, users=users)
    less = {each.name: each.need for each in bounds(stack(), some)}
    full = Load(rps=most(bounds(stack(), some), some), milliseconds=milliseconds)

    assert all(each.need >= less[each.name] for each in bounds(stack(), more))
    assert bounds(stack(), full)[0].used == pytest.approx(1)


@pytest.mark.parametrize("wrong", [{"rps": 0}, {"rps": -1}, {"rps": 1, "milliseconds": 0}, {"rps": 1, "users": -1}])
def test_load_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    """A load of zero would fit everywhere."""
    with pytest.raises(CommandError, match="must be above 0, got"):
        Load(**wrong)  # type: ignore[arg-type]


def test_table_says_what_does_not_fit_and_how_to_raise_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Production allows 50 requests a second; bounds far from their limit show no remedy."""
    assert main(["capacity", "--rps", "100"]) == 0

    said = capsys.readouterr().out
    first, second = said.splitlines()[:2]
    assert first.endswith("prod does NOT fit.")
    assert "at 50 requests/s, is throttleRate" in second
    assert "| pulumi config set throttleBurst 150; pulumi config set throttleRate 150 |" in said
    assert said.count("| sufficient |") == 6


def test_json_has_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    """Programs read the JSON."""
    assert main(["capacity", "--rps", "100", "--json"]) == 0

    said = json.loads(capsys.readouterr().out)
    assert said["most"] == 50
    assert said["bounds"][0]["used"] == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["capacity", "--rps", "many"], "must be a number, got many"),
        (["capacity", "--rps", "0"], "rps must be above 0, got 0"),
        (["capacity"], "the following arguments are required: --rps"),
        (
            ["capacity", "--rps", "1", "--stack", "nowhere"],
            "got nowhere; add it with: cp Pulumi.dev.yaml ",
        ),
        (["cost", "--requests", "-1"], "requests must be 0 or more, got -1"),
        (["cost", "--prices", "nowhere.toml"], "nowhere.toml must be a readable TOML file"),
    ],
)
def test_bad_arguments_are_one_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Errors are one line without a traceback."""
    assert main(arguments) == 1

    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
