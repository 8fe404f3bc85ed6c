"""What a stack would make, without AWS: the program runs on Pulumi's mocks and each resource is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from handler.routes import ROUTES
from policies.judge import Verdict, judge
from policies.rule import Resource
from settings import Settings
from stacks.command_line import CommandError
from stacks.recorder import Recording, deployed, program, record


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the rules say of one stack and its resources."""

    stack: str
    resources: tuple[Resource, ...]
    verdict: Verdict


def resources_of(recording: Recording) -> tuple[Resource, ...]:
    """What AWS would be asked to make; components are this program's own."""
    return tuple(
        Resource(type=each.type, name=each.name, inputs=each.inputs, protect=each.protect)
        for each in recording.resources
        if each.custom
    )


@cache
def report(stack: str) -> Report:
    """The report of a stack file; CommandError if the stack cannot be evaluated, or suppresses what is not there."""
    found: list[Settings] = []
    try:
        record(lambda: found.append(Settings.load(ROUTES)), deployed(stack))
        resources = resources_of(program(stack))
    except CommandError as error:
        raise CommandError(str(error)) from None
    (settings,) = found
    try:
        verdict = judge(resources, settings.environment, settings.policy_suppressions)
    except CommandError as error:
        raise CommandError(f"Pulumi.{stack}.yaml: {error}") from None
    return Report(stack=stack, resources=resources, verdict=verdict)
