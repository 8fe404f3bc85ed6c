"""Saved Logs Insights queries: what the runbook sends people to."""

from typing import Literal, NamedTuple


class Query(NamedTuple):
    """A query with the logs it reads; `name` is what people look for in the console."""

    name: str
    logs: tuple[Literal["function", "access"], ...]
    text: str


QUERIES = (
    Query(
        name="One request in both logs",
        logs=("function", "access"),
        text="""fields @timestamp, @log, routeKey, status, reason, cause, durationMs, responseLatency, authorizerError
| filter requestId = "PASTE THE REQUEST ID"
| sort @timestamp""",
    ),
    Query(
        name="Refusals by reason and route",
        logs=("function",),
        text="""filter ispresent(reason)
| stats count(*) as refusals by reason, routeKey
| sort refusals desc""",
    ),
    Query(
        name="Refusals by the gateway",
        logs=("access",),
        text="""filter status in ["401", "403"] and integrationStatus = "-"
| stats count(*) as refusals by routeKey, authorizerError
| sort refusals desc""",
    ),
    Query(
        name="Requests of one caller",
        logs=("function",),
        text="""filter subject = "PASTE THE HASH"
| fields @timestamp, requestId, routeKey, status, durationMs
| sort @timestamp desc
| limit 1000""",
    ),
    Query(
        name="Server errors with type and place",
        logs=("function",),
        text="""filter status >= 500
| fields @timestamp, requestId, routeKey, status, reason, cause, unchecked, errorType, errorPlace, variable
| sort @timestamp desc
| limit 100""",
    ),
    Query(
        name="Errors between gateway and function",
        logs=("access",),
        text="""filter status like /^5/
| stats count(*) as errors by status, integrationStatus, integrationError, errorType
| sort errors desc""",
    ),
    Query(
        name="Slowest requests",
        logs=("function",),
        text="""filter ispresent(durationMs)
| fields @timestamp, requestId, routeKey, status, durationMs
| sort durationMs desc
| limit 50""",
    ),
    Query(
        name="Calls that Lambda ended",
        logs=("function",),
        text="""filter type = "platform.report" and record.status != "success"
| fields @timestamp, record.requestId, record.status, record.metrics.durationMs, record.metrics.maxMemoryUsedMB
| sort @timestamp desc
| limit 100""",
    ),
    Query(
        name="Cold starts by hour",
        logs=("function",),
        text="""fields coalesce(record.metrics.initDurationMs, record.metrics.restoreDurationMs) as startMs
| filter type = "platform.report" and ispresent(startMs)
| stats count(*) as starts, pct(startMs, 95) as p95, max(startMs) as slowest by bin(1h)""",
    ),
)
