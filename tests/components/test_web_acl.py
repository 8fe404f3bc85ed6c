"""The web ACL in front of the user pool: what it lets through, what it blocks, what its log holds, and how it goes."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from components.web_acl import COUNTED
from stacks import ROOT
from stacks.recorder import Recording
from tests.components.test_auth_pool import default, pool_of, registered
from tests.settings.stack import KEY, WEB_ACL

# Rules of AWSManagedRulesCommonRuleSet (AWS WAF Developer Guide, "Baseline rule groups").
COMMON = {
    *("NoUserAgent_HEADER", "UserAgent_BadBots_HEADER", "SizeRestrictions_QUERYSTRING", "SizeRestrictions_BODY"),
    *("SizeRestrictions_Cookie_HEADER", "SizeRestrictions_URIPATH"),
    *(f"EC2MetaDataSSRF_{part}" for part in ("BODY", "COOKIE", "URIPATH", "QUERYARGUMENTS")),
    *(f"GenericLFI_{part}" for part in ("QUERYARGUMENTS", "URIPATH", "BODY")),
    *(f"GenericRFI_{part}" for part in ("QUERYARGUMENTS", "BODY", "URIPATH")),
    *(f"CrossSiteScripting_{part}" for part in ("COOKIE", "QUERYARGUMENTS", "BODY", "URIPATH")),
    *("RestrictedExtensions_URIPATH", "RestrictedExtensions_QUERYARGUMENTS"),
}
PARTS = ("WebAcl", "WebAclAssociation", "WebAclLoggingConfiguration", "LogGroup")


@cache
def made() -> Recording:
    return pool_of(sign_in_web_acl={"create": True}, log_retention_days=90, kms_key_arn=KEY)


def rules() -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in made().one("WebAcl").inputs["rules"]}


def test_there_is_none_by_default() -> None:
    """It costs by the month."""
    assert [each.kind for each in default().resources if each.kind in PARTS] == []
    assert registered(default()).get("web_acl_name") is None


def test_it_stands_in_front_of_this_pool() -> None:
    """A web ACL without an association blocks nothing, and nothing says so."""
    assert made().one("WebAclAssociation").inputs == {
        "resourceArn": made().one("UserPool").outputs["arn"],
        "webAclArn": made().one("WebAcl").outputs["arn"],
    }
    assert made().one("WebAcl").inputs["scope"] == "REGIONAL"


def test_association_ends_before_the_next_one_begins() -> None:
    """Disassociation names the pool alone: after the new association, it would end that one."""
    assert made().one("WebAclAssociation").deletes_first


def test_people_get_in_where_no_rule_matches() -> None:
    """Rules name what is blocked; a default of `block` would shut everybody out."""
    assert made().one("WebAcl").inputs["defaultAction"] == {"allow": {}}


def test_signing_keys_are_always_to_be_had() -> None:
    """Without them nobody's token is accepted. The function that fetches them sends no user agent."""
    first = min(rules().values(), key=lambda rule: rule["priority"])
    match = first["statement"]["byteMatchStatement"]

    assert first["name"] == "signing-keys"
    assert first["action"] == {"allow": {}}
    assert match["fieldToMatch"] == {"uriPath": {}}
    assert match["positionalConstraint"] == "STARTS_WITH"  # anywhere else in the path, it opens the way past all rules
    assert match["searchString"] == f"/{made().one('UserPool').id}/.well-known/"


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("bad-addresses", "AWSManagedRulesAmazonIpReputationList"),
        ("common-attacks", "AWSManagedRulesCommonRuleSet"),
    ],
)
def test_rules_of_aws_block(name: str, group: str) -> None:
    """`count` in place of `none` would only count what the whole group matches."""
    managed = rules()[name]["statement"]["managedRuleGroupStatement"]

    assert (managed["vendorName"], managed["name"]) == ("AWS", group)
    assert rules()[name]["overrideAction"] == {"none": {}}


def test_ordinary_sign_ins_are_counted_and_the_rest_is_blocked() -> None:
    """A rule that matches a redirect to localhost or a SAML response shuts users out; a misspelled one does nothing."""
    overrides = rules()["common-attacks"]["statement"]["managedRuleGroupStatement"]["ruleActionOverrides"]

    assert overrides == [{"name": name, "actionToUse": {"count": {}}} for name in COUNTED]
    assert set(COUNTED) < COMMON
    assert "ruleActionOverrides" not in rules()["bad-addresses"]["statement"]["managedRuleGroupStatement"]


@pytest.mark.parametrize("limit", [10, 500])
def test_address_has_its_limit(limit: int) -> None:
    """Password guessing is a matter of tries; the limit is the setting's."""
    recording = pool_of(sign_in_web_acl={"create": True, "requests_per_address": limit})
    (rule,) = (each for each in recording.one("WebAcl").inputs["rules"] if "rateBasedStatement" in each["statement"])

    assert rule["action"] == {"block": {}}
    assert rule["statement"]["rateBasedStatement"] == {
        "limit": limit,
        "aggregateKeyType": "IP",
        "evaluationWindowSec": 300,
    }


def test_rules_have_an_order() -> None:
    """AWS refuses two rules of one priority."""
    assert sorted(rule["priority"] for rule in rules().values()) == list(range(len(rules())))


def test_log_holds_nothing_that_signs_somebody_in() -> None:
    """Tokens, cookies, and the code of a redirect. Samples in the console are not redacted, so there are none."""
    configuration = made().one("WebAclLoggingConfiguration").inputs

    assert configuration["redactedFields"] == [
        {"singleHeader": {"name": "authorization"}},
        {"singleHeader": {"name": "cookie"}},
        {"queryString": {}},
    ]
    seen = [made().one("WebAcl").inputs, *rules().values()]
    assert {each["visibilityConfig"]["sampledRequestsEnabled"] for each in seen} == {False}


def test_log_holds_what_a_rule_matched() -> None:
    """The log keeps the requests that a rule blocked or counted. Ordinary sign-ins are not logged."""
    logging = made().one("WebAclLoggingConfiguration").inputs
    (kept,) = logging["loggingFilter"]["filters"]

    assert logging["resourceArn"] == made().one("WebAcl").outputs["arn"]
    assert logging["loggingFilter"]["defaultBehavior"] == "DROP"
    assert (kept["behavior"], kept["requirement"]) == ("KEEP", "MEETS_ANY")
    assert {each["actionCondition"]["action"] for each in kept["conditions"]} == {"BLOCK", "COUNT", "EXCLUDED_AS_COUNT"}


def test_log_is_encrypted_and_ends_like_the_others() -> None:
    """WAF takes only log groups whose names begin so."""
    group = made().one("LogGroup")

    assert group.inputs["namePrefix"].startswith("aws-waf-logs-")
    assert (group.inputs["retentionInDays"], group.inputs["kmsKeyId"]) == (90, KEY)
    assert made().one("WebAclLoggingConfiguration").inputs["logDestinationConfigs"] == [group.outputs["arn"]]


def test_metrics_carry_the_name_that_alarms_ask_for() -> None:
    """Two pools of one account have two names; the dimension is the metric's name, not the resource's."""
    acl = made().one("WebAcl").inputs

    assert acl["name"] == acl["visibilityConfig"]["metricName"] == f"sign-in-{made().one('UserPool').id}"
    assert acl["visibilityConfig"]["cloudwatchMetricsEnabled"] is True
    assert registered(made())["web_acl_name"] == acl["name"]


def test_existing_one_is_only_associated() -> None:
    """Its owner logs and watches it."""
    recording = pool_of(sign_in_web_acl={"arn": WEB_ACL})

    assert [each.kind for each in recording.resources if each.kind in PARTS] == ["WebAclAssociation"]
    assert recording.one("WebAclAssociation").inputs["webAclArn"] == WEB_ACL
    assert registered(recording).get("web_acl_name") is None


def test_stack_without_one_does_not_import_its_service() -> None:
    """The provider's classes of AWS WAF take longer to import than the whole program to evaluate."""
    code = "import sys, components.auth_pool; print('pulumi_aws.wafv2.web_acl' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"
