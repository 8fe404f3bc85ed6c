"""The rules on every stack file, and on settings that relax the stack."""

from __future__ import annotations

import re
from dataclasses import replace
from unittest import mock

import pytest

import handler.routes
from policies.evaluation import report
from policies.judge import judge
from policies.rule import ENVIRONMENTS, ResourceRule, Severity
from policies.rules import RULES
from settings.model import SETTINGS
from settings.stack import Suppression
from stacks.plan import resources_of
from stacks.recorder import STACKS, deployed, program, record_program
from tests.handler.table import TABLE
from tests.operations.test_role import EVERYTHING

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
    ("signInWebAcl", '{"create": true}', "{}", {"COG-WAF"}),
    ("tracing", "true", "false", {"L-TRACING"}),
    ("createKmsKey", "true", "false", {"L-KMS", "LOG-KMS"}),
    ("apiDomain", "api.example.com", "", {"API-OWN-DOMAIN"}),
    ("alarms", "true", "false", {"OPS-ALARMS"}),
]
# Every option that production takes, with what the rules ask of it. The routes have a second function.
WHOLE = {
    **EVERYTHING,
    "mfa": "required",
    "passwordHistory": "5",
    "refreshTokenRotation": "true",
    "acceptIdTokens": "true",
    "allowCredentials": "true",
    "detailedMetrics": "true",
    "secretReferences": '{"PAYMENT_KEY": "/secure-api/payment-key"}',
    "otherFunctions": '{"reports": {"reservedConcurrency": 20}}',
    "triggerConcurrency": "20",
}
OF_POOL = ("pre-sign-up", "post-confirmation", "pre-token-generation")
NAT = Suppression(rule="L-VPC", reason="The subnets have a NAT gateway, so that keys can be fetched.")
OPEN = Suppression(rule="COG-SIGN-UP", reason="Only addresses of the listed domains may have an account.")


def violations(environment: str, **changes: str) -> set[tuple[str, str]]:
    """Return rule and resource of each violation of a stack with every option."""
    routes = tuple(replace(route, function="reports") if not index else route for index, route in enumerate(TABLE))
    with mock.patch.object(handler.routes, "ROUTES", routes):
        recording = record_program(deployed("prod", **{**WHOLE, "environment": environment, **changes}))
    verdict = judge(resources_of(recording), environment, [NAT, OPEN])
    return {(each.rule.id, each.violation.resource) for each in verdict.open}


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
    named = {key for rule in RULES for key in re.findall(r"pulumi config set (?:--path '?)?([\w:]+)", rule.remedy)}

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


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize(
    "starts", [{}, {"provisionedConcurrency": "0", "snapStart": "true"}], ids=["kept", "snapshots"]
)
def test_every_option_passes_by_its_own_settings(environment: str, starts: dict[str, str]) -> None:
    """An option that no setting brings through the checklist is one that nobody may use in production."""
    assert violations(environment, **starts) == set()


@pytest.mark.parametrize(
    ("key", "value", "functions"),
    [
        ("reservedConcurrency", "-1", {"function-function"}),
        ("otherFunctions", '{"reports": {}}', {"function-reports-function"}),
        ("triggerConcurrency", "-1", {f"triggers-{name}-function" for name in OF_POOL}),
    ],
)
def test_remedy_names_the_setting_of_each_function(key: str, value: str, functions: set[str]) -> None:
    """The first function's setting changes no other function."""
    (rule,) = (rule for rule in RULES if rule.id == "L-CONCURRENCY")

    assert violations("staging", **{key: value}) == {(rule.id, function) for function in functions}
    assert key in rule.remedy


def test_rules_find_what_they_judge_in_the_program() -> None:
    """A rule about a type that the program never makes would always pass."""
    made = {each.type for each in resources_of(program("prod"))}
    idle = {rule.id for rule in RULES if isinstance(rule, ResourceRule) and not made & set(rule.types)}

    # What the program may make one day, or makes with other settings.
    assert idle <= {"COG-GUESTS", "API-TLS", "L-URL", "DATA-TABLE", "DATA-TOPIC", "DATA-KEY"}
