"""Imports modules, and calls the last one's handler if there is an event for it: says how long each import took and
what the process occupies then. A job comes on standard input, the result leaves on standard output; both are JSON.

Runs under `python -I -S`, with nothing on the path but what the job names.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any

job = json.load(sys.stdin)
sys.path[:0] = job["path"]

module: Any = None
seconds: list[float] = []
for name in job["modules"]:
    began = time.perf_counter()
    module = importlib.import_module(name)
    seconds.append(time.perf_counter() - began)
result: dict[str, Any] = {"seconds": seconds}

if job["event"]:
    output, sys.stdout = sys.stdout, sys.stderr
    result["status"] = module.lambda_handler(job["event"], None)["statusCode"]
    sys.stdout = output
status = Path("/proc/self/status")  # Linux; elsewhere a child cannot tell its own memory from its parent's
if status.exists():
    lines = (line.split() for line in status.read_text().splitlines())
    result["megabytes"] = next(int(line[1]) for line in lines if line[0] == "VmRSS:") / 1024
json.dump(result, sys.stdout)
