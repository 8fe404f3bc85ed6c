"""The files with which a run tells the other commands that it is up, where its stack is, and its outputs."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.private_files import create, make_folder
from stacks.command_line import CommandError

STOP_DEADLINE = 10  # seconds


@dataclass(frozen=True)
class Run:
    """A run that is up. `password` is that of the users that the commands create, `first_call` the key of a route.

    `earlier_passwords` are those of users of runs before the pool's policy was raised.
    """

    pid: int
    stack: str
    endpoint: str
    started_at: float
    password: str
    earlier_passwords: list[str]
    first_call: str | None


class Folder:
    """A run's folder (`.local`): a lock that the run holds while it lives, `run.json` and `outputs.json`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.outputs_file = path / "outputs.json"
        self._run_file = path / "run.json"
        self._lock_file = path / "lock"

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for one run, and clear files of an earlier one. CommandError if another run holds it."""
        self.make()
        with self._lock_file.open("a") as lock:
            self._lock_file.chmod(0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CommandError(f"a stack runs already{self._described()}; stop it with: make down") from None
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            self.clear()
            try:
                yield
            finally:
                self.clear()
                lock.truncate(0)

    def make(self) -> None:
        """Make the folder, for its owner only. CommandError if nothing can be written to it."""
        try:
            make_folder(self.path)
            self._lock_file.open("a").close()
        except OSError as error:
            raise CommandError(f"--dir {self.path} must be a folder to write to, got: {error.strerror}") from None

    def clear(self) -> None:
        """Remove the files that say that a stack is up."""
        for file in (self._run_file, self.outputs_file):
            file.unlink(missing_ok=True)

    def publish_outputs(self, outputs: dict[str, Any]) -> None:
        """Write the stack's outputs. The file appears complete or not at all."""
        _write(self.outputs_file, outputs)

    def publish_run(self, run: Run) -> None:
        """Say that the stack is up."""
        _write(self._run_file, asdict(run))

    def is_up(self, pid: int | None = None) -> bool:
        """Return whether a run is up, of the process `pid` if that is given."""
        try:
            run = self.run()
        except CommandError:
            return False
        return pid is None or run.pid == pid

    def run(self) -> Run:
        """Return the run that is up. CommandError if none is."""
        if not self.is_held():
            raise CommandError("no stack runs here; start one with: make up")
        try:
            return Run(**json.loads(self._run_file.read_text()))
        except (OSError, ValueError, TypeError):
            raise CommandError("the stack is not up yet; wait for the summary that make up prints") from None

    def outputs(self) -> dict[str, Any]:
        """Return the outputs of the run that is up. CommandError if none is."""
        self.run()
        try:
            outputs: dict[str, Any] = json.loads(self.outputs_file.read_text())
        except (OSError, ValueError):
            raise CommandError(
                f"{self.outputs_file} must have the stack's outputs; restart it with: make down up"
            ) from None
        return outputs

    def is_held(self) -> bool:
        try:
            with self._lock_file.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def stop(self) -> bool:
        """End the run, or one that is starting. Return whether there was one. CommandError if it does not end."""
        if not self.is_held():
            return False
        text = self._lock_file.read_text()
        pid = int(text) if text.isdecimal() else 0
        for signal_ in (signal.SIGTERM, signal.SIGKILL):
            if pid:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal_)
            deadline = time.monotonic() + STOP_DEADLINE
            while self.is_held() and time.monotonic() < deadline:
                time.sleep(0.05)
            if not self.is_held():
                self.clear()
                return True
        raise CommandError(f"process {pid} must end, but does not; end it with: kill -9 {pid}")

    def _described(self) -> str:
        try:
            run = Run(**json.loads(self._run_file.read_text()))
        except (OSError, ValueError, TypeError):
            return f" in {self.path.name}"
        return f" in {self.path.name}: {run.stack} at {run.endpoint}, process {run.pid}"


def _write(path: Path, content: dict[str, Any]) -> None:
    unfinished = path.with_suffix(".part")
    with create(unfinished) as file:
        file.write(json.dumps(content, indent=2, sort_keys=True).encode() + b"\n")
    unfinished.replace(path)
