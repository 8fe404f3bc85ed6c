"""Cognito's reaction to suspicious sign-ins, and the log of sign-ins."""

from dataclasses import field
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from .arguments import checked, frozen, validate
from .mail import MailArgs


class ThreatProtection(StrEnum):
    """Whether Cognito acts on risks."""

    OFF = "off"
    AUDIT = "audit"
    ENFORCED = "enforced"


class RiskAction(StrEnum):
    """Cognito's reaction to a risky sign-in (AccountTakeoverActionType)."""

    NO_ACTION = "NO_ACTION"
    MFA_IF_CONFIGURED = "MFA_IF_CONFIGURED"
    MFA_REQUIRED = "MFA_REQUIRED"
    BLOCK = "BLOCK"


class CompromisedCredentials(StrEnum):
    """Cognito's reaction to a password that is known from a leak."""

    BLOCK = "BLOCK"
    NO_ACTION = "NO_ACTION"


_MODES = {ThreatProtection.OFF: "OFF", ThreatProtection.AUDIT: "AUDIT", ThreatProtection.ENFORCED: "ENFORCED"}


@frozen
class RiskActionsArgs:
    """Reaction to a risk that an account is taken over: NO_ACTION, MFA_IF_CONFIGURED, MFA_REQUIRED or BLOCK."""

    low: RiskAction = RiskAction.NO_ACTION
    """At a low risk."""
    medium: RiskAction = RiskAction.MFA_IF_CONFIGURED
    """At a medium risk."""
    high: RiskAction = RiskAction.BLOCK
    """At a high risk."""


@frozen
class ThreatProtectionArgs:
    """Reaction to suspicious sign-ins. All of it needs the tier PLUS."""

    threat_protection: ThreatProtection = ThreatProtection.OFF
    """Whether Cognito acts on risks: off, audit (it only records them) or enforced. Needs the tier PLUS."""
    risk_actions: RiskActionsArgs = field(
        default_factory=RiskActionsArgs, metadata=checked(example={"medium": "MFA_REQUIRED"})
    )
    """Reactions to risks of a taken-over account: `low`, `medium` and `high`."""
    risk_notifications: bool = False
    """Users get a mail about each risk. Needs SES."""
    compromised_credentials: CompromisedCredentials = CompromisedCredentials.BLOCK
    """Reaction to a password that is known from a leak: BLOCK or NO_ACTION."""
    user_event_logs: bool = False
    """Each sign-in goes to a log, with its risk and address. Needs the tier PLUS."""

    def __post_init__(self) -> None:
        validate(self)


def add_ons(args: ThreatProtectionArgs) -> aws.cognito.UserPoolUserPoolAddOnsArgs:
    """Return the pool's mode. "OFF" is written out: left out, the pool would keep the mode before."""
    return aws.cognito.UserPoolUserPoolAddOnsArgs(advanced_security_mode=_MODES[args.threat_protection])


def risk_configuration(
    name: str, pool: aws.cognito.UserPool, args: ThreatProtectionArgs, mail: MailArgs, opts: pulumi.ResourceOptions
) -> None:
    """Set the reaction to each risk, where Cognito acts on risks at all."""
    if args.threat_protection is not ThreatProtection.ENFORCED:
        return
    notify = args.risk_notifications
    aws.cognito.RiskConfiguration(
        f"{name}-risk",
        user_pool_id=pool.id,
        account_takeover_risk_configuration=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationArgs(
            actions=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationActionsArgs(
                low_action=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationActionsLowActionArgs(
                    event_action=args.risk_actions.low.value, notify=notify
                ),
                medium_action=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationActionsMediumActionArgs(
                    event_action=args.risk_actions.medium.value, notify=notify
                ),
                high_action=aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationActionsHighActionArgs(
                    event_action=args.risk_actions.high.value, notify=notify
                ),
            ),
            notify_configuration=_notifications(mail) if notify else None,
        ),
        compromised_credentials_risk_configuration={
            "actions": {"event_action": args.compromised_credentials.value},
        },
        opts=opts,
    )


def _notifications(
    mail: MailArgs,
) -> aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationNotifyConfigurationArgs:
    """Return the sender of the notices, whose texts are Cognito's own."""
    return aws.cognito.RiskConfigurationAccountTakeoverRiskConfigurationNotifyConfigurationArgs(
        from_=mail.email_from, source_arn=mail.email_source_arn, reply_to=mail.email_reply_to or None
    )


def user_event_logs(
    name: str,
    pool: aws.cognito.UserPool,
    args: ThreatProtectionArgs,
    retention: int,
    key_arn: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> None:
    """Log who signed in, from where, at which risk; kept for `retention` days, encrypted with the stack's key."""
    if not args.user_event_logs:
        return
    logs = aws.cloudwatch.LogGroup(
        f"{name}-events",
        # Vended logs share one resource policy of the account; under this prefix its size does not grow.
        name_prefix=f"/aws/vendedlogs/{name}-events-",
        retention_in_days=retention,
        kms_key_id=key_arn,
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
