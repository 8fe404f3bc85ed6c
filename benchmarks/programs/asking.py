"""Check callers for revocation, with and without a read of the table, and report the times.

Reads a job from standard input and writes its result to standard output, both as JSON. Runs under `python -I -S` with
only the job's folders on the path.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from statistics import median

job = json.load(sys.stdin)
sys.path[:0] = job["path"]

from handler import revocation  # noqa: E402 - from the job's path
from handler.route import Caller  # noqa: E402 - likewise
from handler.settings import RevocationSettings  # noqa: E402 - likewise

NOW = int(time.time())
PART = 500  # checks between two readings of the clock
asked = revocation.Revocations(RevocationSettings(table="revoked", delay=300, allows_unchecked=False))


def caller(number: int) -> Caller:
    return Caller(f"user-{number}", f"user-{number}", "client", frozenset(), frozenset(), NOW, NOW + 900, f"s-{number}")


def timed(callers: list[Caller], clock: Callable[[], float]) -> float:
    began = clock()
    for each in callers:
        asked.check(each, NOW)
    return (clock() - began) / len(callers)


def least(numbers: range, clock: Callable[[], float] = time.process_time) -> float:
    """Return the time of a check of a caller who was not asked for: the median of the parts."""
    parts = [range(first, min(first + PART, numbers.stop)) for first in range(numbers.start, numbers.stop, PART)]
    return median(timed([caller(number) for number in part], clock) for part in parts)


first = timed([caller(-1)], time.perf_counter)  # imports boto3 and makes its client
reads = job["reads"]
result = {
    "first": first,
    "read": least(range(reads)),
    "waited": least(range(reads, 2 * reads), time.perf_counter),
    "remembered": min(timed([caller(number) for number in range(reads)], time.process_time) for _ in range(20)),
}
revocation.read_entries = lambda *_: {}  # from here on without the read: what the check itself costs
asked = revocation.Revocations(RevocationSettings(table="revoked", delay=300, allows_unchecked=False))
result["empty"] = least(range(revocation.MOST // 2))
least(range(revocation.MOST // 2, job["subjects"] - revocation.MOST))
result["full"] = least(range(job["subjects"] - revocation.MOST, job["subjects"]))
json.dump(result, sys.stdout)
