"""The time and memory that importing the handler takes, beside PyJWT alone: every cold start pays it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import child
from benchmarks.figures import Figure, Table
from benchmarks.pool import CLIENT_ID, Pool, event
from handler.routes import ROUTES
from stacks.command_line import CommandError
from stacks.routes import MISSING, signed_in_route

RUNS = 15
_WORKER = Path(__file__).parent / "programs" / "imported.py"
_CONTENDERS = Path(__file__).parent / "contenders"

Results = list[dict[str, Any]]


def measure() -> Table:
    with Pool() as pool, child.package() as package, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        cold = Path(folder, "package")
        shutil.copytree(package, cold)
        route = signed_in_route(ROUTES)
        if route is None:
            raise CommandError(MISSING["signed-in"])
        own, compared = event(pool.token(), route.key), child.compared()
        jobs: dict[str, list[Any]] = {
            "jwt": [(["jwt"], [package], None), ()],
            "handler": [(["jwt", "handler.app"], [package], own), ()],
            "cold": [(["jwt", "handler.app"], [cold], own), ("-B",)],
        }
        if compared is not None:
            bound = event(pool.token(aud=CLIENT_ID))
            jobs["powertools"] = [(["jwt", "powertools"], [package, compared, _CONTENDERS], bound), ()]
        results: dict[str, Results] = {name: [] for name in jobs}
        for number in range(RUNS + 1):
            for name, (job, options) in jobs.items():
                result = _imported(pool, job, options)
                if number:  # the first run writes the bytecode
                    results[name].append(result)
    return _table(results)


def _imported(pool: Pool, job: tuple[list[str], Sequence[Path], Any], options: Sequence[str]) -> dict[str, Any]:
    modules, path, call = job
    given = {"modules": modules, "path": [str(folder) for folder in path], "event": call}
    answer = child.run([*child.ISOLATED, *options, str(_WORKER)], given=given, environment=pool.environment)
    result: dict[str, Any] = json.loads(answer)
    if result.get("status", 200) != 200:
        raise CommandError(f"{modules[-1]} must answer 200, got {result['status']}")
    return result


def _table(results: dict[str, Results]) -> Table:
    figures = [Figure(name="import jwt", amount=_milliseconds(results["jwt"]), unit="ms")]
    for name, label, limit in (
        ("handler", "import handler.app", 1.08),
        ("cold", "import handler.app, no bytecode", None),
        ("powertools", "import Powertools resolver and JWTVerifier", None),
    ):
        if name in results:
            ratio = median(sum(result["seconds"]) / result["seconds"][0] for result in results[name])
            amount = _milliseconds(results[name])
            figures.append(Figure(name=label, amount=amount, unit="ms", ratio=ratio, limit=limit))
    notes = ["no bytecode: the package as Lambda gets it, compared with jwt without bytecode; other rows have bytecode"]
    if "megabytes" in results["jwt"][0]:
        alone = _megabytes(results["jwt"])
        figures.append(Figure(name="resident, import jwt", amount=alone, unit="MB"))
        for name, who, limit in (("handler", "handler.app", 1.15), ("powertools", "Powertools", None)):
            if name in results:
                size = _megabytes(results[name])
                label = f"resident, {who} after its first authorized call"
                figures.append(Figure(name=label, amount=size, unit="MB", ratio=size / alone, limit=limit))
    else:
        notes.append("resident memory is measured on Linux only")
    return Table(
        topic="import",
        title="Import and memory: the packaged handler compared with PyJWT alone",
        baseline="jwt",
        method=f"{RUNS} fresh interpreters of each, in turn, under python -I -S; each imports jwt first, and "
        "its ratio is that of all to this; processor times are the least, ratios and memory the median",
        figures=figures,
        notes=notes,
    )


def _milliseconds(results: Results) -> float:
    least: float = min(sum(result["seconds"]) for result in results)
    return least * 1000


def _megabytes(results: Results) -> float:
    size: float = median(result["megabytes"] for result in results)
    return size
