"""The dashboard is one that CloudWatch shows, and every metric in it and in every alarm is one that is emitted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from stacks.recorder import STACKS, Recording, program
from tests.cloudwatch.body_rules import SEARCH, problems
from tests.cloudwatch.emitted import EMITTED
from tests.cloudwatch.expression import ids_of
from tests.components.test_monitoring import FUNCTION, PARTS, default, monitoring_of, several

LARGEST = 1_024 * 1_024  # bytes of a body (CloudWatch quota)
# What a person on call asks, and the panel that answers.
QUESTIONS = {
    "traffic": {"Count"},
    "latency at the gateway": {"Latency"},
    "latency in the function": {"Duration"},
    "errors": {"4xx", "5xx"},
    "throttles": {"Throttled", "Throttles"},
    "refusals, and why": {"Refused", "FunctionRefusals"},
    "sign-ins and their failures": {"SignInSuccesses"},
    "sign-in throttled": {"SignInThrottles"},
    "sign-in blocked": {"BlockedRequests"},
    "concurrency": {"ConcurrentExecutions"},
    "cold starts": {"ColdStart"},
    "the key endpoint": {"KeyEndpointFailures"},
}


def body(recording: Recording) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(recording.one("Dashboard").inputs["dashboardBody"])
    return content


def custom(recording: Recording) -> dict[tuple[str, frozenset[str]], set[str]]:
    """What the recording's own metric filters make."""
    made: dict[tuple[str, frozenset[str]], set[str]] = {}
    for each in recording.all("LogMetricFilter"):
        transformation = each.inputs["metricTransformation"]
        dimensions = frozenset(transformation.get("dimensions", {}))
        made.setdefault((transformation["namespace"], dimensions), set()).add(transformation["name"])
    return made


def drawn(content: dict[str, Any]) -> Iterator[tuple[str, frozenset[str], str]]:
    """Namespace, dimensions and name of every metric in the body, those of searches included."""
    for widget in content["widgets"]:
        for line in widget["properties"].get("metrics", []):
            options = line[-1]
            if "expression" not in options:
                yield line[0], frozenset(line[2:-1:2]), line[1]
            elif found := SEARCH.fullmatch(options["expression"]):
                yield found[1], frozenset(filter(None, found[2].split(","))), found[3]


def watched(recording: Recording) -> Iterator[tuple[str, frozenset[str], str]]:
    for alarm in recording.all("MetricAlarm"):
        for query in alarm.inputs["metricQueries"]:
            if "metric" in query:
                metric = query["metric"]
                yield metric["namespace"], frozenset(metric.get("dimensions", {})), metric["metricName"]


@pytest.mark.parametrize("stack", STACKS)
def test_body_keeps_cloudwatchs_rules(stack: str) -> None:
    """For every stack, with the names that its resources get."""
    text = program(stack).one("Dashboard").inputs["dashboardBody"]

    assert problems(json.loads(text)) == []
    assert len(text.encode()) < LARGEST


@pytest.mark.parametrize("made", [default, several])
def test_every_metric_is_one_that_is_emitted(made: Callable[[], Recording]) -> None:
    """A name that nobody writes is an empty graph, and an alarm that never begins."""
    known: dict[tuple[str, frozenset[str]], set[str]] = {place: set(names) for place, names in EMITTED.items()}
    known |= custom(made())
    named = [*drawn(body(made())), *watched(made())]

    assert len(named) > 40
    assert [
        (space, *dimensions, name)
        for space, dimensions, name in named
        if name not in known.get((space, dimensions), ())
    ] == []


def test_dimensions_are_of_this_stack() -> None:
    """The right name with another function's name beside it shows another function."""
    recording = program("prod")
    ids = {
        "ApiId": recording.one("Api").id,
        "FunctionName": recording.one("Function").outputs["name"],
        "UserPool": recording.one("UserPool").id,
        "UserPoolClient": recording.one("UserPoolClient").id,
        "WebACL": recording.one("WebAcl").inputs["visibilityConfig"]["metricName"],
        "Rule": "ALL",
        "Region": "eu-central-1",
    }
    for widget in body(recording)["widgets"]:
        for line in widget["properties"].get("metrics", []):
            for name, value in zip(line[2:-1:2], line[3:-1:2], strict=True):
                assert value == ids[name]
    for alarm in recording.all("MetricAlarm"):
        for query in alarm.inputs["metricQueries"]:
            for name, value in query.get("metric", {}).get("dimensions", {}).items():
                assert value == ids.get(name, value)


def test_every_metric_that_a_filter_makes_is_shown() -> None:
    """Each costs by the month; one that nobody sees is paid for nothing."""
    shown = {name for _, _, name in drawn(body(default()))}

    assert {each.inputs["metricTransformation"]["name"] for each in default().all("LogMetricFilter")} <= shown


def test_every_function_is_shown_by_its_name() -> None:
    """With two lines of one color and one label nobody knows which of them is ill."""
    content = body(several())
    lines = [
        line
        for widget in content["widgets"]
        for line in widget["properties"].get("metrics", [])
        if "FunctionName" in line
    ]
    names = {"answers": "api", "reports": "reports", "checks": "pre_sign_up"}

    assert problems(content) == []
    for metric in ("Invocations", "Errors", "Throttles", "ConcurrentExecutions"):
        assert {line[3] for line in lines if line[1] == metric} == names.keys()
    assert {line[3] for line in lines if line[1] == "Duration"} == {"answers", "reports"}
    assert all(line[-1]["label"].startswith(f"{names[line[3]]}: ") and "color" not in line[-1] for line in lines)


def test_every_app_client_is_shown_by_its_name() -> None:
    """And sign-ins through an identity provider have a line for each, once there are providers."""
    lines = [line for widget in body(several())["widgets"] for line in widget["properties"].get("metrics", [])]
    for kind in ("SignIn", "TokenRefresh", "SignUp"):
        for outcome in ("Successes", "Throttles"):
            labels = {line[-1]["label"].split(":")[0] for line in lines if f"{kind}{outcome}" in line}
            assert labels >= {"Browser", "shop", "desk", "kiosk"}
    federated = {name for _, dimensions, name in drawn(body(several())) if "IdentityProvider" in dimensions}
    assert federated == {"FederationSuccesses", "FederationThrottles"}
    assert not any("IdentityProvider" in dimensions for _, dimensions, _ in drawn(body(default())))


@pytest.mark.acceptance
def test_most_clients_functions_and_providers_fit() -> None:
    """As many as the settings allow: no panel, expression or alarm is larger than CloudWatch takes."""
    recording = monitoring_of(
        additional_client_ids={f"client-{number}": f"id-{number}" for number in range(49)},
        identity_providers=[f"Provider{number}" for number in range(50)],
        functions={"api": FUNCTION, **{f"f{number}": {**FUNCTION, "name": f"f{number}"} for number in range(60)}},
    )

    assert problems(body(recording)) == []
    for alarm in recording.all("MetricAlarm"):
        assert sum("metric" in query for query in alarm.inputs["metricQueries"]) <= 10


@pytest.mark.parametrize("question", QUESTIONS)
def test_dashboard_answers_the_question(question: str) -> None:
    """What a person on call looks for first."""
    assert QUESTIONS[question] <= {name for _, _, name in drawn(body(default()))}


def test_latency_is_shown_by_its_percentiles() -> None:
    """An average hides the one in a hundred who waits."""
    stats = [
        (line[1], line[-1]["stat"])
        for widget in body(default())["widgets"]
        for line in widget["properties"].get("metrics", [])
        if len(line) > 1 and line[0] in {"AWS/ApiGateway", "AWS/Lambda"}
    ]
    for name in ("Latency", "Duration"):
        assert {stat for metric, stat in stats if metric == name} >= {"p50", "p95", "p99"}


class TestAlarmQueries:
    def test_ids_are_made_before_they_are_read(self) -> None:
        """CloudWatch refuses an alarm whose expression reads what is not there, or has more than ten metrics."""
        for alarm in default().all("MetricAlarm"):
            seen: set[str] = set()
            for query in alarm.inputs["metricQueries"]:
                assert ids_of(query.get("expression", "")) <= seen
                seen.add(query["id"])
            assert sum("metric" in query for query in alarm.inputs["metricQueries"]) <= 10

    def test_one_series_is_compared(self) -> None:
        """With a band, it and the band are returned; else the one series."""
        for alarm in default().all("MetricAlarm"):
            returned = [query["id"] for query in alarm.inputs["metricQueries"] if query["returnData"]]
            assert len(returned) == (2 if alarm.name in PARTS and "thresholdMetricId" in alarm.inputs else 1)

    def test_windows_are_ones_that_cloudwatch_takes(self) -> None:
        """Periods by the minute, a day of evaluation at most, no more datapoints than periods (PutMetricAlarm)."""
        for alarm in default().all("MetricAlarm"):
            inputs = alarm.inputs
            for query in inputs["metricQueries"]:
                if "metric" in query:
                    assert query["metric"]["period"] % 60 == 0
                    assert query["metric"]["period"] * inputs["evaluationPeriods"] <= 86_400
            assert 1 <= inputs["datapointsToAlarm"] <= inputs["evaluationPeriods"]


def _edit(change: Callable[[list[dict[str, Any]]], object]) -> dict[str, Any]:
    content = deepcopy(body(default()))
    change(content["widgets"])
    return content


BROKEN: dict[str, tuple[Callable[[list[dict[str, Any]]], object], str]] = {
    "too wide": (lambda widgets: widgets[-1].update(x=20), "ends in column 28"),
    "on another": (lambda widgets: widgets[-1].update(x=0), "overlap"),
    "unknown type": (lambda widgets: widgets[-1].update(type="graph"), "'graph' is not one of"),
    "no region": (lambda widgets: widgets[-1]["properties"].pop("region"), "'region' is a required property"),
    "period of 90": (lambda widgets: widgets[-1]["properties"].update(period=90), "90 is not valid"),
    "no metrics": (lambda widgets: widgets[-1]["properties"].update(metrics=[]), "[] should be non-empty"),
    "half a pair": (lambda widgets: widgets[-1]["properties"]["metrics"][0].pop(2), "pairs of dimension"),
    "unknown id": (
        lambda widgets: widgets[-1]["properties"]["metrics"].append([{"expression": "100 * nobody"}]),
        "nobody is no id",
    ),
    "upper-case id": (
        lambda widgets: widgets[-1]["properties"]["metrics"][0][-1].update(id="M1"),
        "'M1' does not match",
    ),
    "unknown statistic": (
        lambda widgets: widgets[-1]["properties"]["metrics"][0][-1].update(stat="Median"),
        "'Median' does not match",
    ),
    "unknown property": (lambda widgets: widgets[-1]["properties"].update(titel="x"), "'titel' was unexpected"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_rules_see_what_is_broken(name: str) -> None:
    """A check that cannot fail proves nothing."""
    change, message = BROKEN[name]

    assert message in "; ".join(problems(_edit(change)))


def test_body_is_right_without_alarms_too() -> None:
    """Then there is no panel for them, and no gap where it was."""
    content = body(monitoring_of(alarms=False))

    assert problems(content) == []
    assert sorted({widget["y"] for widget in content["widgets"]})[:2] == [0, 2]
