"""Metric data: samples by the minute, and the statistics of a period."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

Key = tuple[str, str, tuple[tuple[str, str], ...]]  # namespace, name, dimensions in order of their names
Series = dict[int, float]  # the beginning of a period, in seconds, to its value; a period without data is not there


def key(namespace: str, name: str, dimensions: Mapping[str, str] | None = None) -> Key:
    return namespace, name, tuple(sorted((dimensions or {}).items()))


class Samples:
    """What was published, each sample with its second."""

    def __init__(self) -> None:
        self._samples: defaultdict[Key, list[tuple[float, float]]] = defaultdict(list)

    def add(self, metric: Key, second: float, value: float = 1) -> None:
        self._samples[metric].append((second, value))

    def copy(self) -> Samples:
        """The same samples, to add to."""
        other = Samples()
        other._samples.update({metric: list(samples) for metric, samples in self._samples.items()})
        return other

    def metrics(self) -> Iterable[Key]:
        return self._samples.keys()

    def series(self, metric: Key, stat: str, period: int) -> Series:
        """The statistic of each period that has a sample."""
        periods: defaultdict[int, list[float]] = defaultdict(list)
        for second, value in self._samples.get(metric, ()):
            periods[int(second // period) * period].append(value)
        return {start: statistic(stat)(values) for start, values in sorted(periods.items())}


def statistic(stat: str) -> Callable[[Sequence[float]], float]:
    """CloudWatch's statistic of that name; a percentile is the sample at or above that share of all."""
    named: dict[str, Callable[[Sequence[float]], float]] = {
        "Sum": sum,
        "Average": lambda values: sum(values) / len(values),
        "Maximum": max,
        "Minimum": min,
        "SampleCount": len,
    }
    if stat in named:
        return named[stat]
    share = float(stat.removeprefix("p")) / 100
    return lambda values: sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
