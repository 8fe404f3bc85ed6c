"""Watch the program's files and show the API calls while `up` runs."""

from __future__ import annotations

import importlib
import json
import sys
import time
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.tail import Tail
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
    for clear in typing._cleanups:  # type: ignore[attr-defined]  # noqa: SLF001 - functools has no way to find caches
        clear()  # an `Annotated` of the last evaluation would be taken for a new one: its marks are equal tuples


class Calls:
    """The API calls since the last read, from the emulator's list at `requests`."""

    def __init__(self, requests: Path) -> None:
        self._requests = Tail(requests)

    def close(self) -> None:
        self._requests.close()

    def new(self) -> Iterator[str]:
        """Yield a line for each call: time, method, path, status, who answered or the reason code, milliseconds."""
        for line in self._requests.new():
            try:
                call = json.loads(line)
                if "report" in call:
                    yield from (f"    {printable(each, 1_000)}" for each in call["report"])
                else:
                    yield _shown(call)
            except (ValueError, KeyError, TypeError, AttributeError):
                yield f"  a call cannot be shown: {printable(line, 60)}"


def _shown(call: dict[str, Any]) -> str:
    path = printable(str(call["path"]), 120)
    called = f"{printable(str(call['method']), 10):<6} {path:<24} {int(call['status'])}"
    refused_by = "gateway" if call["requestId"] is None else call.get("reason", "function")
    verdict = "" if call["status"] < 400 else printable(str(refused_by), 40)
    return f"  {time.strftime('%H:%M:%S')}  {called}  {verdict:<22} {float(call['milliseconds'])} ms"
