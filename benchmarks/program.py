"""The time that evaluating the Pulumi program takes, beside the import of Pulumi and its AWS provider."""

from __future__ import annotations

from benchmarks import child
from benchmarks.figures import Figure, Table
from handler.routes import ROUTES

RUNS = 15
MANY = 300  # API Gateway quota: routes per HTTP API


def measure() -> Table:
    child.built()  # or the program builds it during the measurement
    evaluate = ["-m", "benchmarks.programs.evaluate"]
    imports, shipped, many = child.least_seconds(
        [["-m", "benchmarks.programs.imports"], [*evaluate, str(len(ROUTES))], [*evaluate, str(MANY)]], RUNS
    )
    return Table(
        topic="program",
        title="Program: evaluated in a fresh process, its package built before, nothing created",
        baseline="",
        method=f"processor time of whole processes, the least of {RUNS} runs of each, in turn",
        figures=[
            Figure(name="import pulumi and the provider's classes that it uses", amount=imports, unit="s"),
            Figure(
                name=f"evaluate, {len(ROUTES)} routes, compared with these imports",
                amount=shipped,
                unit="s",
                ratio=shipped / imports,
                limit=1.35,
            ),
            Figure(
                name=f"evaluate, {MANY} routes, compared with {len(ROUTES)} routes",
                amount=many,
                unit="s",
                ratio=many / shipped,
                limit=3.0,
            ),
        ],
    )
