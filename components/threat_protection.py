"""What Cognito does about sign-ins that look like somebody else's, and where it writes down who signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.mail import MailArgs

RiskAction = Literal["NO_ACTION", "MFA_IF_CONFIGURED", "MFA_REQUIRED", "BLOCK"]

_MODES = {"off": "OFF", "audit": "AUDIT", "enforced": "ENFORCED"}


@dataclass(frozen=True, kw_only=True)
class ThreatProtectionArgs:
    """Actions by how risky a sign-in looks; all of it needs the PLUS tier.

    `audit` only records. `user_event_logs` delivers every sign-in, with its risk, to a log group of its own.
    """

    threat_protection: Literal["off", "audit", "enforced"] = "off"
    low_risk_action: RiskAction = "NO_ACTION"
    medium_risk_action: RiskAction = "MFA_IF_CONFIGURED"
    high_risk_action: RiskAction = "BLOCK"
    risk_notifications: bool = False
    compromised_credentials: Literal["BLOCK", "NO_ACTION"] = "BLOCK"
    user_event_logs: bool = False
    log_retention_days: int = 365


def add_ons(args: ThreatProtectionArgs) -> aws.cognito.UserPoolUserPoolAddOnsArgs | None:
    """The pool's own part of it; None leaves it off."""
    if args.threat_protection == "off":
        return None
    return aws.cognito.UserPoolUserPoolAddOnsArgs(advanced_security_mode=_MODES[args.threat_protection])


def risk_configuration(
    name: str,
    pool: aws.cognito.UserPool,
    args: ThreatProtectionArgs,
    mail: MailArgs,
    opts: pulumi.ResourceOptions,
) -> None:
    """What happens at each risk, where actions are enforced at all."""
    if args.threat_protection != "enforced":
        return
    actions: dict[str, Any] = {
        f"{risk}_action": {"event_action": action, "notify": args.risk_notifications}
        for risk, action in (
            ("low", args.low_risk_action),
            ("medium", args.medium_risk_action),
            ("high", args.high_risk_action),
        )
    }
    aws.cognito.RiskConfiguration(
        f"{name}-risk",
        user_pool_id=pool.id,
        account_takeover_risk_configuration=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationArgs(
            actions=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationActionsArgs(**actions),
            notify_configuration=_notifications(mail) if args.risk_notifications else None,
        ),
        compromised_credentials_risk_configuration={"actions": {"event_action": args.compromised_credentials}},
        opts=opts,
    )


def _notifications(
    mail: MailArgs,
) -> aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationNotifyConfigurationArgs:
    """From where people are told of it, in Cognito's own words."""
    return aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationNotifyConfigurationArgs(
        from_=mail.email_from, source_arn=mail.email_source_arn, reply_to=mail.email_reply_to or None
    )


def user_event_logs(
    name: str, pool: aws.cognito.UserPool, args: ThreatProtectionArgs, opts: pulumi.ResourceOptions
) -> None:
    """Who signed in, from where, at what risk: kept as long as the other logs."""
    if not args.user_event_logs:
        return
    logs = aws.cloudwatch.LogGroup(
        f"{name}-events",
        # Vended logs share one resource policy of the account; under this prefix its size does not grow.
        name_prefix=f"/aws/vendedlogs/{name}-events-",
        retention_in_days=args.log_retention_days,
        opts=opts,
    )
    aws.cognito.LogDeliveryConfiguration(
        f"{name}-event-delivery",
        user_pool_id=pool.id,
        log_configurations=[
            {
                "event_source": "userAuthEvents",
                "log_level": "INFO",  # Cognito: the only one that this source has
                "cloud_watch_logs_configuration": {"log_group_arn": logs.arn},
            }
        ],
        opts=opts,
    )
