"""Read the functions' logs, in order and each line once, for `python -m local logs`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

# Lambda's own lines around each call. A deployed function logs them as platform events, in JSON.
_PLATFORMS = re.compile(r"(?:INIT_START|START|END|REPORT) ")

Line = tuple[str, int, str]  # log stream, milliseconds since 1970, message


class FunctionLog:
    """The lines that all functions of a stack wrote to CloudWatch Logs. `logs` is a boto3 client."""

    def __init__(self, logs: Any) -> None:
        self._logs = logs
        self._since: dict[str, int] = {}
        self._shown: dict[str, Counter[Line]] = {}  # lines of the last millisecond: the next read finds them again

    def new(self) -> Iterator[str]:
        """Yield the lines since the last call; the first call yields all."""
        for page in self._logs.get_paginator("describe_log_groups").paginate():
            for group in page["logGroups"]:
                yield from self._of(group["logGroupName"])

    def _of(self, group: str) -> Iterator[str]:
        since, shown = self._since.get(group, 0), self._shown.get(group, Counter())
        events = self._logs.filter_log_events(logGroupName=group, startTime=since)["events"]
        lines: list[Line] = [(event["logStreamName"], event["timestamp"], event["message"]) for event in events]
        if lines:
            self._since[group] = last = max(timestamp for _, timestamp, _ in lines)
            self._shown[group] = Counter(line for line in lines if line[1] == last)
        for line in lines:
            if shown[line]:
                shown[line] -= 1
            elif not _PLATFORMS.match(line[2]):
                yield line[2].rstrip("\n")
