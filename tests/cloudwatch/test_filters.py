"""Metric filters and saved queries, on lines that are really written: by the handler, the gateway's format, Lambda."""

from __future__ import annotations

import inspect
import io
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from functools import cache
from typing import Any, get_args

import pytest

from components.http_api import access_log_format
from components.monitoring.queries import QUERIES
from handler.app import App
from handler.errors import Cause, KeysUnavailable, Refused, RevocationUnavailable, StorageCause
from handler.route import Request, Route
from handler.route_errors import RouteError
from tests.cloudwatch import NotUnderstood
from tests.cloudwatch.patterns import field, metric_of, pattern
from tests.components.test_monitoring import default
from tests.handler.events import http_event
from tests.handler.table import HEALTH, Answered, public

# What Lambda writes of a call at system log level INFO: two calls of one environment, the first with its start
# ("Lambda Telemetry API Event schema reference"; ids and names made up).
LAMBDA = (
    (
        '{"time":"2026-10-08T07:30:27.768Z","type":"platform.initStart","record":{"initializationType":"on-demand",'
        '"phase":"init","runtimeVersion":"python:3.13.v20","functionName":"answers","functionVersion":"$LATEST"}}'
    ),
    '{"time":"2026-10-08T07:30:28.235Z","type":"platform.start","record":{"requestId":"79b5e81f","version":"$LATEST"}}',
    (
        '{"time":"2026-10-08T07:30:29.470Z","type":"platform.report","record":{"requestId":"79b5e81f","metrics":'
        '{"durationMs":33.96,"billedDurationMs":498,"memorySizeMB":512,"maxMemoryUsedMB":73,"initDurationMs":463.512},'
        '"status":"success"}}'
    ),
    (
        '{"time":"2026-10-08T07:30:42.149Z","type":"platform.report","record":{"requestId":"f0c9f58b","metrics":'
        '{"durationMs":1.4,"billedDurationMs":2,"memorySizeMB":512,"maxMemoryUsedMB":73},"status":"success"}}'
    ),
)
# The first call of an environment that SnapStart restored.
RESTORED = LAMBDA[2].replace("initDurationMs", "restoreDurationMs")


def leaves(refusal: type[Refused] = Refused) -> Iterator[type[Refused]]:
    for each in refusal.__subclasses__():
        yield from leaves(each)
        if hasattr(each, "reason"):
            yield each


def one(refusal: type[Refused]) -> Refused:
    """One of the kind; what it asks for is a text."""
    if refusal.__init__ is Exception.__init__:
        return refusal()
    parameters = list(inspect.signature(refusal).parameters.values())
    return refusal(*["text" for each in parameters if each.default is each.empty])


def written(error: Exception | None = None) -> str:
    """The line that the handler writes of a call that ends this way."""

    def call(request: Request[None]) -> Answered:
        if error is not None:
            raise error
        return public(request)

    own = (type(error),) if isinstance(error, RouteError) else ()
    route = Route(key=HEALTH, call=call, summary="Ends so", response=Answered, public=True, errors=own)
    out = io.StringIO()
    with redirect_stdout(out):
        App([route]).handle(http_event(HEALTH), None)
    return out.getvalue()


def access_line(**values: str) -> str:
    """A line of the gateway's access log; "-" stands where there is nothing to say."""
    variables = json.loads(access_log_format(callers=True))
    assert values.keys() <= variables.keys()
    return json.dumps({name: values.get(name, "-") for name in variables})


@cache
def filters() -> dict[str, list[dict[str, Any]]]:
    """The filters of each metric."""
    found: dict[str, list[dict[str, Any]]] = {}
    for each in default().all("LogMetricFilter"):
        found.setdefault(each.inputs["metricTransformation"]["name"], []).append(dict(each.inputs))
    return found


def counted(lines: Sequence[str], name: str) -> list[tuple[dict[str, str], float]]:
    """Dimensions and value of each line that a filter of the metric takes."""
    found = [metric_of(each, line) for line in lines for each in filters()[name]]
    return [(dict(each[0][2]), each[1]) for each in found if each is not None]


def test_there_are_reasons() -> None:
    """A walk that finds nothing would hold nothing."""
    assert len(list(leaves())) >= 20


@pytest.mark.parametrize("refusal", [*leaves()], ids=lambda refusal: refusal.reason)
def test_refusal_is_counted_by_its_reason(refusal: type[Refused]) -> None:
    """Whatever the function refuses is a number on the dashboard, under the code that the line has."""
    assert counted([written(one(refusal))], "FunctionRefusals") == [({"Reason": refusal.reason}, 1.0)]


def test_alarms_watch_reasons_that_exist() -> None:
    """A reason code that was renamed would leave an alarm that never begins."""
    watched = {
        query["metric"]["dimensions"]["Reason"]
        for alarm in default().all("MetricAlarm")
        for query in alarm.inputs["metricQueries"]
        if "Reason" in query.get("metric", {}).get("dimensions", {})
    }

    assert watched >= {"authorizer_missing", "keys_unavailable"}
    assert watched <= {refusal.reason for refusal in leaves()}


@pytest.mark.parametrize("cause", get_args(Cause))
def test_failure_of_the_key_endpoint_is_counted_by_its_cause(cause: Cause) -> None:
    """The cause says where to look first."""
    assert counted([written(KeysUnavailable(cause))], "KeyEndpointFailures") == [({"Cause": cause}, 1.0)]


@pytest.mark.parametrize("cause", get_args(StorageCause))
def test_failure_to_ask_for_revocations_is_counted(cause: StorageCause) -> None:
    """Refused or let through: the alarm sees both."""
    assert counted([written(RevocationUnavailable(cause))], "RevocationUnchecked") == [({}, 1.0)]


def test_good_answer_counts_nowhere() -> None:
    """An error of our own without a reason code has a type, and that is its reason."""
    assert all(counted([written()], name) == [] for name in filters())
    assert counted([written(RuntimeError())], "FunctionRefusals") == [({"Reason": "internal_error"}, 1.0)]


def test_cold_start_is_counted_with_its_duration() -> None:
    """One of the two reports has it; the start of the initialization alone says nothing of how long it took."""
    assert counted(LAMBDA, "ColdStart") == [({}, 463.512)]
    assert counted([RESTORED], "ColdStart") == [({}, 463.512)], "with SnapStart"
    assert all(counted(LAMBDA, name) == [] for name in filters() if name != "ColdStart")


@pytest.mark.parametrize(
    ("status", "name"),
    [
        ("200", None),
        ("400", None),
        ("401", "Refused"),
        ("403", "Refused"),
        ("404", None),
        ("429", "Throttled"),
        ("500", None),
    ],
)
def test_access_log_is_counted_by_status(status: str, name: str | None) -> None:
    """What the gateway answered by itself is in no other log."""
    line = access_line(status=status)

    assert [each for each in ("Refused", "Throttled") if counted([line], each)] == ([name] if name else [])


@pytest.mark.parametrize("name", ["Refused", "Throttled"])
def test_there_is_a_zero_where_nothing_matches(name: str) -> None:
    """A baseline of nothing but surges has no usual."""
    assert [each["metricTransformation"]["defaultValue"] for each in filters()[name]] == ["0"]


class TestQueries:
    def written_fields(self, log: str) -> set[str]:
        """Every path of every kind of line in the log."""
        if log == "access":
            return set(json.loads(access_log_format(callers=True)))
        lines = [
            written(),
            *(written(one(refusal)) for refusal in leaves()),
            written(RuntimeError()),
            *LAMBDA,
            RESTORED,
        ]
        # Of an environment that is not set up, and of a caller: tests/handler see them written.
        return {"variable", "subject"} | {path for line in lines for path in _paths(json.loads(line))}

    @pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
    def test_fields_are_ones_that_are_written(self, query: Any) -> None:
        """A misspelt field is an empty column, found at night."""
        known = set.union(*(self.written_fields(log) for log in query.logs))
        text = re.sub(r'"[^"]*"|/[^/]*/', "", query.text)
        words = set(re.findall(r"(?<![\w@.])[a-z]\w*(?:\.\w+)*", text)) - set(re.findall(r"\bas (\w+)", text))
        keywords = {"fields", "filter", "stats", "sort", "limit", "by", "as", "desc", "asc", "and", "or", "in", "like"}
        functions = {"count", "pct", "max", "min", "bin", "ispresent", "coalesce", "h"}

        assert words - keywords - functions
        assert words - keywords - functions <= known

    def test_one_request_is_found_in_both_logs_by_the_same_name(self) -> None:
        """Correlation is a filter on one field."""
        assert "requestId" in self.written_fields("function") & self.written_fields("access")


def _paths(content: Any, above: str = "") -> Iterator[str]:
    for name, value in content.items():
        yield f"{above}{name}"
        if isinstance(value, dict):
            yield from _paths(value, f"{above}{name}.")


class TestPatterns:
    @pytest.mark.parametrize(
        ("text", "line", "matches"),
        [
            ('{ $.a = "x" }', {"a": "x"}, True),
            ('{ $.a = "x" }', {"a": "xy"}, False),
            ('{ $.a = "x*" }', {"a": "xy"}, True),
            ('{ $.a = "*" }', {"a": 5}, False),
            ('{ $.a = "*" }', {}, False),
            ('{ $.a != "x" }', {"a": "y"}, True),
            ('{ $.a != "x" }', {}, False),
            ("{ $.a.b > 1.5 }", {"a": {"b": 2}}, True),
            ("{ $.a.b > 1.5 }", {"a": {"b": "2"}}, False),
            ("{ $.a.b > 1.5 }", {"a": 2}, False),
            ('{ $.a = "x" && $.b = 1 || $.c = 2 }', {"c": 2}, True),
            ('{ $.a = "x" && ($.b = 1 || $.c = 2) }', {"c": 2}, False),
        ],
    )
    def test_pattern(self, text: str, line: dict[str, Any], matches: bool) -> None:
        """By the documentation: text with text, numbers with numbers, a missing field matches nothing."""
        assert pattern(text)(line) is matches

    @pytest.mark.parametrize(
        "text", ["ERROR", "{ $.a IS NULL }", "{ $.a = %x% }", '{ $.a > "x" }', "{ $.a = 1", "{ 1 = 1 }"]
    )
    def test_what_is_not_understood_is_an_error(self, text: str) -> None:
        """A pattern that is misread would be trusted."""
        with pytest.raises(NotUnderstood):
            pattern(text)

    def test_field_that_is_not_there(self) -> None:
        """At any depth."""
        assert field({"a": 5}, "$.a.b") is None
