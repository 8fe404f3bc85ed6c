"""The bill: each line by hand, and no priced resource type without a line."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import handler.routes
from operations.__main__ import main
from operations.bill import PRICED, Line, Month, lines
from operations.prices import PRICES, read_prices
from operations.resource_types import RESOURCE_TYPES
from settings import Settings
from stacks.command_line import CommandError
from stacks.plan import Plan, plan_of, resources_of
from stacks.recorder import deployed, record, record_program
from stacks.resource import Resource
from tests.cloudwatch.test_filters import LAMBDA, access_line, written
from tests.handler.table import TABLE
from tests.settings.stack import IDENTITY, WEB_ACL, settings_with

AT = read_prices()


@cache
def prod() -> Plan:
    return plan_of("prod")


def bill(plan: Plan, month: Month = Month()) -> dict[str, Line]:  # noqa: B008 - frozen
    return {each.how.partition(",")[0]: each for each in lines(plan, month, AT)}


def with_settings(**changes: Any) -> Plan:
    return replace(prod(), settings=settings_with(**changes))


@cache
def planned(changes: frozenset[tuple[str, str]]) -> Plan:
    """The plan of stack prod with these settings. With other functions, the first route is of `reports`."""
    first = replace(TABLE[0], function="reports" if "otherFunctions" in dict(changes) else "api")
    stack, routes, loaded = deployed("prod", **dict(changes)), (first, *TABLE[1:]), list[Settings]()
    with mock.patch.object(handler.routes, "ROUTES", routes):
        record(lambda: loaded.append(Settings.load(routes)), stack)
        resources = resources_of(record_program(stack))
    return replace(prod(), settings=loaded[0], routes=routes, resources=resources)


def test_every_type_has_a_line_or_is_free() -> None:
    """A forgotten resource type makes the bill too low."""
    free = {name for name, type_ in RESOURCE_TYPES.items() if type_.free}
    assert free | PRICED == RESOURCE_TYPES.keys()
    assert not free & PRICED


def test_unknown_kind_is_refused() -> None:
    """An unknown type must not be left out silently."""
    thing = Resource(type="aws:some/thing:Thing", name="any-thing", inputs={}, protect=False)
    with pytest.raises(
        CommandError, match=r"aws:some/thing:Thing .*operations/bill\.py.*operations/resource_types\.py"
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


def test_web_acl_is_priced_by_hand() -> None:
    """The sum by hand: a web ACL, four rules, and 2,000 users with 60 sign-ins or refreshes of two requests each."""
    month = Month(users=2_000)
    made, shared, none = (
        bill(planned(frozenset({("signInWebAcl", json.dumps(value))})), month)
        for value in ({"create": True}, {"arn": WEB_ACL}, {})
    )
    own = {"web ACL of sign-in", "rules of the web ACL", "log ingestion of the web ACL"}

    assert made["web ACL of sign-in"].cost + made["rules of the web ACL"].cost == pytest.approx(9)
    assert made["requests to sign-in"].cost == shared["requests to sign-in"].cost == pytest.approx(0.24 * 0.60)
    assert made["log ingestion of the web ACL"].quantity == pytest.approx(24_000 * 1_500 / 1e9)
    assert own <= made.keys()
    assert not own & shared.keys()
    assert not {*own, "requests to sign-in"} & none.keys()


PLUS = {"userPoolTier": "PLUS"}
MACHINE = '[{"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"]}]'
PARTNER = '[{"name": "Partner", "type": "saml", "metadataUrl": "https://idp.example.com/metadata"}]'
SES = {"emailFrom": "hello@example.com", "emailSourceArn": IDENTITY}
# Settings with a price, and the line that is new or costs more with them.
PRICED_SETTINGS: list[tuple[dict[str, str], str]] = [
    ({"otherFunctions": '{"reports": {"memoryMb": 1024}}'}, "reports: calls x 50 ms x 1024 MB (arm64)"),
    (
        {"otherFunctions": '{"reports": {"provisionedConcurrency": 2}}'},
        "reports: provisionedConcurrency 2 x 512 MB (arm64)",
    ),
    ({"otherFunctions": '{"reports": {}}'}, "metrics in alarms"),
    ({"provisionedConcurrency": "2"}, "provisionedConcurrency 2 x 512 MB (arm64)"),
    ({"snapStart": "true"}, "snapshots of 10 versions x 512 MB"),
    ({"snapStart": "true"}, "restored snapshots"),
    ({"architecture": "x86_64"}, "calls x 50 ms x 512 MB (x86_64)"),
    ({"memoryMb": "1024"}, "calls x 50 ms x 1024 MB (arm64)"),
    ({"detailedMetrics": "true"}, "detailedMetrics"),
    ({"groupScopes": '{"admin": ["api/reports.read"]}'}, "pre_token_generation: calls"),
    ({"signUpEmailDomains": '["example.com"]'}, "pre_sign_up: calls x 50 ms x 256 MB (arm64)"),
    ({"defaultGroup": "member", "groups": '["member"]'}, "post_confirmation: calls"),
    ({"userEventLogs": "true", **PLUS}, "log ingestion of sign-ins"),
    ({"logRetentionDays": "3653"}, "logs kept for 3653 days"),
    (SES, "emails"),
    ({"appClients": MACHINE}, "app clients for machines"),
    ({"appClients": MACHINE}, "tokens for machines"),
    ({"identityProviders": PARTNER}, "metrics in alarms"),
]


@pytest.mark.acceptance  # the whole program for each row
@pytest.mark.parametrize(("changes", "line"), PRICED_SETTINGS, ids=str)
def test_setting_with_a_price_has_a_line(changes: dict[str, str], line: str) -> None:
    """The same total with and without a setting that costs is a budget that is too low."""
    before, after = bill(planned(frozenset())), bill(planned(frozenset(changes.items())))

    assert after[line].cost > (before[line].cost if line in before else 0)


def test_requests_are_shared_by_routes() -> None:
    """One of the routes is the second function's, with twice the memory."""
    made = bill(planned(frozenset({"otherFunctions": '{"reports": {"memoryMb": 1024}}'}.items())))
    share, whole = 1 / len(TABLE), 25_000  # GB-seconds of a million calls of 50 ms at half a gigabyte

    assert made["reports: calls x 50 ms x 1024 MB (arm64)"].quantity == pytest.approx(2 * whole * share)
    assert made["calls x 50 ms x 512 MB (arm64)"].quantity == pytest.approx(whole * (1 - share))


def test_cold_starts_are_billed_and_snapshots_by_version() -> None:
    """Ten versions of half a gigabyte, kept the whole month; a hundredth of the calls restores one."""
    assert bill(planned(frozenset()))["cold starts"].quantity == pytest.approx(10_000 * 0.5 * 0.5)
    made = bill(planned(frozenset({("snapStart", "true")})))

    assert "cold starts" not in made
    assert made["snapshots of 10 versions x 512 MB"].quantity == pytest.approx(10 * 0.5 * 730 * 3600)
    assert made["restored snapshots"].quantity == pytest.approx(10_000 * 0.5)


@pytest.mark.parametrize(("tier", "price"), [("LITE", 0.0055), ("ESSENTIALS", 0.015), ("PLUS", 0.02)])
def test_people_are_priced_by_the_tier(tier: str, price: float) -> None:
    """Users are the most expensive line of most stacks."""
    made = bill(with_settings(userPoolTier=tier), Month(users=4_000))
    assert made["active users"].cost == pytest.approx(4_000 * price)


def test_processor_and_provisioned_concurrency_are_the_settings() -> None:
    """Two execution environments of half a gigabyte, the whole month."""
    made = bill(with_settings(architecture="x86_64", provisionedConcurrency="2", timeoutSeconds="10"))

    assert made["calls x 50 ms x 512 MB (x86_64)"].price == AT["provisioned_call_x86_64"]
    standing = made["provisionedConcurrency 2 x 512 MB (x86_64)"]
    assert standing.quantity == pytest.approx(730 * 3600)
    assert standing.price == AT["provisioned_x86_64"]


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


KEY = 'key = { price = 1.00, unit = "key", as_of = "2025-06-01", source = "aws.amazon.com/kms/pricing" }'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (KEY, "", "differs in key"),
        (KEY, f"{KEY}\nextra = 1", "differs in extra"),
        (KEY, KEY.replace("1.00", '"1"'), "key must be a price in dollars, got '1'"),
        (KEY, KEY.replace("1.00", "-1"), "key must be a price in dollars, got -1"),
        (KEY, "key = 1.00", "key must have price, unit, as_of"),
        (KEY, KEY.replace('unit = "key", ', ""), "key must have price, unit, as_of"),
        (KEY, KEY.replace("2025-06-01", "June"), "key must have price, unit, as_of"),
        (KEY, f"{KEY}=", "must be a readable TOML file"),
    ],
)
def test_prices_that_cannot_be_are_refused(old: str, new: str, words: str, tmp_path: Path) -> None:
    """A missing price would make the bill too low, and one without a date or unit means nothing."""
    path = tmp_path / "prices.toml"
    assert old in PRICES.read_text()
    path.write_text(PRICES.read_text().replace(old, new))
    with pytest.raises(CommandError, match=words.replace("(", r"\(")):
        read_prices(path)


def test_bill_adds_up_and_says_of_when_its_prices_are(capsys: pytest.CaptureFixture[str]) -> None:
    """The total must be the sum of the printed lines."""
    assert main(["cost", "--requests", "3000000", "--users", "200", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["total"] == pytest.approx(sum(each["quantity"] * each["price"] for each in made["lines"]))

    assert main(["cost", "--requests", "3000000", "--users", "200"]) == 0
    said = capsys.readouterr().out
    assert f"List prices of {AT.region}, though the stack is in eu-central-1, without free tiers" in said
    assert {each["verified"] for each in made["lines"]} == {True, False}
    assert all(("unverified" in row) is not row.startswith("| Lambda") for row in said.splitlines() if "| 2025-" in row)
    assert f"| **{made['total']:,.2f}** |" in said
