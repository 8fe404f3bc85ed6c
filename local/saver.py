"""Save the emulator's state while it serves, so that a crash loses less than a second, and load it again.

The emulator saves its services only when it shuts down in order, to a file for each, and a copy of objects that other
threads change fails under load. Here a fork of the process writes one file: it has the state of one moment, and the
emulator serves on. It runs inside the emulator's process (local/serve.py).
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import ministack.app
from ministack.core import persistence

PAUSE = 0.25  # seconds between two saves, at least
SHARE = 10  # a save that takes long is followed by a pause of this many times its duration
DEADLINE = 60  # seconds for one save
_READS = re.compile(r"[\w.]*\.(?:Get|List|Describe|Query|Scan|BatchGet|Filter)\w*")


class Saver:
    """Saves what `state` returns, a value that the emulator can write as JSON, to `state.json` in a folder.

    It saves only while the starter has described its resources in `stack.json` there, and puts the description into the
    same file: it must fit the state. While the starter changes resources, there is none.
    """

    def __init__(self, folder: Path, state: Callable[[], dict[str, Any]]) -> None:
        self._state = state
        self._file = folder / "state.json"
        self._stack = folder / "stack.json"
        self._changed = threading.Event()
        self._one_at_a_time = threading.Lock()

    def start(self) -> None:
        threading.Thread(target=self._keep_saving, daemon=True, name="saver").start()

    def note(self, method: str, target: str) -> None:
        """Note a request that has been answered. `target` is the value of X-Amz-Target, which names an operation."""
        if method not in {"GET", "HEAD", "OPTIONS"} and not _READS.fullmatch(target):
            self._changed.set()

    def save(self) -> None:
        """Save what has changed. If it fails, the file of the last save stays, and the emulator's log has a line."""
        with self._one_at_a_time:
            if not self._changed.is_set() or not self._stack.exists():
                return
            self._changed.clear()
            child = os.fork()
            if child == 0:
                self._write()
            if not _ended_well(child):
                self._changed.set()
                sys.stderr.write("The state could not be saved; the next save tries again.\n")

    def _keep_saving(self) -> None:
        while True:
            self._changed.wait()
            began = time.monotonic()
            try:
                self.save()
            except OSError as error:  # no memory for another process
                sys.stderr.write(f"The state could not be saved: {error}\n")
            time.sleep(max(PAUSE, SHARE * (time.monotonic() - began)))

    def _write(self) -> NoReturn:
        status = 1
        try:
            unfinished = self._file.with_suffix(".part")
            with unfinished.open("w") as file:
                content = {"stack": json.loads(self._stack.read_text()), "services": self._state()}
                json.dump(content, file, default=persistence._json_default)
            unfinished.replace(self._file)
            _forget_unused_code()
            status = 0
        finally:
            os._exit(status)


def _ended_well(child: int) -> bool:
    """Wait for the child, and return whether it succeeded. It is killed if a lock of the fork holds it up."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status) == 0
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def services() -> dict[str, Any]:
    """Return the state of each of the emulator's services.

    Log lines and metrics are left out: they grow with each call, and are those of one run. Call this in the fork, which
    they are removed from.
    """
    for group in _stored("cloudwatch_logs", "_log_groups").values():
        group["streams"].clear()
    _stored("cloudwatch_logs", "_log_records").clear()
    _stored("cloudwatch", "_metrics").clear()
    functions: Any = sys.modules.get("ministack.services.lambda_svc")
    if functions:  # it would delete code that the file of the last save still names
        functions._prune_orphan_code_blobs = _USED_CODE.update
    states = {name: state() for name, state in ministack.app._build_persistence_save_dict().items()}
    return {name: state for name, state in states.items() if state}


_USED_CODE: set[str] = set()


def _forget_unused_code() -> None:
    for path in Path(os.environ["STATE_DIR"], "lambda-blobs").glob("*.zip"):
        if path.stem not in _USED_CODE:
            path.unlink()


def _stored(service: str, store: str) -> dict[Any, Any]:
    """Return what a service of the emulator has stored, of all regions; empty where it has not been used."""
    module = sys.modules.get(f"ministack.services.{service}")
    return getattr(module, store)._data if module else {}


def load(folder: Path) -> None:
    """Have the emulator start with the state that the folder has."""
    try:
        content = json.loads((folder / "state.json").read_text(), object_hook=persistence._json_object_hook)
    except FileNotFoundError:
        return
    for name, state in content["services"].items():
        ministack.app._get_module(ministack.app._state_map[name]).load_persisted_state(state)
