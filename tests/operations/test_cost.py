"""The bill: each line by hand, and no priced resource type without a line."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from operations.__main__ import main
from operations.cost import PRICED, PRICES, Line, Month, lines, prices
from operations.resource_types import RESOURCE_TYPES
from stacks.command_line import CommandError
from stacks.plan import Plan, plan_of
from stacks.resource import Resource
from tests.cloudwatch.test_filters import LAMBDA, access_line, written
from tests.settings.stack import settings_with

AT = prices()


@cache
def prod() -> Plan:
    return plan_of("prod")


def bill(plan: Plan, month: Month = Month()) -> dict[str, Line]:  # noqa: B008 - frozen
    return {each.how.partition(",")[0]: each for each in lines(plan, month, AT)}


def with_settings(**changes: str) -> Plan:
    return replace(prod(), settings=settings_with(**changes))


def test_every_type_has_a_line_or_is_free() -> None:
    """A forgotten resource type makes the bill too low."""
    free = {name for name, type_ in RESOURCE_TYPES.items() if type_.free}
    assert free | PRICED == RESOURCE_TYPES.keys()
    assert not free & PRICED


def test_unknown_kind_is_refused() -> None:
    """An unknown type must not be left out silently."""
    thing = Resource(type="aws:some/thing:Thing", name="any-thing", inputs={}, protect=False)
    with pytest.raises(
        CommandError, match=r"aws:some/thing:Thing .*operations/cost\.py.*operations/resource_types\.py"
    ):
        lines(replace(prod(), resources=(thing,)), Month(), AT)


def test_requests_are_priced_by_hand() -> None:
    """Two million calls of 100 ms at 512 MB: 100,000 GB-seconds."""
    made = bill(prod(), Month(requests=2_000_000, milliseconds=100))

    assert made["requests"].cost == pytest.approx(2.00)
    assert made["calls"].cost == pytest.approx(0.40)
    duration = made["calls x 100 ms x 512 MB (arm64)"]
    assert duration.quantity == pytest.approx(100_000)
    assert duration.cost == pytest.approx(1.33334)


def test_revocation_is_three_reads_of_each_call_that_asks() -> None:
    """User, session and client: a consistent read of each is a unit. Off, nobody asks."""
    assert bill(prod(), Month(requests=2_000_000, asked=1))["revocation"].cost == pytest.approx(6 * 0.125)
    assert "revocation" not in bill(with_settings(revocation="false"))


@pytest.mark.parametrize(("tier", "price"), [("LITE", 0.0055), ("ESSENTIALS", 0.015), ("PLUS", 0.02)])
def test_people_are_priced_by_the_tier(tier: str, price: float) -> None:
    """Users are the most expensive line of most stacks."""
    made = bill(with_settings(userPoolTier=tier), Month(users=4_000))
    assert made["active users"].cost == pytest.approx(4_000 * price)


def test_processor_and_provisioned_concurrency_are_the_settings() -> None:
    """Two execution environments of half a gigabyte, the whole month."""
    made = bill(with_settings(architecture="x86_64", provisionedConcurrency="2", timeoutSeconds="10"))

    assert made["calls x 50 ms x 512 MB (x86_64)"].price == AT.lambda_gb_second_x86_64
    standing = made["provisionedConcurrency 2 x 512 MB"]
    assert standing.quantity == pytest.approx(730 * 3600)
    assert standing.price == AT.provisioned_gb_second_x86_64


def test_machines_cost_by_client_and_by_token() -> None:
    """A machine that reuses a one-hour token fetches 730 a month."""
    client = {"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"], "accessTokenMinutes": 60}
    made = bill(with_settings(appClients=[client]))

    assert made["app clients for machines"].cost == pytest.approx(6)
    assert made["tokens for machines"].cost == pytest.approx(0.73 * 2.25)


def test_what_is_off_is_not_on_the_bill() -> None:
    """Neither a disabled feature nor an unused one costs anything."""
    assert "sampled traces" in bill(prod())
    assert "sampled traces" not in bill(with_settings(tracing="false", environment="dev"))
    assert "requests" not in bill(prod(), Month(requests=0))


def test_alarms_are_priced_by_what_they_watch() -> None:
    """Anomaly detection counts as three metrics; a composite alarm has its own price."""
    made = bill(prod())
    alarms = [each for each in prod().resources if each.type.endswith(":MetricAlarm")]
    metrics = sum("metric" in query for each in alarms for query in each.inputs["metricQueries"])

    assert made["metrics in alarms"].quantity == metrics + 2
    assert made["composite alarms"].quantity == 1


def test_bytes_of_a_request_are_about_what_is_written() -> None:
    """A request logs one line of the handler, one of the gateway and three of Lambda, each with 26 bytes more."""
    access = access_line(
        requestId="H1k6VlhK3waPYzU=", routeKey="GET /hello", subject="6cd0b1d6-5b0e-4f7c-9d9c-2b8f1b0c9f11"
    )
    total = len(written()) + len(access) + sum(len(line) for line in LAMBDA[:3]) + 5 * 26

    assert 0.6 * Month().bytes_logged < total < 1.4 * Month().bytes_logged


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("key = 1.00", ""), "differs in key"),
        (lambda text: text + "\nextra = 1\n", "differs in extra"),
        (lambda text: text.replace("key = 1.00", 'key = "1"'), "key must be a price in dollars, got '1'"),
        (lambda text: text.replace("key = 1.00", "key = -1"), "key must be a price in dollars, got -1"),
        (lambda text: f"{text}=", "must be a readable TOML file"),
    ],
)
def test_prices_that_cannot_be_are_refused(change: object, words: str, tmp_path: Path) -> None:
    """A missing price would make the bill too low."""
    path = tmp_path / "prices.toml"
    path.write_text(change(PRICES.read_text()))  # type: ignore[operator]
    with pytest.raises(CommandError, match=words.replace("(", r"\(")):
        prices(path)


def test_bill_adds_up_and_says_of_when_its_prices_are(capsys: pytest.CaptureFixture[str]) -> None:
    """The total must be the sum of the printed lines."""
    assert main(["cost", "--requests", "3000000", "--users", "200", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["total"] == pytest.approx(sum(each["quantity"] * each["price"] for each in made["lines"]))

    assert main(["cost", "--requests", "3000000", "--users", "200"]) == 0
    said = capsys.readouterr().out
    assert f"List prices of {AT.region} on {AT.as_of}, without free tiers" in said
    assert f"| **{made['total']:,.2f}** |" in said
