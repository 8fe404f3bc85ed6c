"""Judge a stack file, without AWS."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from policies.judge import Verdict, judge
from stacks.command_line import CommandError
from stacks.plan import plan_of
from stacks.resource import Resource


@dataclass(frozen=True, kw_only=True)
class Report:
    """The verdict on one stack's resources."""

    stack: str
    resources: tuple[Resource, ...]
    verdict: Verdict


@cache
def report(stack: str) -> Report:
    """Judge a stack file. CommandError if it cannot be evaluated, or suppresses a violation that it does not have."""
    plan = plan_of(stack)
    try:
        verdict = judge(plan.resources, plan.settings.environment, plan.settings.policy_suppressions)
    except CommandError as error:
        raise CommandError(f"Pulumi.{stack}.yaml: {error}") from None
    return Report(stack=stack, resources=plan.resources, verdict=verdict)
