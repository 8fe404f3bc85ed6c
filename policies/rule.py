"""What a rule is: a plain function over a resource's inputs, or over all resources of a stack, and what it is for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from stacks.resource import Resource

ENVIRONMENTS = ("dev", "staging", "prod")
# Where a violation stops the deployment; elsewhere it is advice.
MANDATORY = frozenset({"staging", "prod"})
PRODUCTION = ("prod",)
STACK = "the stack"  # stands for the resource where one is missing


class Severity(StrEnum):
    """How bad a violation is; the words are Pulumi's own."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Violation(NamedTuple):
    """A resource by its name, and what it must be: `<input> must <rule>, got <value>`."""

    resource: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One line of the checklist. `sources` names it there; only stacks of `environments` are asked."""

    id: str
    severity: Severity
    title: str
    remedy: str
    sources: tuple[str, ...]
    environments: tuple[str, ...] = ENVIRONMENTS

    def violations(self, resources: Sequence[Resource]) -> Iterator[Violation]:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class ResourceRule(Rule):
    """A rule that looks at one resource of some types at a time."""

    types: tuple[str, ...]
    check: Callable[[Resource], Iterator[str]]

    def violations(self, resources: Sequence[Resource]) -> Iterator[Violation]:
        for resource in resources:
            if resource.type in self.types:
                yield from (Violation(resource.name, says) for says in self.check(resource))


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """A rule that needs all resources: what must be there, or belongs together."""

    check: Callable[[Sequence[Resource]], Iterator[Violation]]

    def violations(self, resources: Sequence[Resource]) -> Iterator[Violation]:
        yield from self.check(resources)


def of_type(resources: Sequence[Resource], *types: str) -> list[Resource]:
    return [resource for resource in resources if resource.type in types]


def at(inputs: Mapping[str, Any], path: str) -> Any:
    """The input at `a.b.c`, or None where any part of it is not given."""
    value: Any = inputs
    for part in path.split("."):
        value = None if value is None else value.get(part)
    return value


def shown(value: object) -> str:
    """A value as a violation says it."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"  # Pulumi's engine hands every number over as one
    if isinstance(value, Collection) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "nothing"
    return str(value)


def wants(resource: Resource, path: str, *allowed: object) -> Iterator[str]:
    """The violation of an input that is none of the allowed values. True is not 1 here."""
    value = at(resource.inputs, path)
    if not any(value == each and type(value) is type(each) for each in allowed):
        yield f"{path} must be {' or '.join(map(shown, allowed))}, got {shown(value)}"
