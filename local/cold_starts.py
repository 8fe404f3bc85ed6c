"""Bound how many copies of a function the emulator runs, and have calls wait for one that is free.

The emulator starts a process for each call at the same time. With 50 clients on a fresh stack these would all start at
once, on the cores of one machine: each takes seconds then, and asks the busy emulator for its signing keys in vain.
It is put into the emulator's own process, over its module for Lambda; `local/serve.py` does that.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from typing import Any

MOST = max(4, 2 * (os.cpu_count() or 2))  # copies of one function
PATIENCE = 25  # seconds: a function that calls its own API may hold the copies that its calls wait for


def install(functions: Any, most: int = MOST, patience: float = PATIENCE) -> None:
    """Have the emulator's module for Lambda lease at most `most` copies of a function at a time."""
    acquire, release = functions.acquire_worker, functions.release_worker
    leased: Counter[tuple[str, str]] = Counter()
    freed = threading.Condition()

    def acquired(name: str, config: Any, code: bytes, qualifier: str = "$LATEST", **options: Any) -> Any:
        key = (name, qualifier)
        with freed:
            freed.wait_for(lambda: leased[key] < most, patience)
            leased[key] += 1
        worker, reason = acquire(name, config, code, qualifier=qualifier, **options)
        if worker is None:
            returned(key)
        else:
            worker.leased_as = key
        return worker, reason

    def returned(key: tuple[str, str]) -> None:
        with freed:
            leased[key] -= 1
            freed.notify()

    def released(worker: Any) -> None:
        release(worker)
        key = getattr(worker, "leased_as", None)
        if key is not None:
            worker.leased_as = None
            returned(key)

    functions.acquire_worker, functions.release_worker = acquired, released
