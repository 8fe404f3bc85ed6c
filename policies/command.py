"""The command line: judge the stacks without AWS."""

from __future__ import annotations

import argparse
import json

from policies.evaluation import report
from policies.report import as_json, as_text
from stacks.command_line import CommandError, Parser, run
from stacks.engine import stack_names

_ABOUT = """Judge the program, with the settings of each stack, by the infrastructure checklist, without AWS.
Exit status 1 if a stack for staging or production breaks a rule without a suppression; elsewhere rules are advice."""


def _parser() -> Parser:
    parser = Parser(prog="python -m policies", description=_ABOUT)
    parser.add_argument("--stack", default="all", metavar="NAME", help="settings of Pulumi.NAME.yaml, or all (all)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    return parser


def _report(arguments: argparse.Namespace) -> None:
    names = stack_names() if arguments.stack == "all" else [arguments.stack]
    reports = sorted(map(report, names), key=lambda each: (each.verdict.mandatory, each.stack))  # the strict ones last
    print(json.dumps(as_json(reports), indent=2) if arguments.json else "\n\n".join(map(as_text, reports)))
    failed = {each.stack: len(each.verdict.open) for each in reports if each.verdict.mandatory and each.verdict.open}
    if failed:
        counts = ", ".join(f"{count} in {name}" for name, count in failed.items())
        raise CommandError(
            f"stacks must break no rule, got {counts}; fix them, or suppress them with a reason (docs/policies.md)"
        )


def main(arguments: list[str] | None = None) -> int:
    """Print the reports and return the exit status: 0, or 1 after one line on standard error."""
    return run(_parser(), arguments, _report)
