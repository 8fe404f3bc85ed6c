"""A stack as its program would make it: what capacity and cost are calculated from."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from handler.routes import ROUTES
from policies.evaluation import resources_of
from policies.rule import Resource
from settings import Settings
from stacks.recorder import deployed, program, record


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A stack as its program would make it, without AWS."""

    settings: Settings
    resources: tuple[Resource, ...]


def plan_of(stack: str) -> Plan:
    """The settings and resources of a stack file; CommandError if it cannot be evaluated."""
    found: list[Settings] = []
    record(lambda: found.append(Settings.load(ROUTES)), deployed(stack))
    return Plan(settings=found[0], resources=resources_of(program(stack)))


def add_stack_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the stack, how long its function takes, and the form of the answer."""
    parser.add_argument("--stack", default="prod", metavar="NAME", help="settings of Pulumi.NAME.yaml (prod)")
    parser.add_argument(
        "--milliseconds", type=number, default=50, metavar="N", help="the function takes for a call (50)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of a table")


def number(text: str) -> float:
    """An argument that is a number, whole or not."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a number is wanted, got {text}") from None


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], right: frozenset[int] = frozenset()) -> str:
    """A Markdown table; the columns of `right` are numbers."""
    line = " | ".join("---:" if place in right else "---" for place in range(len(head)))
    return "\n".join([f"| {' | '.join(head)} |", f"| {line} |", *(f"| {' | '.join(row)} |" for row in rows)])
