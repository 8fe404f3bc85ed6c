"""Watch the program's files and show the API calls while `up` runs."""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from stacks import ROOT
from stacks.terminal import printable

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
                except OSError:
                    continue  # an editor saves by renaming, or the file is a broken link
                found[path.relative_to(self._root).as_posix()] = (stat.st_mtime_ns, stat.st_size)
        return found


def forget_program() -> None:
    """Make the next evaluation import the program's modules again, and packages that were installed since."""
    importlib.invalidate_caches()
    for name in [name for name in sys.modules if name.partition(".")[0] in PROGRAM]:
        del sys.modules[name]


class Calls:
    """The API calls since the last read, each with the function's reason code if it refused.

    `requests` is the emulator's list of calls, `logs` a boto3 client: the functions log the reasons. Nothing in either
    raises here, because showing the calls must not end the stack; a reason that cannot be read is left out.
    """

    def __init__(self, requests: Path, logs: Any) -> None:
        self._requests = requests.open("rb")
        self._unfinished = b""
        self._logs = logs
        self._since = int(time.time() * 1000)
        self._reasons: dict[str, str] = {}

    def close(self) -> None:
        self._requests.close()

    def new(self) -> Iterator[str]:
        """Yield a line for each call: time, method, path, status, who answered or the reason code, milliseconds."""
        *complete, self._unfinished = (self._unfinished + self._requests.read()).split(b"\n")
        for line in complete:
            try:
                yield self._shown(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                yield f"  a call cannot be shown: {printable(line.decode(errors='replace'), 60)}"

    def _shown(self, call: dict[str, Any]) -> str:
        path = printable(str(call["path"]), 120)
        called = f"{printable(str(call['method']), 10):<6} {path:<24} {int(call['status'])}"
        verdict = printable(self._verdict(call), 40)
        return f"  {time.strftime('%H:%M:%S')}  {called}  {verdict:<22} {float(call['milliseconds'])} ms"

    def _verdict(self, call: dict[str, Any]) -> str:
        if call["status"] < 400:
            return ""
        request_id = call["requestId"]
        if request_id is None:
            return "gateway"
        if request_id not in self._reasons:
            self._read_reasons()
        return self._reasons.get(request_id, "function")

    def _read_reasons(self) -> None:
        try:
            for fields in self._function_lines():
                request_id, reason = fields.get("requestId"), fields.get("reason")
                if isinstance(request_id, str) and isinstance(reason, str):
                    self._reasons[request_id] = reason
        except (BotoCoreError, ClientError):
            pass  # the emulator may fail under load; the next refusal reads the same lines again

    def _function_lines(self) -> Iterator[dict[str, Any]]:
        """Yield the JSON objects that functions have logged since the last read."""
        since, now = self._since, int(time.time() * 1000)
        for group in self._logs.describe_log_groups()["logGroups"]:
            events = self._logs.filter_log_events(logGroupName=group["logGroupName"], startTime=since)["events"]
            for event in events:
                try:
                    fields = json.loads(event["message"])
                except ValueError:
                    continue  # a line that a route printed
                if isinstance(fields, dict):
                    yield fields
        self._since = now - 1000
