"""The command line of the benchmark: `python -m benchmarks --help`."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable

from benchmarks import clients, coldstart, crowd, handler, imports, load, preview, program, revocation, startup
from benchmarks.figures import Table
from stacks.command_line import Parser, run

_TOPICS: dict[str, tuple[Callable[..., Table], str, int]] = {
    "handler": (handler.measure, "one call of the handler, compared with a raw signature check", 40),
    "import": (imports.measure, "import and memory of the handler, compared with PyJWT alone", 30),
    "coldstart": (coldstart.measure, "a cold start until its first answer, compared with import jwt", 40),
    "program": (program.measure, "evaluation of the Pulumi program, compared with its imports", 50),
    "preview": (preview.measure, "pulumi preview of dev, compared with a program of one resource", 50),
    "revocation": (revocation.measure, "the check for revoked tokens, with and without its read", 60),
    "crowd": (crowd.measure, "the key endpoint in front of a million users, simulated", 60),
    "load": (load.measure, "300 routes, and the memory over a million calls", 120),
    "startup": (startup.measure, "start-up of the local run, by phase and with 300 routes", 60),
    "clients": (clients.measure, "the local run under the calls of many clients at once", 90),
}
_ABOUT = "Measure what the project costs. Figures over their limit are marked, but do not fail the command."


def _measure(asked: argparse.Namespace) -> None:
    tables: list[Table] = []
    for topic in [asked.only] if asked.only else _TOPICS:
        measure, about, seconds = _TOPICS[topic]
        print(f"{topic}: {about}, about {seconds} s …", file=sys.stderr, flush=True)
        began = time.perf_counter()
        tables.append(measure(asked.calls, asked.clients) if topic == "clients" else measure())
        print(f"{topic}: measured in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        if not asked.json:
            print(f"\n{tables[-1].as_text()}\n", flush=True)
    over = [f"{table.topic}: {figure.name}" for table in tables for figure in table.figures if figure.is_over]
    machine = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    if asked.json:
        document = {"machine": machine, "over": over, "topics": {table.topic: table.as_json() for table in tables}}
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        print(f"{machine}. Over the limit: {'; '.join(over) or 'nothing'}.")


def _parser() -> Parser:
    parser = Parser(prog="python -m benchmarks", description=_ABOUT)
    parser.add_argument("--only", choices=_TOPICS, help="measure this topic only")
    parser.add_argument(
        "--calls", type=_count, default=clients.CALLS, metavar="N", help=f"calls of the clients ({clients.CALLS})"
    )
    parser.add_argument(
        "--clients", type=_count, default=clients.CLIENTS, metavar="N", help=f"clients ({clients.CLIENTS})"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of tables")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"must be 1 to 1,000,000, got {text}")
    return int(text)


def main(arguments: list[str] | None = None) -> int:
    """Measure and print. Return 0, or 1 after one line on standard error if a measurement fails."""
    return run(_parser(), arguments, _measure)


if __name__ == "__main__":
    sys.exit(main())
