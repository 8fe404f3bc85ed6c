"""The rules on every stack file, and on settings that relax the stack."""

from __future__ import annotations

import re

import pytest

from policies.evaluation import report
from policies.judge import judge
from policies.rule import ResourceRule, Severity
from policies.rules import RULES
from settings.model import SETTINGS
from stacks.plan import resources_of
from stacks.recorder import STACKS, deployed, program, record_program

# What settings can relax: key, the safe value, the other one, and the rules that must notice it.
RELAXED = [
    ("passwordSignIn", "false", "true", {"COG-PLAIN-PASSWORD"}),
    ("deletionProtection", "true", "false", {"COG-KEPT"}),
    ("selfSignUp", "false", "true", {"COG-SIGN-UP"}),
    ("accessTokenMinutes", "60", "120", {"COG-TOKEN-LIFE"}),
    ("callbackUrls", '["https://app.example.com/"]', '["http://localhost:5173/"]', {"COG-CALLBACKS"}),
    ("logoutUrls", '["https://app.example.com/"]', '["http://localhost:5173/"]', {"COG-CALLBACKS"}),
    ("allowedOrigins", '["https://app.example.com"]', '["http://localhost:5173"]', {"API-CORS"}),
    ("timeoutSeconds", "10", "4", {"L-TIMEOUT"}),
    ("memoryMb", "512", "128", {"L-MEMORY"}),
    ("reservedConcurrency", "20", "-1", {"L-CONCURRENCY"}),
    ("logRetentionDays", "365", "180", {"LOG-YEAR"}),
    ("mfa", "required", "off", {"COG-MFA"}),
    ("userPoolTier", "PLUS", "ESSENTIALS", {"COG-THREATS"}),
    ("tracing", "true", "false", {"L-TRACING"}),
    ("createKmsKey", "true", "false", {"L-KMS", "LOG-KMS"}),
    ("apiDomain", "api.example.com", "", {"API-OWN-DOMAIN"}),
    ("alarms", "true", "false", {"OPS-ALARMS"}),
]


def broken(**changes: str) -> set[str]:
    """Return the rules that stack dev breaks with these settings, judged as production."""
    recording = record_program(deployed("dev", **changes))
    return {finding.rule.id for finding in judge(resources_of(recording), "prod", []).open}


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_critical_is_broken(stack: str) -> None:
    """Even where rules are advice, no setting opens a route or widens a role."""
    assert [each for each in report(stack).verdict.open if each.rule.severity is Severity.CRITICAL] == []


@pytest.mark.parametrize("stack", STACKS)
def test_where_rules_are_mandatory_they_hold(stack: str) -> None:
    """A violation in staging or production needs a suppression with a reason."""
    verdict = report(stack).verdict

    assert verdict.mandatory is (verdict.environment in {"staging", "prod"})
    assert not verdict.mandatory or [(each.rule.id, *each.violation) for each in verdict.open] == []
    assert all(each.suppression and each.suppression.reason for each in verdict.suppressed)


def test_remedies_set_what_there_is() -> None:
    """Pulumi accepts an unknown key, and the program then refuses it."""
    named = {key for rule in RULES for key in re.findall(r"pulumi config set (?:--path ')?([\w:]+)", rule.remedy)}

    assert len(named) >= 15
    assert named <= SETTINGS.keys()


def test_every_setting_that_relaxes_is_noticed() -> None:
    """The rules report nothing with the safe values, and something with each relaxed one."""
    rules = set.union(*(noticing for *_, noticing in RELAXED))
    whole = {"threatProtection": "enforced", "apiZoneId": "Z0123456789EXAMPLE", "alarmEmails": '["a@example.com"]'}
    safe = broken(**whole, **{key: value for key, value, _, _ in RELAXED})
    relaxed = broken(**{key: value for key, _, value, _ in RELAXED})

    assert not safe & rules
    assert rules <= relaxed


def test_rules_find_what_they_judge_in_the_program() -> None:
    """A rule about a type that the program never makes would always pass."""
    made = {each.type for each in resources_of(program("prod"))}
    idle = {rule.id for rule in RULES if isinstance(rule, ResourceRule) and not made & set(rule.types)}

    # What the program may make one day, or makes with other settings.
    assert idle <= {"COG-GUESTS", "API-TLS", "L-URL", "DATA-TABLE", "DATA-TOPIC", "DATA-KEY"}
