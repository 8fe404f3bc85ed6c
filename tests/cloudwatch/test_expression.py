"""Metric math by CloudWatch's documentation; what is beyond it is an error."""

from __future__ import annotations

import pytest

from tests.cloudwatch import NotUnderstood
from tests.cloudwatch.expression import Band, Value, evaluate
from tests.cloudwatch.samples import Samples, key, statistic

A = {0: 1.0, 60: 2.0, 120: 3.0}
B = {60: 4.0, 120: 0.0, 180: 5.0}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("8 / 4 / 2", 1.0),
        ("-2 + 5", 3.0),
        ("a * 2", {0: 2.0, 60: 4.0, 120: 6.0}),
        ("a + b", {60: 6.0, 120: 3.0}),
        ("a / b", {60: 0.5}),
        ("100 * b / a", {60: 200.0, 120: 0.0}),
        ("a >= 2", {0: 0.0, 60: 1.0, 120: 1.0}),
        ("IF(a >= 2, b, 0)", {0: 0.0, 60: 4.0, 120: 0.0}),
        ("FILL(b, 0)", {0: 0.0, 60: 4.0, 120: 0.0}),
        ("FILL(a, 7) + FILL(nothing, 1)", {0: 2.0, 60: 3.0, 120: 4.0}),
        ("SUM(a)", 6.0),
        ("100 * a / SERVICE_QUOTA(a)", {0: 10.0, 60: 20.0, 120: 30.0}),
    ],
)
def test_value(expression: str, value: Value) -> None:
    """Periods that one of two series lacks are left out, and so is what is divided by zero."""
    assert evaluate(expression, {"a": A, "b": B, "nothing": {}, "quota": 10.0}, A) == value


@pytest.mark.parametrize(
    "expression",
    ["a +", "c", "RATE(a)", "a a", "a & b", "FILL(a, REPEAT)", "IF(1, a, b)", "ANOMALY_DETECTION_BAND(a, 2) * 2"],
)
def test_what_is_not_understood_is_an_error(expression: str) -> None:
    """An expression that is misread would be trusted."""
    with pytest.raises(NotUnderstood):
        evaluate(expression, {"a": A, "b": B}, A)


def test_band_is_what_was_usual_at_that_hour() -> None:
    """Noon of the days before, not midnight."""
    noon, midnight = 12 * 3600, 0
    series = {day * 86_400 + hour: value for day in range(7) for hour, value in ((noon, 100.0 + day), (midnight, 5.0))}
    today = 7 * 86_400
    band = evaluate("ANOMALY_DETECTION_BAND(m, 2)", {"m": series}, [today + noon, today + midnight, today + 6 * 3600])

    assert isinstance(band, Band)
    assert 100 < band.upper[today + noon] < 120
    assert band.upper[today + midnight] == 6.0
    assert today + 6 * 3600 not in band.upper


@pytest.mark.parametrize(
    ("stat", "value"), [("Sum", 10), ("Average", 2.5), ("Maximum", 4), ("SampleCount", 4), ("p50", 2), ("p99", 4)]
)
def test_statistic(stat: str, value: float) -> None:
    """Of the samples 1 to 4."""
    assert statistic(stat)([4.0, 1.0, 3.0, 2.0]) == value


def test_series_has_the_periods_that_have_data() -> None:
    """And a copy does not add to its original."""
    samples, metric = Samples(), key("N", "m", {"b": "2", "a": "1"})
    for second in (0, 30, 299, 600):
        samples.add(metric, second)
    samples.copy().add(metric, 300)

    assert samples.series(key("N", "m", {"a": "1", "b": "2"}), "Sum", 300) == {0: 3, 600: 1}
    assert samples.series(key("N", "m"), "Sum", 300) == {}
