"""Settings of what the pool writes to people."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from settings.group import Group


def _invitation(value: str) -> str:
    # Cognito refuses an invitation without either (API reference, MessageTemplateType).
    for part in ("{username}", "{####}"):
        if value and part not in value:
            raise ValueError(f"have {part} in it, or be empty")
    return value


class Mail(Group):
    """From which address, and in which words."""

    title: ClassVar[str] = "Mail"

    email_from: str = Field(
        default="",
        pattern=r"^([^<>@\s]+@[^<>@\s]+|[^<>@]+ <[^<>@\s]+@[^<>@\s]+>)?$",
        description="Sender of all mail, an address or a name and <address>; empty for Cognito's own, 50 a day",
        examples=["hello@example.com"],
    )
    email_source_arn: str = Field(
        default="",
        pattern=r"^(arn:aws[\w-]*:ses:[a-z0-9-]+:\d{12}:identity/\S+)?$",
        description="ARN of the SES identity that sends it",
        examples=["arn:aws:ses:eu-central-1:123456789012:identity/example.com"],
    )
    email_reply_to: str = Field(
        default="",
        pattern=r"^([^<>@\s]+@[^<>@\s]+)?$",
        description="Where answers go; empty for the sender",
        examples=["help@example.com"],
    )
    email_configuration_set: str = Field(
        default="",
        pattern=r"^[A-Za-z0-9_-]{0,64}$",
        description="SES configuration set, for bounces and figures; empty for none",
        examples=["sign-in"],
    )
    invitation_subject: str = Field(
        default="",
        pattern=r"^[^{}]*$",  # no password in a subject, which every list of mails shows
        max_length=140,
        description="Subject of the mail to users whom an administrator makes; empty for Cognito's own",
        examples=["Welcome"],
    )
    invitation_message: Annotated[str, AfterValidator(_invitation)] = Field(
        default="",
        max_length=20000,
        description="Its text, with {username} and {####}, the temporary password; empty for Cognito's own",
        examples=["Hello {username}, your temporary password is {####}"],
    )
