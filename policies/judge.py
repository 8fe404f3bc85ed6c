"""Judge a stack's resources by all rules, minus what its settings suppress with a reason."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from policies.rule import MANDATORY, Rule, Violation
from policies.rules import RULES
from settings.stack import Suppression
from stacks.command_line import CommandError
from stacks.resource import Resource


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A violation, and its suppression if the settings have one."""

    rule: Rule
    violation: Violation
    suppression: Suppression | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The findings of a stack. `asked` are the rules of its environment."""

    environment: str
    asked: Sequence[Rule]
    findings: Sequence[Finding]

    @property
    def mandatory(self) -> bool:
        return self.environment in MANDATORY

    @property
    def open(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.suppression is None]

    @property
    def suppressed(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.suppression is not None]


def asked(environment: str) -> tuple[Rule, ...]:
    """Return the rules that apply to stacks of this environment."""
    return tuple(rule for rule in RULES if environment in rule.environments)


def suppression_of(violation: Violation, rule: Rule, suppressions: Iterable[Suppression]) -> Suppression | None:
    return next(
        (each for each in suppressions if each.rule == rule.id and fnmatchcase(violation.resource, each.resource)), None
    )


def check_ids(suppressions: Iterable[Suppression]) -> None:
    """Raise CommandError for a suppression of an unknown rule: it would have no effect, unnoticed."""
    ids = {rule.id for rule in RULES}
    for each in suppressions:
        if each.rule not in ids:
            raise CommandError(f"policySuppressions must name a rule of docs/policies.md, got {each.rule}")


def judge(resources: Sequence[Resource], environment: str, suppressions: Sequence[Suppression]) -> Verdict:
    """Return every violation, suppressed or not; CommandError for a suppression without a violation."""
    check_ids(suppressions)
    rules = asked(environment)
    used: list[Suppression] = []
    findings = []
    for rule in rules:
        for violation in rule.violations(resources):
            match = suppression_of(violation, rule, suppressions)
            if match is not None:
                used.append(match)
            findings.append(Finding(rule=rule, violation=violation, suppression=match))
    for each in suppressions:
        if each not in used:
            raise CommandError(
                f"policySuppressions must suppress something, but {each.rule} on {each.resource} does not: remove it"
            )
    return Verdict(environment=environment, asked=rules, findings=findings)
