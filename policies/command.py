"""The command line: what the rules say of each stack, without AWS."""

from __future__ import annotations

import argparse
import json

from policies.evaluation import report
from policies.report import as_json, as_text
from stacks import ROOT
from stacks.command_line import CommandError, Parser, run

_ABOUT = """Hold the program, with the settings of each stack, against the infrastructure checklist, without AWS.
Exit status 1 if a rule is violated in staging or production without a suppression; elsewhere it is advice."""


def stacks() -> list[str]:
    """Every stack with settings here, the strictest last."""
    order = {"local": 0, "dev": 1, "staging": 2, "prod": 3}
    names = [path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml")]
    return sorted(names, key=lambda name: (order.get(name, 2), name))


def _parser() -> Parser:
    parser = Parser(prog="python -m policies", description=_ABOUT)
    parser.add_argument("--stack", default="all", metavar="NAME", help="settings of Pulumi.NAME.yaml, or all (all)")
    parser.add_argument("--json", action="store_true", help="print the reports as JSON")
    return parser


def _report(asked: argparse.Namespace) -> None:
    reports = [report(name) for name in (stacks() if asked.stack == "all" else [asked.stack])]
    print(json.dumps(as_json(reports), indent=2) if asked.json else "\n\n".join(as_text(each) for each in reports))
    failed = {each.stack: len(each.verdict.open) for each in reports if each.verdict.mandatory and each.verdict.open}
    if failed:
        counts = ", ".join(f"{count} in {name}" for name, count in failed.items())
        raise CommandError(
            f"stacks must break no rule, got {counts}; mend them, or suppress them with a reason (docs/policies.md)"
        )


def main(arguments: list[str] | None = None) -> int:
    """Report; the exit status: 0, or 1 after one line on standard error."""
    return run(_parser(), arguments, _report)
