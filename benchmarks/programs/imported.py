"""Import modules, call the last one's handler if the job has an event, and report import times and memory.

Reads a job from standard input and writes its result to standard output, both as JSON. Runs under `python -I -S` with
only the job's folders on the path.
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
start = time.perf_counter()
seconds: list[float] = []
for name in job["modules"]:
    began = time.process_time()  # imports wait for nothing, and other processes disturb the clock more
    module = importlib.import_module(name)
    seconds.append(time.process_time() - began)
result: dict[str, Any] = {"seconds": seconds}

if job["event"]:
    output, sys.stdout = sys.stdout, sys.stderr
    result["status"] = module.lambda_handler(job["event"], None)["statusCode"]
    sys.stdout = output
result |= {"first": time.perf_counter() - start, "processor": time.process_time()}
status = Path("/proc/self/status")  # Linux only
if status.exists():
    lines = (line.split() for line in status.read_text().splitlines())
    result["megabytes"] = next(int(line[1]) for line in lines if line[0] == "VmRSS:") / 1024
json.dump(result, sys.stdout)
