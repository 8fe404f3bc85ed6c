"""Settings of what happens at risky sign-ins."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from settings.group import Group

RiskAction = Literal["NO_ACTION", "MFA_IF_CONFIGURED", "MFA_REQUIRED", "BLOCK"]
_ACTIONS = "NO_ACTION, MFA_IF_CONFIGURED, MFA_REQUIRED or BLOCK"


class ThreatProtection(Group):
    """What Cognito's PLUS tier does about sign-ins that look like somebody else's."""

    title: ClassVar[str] = "Threat protection"

    threat_protection: Literal["off", "audit", "enforced"] = Field(
        default="off",
        description="Whether risks are acted upon, off, audit (only recorded) or enforced; needs the tier PLUS",
    )
    low_risk_action: RiskAction = Field(
        default="NO_ACTION",
        description=f"At a low risk of a taken-over account, {_ACTIONS}",
    )
    medium_risk_action: RiskAction = Field(
        default="MFA_IF_CONFIGURED",
        description=f"At a medium risk of it, {_ACTIONS}",
    )
    high_risk_action: RiskAction = Field(
        default="BLOCK",
        description=f"At a high risk of it, {_ACTIONS}",
    )
    risk_notifications: bool = Field(
        default=False,
        description="People are told of each risk by mail; needs SES",
    )
    compromised_credentials: Literal["BLOCK", "NO_ACTION"] = Field(
        default="BLOCK",
        description="At a password that is known from a leak, BLOCK or NO_ACTION",
    )
    user_event_logs: bool = Field(
        default=False,
        description="Every sign-in is written to a log, with its risk and address; needs the tier PLUS",
    )
