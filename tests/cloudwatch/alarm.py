"""When an alarm is on, by the inputs of its resource: the condition over the last periods ("Alarm evaluation").

Missing data counts as not breaching, as every alarm here says. CloudWatch may look a little further back than the
evaluation periods when data is missing, so a real alarm may end later than here, but begins no later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.cloudwatch import NotUnderstood
from tests.cloudwatch.expression import Band, Value, evaluate
from tests.cloudwatch.samples import Samples, Series, key


def on_at(alarm: Mapping[str, Any], samples: Samples, times: Iterable[int], quota: float = 1000) -> list[int]:
    """The ends of those periods, among those that begin at `times`, after which the alarm is on."""
    if alarm["treatMissingData"] != "notBreaching":
        raise NotUnderstood(f"missing data treated as {alarm['treatMissingData']}")
    period = period_of(alarm)
    starts = [time for time in times if time % period == 0]
    breaching = _breaching(alarm, _values(alarm, samples, starts, quota))
    count, enough = alarm["evaluationPeriods"], alarm["datapointsToAlarm"]
    return [
        start + period for start in starts if sum(start - back * period in breaching for back in range(count)) >= enough
    ]


def all_on_at(rule: str, on: Mapping[str, Iterable[int]]) -> list[int]:
    """When a composite alarm is on whose rule is `ALARM("a") AND ALARM("b")`; `on` by the names of its parts."""
    names = re.findall(r'ALARM\("([^"]+)"\)', rule)
    if rule != " AND ".join(f'ALARM("{name}")' for name in names):
        raise NotUnderstood(rule)
    return sorted(set.intersection(*(set(on[name]) for name in names)))


def period_of(alarm: Mapping[str, Any]) -> int:
    """The one period of all metrics of the alarm."""
    (period,) = {int(query["metric"]["period"]) for query in alarm["metricQueries"] if "metric" in query}
    return period


def _values(alarm: Mapping[str, Any], samples: Samples, starts: list[int], quota: float) -> dict[str, Value]:
    values: dict[str, Value] = {"quota": quota}
    for query in alarm["metricQueries"]:
        if "metric" in query:
            metric = query["metric"]
            named = key(metric["namespace"], metric["metricName"], metric.get("dimensions"))
            values[query["id"]] = samples.series(named, metric["stat"], int(metric["period"]))
        else:
            values[query["id"]] = evaluate(query["expression"], values, starts)
    return values


def _breaching(alarm: Mapping[str, Any], values: Mapping[str, Value]) -> set[int]:
    returned = [query["id"] for query in alarm["metricQueries"] if query["returnData"]]
    band_id = alarm.get("thresholdMetricId")
    (watched,) = [values[id_] for id_ in returned if id_ != band_id]
    if not isinstance(watched, dict):
        raise NotUnderstood("an alarm on what is no time series")
    match alarm["comparisonOperator"]:
        case "GreaterThanOrEqualToThreshold":
            return {time for time, value in watched.items() if value >= alarm["threshold"]}
        case "GreaterThanUpperThreshold":
            return _outside(watched, values[band_id or ""])
    raise NotUnderstood(alarm["comparisonOperator"])


def _outside(watched: Series, band: Value) -> set[int]:
    if not isinstance(band, Band):
        raise NotUnderstood("a threshold that is no band")
    return {time for time, value in watched.items() if time in band.upper and value > band.upper[time]}
