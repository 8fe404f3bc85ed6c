"""The dashboard's body: from callers to the function to sign-in, the numbers that matter at night at the top.

Twenty-four columns, three panels to a row ("Dashboard Body Structure and Syntax", CloudWatch API Reference).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from .metrics import (
    Metric,
    Monitored,
    MonitoredFunction,
    Text,
    account,
    blocked,
    function,
    gateway,
    logged,
    sign_in,
)

_WIDTH, _HEIGHT = 8, 6
_MOST_ALARMS = 100  # of a widget
_BLUE, _GREEN, _ORANGE, _RED, _PURPLE, _GREY = "#1f77b4", "#2ca02c", "#ff7f0e", "#d62728", "#9467bd", "#7f7f7f"
_PERCENTILES = (("p50", _GREEN), ("p95", _ORANGE), ("p99", _RED))

Line = list[Any]
Widget = dict[str, Any]


def dashboard(
    monitored: Monitored, alarm_arns: Sequence[Text] = (), runbook: str = "docs/operations.md"
) -> dict[str, Any]:
    """Return the body for names that are texts (`Monitored.named`)."""
    top: list[Widget] = [_text(runbook)]
    if alarm_arns:
        top.append(_widget("alarm", 0, 2, 24, 3, {"title": "Alarms", "alarms": list(alarm_arns)[:_MOST_ALARMS]}))
    rows = (_traffic(monitored), _latency(monitored), _refusals(monitored), _capacity(monitored), _sign_in(monitored))
    start = 5 if alarm_arns else 2
    panels = [
        _widget(
            "metric", column * _WIDTH, start + row * _HEIGHT, _WIDTH, _HEIGHT, {**panel, "region": monitored.region}
        )
        for row, panels in enumerate(rows)
        for column, panel in enumerate(panels)
    ]
    return {"widgets": [*top, *panels]}


def _text(runbook: str) -> Widget:
    where = f"[the runbook]({runbook})" if runbook.startswith("https://") else runbook
    lines = "**Top to bottom:** what callers see, how fast, what is refused and why, the function, sign-in."
    return _widget("text", 0, 0, 24, 2, {"markdown": f"{lines}\nWhat each alarm means and what to do first: {where}"})


def _traffic(monitored: Monitored) -> list[Widget]:
    count = gateway(monitored, "Count")
    return [
        _panel("Requests", _line(count, "requests", _BLUE)),
        _panel(
            "Answers that are errors",
            _line(gateway(monitored, "4xx"), "4xx", _ORANGE),
            _line(gateway(monitored, "5xx"), "5xx", _RED, id="errors"),
            _line(count, "requests", id="requests", visible=False),
            _math("100 * errors / requests", "5xx, % of requests", _PURPLE, yAxis="right"),
        ),
        _panel(
            "Throttled",
            _line(logged(monitored, "Throttled"), "429 by the gateway", _ORANGE),
            *_each({**monitored.functions, **monitored.triggers}, "Throttles", "calls turned away by Lambda", _RED),
        ),
    ]


def _latency(monitored: Monitored) -> list[Widget]:
    return [
        _panel(
            "Latency as callers see it, ms",
            *(_line(gateway(monitored, "Latency", stat), stat, color) for stat, color in _PERCENTILES),
        ),
        _panel(
            "Of it in the function, ms",
            *(
                line
                for stat, color in _PERCENTILES
                for line in _each(monitored.functions, "Duration", stat, color, stat)
            ),
        ),
        _panel(
            "Of it in the gateway, ms",
            # Averages may be subtracted, percentiles may not.
            _line(gateway(monitored, "Latency", "Average"), "whole", id="whole", visible=False),
            _line(gateway(monitored, "IntegrationLatency", "Average"), "function and its start", _BLUE, id="behind"),
            _math("whole - behind", "gateway and authorizer", _PURPLE),
        ),
    ]


def _refusals(monitored: Monitored) -> list[Widget]:
    unchecked = [_line(logged(monitored, "RevocationUnchecked"), "revocations not read", _RED)]
    return [
        _panel("Refused with 401 or 403, by either layer", _line(logged(monitored, "Refused"), "refused", _ORANGE)),
        _panel("Refused by the function, by reason", _search(monitored, "FunctionRefusals", "Reason"), stacked=True),
        _panel(
            "Key endpoint failures, by cause",
            _search(monitored, "KeyEndpointFailures", "Cause"),
            *(unchecked if monitored.revocation else ()),
            stacked=True,
        ),
    ]


def _capacity(monitored: Monitored) -> list[Widget]:
    cold, called = logged(monitored, "ColdStart", "SampleCount"), {**monitored.functions, **monitored.triggers}
    return [
        _panel(
            "Calls of the function",
            *_each(called, "Invocations", "calls", _BLUE),
            *_each(called, "Errors", "ended without an answer", _RED, yAxis="right"),
        ),
        _panel(
            "Cold starts",
            _line(cold, "cold starts", _BLUE),
            _line(logged(monitored, "ColdStart", "p95"), "p95, ms", _ORANGE, yAxis="right"),
        ),
        _panel(
            "Calls at once",
            *_each(called, "ConcurrentExecutions", "this function", _BLUE, "Maximum"),
            _line(account("ConcurrentExecutions"), "all functions", _GREY, id="running"),
            _line(account("ClaimedAccountConcurrency"), "claimed", id="claimed", visible=False),
            _math("100 * claimed / SERVICE_QUOTA(running)", "of the account's limit, %", _RED, yAxis="right"),
        ),
    ]


def _sign_in(monitored: Monitored) -> list[Widget]:
    kinds = (("SignIn", "sign-ins", _BLUE), ("TokenRefresh", "refreshes", _GREEN), ("SignUp", "sign-ups", _PURPLE))
    return [
        _panel(
            "Signed in",
            *(line for kind, *drawn in kinds for line in _each_client(monitored, f"{kind}Successes", *drawn)),
            *_federated(monitored, "FederationSuccesses"),
        ),
        # A throttled request counts as failed, too.
        _panel(
            "Sign-in failures",
            *(line for place, kind in enumerate(kinds) for line in _failures(monitored, place, *kind)),
        ),
        _panel(
            "Turned away by Cognito" if monitored.web_acl is None else "Turned away by Cognito, blocked before it",
            *(line for kind, *drawn in kinds for line in _each_client(monitored, f"{kind}Throttles", *drawn)),
            *_federated(monitored, "FederationThrottles"),
            *_blocked(monitored),
        ),
    ]


def _blocked(monitored: Monitored) -> list[Line]:
    web_acl = monitored.web_acl
    return [] if web_acl is None else [_line(blocked(monitored, web_acl), "blocked by the web ACL", _RED)]


def _each_client(monitored: Monitored, name: str, label: str, color: str) -> list[Line]:
    """Return a line for each app client that users have, as `_each` does for functions."""
    clients = monitored.user_clients
    if len(clients) == 1:
        return [_line(sign_in(monitored, client, name), label, color) for client in clients.values()]
    return [_line(sign_in(monitored, client, name), f"{key}: {label}", None) for key, client in clients.items()]


def _federated(monitored: Monitored, name: str) -> list[Line]:
    """Return a line for each identity provider and app client, if there are providers."""
    if not monitored.identity_providers:
        return []
    dimensions = "AWS/Cognito,IdentityProvider,UserPool,UserPoolClient"
    search = f"""SEARCH('{{{dimensions}}} MetricName="{name}" UserPool="{monitored.user_pool_id}"', 'Sum')"""
    return [[{"expression": search, "label": ""}]]


def _failures(monitored: Monitored, number: int, kind: str, label: str, color: str) -> list[Line]:
    """Return the failed requests of a kind, of all app clients together. `number` keeps the ids of kinds apart."""
    lines: list[Line] = []
    sums: dict[str, list[str]] = {"all": [], "good": []}
    for place, client in enumerate(monitored.user_clients.values()):
        for name, stat in (("all", "SampleCount"), ("good", "Sum")):
            id_ = f"{name}{number}_{place}"
            sums[name].append(f"FILL({id_}, 0)")
            lines.append(_line(sign_in(monitored, client, f"{kind}Successes", stat), name, id=id_, visible=False))
    expression = " - ".join([" + ".join(sums["all"]), *sums["good"]])
    return [*lines, _math(expression, f"failed {label}", color)]


def _line(metric: Metric, label: str, color: str | None = _GREY, **options: Any) -> Line:
    dimensions = [part for pair in metric.dimensions.items() for part in pair]
    drawn = {} if color is None else {"color": color}
    return [metric.namespace, metric.name, *dimensions, {"stat": metric.stat, "label": label, **drawn, **options}]


def _each(
    functions: Mapping[str, MonitoredFunction], name: str, label: str, color: str, stat: str = "Sum", **options: Any
) -> list[Line]:
    """Return a line for each function. Several ones have its name in the label and CloudWatch's own colors."""
    if len(functions) == 1:
        return [_line(function(each, name, stat), label, color, **options) for each in functions.values()]
    return [_line(function(each, name, stat), f"{key}: {label}", None, **options) for key, each in functions.items()]


def _math(expression: str, label: str, color: str, **options: Any) -> Line:
    return [{"expression": expression, "label": label, "color": color, **options}]


def _search(monitored: Monitored, name: str, dimension: str) -> Line:
    """Return a line for each value of the last two weeks, so that a new reason needs no new dashboard."""
    search = f"""SEARCH('{{"{monitored.namespace}",{dimension}}} MetricName="{name}"', 'Sum')"""
    return [{"expression": search, "label": ""}]


def _panel(title: str, *lines: Line, stacked: bool = False) -> Widget:
    return {
        "title": title,
        "view": "timeSeries",
        "stacked": stacked,
        "period": 300,
        "metrics": list(lines),
        "yAxis": {"left": {"min": 0}, "right": {"min": 0}},
    }


def _widget(type_: str, x: int, y: int, width: int, height: int, properties: dict[str, Any]) -> Widget:
    return {"type": type_, "x": x, "y": y, "width": width, "height": height, "properties": properties}
