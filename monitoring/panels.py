"""The dashboard's body with data: what each panel would draw."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from monitoring import NotUnderstood
from monitoring.expression import Value, evaluate
from monitoring.samples import Samples, Series, key

SEARCH = re.compile(r"""SEARCH\('\{"([^"]+)",(\w+)\} MetricName="(\w+)"', '(\w+)'\)""")
_COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf")


@dataclass(frozen=True)
class Line:
    """One line of a panel; `series` is empty where there is no data."""

    label: str
    color: str
    series: Series
    right: bool = False


@dataclass(frozen=True)
class Panel:
    """A widget by its place in the grid: a graph, or text."""

    x: int
    y: int
    width: int
    height: int
    title: str
    lines: tuple[Line, ...] = ()
    stacked: bool = False
    text: str = ""
    period: int = 300


def panels(body: Mapping[str, Any], samples: Samples, until: int) -> list[Panel]:
    """Every widget of the body, over the seconds from 0 to `until`."""
    found = []
    for widget in body["widgets"]:
        place = {name: widget[name] for name in ("x", "y", "width", "height")}
        properties = widget["properties"]
        if widget["type"] == "metric":
            period = int(properties["period"])
            lines = tuple(_lines(properties["metrics"], samples, period, range(0, until, period)))
            stacked = bool(properties["stacked"])
            found.append(Panel(**place, title=properties["title"], lines=lines, stacked=stacked, period=period))
        elif widget["type"] == "text":
            found.append(Panel(**place, title="", text=properties["markdown"]))
    return found


def _lines(metrics: list[list[Any]], samples: Samples, period: int, times: range) -> Iterable[Line]:
    values: dict[str, Value] = {}
    for entry in metrics:
        options = entry[-1]
        if "expression" not in options:
            dimensions = dict(zip(entry[2:-1:2], entry[3:-1:2], strict=True))
            series = samples.series(key(entry[0], entry[1], dimensions), options["stat"], period)
            series = {time: value for time, value in series.items() if time in times}
            values[options.get("id", "")] = series
        elif found := SEARCH.fullmatch(options["expression"]):
            yield from _searched(samples, period, times, *found.groups())
            continue
        else:
            series = _computed(options["expression"], values, times)
        if options.get("visible", True):
            right = options.get("yAxis") == "right"
            yield Line(options["label"], options["color"], series, right)


def _searched(
    samples: Samples, period: int, times: range, namespace: str, dimension: str, name: str, stat: str
) -> Iterable[Line]:
    found = [
        metric
        for metric in samples.metrics()
        if metric[:2] == (namespace, name) and [part for part, _ in metric[2]] == [dimension]
    ]
    for place, metric in enumerate(sorted(found)):
        series = {time: value for time, value in samples.series(metric, stat, period).items() if time in times}
        yield Line(metric[2][0][1], _COLORS[place % len(_COLORS)], series)


def _computed(expression: str, values: Mapping[str, Value], times: range) -> Series:
    try:
        value = evaluate(expression, values, times)
    except NotUnderstood:  # a quota, which is not known here
        return {}
    return value if isinstance(value, dict) else {}
