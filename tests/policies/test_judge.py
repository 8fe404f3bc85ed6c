"""Suppressions: they need an existing rule and a violation, and keep their reason."""

from __future__ import annotations

import pytest

import policies.judge
from policies.judge import asked, judge
from policies.rule import MANDATORY, PRODUCTION, Violation
from policies.rules import RULES
from settings.stack import Suppression
from stacks.command_line import CommandError
from stacks.resource import Resource

REASON = "The VPC has a NAT gateway, so keys can be fetched."
FUNCTION = "aws:lambda/function:Function"


@pytest.fixture(autouse=True)
def two_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge by two rules only, so that a new rule changes no test here."""
    monkeypatch.setattr(policies.judge, "RULES", [rule for rule in RULES if rule.id in {"L-VPC", "L-KMS"}])


def suppression(rule: str, resource: str = "*") -> Suppression:
    return Suppression(rule=rule, resource=resource, reason=REASON)


def function(name: str, subnets: list[str]) -> Resource:
    inputs = {
        "runtime": "python3.13",
        "timeout": 10,
        "memorySize": 512,
        "reservedConcurrentExecutions": 10,
        "loggingConfig": {"logFormat": "JSON", "logGroup": name},
        "tracingConfig": {"mode": "Active"},
        "vpcConfig": {"subnetIds": subnets},
        "tags": {"Project": "example", "Stack": "dev"},
    }
    return Resource(type=FUNCTION, name=name, inputs=inputs)


IN_VPC = [function("one", ["subnet-1"]), function("two", ["subnet-1"]), function("outside", [])]
SAYS = "vpcConfig must not be set, got subnets subnet-1"


def test_violations_are_found_and_open() -> None:
    """Without a suppression every violation counts."""
    verdict = judge(IN_VPC, "dev", [])

    assert [each.violation for each in verdict.open] == [Violation("one", SAYS), Violation("two", SAYS)]
    assert verdict.suppressed == []


def test_suppression_keeps_its_reason_and_leaves_the_rest() -> None:
    """A suppressed violation is still listed, and no other one is suppressed."""
    only = suppression("L-VPC", "o*")
    verdict = judge(IN_VPC, "dev", [only])

    assert [(each.violation.resource, each.suppression) for each in verdict.suppressed] == [("one", only)]
    assert [each.violation.resource for each in verdict.open] == ["two"]


def test_suppression_of_an_unknown_rule_is_refused() -> None:
    """A misspelled suppression would have no effect, unnoticed."""
    with pytest.raises(CommandError, match=r"^policySuppressions must name a rule of docs/policies\.md, got L-VCP$"):
        judge(IN_VPC, "dev", [suppression("L-VCP")])


@pytest.mark.parametrize("resource", ["outside", "three"])
def test_suppression_that_suppresses_nothing_is_refused(resource: str) -> None:
    """An unused suppression would hide the next violation."""
    with pytest.raises(CommandError, match=f"must suppress something, but L-VPC on {resource} does not: remove it"):
        judge(IN_VPC, "dev", [suppression("L-VPC", resource)])


def test_rule_that_is_not_asked_cannot_be_suppressed() -> None:
    """A rule that is not asked in dev has nothing to suppress there."""
    with pytest.raises(CommandError, match="L-KMS on"):
        judge(IN_VPC, "dev", [suppression("L-KMS")])


def test_production_is_asked_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rule applies to production."""
    monkeypatch.setattr(policies.judge, "RULES", RULES)
    assert asked("prod") == RULES
    assert set(asked("dev")) < set(asked("staging")) < set(asked("prod"))
    assert all(rule in asked("dev") or set(rule.environments) <= {*PRODUCTION, "staging"} for rule in RULES)


def test_level_follows_from_the_environment() -> None:
    """Violations are advice in dev, and errors in staging and production."""
    assert (
        {name for name in ("dev", "staging", "prod") if judge([], name, []).mandatory}
        == MANDATORY
        == {"staging", "prod"}
    )
