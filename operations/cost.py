"""`python -m operations cost`: a month's bill, each line a quantity from the stack and the load times a dated price."""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from operations import estimate
from operations.estimate import table
from operations.resource_types import RESOURCE_TYPES
from stacks.command_line import Command, CommandError
from stacks.plan import Plan, plan_of

PRICES = Path(__file__).with_name("prices.toml")
HOURS = 730  # of a month, as AWS counts them

# Resource types with a price for their existence or their use: each has a line below.
PRICED = frozenset(
    {
        "aws:apigatewayv2/api:Api",
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        "aws:cloudwatch/dashboard:Dashboard",
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:cognito/userPool:UserPool",
        "aws:cognito/userPoolClient:UserPoolClient",
        "aws:dynamodb/table:Table",
        "aws:kms/key:Key",
        "aws:lambda/function:Function",
        "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
        "aws:sns/topic:Topic",
    }
)


@dataclass(frozen=True, kw_only=True)
class Prices:
    """List prices in US dollars, without free tiers and discounts; `sources` are AWS's pricing pages."""

    as_of: str
    region: str
    sources: list[str]
    http_api_million: float
    lambda_million: float
    lambda_gb_second_arm64: float
    lambda_gb_second_x86_64: float
    provisioned_gb_second_arm64: float
    provisioned_gb_second_x86_64: float
    log_gb: float
    log_gb_month: float
    metric: float
    alarm_metric: float
    composite_alarm: float
    dashboard: float
    trace_million: float
    key: float
    write_million: float
    read_million: float
    user_lite: float
    user_essentials: float
    user_plus: float
    machine_client: float
    machine_token_thousand: float


@dataclass(frozen=True, kw_only=True)
class Month:
    """A month's load: requests, active users, the function's duration in ms, and the effects of one request.

    `bytes_logged` counts both logs: the function's line, Lambda's lines of the call and the access log. `reads` and
    `writes` are the shares of requests that read and write an item; `asked` is the share that asks for revocations, as
    each user's first request in the delay does; `reasons` is the number of distinct reasons of refusals, each of which
    is a metric.
    """

    requests: int = 1_000_000
    users: int = 1_000
    milliseconds: float = 50
    bytes_logged: int = 1_500
    reads: float = 0.2
    asked: float = 0.5
    writes: float = 0.05
    reasons: int = 5

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 0:
                raise CommandError(f"{name} must be 0 or more, got {value:g}")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the bill; `how` describes the quantity."""

    service: str
    how: str
    quantity: float
    unit: str
    price: float

    @property
    def cost(self) -> float:
        return self.quantity * self.price


def prices(path: Path = PRICES) -> Prices:
    """Read a file of prices; CommandError if one is missing, unknown or no number."""
    try:
        read: Mapping[str, Any] = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} must be a readable TOML file, got: {error}") from None
    names = {each.name for each in fields(Prices)}
    wrong = sorted(names ^ read.keys())
    if wrong:
        raise CommandError(f"{path} must have the same keys as {PRICES.name}, but differs in {', '.join(wrong)}")
    for name in names - {"as_of", "region", "sources"}:
        if type(read[name]) not in {int, float} or read[name] < 0:
            raise CommandError(f"{path}: {name} must be a price in dollars, got {read[name]!r}")
    return Prices(**read)


def lines(plan: Plan, month: Month, at: Prices) -> list[Line]:
    """Return the bill of a stack, the most expensive line first."""
    free = {name for name, type_ in RESOURCE_TYPES.items() if type_.free}
    if unknown := {each.type for each in plan.resources} - PRICED - free:
        shown = ", ".join(sorted(unknown))
        raise CommandError(f"give {shown} a line in operations/cost.py, or free=True in operations/resource_types.py")
    made = [
        *_compute(plan, month, at),
        *_monitoring(plan, month, at),
        *_data(plan, month, at),
        *_sign_in(plan, month, at),
    ]
    return sorted((line for line in made if line.quantity), key=lambda line: -line.cost)


def _count(plan: Plan, kind: str) -> int:
    return sum(each.type.endswith(f":{kind}") for each in plan.resources)


def _compute(plan: Plan, month: Month, at: Prices) -> Iterator[Line]:
    own, millions = plan.settings.function, month.requests / 1e6
    memory = own.memory_mb / 1024
    yield Line(service="API Gateway", how="requests", quantity=millions, unit="million", price=at.http_api_million)
    yield Line(service="Lambda", how="calls", quantity=millions, unit="million", price=at.lambda_million)
    yield Line(
        service="Lambda",
        how=f"calls x {month.milliseconds:g} ms x {own.memory_mb} MB ({own.architecture})",
        quantity=month.requests * month.milliseconds / 1000 * memory,
        unit="GB-second",
        price=getattr(at, f"lambda_gb_second_{own.architecture}"),
    )
    yield Line(
        service="Lambda",
        how=f"provisionedConcurrency {own.provisioned_concurrency} x {own.memory_mb} MB, the whole month",
        quantity=own.provisioned_concurrency * memory * HOURS * 3600,
        unit="GB-second",
        price=getattr(at, f"provisioned_gb_second_{own.architecture}"),
    )


def _monitoring(plan: Plan, month: Month, at: Prices) -> Iterator[Line]:
    logged, months = month.requests * month.bytes_logged / 1e9, plan.settings.log_retention_days / 30
    yield Line(
        service="CloudWatch",
        how=f"log ingestion, {month.bytes_logged} bytes a request",
        quantity=logged,
        unit="GB",
        price=at.log_gb,
    )
    yield Line(
        service="CloudWatch",
        how=f"logs kept for {plan.settings.log_retention_days} days, once the period is full",
        quantity=logged * months,
        unit="GB-month",
        price=at.log_gb_month,
    )
    watched = sum(
        (3 if "ANOMALY_DETECTION" in str(each.inputs) else 1)
        * sum("metric" in query for query in each.inputs.get("metricQueries", ()))
        for each in plan.resources
        if each.type.endswith(":MetricAlarm")
    )
    yield Line(service="CloudWatch", how="metrics in alarms", quantity=watched, unit="metric", price=at.alarm_metric)
    composite = _count(plan, "CompositeAlarm")
    yield Line(service="CloudWatch", how="composite alarms", quantity=composite, unit="alarm", price=at.composite_alarm)
    filters = [each for each in plan.resources if each.type.endswith(":LogMetricFilter")]
    named = {each.inputs["metricTransformation"]["name"]: each.inputs["metricTransformation"] for each in filters}
    metrics = sum(month.reasons if each.get("dimensions") else 1 for each in named.values())
    how = f"metrics from logs, {month.reasons} values each"
    yield Line(service="CloudWatch", how=how, quantity=metrics, unit="metric", price=at.metric)
    boards = _count(plan, "Dashboard")
    yield Line(service="CloudWatch", how="dashboard", quantity=boards, unit="dashboard", price=at.dashboard)
    # Lambda samples the first request of each second and 5 % of the others.
    traced = min(month.requests, 0.05 * month.requests + HOURS * 3600) if plan.settings.function.tracing else 0
    yield Line(service="X-Ray", how="sampled traces", quantity=traced / 1e6, unit="million", price=at.trace_million)


def _data(plan: Plan, month: Month, at: Prices) -> Iterator[Line]:
    yield Line(service="KMS", how="customer managed keys", quantity=_count(plan, "Key"), unit="key", price=at.key)
    for how, share, price in (("writes", month.writes, at.write_million), ("reads", month.reads, at.read_million)):
        yield Line(
            service="DynamoDB",
            how=f"{how}, {share:.0%} of requests",
            quantity=month.requests * share / 1e6,
            unit="million",
            price=price,
        )

    if plan.settings.revocation.revocation:
        yield Line(
            service="DynamoDB",
            how=f"revocation, {month.asked:.0%} of requests ask for user, session and client",
            quantity=3 * month.requests * month.asked / 1e6,
            unit="million",
            price=at.read_million,
        )


def _sign_in(plan: Plan, month: Month, at: Prices) -> Iterator[Line]:
    tier = plan.settings.sign_in.user_pool_tier
    price = getattr(at, f"user_{tier.lower()}")
    yield Line(service="Cognito", how=f"active users, tier {tier}", quantity=month.users, unit="user", price=price)
    machines = [each for each in plan.settings.clients.app_clients if each.kind == "machine"]
    yield Line(
        service="Cognito",
        how="app clients for machines",
        quantity=len(machines),
        unit="client",
        price=at.machine_client,
    )
    tokens = sum(HOURS * 60 / each.access_token_minutes for each in machines)
    yield Line(
        service="Cognito",
        how="tokens for machines, each used until it expires",
        quantity=tokens / 1000,
        unit="thousand",
        price=at.machine_token_thousand,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the month's load, the prices and the stack."""
    parser.add_argument(
        "--requests", type=int, default=Month.requests, metavar="N", help="requests a month (1,000,000)"
    )
    parser.add_argument("--users", type=int, default=Month.users, metavar="N", help="active users a month (1,000)")
    parser.add_argument(
        "--prices", type=Path, default=PRICES, metavar="FILE", help="your prices (operations/prices.toml)"
    )
    estimate.add_arguments(parser)


def cost_table(bill: list[Line]) -> str:
    """Return a table of every line and the total."""
    rows = [
        (
            each.service,
            each.how,
            f"{each.quantity:,.0f}" if each.quantity >= 1000 else f"{each.quantity:,.3g}",
            each.unit,
            f"{each.price:.10f}".rstrip("0").rstrip("."),
            f"{each.cost:,.2f}",
        )
        for each in bill
    ]
    rows.append(("**total**", "", "", "", "", f"**{sum(each.cost for each in bill):,.2f}**"))
    return table(("service", "item", "quantity", "unit", "price, $", "a month, $"), rows, frozenset({2, 4, 5}))


def about(at: Prices) -> str:
    """Return the region and date of the prices."""
    return f"List prices of {at.region} on {at.as_of}, without free tiers; look up the current ones before you decide"


def execute(arguments: argparse.Namespace) -> None:
    """Print every line of the bill, and the total."""
    at = prices(arguments.prices)
    month = Month(requests=arguments.requests, users=arguments.users, milliseconds=arguments.milliseconds)
    bill = lines(plan_of(arguments.stack), month, at)
    if arguments.json:
        total = sum(each.cost for each in bill)
        print(json.dumps({"total": total, "lines": [{**asdict(each), "cost": each.cost} for each in bill]}, indent=2))
        return
    load = f"{month.requests:,} requests and {month.users:,} active users a month"
    print(f"Stack {arguments.stack}, {load}. {about(at)}.\n\n{cost_table(bill)}")


COMMAND = Command(
    about="Estimate a month's bill from the stack's settings and resources, without AWS.",
    examples="""example:
  python -m operations cost --stack prod --requests 30000000 --users 50000""",
    add_arguments=add_arguments,
    execute=execute,
)
