"""CloudWatch Logs' filter patterns for JSON, and the metrics that a filter makes of a line.

"Filter pattern syntax for metric filters": `{ $.a.b = "text*" && ($.n > 1 || …) }`. Text is compared with text, where *
stands for anything, and numbers with numbers; a field that a line lacks matches nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.cloudwatch import NotUnderstood
from tests.cloudwatch.samples import Key, key

_TOKEN = re.compile(r'\s*(\$\.[\w.]+|"[^"]*"|-?\d+(?:\.\d+)?|&&|\|\||!=|>=|<=|[=<>(){}])')
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}

Match = Callable[[Any], bool]


def pattern(text: str) -> Match:
    """Whether the pattern matches a line's object; NotUnderstood for syntax beyond the above."""
    parser = _Parser(_tokens(text))
    parser.expect("{")
    match = parser.either()
    parser.expect("}")
    parser.expect(None)
    return match


def metric_of(inputs: Mapping[str, Any], line: str) -> tuple[Key, float] | None:
    """The metric and value that a metric filter, by its resource's inputs, makes of a line; None where none."""
    try:
        content = json.loads(line)
    except ValueError:
        return None
    transformation = inputs["metricTransformation"]
    if not pattern(inputs["pattern"])(content):
        return None
    value = transformation["value"]
    number = field(content, value) if value.startswith("$.") else float(value)
    dimensions = {name: field(content, path) for name, path in transformation.get("dimensions", {}).items()}
    if not isinstance(number, int | float) or None in dimensions.values():
        return None  # "the field isn't there, so the filter publishes nothing"
    return key(transformation["namespace"], transformation["name"], dimensions), number


def field(content: Any, path: str) -> Any:
    """The member at `$.a.b`, or None."""
    for name in path.removeprefix("$.").split("."):
        content = content.get(name) if isinstance(content, dict) else None
    return content


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if not found:
            raise NotUnderstood(f"pattern {text!r} at {text[place:]!r}")
        tokens.append(found[1])
        place = found.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens

    def expect(self, word: str | None) -> None:
        if self._next() != word:
            raise NotUnderstood(f"pattern must go on with {word!r}")

    def either(self) -> Match:
        matches = [self._all()]
        while self._tokens[:1] == ["||"]:
            self._next()
            matches.append(self._all())
        return lambda line: any(match(line) for match in matches)

    def _all(self) -> Match:
        matches = [self._one()]
        while self._tokens[:1] == ["&&"]:
            self._next()
            matches.append(self._one())
        return lambda line: all(match(line) for match in matches)

    def _one(self) -> Match:
        word = self._next() or ""
        if word == "(":
            inner = self.either()
            self.expect(")")
            return inner
        operator, wanted = self._next() or "", self._next()
        if not word.startswith("$.") or operator not in _COMPARISONS or wanted is None:
            raise NotUnderstood(f"condition {word} {operator} {wanted}")
        if wanted.startswith('"'):
            return _text(word, operator, wanted[1:-1])
        compare, number = _COMPARISONS[operator], float(wanted)
        return lambda line: _is_number(found := field(line, word)) and compare(found, number)

    def _next(self) -> str | None:
        return self._tokens.pop(0) if self._tokens else None


def _text(path: str, operator: str, wanted: str) -> Match:
    expression = re.compile(".*".join(re.escape(part) for part in wanted.split("*")), re.DOTALL)
    if operator not in {"=", "!="}:
        raise NotUnderstood(f"text compared with {operator}")

    def match(line: Any) -> bool:
        found = field(line, path)
        return isinstance(found, str) and bool(expression.fullmatch(found)) == (operator == "=")

    return match


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
