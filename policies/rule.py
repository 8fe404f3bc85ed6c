"""A rule is a plain function over one resource's inputs or over all resources, with a severity and a remedy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from stacks.resource import Resource

ENVIRONMENTS = ("dev", "staging", "prod")
# Environments in which a violation stops the deployment; elsewhere it is advice.
MANDATORY = frozenset({"staging", "prod"})
PRODUCTION = ("prod",)
STACK = "the stack"  # the resource of a violation that is about a missing one


class Severity(StrEnum):
    """Pulumi's severities of a violation."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Violation(NamedTuple):
    """A resource's name, and the sentence `<input> must <rule>, got <value>`."""

    resource: str
    says: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One line of the checklist. `sources` are its ids there; it applies to stacks of `environments` only."""

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
    """A rule about one resource at a time, of these types."""

    types: tuple[str, ...]
    check: Callable[[Resource], Iterator[str]]

    def violations(self, resources: Sequence[Resource]) -> Iterator[Violation]:
        for resource in resources:
            if resource.type in self.types:
                yield from (Violation(resource.name, says) for says in self.check(resource))


@dataclass(frozen=True, kw_only=True)
class StackRule(Rule):
    """A rule about several resources at once, or about a missing one."""

    check: Callable[[Sequence[Resource]], Iterator[Violation]]

    def violations(self, resources: Sequence[Resource]) -> Iterator[Violation]:
        yield from self.check(resources)


def of_type(resources: Sequence[Resource], *types: str) -> list[Resource]:
    return [resource for resource in resources if resource.type in types]


def at(inputs: Mapping[str, Any], path: str) -> Any:
    """Return the input at `a.b.c`, or None where any part is missing."""
    value: Any = inputs
    for part in path.split("."):
        value = None if value is None else value.get(part)
    return value


def shown(value: object) -> str:
    """Return a value as a violation prints it."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"  # Pulumi's engine passes every number as a float
    if isinstance(value, Collection) and not isinstance(value, str):
        return ", ".join(map(str, value)) or "nothing"
    return str(value)


def wants(resource: Resource, path: str, *allowed: object) -> Iterator[str]:
    """Yield a violation if the input is none of the allowed values. True does not equal 1 here."""
    value = at(resource.inputs, path)
    if not any(value == each and type(value) is type(each) for each in allowed):
        yield f"{path} must be {' or '.join(map(shown, allowed))}, got {shown(value)}"
