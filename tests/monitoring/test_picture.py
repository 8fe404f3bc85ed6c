"""The picture: drawn from the dashboard's own definition, with what a load left behind and nothing else."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest

from components.http_api import access_log_format
from local import ROOT
from monitoring.drawing import svg
from monitoring.load import PACE, Load, Seen, samples
from monitoring.panels import Panel, panels
from tests.components.test_monitoring import Api, Function, default

NAMES = {"ApiId": Api().id, "FunctionName": Function().name}
HOUR = 3600


def line(second: float, **more: object) -> str:
    stamp = f"2026-01-01T00:00:{second:06.3f}Z"
    return json.dumps({"timestamp": stamp, "level": "INFO", "requestId": "r", "status": 200, **more})


def load() -> Load:
    """Three calls through the gateway and one past it, in twelve seconds that stand for half an hour."""
    made = Load({}, 12.0, started=1767225600.0)  # 2026-01-01T00:00:00Z
    made.seen = [Seen(1.0, 0.020, 200), Seen(3.0, 0.030, 403), Seen(3.1, 0.010, 429), Seen(5.0, 0.004, None)]
    made.lines = [
        line(1.0, durationMs=2.5),
        line(3.0, durationMs=5.0, reason="group_missing"),
        line(5.0, durationMs=1.0, reason="authorizer_missing"),
    ]
    return made


def drawn() -> dict[str, Panel]:
    filters = [each.inputs for each in default().all("LogMetricFilter")]
    data = samples(load(), filters, NAMES, access_log_format(callers=True))
    body = json.loads(default().one("Dashboard").inputs["dashboardBody"])
    return {panel.title: panel for panel in panels(body, data, HOUR // 2)}


@pytest.mark.parametrize(
    ("panel", "label", "series"),
    [
        ("Requests", "requests", {0: 1, 300: 2}),
        ("Answers that are errors", "4xx", {0: 0, 300: 2}),
        ("Answers that are errors", "5xx, % of requests", {0: 0, 300: 0}),
        ("Throttled", "429 by the gateway", {0: 0, 300: 1}),
        ("Latency as callers see it, ms", "p99", {0: 20, 300: 30}),
        ("Of it in the function, ms", "p50", {0: 2.5, 300: 5, 600: 1}),
        ("Refused with 401 or 403, by either layer", "refused", {0: 0, 300: 1}),
        ("Refused by the function, by reason", "authorizer_missing", {600: 1}),
        ("Refused by the function, by reason", "group_missing", {300: 1}),
        ("Calls of the function", "calls", {0: 1, 300: 1, 600: 1}),
        ("Calls of the function", "ended without an answer", {}),
        ("Calls at once", "this function", {0: 1, 300: 1, 600: 1}),
        ("Signed in", "sign-ins", {}),
        ("Of it in the gateway, ms", "gateway and authorizer", {}),
    ],
)
def test_line_is_what_the_load_left(panel: str, label: str, series: dict[int, float]) -> None:
    """Through the stack's own filters; what has no source here has no data."""
    (found,) = [each for each in drawn()[panel].lines if each.label == label]

    assert found.series == pytest.approx(series)


def test_pace_makes_a_period_of_two_seconds() -> None:
    """A minute of load fills hours of dashboard."""
    assert 2 * PACE == 300


def test_picture_says_where_there_is_no_data() -> None:
    """An empty graph would look like a quiet night."""
    text = svg(list(drawn().values()), HOUR // 2, "caption")
    ET.fromstring(text)  # noqa: S314 - our own

    assert (
        text.count("no data here: the emulator has no source of it") == 5
    )  # the gateway's share, cold starts, Cognito's three
    assert text.count("nothing of it happened in this load") == 1  # the key endpoint did not fail


def test_picture_of_the_documentation_is_of_this_dashboard() -> None:
    """A panel that was added since is missing from it; draw it again with: python -m monitoring picture."""
    picture = (ROOT / "docs" / "dashboard.svg").read_text()

    assert [title for title in drawn() if title and f">{title}<" not in picture] == []
    assert "(dashboard.svg)" in (ROOT / "docs" / "monitoring.md").read_text()
