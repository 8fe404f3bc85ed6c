"""Watch the program's files and show the API calls while `up` runs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.provider import Provider
from stacks import ROOT

_WATCHED = (
    "*.py",
    "Pulumi*.yaml",
    "settings/*.py",
    "components/**/*.py",
    "handler/**/*.py",
    "handler/requirements.txt",
    "triggers/*.py",
)
PROGRAM = ("settings", "components", "handler")  # packages that each evaluation imports again


class Watch:
    """The source files of the program and of the functions."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._seen = self._now()

    def changed(self) -> list[str]:
        """Return the names of files that were saved, added or removed since the last call."""
        now = self._now()
        before, self._seen = self._seen, now
        return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))

    def _now(self) -> dict[str, tuple[int, int]]:
        found = {}
        for pattern in _WATCHED:
            for path in self._root.glob(pattern):
                try:
                    stat = path.stat()
                except FileNotFoundError:
                    continue  # an editor saves by renaming
                found[path.relative_to(self._root).as_posix()] = (stat.st_mtime_ns, stat.st_size)
        return found


def forget_program() -> None:
    """Make the next evaluation import the program's modules again."""
    for name in [name for name in sys.modules if name.partition(".")[0] in PROGRAM]:
        del sys.modules[name]


class Calls:
    """The API calls since the last look, each with the reason code of the function where it refused.

    `requests` is the emulator's list of calls; the reasons stand in the function's own log.
    """

    def __init__(self, requests: Path, provider: Provider) -> None:
        self._requests = requests.open()
        self._logs = provider.client("logs")
        self._since = int(time.time() * 1000)
        self._reasons: dict[str, str] = {}

    def close(self) -> None:
        self._requests.close()

    def new(self) -> Iterator[str]:
        """A line for each call: time, method, path, status, who answered or the reason code, milliseconds."""
        while line := self._requests.readline():
            call = json.loads(line)
            verdict = self._verdict(call)
            called = f"{call['method']:<6} {call['path']:<24} {call['status']}"
            yield f"  {time.strftime('%H:%M:%S')}  {called}  {verdict:<22} {call['milliseconds']} ms"

    def _verdict(self, call: dict[str, Any]) -> str:
        if call["status"] < 400:
            return ""
        if call["requestId"] is None:
            return "gateway"
        if call["requestId"] not in self._reasons:
            self._read_reasons()
        return self._reasons.get(call["requestId"], "function")

    def _read_reasons(self) -> None:
        for fields in self.function_lines():
            if "reason" in fields and "requestId" in fields:
                self._reasons[fields["requestId"]] = fields["reason"]

    def function_lines(self) -> Iterator[dict[str, Any]]:
        """The JSON lines that functions wrote since the last look."""
        since, self._since = self._since, int(time.time() * 1000) - 1000
        for group in self._logs.describe_log_groups()["logGroups"]:
            events = self._logs.filter_log_events(logGroupName=group["logGroupName"], startTime=since)["events"]
            for event in events:
                if event["message"].startswith("{"):
                    yield json.loads(event["message"])
