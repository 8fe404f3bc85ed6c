"""What a stack can carry, and what it costs: `python -m planning`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handler.routes import ROUTES
from local import LocalError
from policies.evaluation import resources_of
from policies.rule import Resource
from settings import Settings
from tests.pulumi_recorder import deployed, program, record


class PlanningError(Exception):
    """Something cannot be calculated. The text is one line: what is wrong and what to do."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A stack as its program would make it, without AWS."""

    settings: Settings
    resources: tuple[Resource, ...]


def plan_of(stack: str) -> Plan:
    """The settings and resources of a stack file; PlanningError if it cannot be evaluated."""
    found: list[Settings] = []
    try:
        record(lambda: found.append(Settings.load(ROUTES)), deployed(stack))
        return Plan(settings=found[0], resources=resources_of(program(stack)))
    except LocalError as error:
        raise PlanningError(str(error)) from None


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], right: frozenset[int] = frozenset()) -> str:
    """A Markdown table; the columns of `right` are numbers."""
    line = " | ".join("---:" if place in right else "---" for place in range(len(head)))
    return "\n".join([f"| {' | '.join(head)} |", f"| {line} |", *(f"| {' | '.join(row)} |" for row in rows)])
