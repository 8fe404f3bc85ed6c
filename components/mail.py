"""What the pool writes to people, and from which address."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class MailArgs:
    """Without `email_source_arn` Cognito sends from its own address, 50 messages a day at most.

    `invitation_message` is what an administrator's new user receives; it holds `{username}` and `{####}`, the
    temporary password. ValueError where Cognito would refuse.
    """

    email_from: str = ""
    email_source_arn: str = ""
    email_reply_to: str = ""
    email_configuration_set: str = ""
    invitation_subject: str = ""
    invitation_message: str = ""

    def __post_init__(self) -> None:
        if bool(self.email_from) is not bool(self.email_source_arn):
            raise ValueError("email_from and email_source_arn must be given together")


def email(args: MailArgs) -> aws.cognito.UserPoolEmailConfigurationArgs | None:
    """Through SES where there is an identity for it; None leaves it to Cognito."""
    if not args.email_source_arn:
        return None
    return aws.cognito.UserPoolEmailConfigurationArgs(
        email_sending_account="DEVELOPER",
        from_email_address=args.email_from,
        source_arn=args.email_source_arn,
        reply_to_email_address=args.email_reply_to or None,
        configuration_set=args.email_configuration_set or None,
    )


def invitation(args: MailArgs) -> aws.cognito.UserPoolAdminCreateUserConfigInviteMessageTemplateArgs | None:
    """The invitation, where it is not Cognito's own."""
    if not args.invitation_message and not args.invitation_subject:
        return None
    return aws.cognito.UserPoolAdminCreateUserConfigInviteMessageTemplateArgs(
        email_subject=args.invitation_subject or None, email_message=args.invitation_message or None
    )
