"""The resources that a stack would create, found without AWS: the program runs on Pulumi's mocks and is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from handler.route import Route
from handler.routes import ROUTES
from settings import Settings
from stacks.recorder import RecordedResource, Recording, deployed, program, record


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A stack's settings and routes, the resources that AWS would be asked for, and the stack's outputs."""

    stack: str
    settings: Settings
    routes: Sequence[Route]
    resources: tuple[RecordedResource, ...]
    outputs: Mapping[str, Any]


@cache
def plan_of(stack: str) -> Plan:
    """Evaluate the program for Pulumi.<stack>.yaml. CommandError if a setting or a resource is refused."""
    loaded: list[Settings] = []
    record(lambda: loaded.append(Settings.load(ROUTES)), deployed(stack))
    recording = program(stack)
    return Plan(
        stack=stack,
        settings=loaded[0],
        routes=ROUTES,
        resources=resources_of(recording),
        outputs=recording.outputs,
    )


def resources_of(recording: Recording) -> tuple[RecordedResource, ...]:
    """Return the resources that AWS makes; components exist in Pulumi only."""
    return tuple(each for each in recording.resources if each.custom)
