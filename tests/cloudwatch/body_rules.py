"""CloudWatch's rules for the body of a dashboard ("Dashboard Body Structure and Syntax", CloudWatch API Reference).

PutDashboard takes most mistakes and answers with warnings, or shows an empty graph; so each is an error here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import jsonschema

from tests.cloudwatch.expression import ids_of

COLUMNS = 24
SEARCH = re.compile(
    r"""SEARCH\('\{"?([^",}]+)"?((?:,[A-Za-z]+)*)\} MetricName="([\w]+)"(?: UserPool="[\w-]+")?', '(\w+)'\)"""
)

_COLOR = {"type": "string", "pattern": "^#[0-9a-f]{6}$"}
_STAT = {"type": "string", "pattern": r"^(SampleCount|Average|Sum|Minimum|Maximum|p\d{1,2}(\.\d{1,2})?)$"}
_PERIOD = {"type": "integer", "anyOf": [{"enum": [1, 5, 10, 30]}, {"multipleOf": 60, "minimum": 60}]}
_ID = {"type": "string", "pattern": "^[a-z][A-Za-z0-9_]*$"}
_AXIS = {
    "type": "object",
    "properties": {"min": {"type": "number"}, "max": {"type": "number"}, "label": {"type": "string"}},
    "additionalProperties": False,
}
RENDERING = {
    "type": "object",
    "properties": {
        "color": _COLOR,
        "label": {"type": "string"},
        "stat": _STAT,
        "period": _PERIOD,
        "id": _ID,
        "visible": {"type": "boolean"},
        "yAxis": {"enum": ["left", "right"]},
        "expression": {"type": "string", "maxLength": 2048},
    },
    "additionalProperties": False,
}
METRIC = {
    "type": "object",
    "required": ["metrics", "region", "title", "view"],
    "properties": {
        "metrics": {"type": "array", "minItems": 1, "maxItems": 500, "items": {"type": "array", "minItems": 1}},
        "region": {"type": "string", "pattern": r"^[a-z]{2}(-[a-z]+)+-\d$"},
        "title": {"type": "string", "minLength": 1},
        "view": {"enum": ["timeSeries", "singleValue", "gauge", "bar", "pie", "table"]},
        "stacked": {"type": "boolean"},
        "period": _PERIOD,
        "stat": _STAT,
        "yAxis": {"type": "object", "properties": {"left": _AXIS, "right": _AXIS}, "additionalProperties": False},
    },
    "additionalProperties": False,
}
TEXT = {
    "type": "object",
    "required": ["markdown"],
    "properties": {"markdown": {"type": "string", "minLength": 1}, "background": {"enum": ["solid", "transparent"]}},
    "additionalProperties": False,
}
ALARM = {
    "type": "object",
    "required": ["alarms"],
    "properties": {
        "alarms": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {"type": "string", "pattern": r"^arn:aws:cloudwatch:[a-z0-9-]+:\d{12}:alarm:.+$"},
        },
        "title": {"type": "string"},
        "sortBy": {"enum": ["default", "stateUpdatedTimestamp", "timestamp"]},
        "states": {"type": "array", "items": {"enum": ["ALARM", "INSUFFICIENT_DATA", "OK"]}},
    },
    "additionalProperties": False,
}
BODY = {
    "type": "object",
    "required": ["widgets"],
    "properties": {
        "start": {"type": "string"},
        "periodOverride": {"enum": ["auto", "inherit"]},
        "widgets": {
            "type": "array",
            "minItems": 1,
            "maxItems": 500,
            "items": {
                "type": "object",
                "required": ["type", "x", "y", "width", "height", "properties"],
                "properties": {
                    "type": {"enum": ["metric", "text", "alarm"]},
                    "x": {"type": "integer", "minimum": 0, "maximum": COLUMNS - 1},
                    "y": {"type": "integer", "minimum": 0},
                    "width": {"type": "integer", "minimum": 1, "maximum": COLUMNS},
                    "height": {"type": "integer", "minimum": 1, "maximum": 1000},
                    "properties": {"type": "object"},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
_PROPERTIES = {"metric": METRIC, "text": TEXT, "alarm": ALARM}


def problems(body: Any) -> list[str]:
    """Everything in the body that breaks a rule, by widget."""
    found = [error.message for error in jsonschema.Draft202012Validator(BODY).iter_errors(body)]
    if found:
        return found
    for place, widget in enumerate(body["widgets"]):
        found += [f"widget {place}: {problem}" for problem in _widget(widget)]
    for (a, one), (b, other) in combinations(enumerate(body["widgets"]), 2):
        if _overlap(one, other):
            found.append(f"widgets {a} and {b} overlap")
    return found


def _widget(widget: dict[str, Any]) -> Iterator[str]:
    if widget["x"] + widget["width"] > COLUMNS:
        yield f"ends in column {widget['x'] + widget['width']}"
    properties = widget["properties"]
    errors = [
        error.message for error in jsonschema.Draft202012Validator(_PROPERTIES[widget["type"]]).iter_errors(properties)
    ]
    yield from errors
    if widget["type"] == "metric" and not errors:
        yield from _lines(properties["metrics"])


def _lines(lines: list[list[Any]]) -> Iterator[str]:
    options = [line[-1] if isinstance(line[-1], dict) else {} for line in lines]
    ids = [each["id"] for each in options if "id" in each]
    if len(ids) != len(set(ids)):
        yield f"ids must be unique, got {ids}"
    if not any(each.get("visible", True) for each in options):
        yield "nothing is visible"
    for line, each in zip(lines, options, strict=True):
        yield from (error.message for error in jsonschema.Draft202012Validator(RENDERING).iter_errors(each))
        names = line[:-1] if each else line
        if "expression" in each:
            if names:
                yield "an expression must stand alone"
            if not SEARCH.fullmatch(each["expression"]):
                yield from (f"{id_} is no id" for id_ in sorted(ids_of(each["expression"]) - set(ids)))
        elif len(names) < 2 or len(names) % 2 or not all(isinstance(name, str) and name for name in names):
            yield f"a metric must be namespace, name and pairs of dimension, got {names}"
        elif len(names) > 2 + 2 * 30:
            yield "a metric must have 30 dimensions at most"


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
    down = one["y"] < other["y"] + other["height"] and other["y"] < one["y"] + one["height"]
    return across and down
