"""What Cognito does about risky sign-ins, and where it writes them down."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.test_auth_pool import default, pool_of
from tests.components.test_mail import IDENTITY

MAIL = {"email_from": "hello@example.com", "email_source_arn": IDENTITY, "email_reply_to": "help@example.com"}


def takeover(**changes: Any) -> dict[str, Any]:
    made = pool_of(user_pool_tier="PLUS", threat_protection="enforced", **changes).one("RiskConfiguration")
    return dict(made.inputs["accountTakeoverRiskConfiguration"])


def test_threat_protection_is_off_by_default() -> None:
    """It needs a tier of its own; asking for it below ends a deployment half-way."""
    assert default().one("UserPool").inputs["userPoolAddOns"] == {"advancedSecurityMode": "OFF"}
    assert default().all("RiskConfiguration") == []


@pytest.mark.parametrize(("mode", "configurations"), [("audit", 0), ("enforced", 1)])
def test_only_enforced_acts(mode: str, configurations: int) -> None:
    """Audit records; actions there would look as if they protected."""
    made = pool_of(user_pool_tier="PLUS", threat_protection=mode)

    assert made.one("UserPool").inputs["userPoolAddOns"] == {"advancedSecurityMode": mode.upper()}
    assert len(made.all("RiskConfiguration")) == configurations


def test_risk_is_met_by_default() -> None:
    """A likely takeover is stopped, a possible one asks for the second factor, and leaked passwords are refused."""
    made = pool_of(user_pool_tier="PLUS", threat_protection="enforced")
    risk = made.one("RiskConfiguration").inputs

    assert risk["userPoolId"] == made.one("UserPool").id
    assert takeover() == {
        "actions": {
            "lowAction": {"eventAction": "NO_ACTION", "notify": False},
            "mediumAction": {"eventAction": "MFA_IF_CONFIGURED", "notify": False},
            "highAction": {"eventAction": "BLOCK", "notify": False},
        }
    }
    assert risk["compromisedCredentialsRiskConfiguration"] == {"actions": {"eventAction": "BLOCK"}}


def test_each_risk_has_its_own_action() -> None:
    """One setting that reached another's risk would block everybody, or nobody."""
    actions = takeover(risk_actions={"low": "MFA_IF_CONFIGURED", "medium": "MFA_REQUIRED", "high": "BLOCK"})

    assert [actions["actions"][f"{risk}Action"]["eventAction"] for risk in ("low", "medium", "high")] == [
        "MFA_IF_CONFIGURED",
        "MFA_REQUIRED",
        "BLOCK",
    ]


def test_people_are_told_by_mail_where_wanted() -> None:
    """Cognito refuses a notification without the identity that sends it."""
    made = takeover(risk_notifications=True, **MAIL)

    assert all(action["notify"] for action in made["actions"].values())
    assert made["notifyConfiguration"] == {
        "from": "hello@example.com",
        "sourceArn": IDENTITY,
        "replyTo": "help@example.com",
    }


def test_leaked_passwords_may_be_let_through() -> None:
    """A team that moves users over needs a while."""
    made = pool_of(user_pool_tier="PLUS", threat_protection="enforced", compromised_credentials="NO_ACTION")

    assert made.one("RiskConfiguration").inputs["compromisedCredentialsRiskConfiguration"] == {
        "actions": {"eventAction": "NO_ACTION"}
    }


def test_sign_ins_are_not_written_down_by_default() -> None:
    """They hold addresses of people; and delivery needs a tier of its own."""
    assert default().all("LogDeliveryConfiguration") == default().all("LogGroup") == []


def test_sign_ins_are_written_down_where_wanted() -> None:
    """To a log of their own that ends like the others."""
    made = pool_of(user_pool_tier="PLUS", user_event_logs=True, log_retention_days=90)
    logs = made.one("LogGroup")

    assert logs.inputs["retentionInDays"] == 90
    assert logs.inputs["namePrefix"].startswith("/aws/vendedlogs/")
    assert made.one("LogDeliveryConfiguration").inputs == {
        "userPoolId": made.one("UserPool").id,
        "logConfigurations": [
            {
                "eventSource": "userAuthEvents",
                "logLevel": "INFO",
                "cloudWatchLogsConfiguration": {"logGroupArn": logs.outputs["arn"]},
            }
        ],
    }
