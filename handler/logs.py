"""One JSON line per request on standard output.

Lambda's JSON log format passes on a line that is JSON already, and filters it by `level` and `timestamp` (AWS Lambda
developer guide, "Using structured JSON logs"). The standard `logging` module would be one more import and cost more
than the line itself.
"""

from __future__ import annotations

import sys
import time
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted

_SEVERITY = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


def write(
    threshold: str, level: str, request_id: str, route_key: str | None, status: int, milliseconds: float, **more: str
) -> None:
    """Write one line of JSON, unless `level` is below `threshold`."""
    if _SEVERITY[level] < _SEVERITY[threshold]:
        return
    now = time.time()
    key = "null" if route_key is None else quoted(route_key)
    rest = "".join([f',"{name}":{quoted(value)}' for name, value in more.items()]) if more else ""
    # No flush: Lambda's standard output is unbuffered, the emulator's is line-buffered.
    sys.stdout.write(
        f'{{"timestamp":"{_second(int(now))}.{int(now * 1000) % 1000:03d}Z","level":"{level}",'
        f'"requestId":{quoted(request_id)},"routeKey":{key},"status":{status},"durationMs":{milliseconds:.2f}{rest}}}\n'
    )


@lru_cache(maxsize=1)
def _second(now: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
