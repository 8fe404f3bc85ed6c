"""Measure `python -m local up` until the API answers, phase by phase."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import child
from benchmarks.figures import Figure, Table
from handler.routes import ROUTES
from stacks import ROOT
from stacks.command_line import CommandError

RUNS = 3
MANY = 300  # API Gateway quota: routes per HTTP API
# Added to the route table of a copy of the program.
_MORE = f"""

from dataclasses import replace

ROUTES = table(*ROUTES, *(replace(ROUTES[0], key=f"GET /route{{number}}") for number in range({MANY - len(ROUTES)})))
"""
WHOLE, RETURNED = "whole, until the first call is answered", "until up --detach returns, with a demo user"
_PHASES = ("emulator", "program", "first call")  # steps that `up` prints with their seconds
_STEP = re.compile(r" +(\d+\.\d\d) s  (\S.*?)  ")


def measure() -> Table:
    child.built()  # as on every start but the first of a checkout
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        many = Path(folder, "program")
        _copy(many)
        with (many / "handler" / "routes.py").open("a") as table:
            table.write(_MORE)
        _phases(many)  # builds its package
        pairs = [(_phases(ROOT), _phases(many)) for _ in range(RUNS)]
    fastest, of_many = (min(runs, key=lambda phases: phases[WHOLE]) for runs in zip(*pairs, strict=True))
    return Table(
        topic="startup",
        title="Start-up: python -m local up --detach --port 0",
        baseline="",
        method=f"the fastest of {RUNS} runs, by the clock; the function's package was built before",
        figures=[
            *(
                Figure(name=name, amount=seconds, unit="s", limit=10 if name == WHOLE else None)
                for name, seconds in fastest.items()
            ),
            Figure(
                name=f"whole, {MANY} routes, compared with {len(ROUTES)} routes",
                amount=of_many[WHOLE],
                unit="s",
                ratio=of_many[WHOLE] / fastest[WHOLE],
                limit=3.0,
            ),
        ],
    )


def _copy(folder: Path) -> None:
    """Copy what the program and the local run read. The folder of built packages is shared."""
    left_out = {path.name for path in ROOT.iterdir() if path.name.startswith(".") or path.name == "tests"}
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns("__pycache__", "node_modules", *left_out))
    (folder / ".build").symlink_to(ROOT / ".build")


def _phases(program: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        local = [sys.executable, "-m", "local", "--dir", str(Path(folder, "run"))]
        began = time.perf_counter()
        try:
            seen = _seen([*local, "up", "--detach", "--port", "0"], program, began)
            returned = time.perf_counter() - began
        finally:
            down = [*local, "down"]
            subprocess.run(down, cwd=program, stdout=subprocess.DEVNULL, timeout=child.DEADLINE, check=False)
    phases = {"processes and imports": seen["Stack"][0]}
    phases |= {name: seen[name][1] for name in _PHASES}
    return {**phases, WHOLE: seen["first call"][0], RETURNED: returned}


def _seen(command: list[str], program: Path, began: float) -> dict[str, tuple[float, float]]:
    """Return for each printed step its time in seconds since `began`, and the seconds that it prints."""
    seen: dict[str, tuple[float, float]] = {}
    with subprocess.Popen(command, cwd=program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        line = ""
        for line in process.stdout or ():
            now = time.perf_counter() - began
            step = _STEP.match(line)
            if step:
                seen[step[2]] = now, float(step[1])
            elif line.startswith("Stack "):
                seen["Stack"] = now, 0.0
    missing = {"Stack", *_PHASES} - seen.keys()
    if process.returncode != 0 or missing:
        raise CommandError(
            f"python -m local up must print {', '.join(sorted(missing)) or 'no error'}, got: {line.strip()}"
        )
    return seen
