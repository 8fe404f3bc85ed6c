"""Make an app of many routes, call it many times, and report processor times and memory.

Reads a job from standard input and writes its result to standard output, both as JSON. Runs under `python -I -S` with
only the job's folders on the path.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

WARM = 10_000  # calls before the first look at the memory

job = json.load(sys.stdin)
sys.path[:0] = job["path"]
result, sys.stdout = sys.stdout, Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process lives

import jwt  # noqa: E402, F401 - what every handler on PyJWT imports is not measured

began = time.process_time()
from handler import app  # noqa: E402 - from the job's path
from handler.route import table  # noqa: E402 - likewise
from handler.routes import ROUTES  # noqa: E402 - likewise

like = next(route for route in ROUTES if route.key == job["key"])
more = [replace(like, key=f"GET /route{number}") for number in range(job["routes"] - len(ROUTES))]
handle = app.App(table(*ROUTES, *more)).handle
started = time.process_time() - began


def megabytes() -> float:
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return next(int(line[1]) for line in lines if line[0] == "VmRSS:") / 1024


before, events = 0.0, job["events"]
for number in range(job["calls"]):
    if number == WARM:
        before, began = megabytes(), time.process_time()
    if handle(events[number % len(events)], None)["statusCode"] != 200:
        sys.exit("each call must be answered with 200")
spent = (time.process_time() - began) / max(1, job["calls"] - WARM)
json.dump({"started": started, "call": spent, "before": before, "after": megabytes()}, result)
