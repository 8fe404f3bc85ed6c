"""The time of a cold start until its first authorized answer, as Lambda meets the package: it cannot write bytecode."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import child
from benchmarks.figures import Figure, Table
from benchmarks.pool import CLIENT_ID, Pool, event
from components.bytecode import compiled
from handler.routes import ROUTES
from stacks import ROOT
from stacks.command_line import CommandError
from stacks.routes import MISSING, signed_in_route

RUNS = 11
DELAYS = (0, 0.05, 0.15)  # seconds until the key endpoint answers
LIMITED = 0.05  # seconds; the delay for which there is a limit
_WORKER = Path(__file__).parent / "programs" / "imported.py"
_CONTENDERS = Path(__file__).parent / "contenders"

Job = tuple[str, Sequence[Path], Any, Pool, float]  # module, path, event, pool and its delay
Results = dict[str, list[dict[str, Any]]]


def measure() -> Table:
    with _packages() as (plain, ours), Pool() as pool, Pool(tls=True) as over_tls:
        route = signed_in_route(ROUTES)
        if route is None:
            raise CommandError(MISSING["signed-in"])
        jobs: dict[str, Job] = {"import jwt": ("jwt", [plain], None, pool, 0)}
        for delay in DELAYS:
            jobs[_named("this handler", delay)] = ("handler.app", [ours], event(pool.token(), route.key), pool, delay)
        tls = ("handler.app", [ours], event(over_tls.token(), route.key), over_tls, LIMITED)
        jobs[_named("this handler", LIMITED) + ", over TLS"] = tls
        jobs[_named("this handler without bytecode", LIMITED)] = (
            *("handler.app", [plain], event(pool.token(), route.key)),
            *(pool, LIMITED),
        )
        jobs[_named("PyJWT by hand", LIMITED)] = ("by_hand", [plain, _CONTENDERS], event(pool.token()), pool, LIMITED)
        if (compared := child.compared()) is not None:
            powertools = shutil.copytree(compared, plain.parent / "powertools", ignore=_BYTECODE)
            path = [plain, powertools, _CONTENDERS]
            jobs[_named("Powertools", LIMITED)] = ("powertools", path, event(pool.token(aud=CLIENT_ID)), pool, LIMITED)
        results: Results = {name: [] for name in jobs}
        for _ in range(RUNS):
            for name, job in jobs.items():
                results[name].append(_started(*job))
    return _table(results)


_BYTECODE = shutil.ignore_patterns("__pycache__")


def _named(who: str, delay: float) -> str:
    return f"{who}, keys after {delay * 1000:.0f} ms"


@contextmanager
def _packages() -> Iterator[tuple[Path, Path]]:
    """Yield the function's package without bytecode, and with the bytecode that a deployment adds."""
    with child.package() as package, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        plain = shutil.copytree(package, Path(folder, "plain"))
        ours = shutil.copytree(package, Path(folder, "ours"))
        modules = {path.relative_to(ours).as_posix(): path for path in ours.rglob("*.py")}
        compiled(sys.executable, modules, ours / "handler", ours, ours)
        yield plain, ours


def _started(module: str, path: Sequence[Path], call: Any, pool: Pool, delay: float) -> dict[str, Any]:
    pool.delay = delay
    given = {"modules": [module], "path": [str(folder) for folder in path], "event": call}
    environment: Mapping[str, str] = {**pool.environment, "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand"}
    answer = child.run([*child.ISOLATED, "-B", str(_WORKER)], given=given, environment=environment, cwd=ROOT)
    result: dict[str, Any] = json.loads(answer)
    if result.get("status", 200) != 200:
        raise CommandError(f"{module} must answer 200, got {result['status']}")
    return result


def _table(results: Results) -> Table:
    base = results["import jwt"]
    figures = []
    for name, runs in results.items():
        ratio = median(run["first"] / alone["first"] for run, alone in zip(runs, base, strict=True))
        figures.append(
            Figure(
                name=f"{name} ({min(run['processor'] for run in runs) * 1000:.0f} ms of processor)",
                amount=min(run["first"] for run in runs) * 1000,
                unit="ms",
                ratio=ratio,
                limit=0.75 if name == _named("this handler", LIMITED) else None,
            )
        )
    return Table(
        topic="coldstart",
        title="Cold start: from the first import to the first authorized answer, in a folder that cannot be written",
        baseline="jwt",
        method=f"{RUNS} fresh interpreters of each, in turn, under python -I -S -B; times are the least, by the clock "
        "and of the processor, ratios the median of those to import jwt in the same turn",
        figures=figures,
        notes=["import jwt and the compared handlers have no bytecode, as packages usually have none"],
    )
