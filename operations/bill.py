"""A month's bill of a stack, each line a quantity from the stack and the load times a dated price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.api_function import FunctionOptionsArgs
from operations.prices import Price, Prices
from operations.resource_types import RESOURCE_TYPES
from stacks.command_line import CommandError
from stacks.plan import Plan

HOURS = 730  # of a month, as AWS counts them
_SIGN_IN_REQUESTS = 2  # the sign-in page takes about five, a refresh one, and most are refreshes
_ROUTE_METRICS = 6  # Count, 4xx, 5xx, Latency, IntegrationLatency, DataProcessed ("Working with metrics for HTTP APIs")

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
        "aws:wafv2/webAcl:WebAcl",
    }
)


@dataclass(frozen=True, kw_only=True)
class Month:
    """A month's load: requests, active users, the functions' duration in ms, and the effects of one request.

    `bytes_logged` counts both logs: the function's line, Lambda's lines of the call and the access log. `reads` and
    `writes` are the shares of requests that read and write an item; `asked` is the share that asks for revocations, as
    each user's first request in the delay does; `reasons` is the number of distinct reasons of refusals, each of which
    is a metric. A function's share of the requests is its share of the routes. `starts` is the share of calls that are
    cold starts of `start_milliseconds`, `versions` the published versions of each function, `tokens` the sign-ins and
    refreshes of a user, `gigabytes` the size of a table, `blocked` the share of requests to sign-in that a rule of the
    web ACL matches.
    """

    requests: int = 1_000_000
    users: int = 1_000
    milliseconds: float = 50
    bytes_logged: int = 1_500
    reads: float = 0.2
    asked: float = 0.5
    writes: float = 0.05
    reasons: int = 5
    starts: float = 0.01
    start_milliseconds: float = 500
    versions: int = 10
    tokens: int = 60
    gigabytes: float = 1
    blocked: float = 0.1

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
    price: Price

    @property
    def cost(self) -> float:
        return self.quantity * self.price.price


def lines(plan: Plan, month: Month, at: Prices) -> list[Line]:
    """Return the bill of a stack, the most expensive line first."""
    free = {name for name, type_ in RESOURCE_TYPES.items() if type_.free}
    if unknown := {each.type for each in plan.resources} - PRICED - free:
        shown = ", ".join(sorted(unknown))
        raise CommandError(f"give {shown} a line in operations/bill.py, or free=True in operations/resource_types.py")
    made = [
        *_calls(plan, month, at),
        *_triggers(plan, month, at),
        *_logs(plan, month, at),
        *_monitoring(plan, month, at),
        *_data(plan, month, at),
        *_sign_in(plan, month, at),
    ]
    return sorted((line for line in made if line.quantity), key=lambda line: -line.cost)


def _count(plan: Plan, kind: str) -> int:
    return sum(each.type.endswith(f":{kind}") for each in plan.resources)


def _calls(plan: Plan, month: Month, at: Prices) -> Iterator[Line]:
    yield Line(service="API Gateway", how="requests", quantity=month.requests / 1e6, price=at["http_api"])
    yield Line(service="Lambda", how="calls", quantity=month.requests / 1e6, price=at["lambda_call"])
    for name, options in plan.settings.functions.items():
        share = sum(route.function == name for route in plan.routes) / len(plan.routes)
        yield from _function("" if name == "api" else f"{name}: ", options, month, month.requests * share, at)


def _function(of: str, options: FunctionOptionsArgs, month: Month, calls: float, at: Prices) -> Iterator[Line]:
    memory, kind, kept = options.memory_mb / 1024, options.architecture.value, options.provisioned_concurrency
    size = f"{options.memory_mb} MB ({kind})"
    yield Line(
        service="Lambda",
        how=f"{of}calls x {month.milliseconds:g} ms x {size}",
        quantity=calls * month.milliseconds / 1000 * memory,
        price=at[f"provisioned_call_{kind}" if kept else f"lambda_{kind}"],
    )
    yield Line(
        service="Lambda",
        how=f"{of}provisionedConcurrency {kept} x {size}, the whole month",
        quantity=kept * memory * HOURS * 3600,
        price=at[f"provisioned_{kind}"],
    )
    starts = 0 if kept else calls * month.starts
    if options.snap_start:
        how = f"{of}snapshots of {month.versions} versions x {options.memory_mb} MB, the whole month"
        kept_seconds = month.versions * memory * HOURS * 3600
        yield Line(service="Lambda", how=how, quantity=kept_seconds, price=at["snapshot_kept"])
        how = f"{of}restored snapshots, {month.starts:.0%} of calls x {options.memory_mb} MB"
        yield Line(service="Lambda", how=how, quantity=starts * memory, price=at["snapshot_restored"])
    else:  # since 2025-08-01 the initialization of a zip package is billed too
        how = f"{of}cold starts, {month.starts:.0%} of calls x {month.start_milliseconds:g} ms x {size}"
        billed = starts * month.start_milliseconds / 1000 * memory
        yield Line(service="Lambda", how=how, quantity=billed, price=at[f"lambda_{kind}"])


def _triggers(plan: Plan, month: Month, at: Prices) -> Iterator[Line]:
    """Yield the cost of triggers: the one before a token runs for each token, the others once for each user at most."""
    for each in plan.resources:
        if each.type.endswith(":Function") and str(each.inputs["handler"]).startswith("triggers."):
            trigger = str(each.inputs["handler"]).split(".")[1]
            calls = month.users * (month.tokens if trigger == "pre_token_generation" else 1)
            yield Line(service="Lambda", how=f"{trigger}: calls", quantity=calls / 1e6, price=at["lambda_call"])
            memory, (kind,) = each.inputs["memorySize"], each.inputs["architectures"]
            yield Line(
                service="Lambda",
                how=f"{trigger}: calls x {month.milliseconds:g} ms x {memory} MB ({kind})",
                quantity=calls * month.milliseconds / 1000 * memory / 1024,
                price=at[f"lambda_{kind}"],
            )


def _logs(plan: Plan, month: Month, at: Prices) -> Iterator[Line]:
    days = plan.settings.log_retention_days
    signed_in = month.users * month.tokens if plan.settings.protection.user_event_logs else 0
    matched = month.blocked * month.users * month.tokens * _SIGN_IN_REQUESTS * _count(plan, "WebAcl")
    for what, each, count in (
        ("", f"{month.bytes_logged} bytes a request", month.requests),
        (" of sign-ins", f"{month.bytes_logged} bytes each", signed_in),
        (" of the web ACL", f"{month.bytes_logged} bytes of each request that a rule matched", matched),
    ):
        logged = count * month.bytes_logged / 1e9
        yield Line(service="CloudWatch", how=f"log ingestion{what}, {each}", quantity=logged, price=at["log"])
        how = f"logs{what} kept for {days} days, once the period is full"
        yield Line(service="CloudWatch", how=how, quantity=logged * days / 30, price=at["log_kept"])


def _monitoring(plan: Plan, month: Month, at: Prices) -> Iterator[Line]:
    watched = sum(
        (3 if "ANOMALY_DETECTION" in str(each.inputs) else 1)
        * sum("metric" in query for query in each.inputs.get("metricQueries", ()))
        for each in plan.resources
        if each.type.endswith(":MetricAlarm")
    )
    yield Line(service="CloudWatch", how="metrics in alarms", quantity=watched, price=at["alarm_metric"])
    composite = _count(plan, "CompositeAlarm")
    yield Line(service="CloudWatch", how="composite alarms", quantity=composite, price=at["composite_alarm"])
    filters = [each for each in plan.resources if each.type.endswith(":LogMetricFilter")]
    named = {each.inputs["metricTransformation"]["name"]: each.inputs["metricTransformation"] for each in filters}
    metrics = sum(month.reasons if each.get("dimensions") else 1 for each in named.values())
    how = f"metrics from logs, {month.reasons} values each"
    yield Line(service="CloudWatch", how=how, quantity=metrics, price=at["metric"])
    detailed = _count(plan, "Route") * _ROUTE_METRICS if plan.settings.api.detailed_metrics else 0
    yield Line(service="CloudWatch", how="detailedMetrics, six of each route", quantity=detailed, price=at["metric"])
    yield Line(service="CloudWatch", how="dashboard", quantity=_count(plan, "Dashboard"), price=at["dashboard"])
    # Lambda samples the first request of each second and 5 % of the others.
    traced = min(month.requests, 0.05 * month.requests + HOURS * 3600) if plan.settings.function.tracing else 0
    yield Line(service="X-Ray", how="sampled traces", quantity=traced / 1e6, price=at["trace"])


def _data(plan: Plan, month: Month, at: Prices) -> Iterator[Line]:
    yield Line(service="KMS", how="customer managed keys", quantity=_count(plan, "Key"), price=at["key"])
    for each, share in (("write", month.writes), ("read", month.reads)):
        how, quantity = f"{each}s, {share:.0%} of requests", month.requests * share / 1e6
        yield Line(service="DynamoDB", how=how, quantity=quantity, price=at[each])
    asked = 3 * month.requests * month.asked if plan.settings.revocation.revocation else 0
    how = f"revocation, {month.asked:.0%} of requests ask for user, session and client"
    yield Line(service="DynamoDB", how=how, quantity=asked / 1e6, price=at["read"])
    stored = month.gigabytes * _count(plan, "Table")
    yield Line(service="DynamoDB", how="items stored", quantity=stored, price=at["item_storage"])
    yield Line(service="DynamoDB", how="point-in-time recovery", quantity=stored, price=at["item_recovery"])


def _sign_in(plan: Plan, month: Month, at: Prices) -> Iterator[Line]:
    tier = plan.settings.sign_in.user_pool_tier
    price = at[f"user_{tier.lower()}"]
    yield Line(service="Cognito", how=f"active users, tier {tier}", quantity=month.users, price=price)
    machines = [each for each in plan.settings.clients.app_clients if each.kind == "machine"]
    how = "app clients for machines"
    yield Line(service="Cognito", how=how, quantity=len(machines), price=at["machine_client"])
    tokens = sum(HOURS * 60 / each.access_token_minutes for each in machines)
    how = "tokens for machines, each used until it expires"
    yield Line(service="Cognito", how=how, quantity=tokens / 1000, price=at["machine_token"])
    acls = [each for each in plan.resources if each.type.endswith(":WebAcl")]
    yield Line(service="WAF", how="web ACL of sign-in", quantity=len(acls), price=at["web_acl"])
    rules = sum(len(each.inputs["rules"]) for each in acls)
    yield Line(service="WAF", how="rules of the web ACL", quantity=rules, price=at["web_acl_rule"])
    inspected = month.users * month.tokens * _SIGN_IN_REQUESTS * _count(plan, "WebAclAssociation") / 1e6
    how = f"requests to sign-in, {_SIGN_IN_REQUESTS} for each sign-in or refresh"
    yield Line(service="WAF", how=how, quantity=inspected, price=at["web_acl_request"])
    sent = month.users if plan.settings.mail.email_source_arn else 0
    yield Line(service="SES", how="emails, one for each user", quantity=sent / 1000, price=at["email"])
