"""Growth: 300 routes instead of the table's own, and a million calls of one process."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import child
from benchmarks.figures import Figure, Table
from benchmarks.pool import Pool, event
from handler.routes import ROUTES
from stacks.command_line import CommandError
from stacks.routes import MISSING, signed_in_route

MANY = 300  # API Gateway quota: routes per HTTP API
FEW_CALLS, CALLS = 30_000, 1_000_000
TOKENS = 24
RUNS = 5
_WORKER = Path(__file__).parent / "programs" / "loaded.py"


def measure() -> Table:
    if not sys.platform.startswith("linux"):
        raise CommandError("load must be measured on Linux, which shows a process's memory in /proc")
    route = signed_in_route(ROUTES)
    if route is None:
        raise CommandError(MISSING["signed-in"])
    with Pool() as pool, child.package() as package:
        events = [event(pool.token(), route.key) for _ in range(TOKENS)]

        def ran(routes: int, calls: int) -> dict[str, Any]:
            job = {"path": [str(package)], "key": route.key, "routes": routes, "calls": calls, "events": events}
            answer = child.run([*child.ISOLATED, str(_WORKER)], given=job, environment=pool.environment, deadline=900)
            result: dict[str, Any] = json.loads(answer)
            return result

        pairs = [(ran(len(ROUTES), FEW_CALLS), ran(MANY, FEW_CALLS)) for _ in range(RUNS)]
        long = ran(len(ROUTES), CALLS)
    few, many = ({name: min(run[name] for run in runs) for name in runs[0]} for runs in zip(*pairs, strict=True))
    calls = f"compared with {len(ROUTES)} routes"
    return Table(
        topic="load",
        title=f"Load: {MANY} routes, and {CALLS:,} authorized calls of one process",
        baseline="",
        method=f"processor times of fresh processes, the least of {RUNS}, {FEW_CALLS:,} calls each; memory is resident",
        figures=[
            Figure(
                name=f"import handler.app, {len(ROUTES)} routes, after jwt", amount=few["started"] * 1000, unit="ms"
            ),
            _figure(f"the same, {MANY} routes, {calls}", many["started"] * 1000, few["started"] * 1000, "ms", 1.5),
            _figure(f"a call, {MANY} routes, {calls}", many["call"] * 1e6, few["call"] * 1e6, "µs", 1.1),
            _figure(f"memory after {CALLS:,} calls, compared with 10,000", long["after"], long["before"], "MB", 1.02),
        ],
    )


def _figure(name: str, amount: float, base: float, unit: str, limit: float) -> Figure:
    return Figure(name=name, amount=amount, unit=unit, ratio=amount / base, limit=limit)
