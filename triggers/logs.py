"""One JSON line per event on standard output: the decision and its reason, never the user."""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def write(level: str, event: dict[str, Any], outcome: str, **more: str | int) -> None:
    """Write one line, with the `timestamp` and `level` that Lambda's JSON log format filters by."""
    now = time.time()
    stamp = f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(now))}.{int(now * 1000) % 1000:03d}Z"
    source = str(event.get("triggerSource"))
    line = {"timestamp": stamp, "level": level, "triggerSource": source, "outcome": outcome, **more}
    sys.stdout.write(json.dumps(line) + "\n")
