"""CloudWatch's metric math, as far as this project's alarms and dashboard use it ("Using math expressions").

A value is a number, a time series or a band of two. Where two series meet, a period that one of them lacks is left out,
as is a division by zero.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tests.cloudwatch import NotUnderstood
from tests.cloudwatch.samples import Series

_TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|[A-Za-z_]\w*|>=|<=|==|!=|[-+*/(),<>])")
_OPERATORS: tuple[Mapping[str, Callable[[float, float], float]], ...] = (  # from loose to tight
    {
        ">=": operator.ge,
        "<=": operator.le,
        ">": operator.gt,
        "<": operator.lt,
        "==": operator.eq,
        "!=": operator.ne,
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
)
_TWO_WEEKS = 14 * 24 * 3600
_HOUR = 3600


@dataclass(frozen=True)
class Band:
    """What is usual: no less than `lower`, no more than `upper`."""

    lower: Series
    upper: Series


Value = float | Series | Band


def evaluate(expression: str, values: Mapping[str, Value], times: Iterable[int]) -> Value:
    """The expression's value over `values` by id; `times` are the periods that FILL fills."""
    parser = _Parser(_tokens(expression), values, tuple(times))
    value = parser.binary(0)
    parser.expect(None)
    return value


def ids_of(expression: str) -> set[str]:
    """The ids that the expression reads."""
    return {token for token in _tokens(expression) if re.fullmatch(r"[a-z]\w*", token)}


def _tokens(text: str) -> list[str]:
    tokens, place = [], 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if not found:
            raise NotUnderstood(f"expression {text!r} at {text[place:]!r}")
        tokens.append(found[1])
        place = found.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str], values: Mapping[str, Value], times: tuple[int, ...]) -> None:
        self._tokens = tokens
        self._values = values
        self._times = times

    def expect(self, word: str | None) -> None:
        if (found := self._next()) != word:
            raise NotUnderstood(f"expression must go on with {word!r}, got {found!r}")

    def binary(self, level: int) -> Value:
        if level == len(_OPERATORS):
            return self._unary()
        left = self.binary(level + 1)
        while self._tokens and self._tokens[0] in _OPERATORS[level]:
            apply = _OPERATORS[level][self._tokens.pop(0)]
            left = _each(apply, left, self.binary(level + 1))
        return left

    def _unary(self) -> Value:
        word = self._next() or ""
        if word == "(":
            value = self.binary(0)
            self.expect(")")
            return value
        if word == "-":
            return _each(operator.mul, -1.0, self._unary())
        if word[:1].isdigit():
            return float(word)
        if self._tokens[:1] == ["("]:
            return self._function(word)
        if word not in self._values:
            raise NotUnderstood(f"id {word!r} has no value")
        return self._values[word]

    def _function(self, name: str) -> Value:
        self.expect("(")
        arguments = [self.binary(0)]
        while self._tokens[:1] == [","]:
            self._next()
            arguments.append(self.binary(0))
        self.expect(")")
        match name, arguments:
            case "FILL", [dict() as series, float(number)]:
                return {time: series.get(time, number) for time in self._times}
            case "IF", [dict() as condition, yes, no]:
                return _chosen(condition, yes, no)
            case "SUM", [dict() as series]:
                return float(sum(series.values()))
            case "ANOMALY_DETECTION_BAND", [dict() as series, float(width)]:
                return usual(series, width, self._times)
            case "SERVICE_QUOTA", [dict() as series] if "quota" in self._values:
                return {time: float(self._values["quota"]) for time in series}  # type: ignore[arg-type]
            case _:
                raise NotUnderstood(f"{name} of {[type(each).__name__ for each in arguments]}")

    def _next(self) -> str | None:
        return self._tokens.pop(0) if self._tokens else None


def _each(apply: Callable[[float, float], float], left: Value, right: Value) -> Value:
    if isinstance(left, Band) or isinstance(right, Band):
        raise NotUnderstood("a band in arithmetic")
    if isinstance(left, float) and isinstance(right, float):
        return float(apply(left, right))
    shared = [set(each) for each in (left, right) if isinstance(each, dict)]
    result: Series = {}
    for time in sorted(set.intersection(*shared)):
        try:
            result[time] = float(apply(_at(left, time), _at(right, time)))
        except ZeroDivisionError:
            continue
    return result


def _chosen(condition: Series, yes: Value, no: Value) -> Series:
    result: Series = {}
    for time, holds in condition.items():
        value = yes if holds else no
        if isinstance(value, float) or (isinstance(value, dict) and time in value):
            result[time] = _at(value, time)
    return result


def _at(value: Value, time: int) -> float:
    if isinstance(value, Band):
        raise NotUnderstood("a band where a number is asked for")
    return value if isinstance(value, float) else value[time]


def usual(series: Series, width: float, times: Iterable[int]) -> Band:
    """A stand-in for CloudWatch's own model, which is not public, after AWS's description.

    It learns from up to two weeks, by the hour of the day: here the mean of what was measured within an hour of
    the same time on the days before, give or take `width` standard deviations, and never below zero. Without a day of
    data there is no band.
    """
    lower, upper = Series(), Series()
    for time in times:
        before = [
            series[then]
            for day in range(1, _TWO_WEEKS // (24 * _HOUR) + 1)
            for then in range(time - day * 24 * _HOUR - _HOUR, time - day * 24 * _HOUR + _HOUR + 1, 300)
            if then in series
        ]
        if len(before) < 2:
            continue
        middle = sum(before) / len(before)
        spread = max(math.sqrt(sum((value - middle) ** 2 for value in before) / len(before)), 0.5)
        lower[time], upper[time] = max(0.0, middle - width * spread), middle + width * spread
    return Band(lower, upper)
