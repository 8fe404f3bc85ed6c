"""A stack's saved state: users, items, ids and keys, which one run leaves to the next.

It is a folder, `.local/state/<stack>`, with the emulator's files; local/saver.py writes them. What a run cannot use is
kept aside, in a folder beside it, and is deleted by nobody but the developer.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import shutil
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local.private_files import create, make_folder
from stacks.command_line import CommandError

FORMAT = 1
LOCK_DEADLINE = 10  # seconds for an emulator whose starter was killed to save and end


class State:
    """The saved state of the stack `name` in a run's folder."""

    def __init__(self, folder: Path, name: str, region: str) -> None:
        self.folder = folder / "state" / name
        self._saved = self.folder / "state.json"
        self._stack = self.folder / "stack.json"
        self._now: dict[str, Any] = {"format": FORMAT, "emulator": version("ministack"), "region": region}
        self._content: dict[str, Any] = {}
        self._lock_file = folder / "state" / f".{name}.lock"

    @contextlib.contextmanager
    def held(self) -> Iterator[int]:
        """Hold the state for one run. Return a descriptor of the lock, for the emulator to hold it as well."""
        make_folder(self.folder.parent)
        with create(self._lock_file) as lock:
            deadline = time.monotonic() + LOCK_DEADLINE
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        text = (
                            f"{self.folder} must be free, but an emulator of an earlier run holds it; end that process"
                        )
                        raise CommandError(text) from None
                    time.sleep(0.05)
            yield lock.fileno()

    def load(self) -> dict[str, Any] | None:
        """Return what `describe` was given in the last run; None if there is nothing that this run can use.

        What there is and cannot be used is kept aside, and one line says so.
        """
        content: dict[str, Any] | None
        try:
            content = json.loads(self._saved.read_text())["stack"]
            unfit = self._unfit(content or {})
        except FileNotFoundError:  # no run has saved anything yet
            shutil.rmtree(self.folder, ignore_errors=True)
            content, unfit = None, ""
        except (OSError, ValueError, TypeError, KeyError):
            unfit = f"{self._saved.name} cannot be read"
        if unfit:
            self.set_aside(unfit)
            content = None
        make_folder(self.folder)
        self.changes()
        self._content = {**(content or {}), **self._now}
        return content

    def _unfit(self, content: dict[str, Any]) -> str:
        """Return the reason why this run cannot use the state, or an empty string."""
        if content["format"] > FORMAT or _release(content["emulator"]) > _release(self._now["emulator"]):
            return "a newer version of the project saved it"
        if content["region"] != self._now["region"]:
            return f"aws:region was {content['region']} and is {self._now['region']}"
        return ""

    def describe(self, **content: Any) -> None:
        """Describe the stack for the next run, in addition to what has been described. The emulator saves from now."""
        self._content |= content
        unfinished = self._stack.with_suffix(".part")
        with create(unfinished) as file:
            file.write(json.dumps(self._content).encode())
        unfinished.replace(self._stack)

    def changes(self) -> None:
        """Say that the resources are about to change: nothing is saved until they are described again."""
        self._stack.unlink(missing_ok=True)

    def set_aside(self, reason: str) -> None:
        """Move the state to a folder of its own, so that the next run begins anew, and say so."""
        kept = self.folder.with_name(f"{self.folder.name}-{time.strftime('%Y%m%d-%H%M%S')}")
        self.folder.replace(kept)
        print(f"  Users and items of the last run are not used: {reason}. They are kept in {kept}", flush=True)

    def reset(self) -> bool:
        """Delete the state. Return whether there was any. CommandError if that is not possible."""
        with self.held():
            there = self._saved.exists()
            try:
                if self.folder.exists():
                    shutil.rmtree(self.folder)
            except OSError as error:
                raise CommandError(
                    f"{self.folder} must be a folder that can be deleted, got: {error.strerror}"
                ) from None
            return there


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())
