"""The mail that the user pool sends, and its sender."""

import re
from collections.abc import Iterator
from dataclasses import field

import pulumi_aws as aws

from .arguments import Path, Problem, Set, checked, frozen, matching, sized, validate
from .formats import arn

_ADDRESS = r"[^<>@\s]+@[^<>@\s]+"
_SES_IDENTITY = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"


def _holds_placeholders(value: str) -> Iterator[tuple[Path, str]]:
    # Cognito refuses an invitation without either (API reference, MessageTemplateType).
    for part in ("{username}", "{####}"):
        if value and part not in value:
            yield (), f"include {part}, or be empty"


@frozen
class InvitationArgs:
    """The mail to a user whom an administrator creates."""

    subject: str = field(
        default="",
        # no password in a subject, which every list of mails shows
        metadata=checked(matching(r"[^{}]*", "have no placeholder"), sized(0, 140, "characters"), example="Welcome"),
    )
    """Subject of the mail. Empty: Cognito's own."""
    message: str = field(
        default="",
        metadata=checked(
            _holds_placeholders,
            sized(0, 20_000, "characters"),
            example="Hello {username}, your temporary password is {####}",
        ),
    )
    """Text of the mail, with {username} and {####}, the temporary password. Empty: Cognito's own."""

    def __post_init__(self) -> None:
        validate(self)


def identity_has_a_sender(email_from: str, email_source_arn: str) -> Iterator[Problem]:
    """An SES identity sends nothing without an address, and Cognito's own sender takes no other address."""
    if email_source_arn and not email_from:
        yield Problem(("email_from",), "be set with email_source_arn", "", Set(("email_from",), "hello@example.com"))


def sender_needs_the_identity(
    email_from: str, email_reply_to: str, email_configuration_set: str, email_source_arn: str
) -> Iterator[Problem]:
    """Only SES takes a sender, a reply address and a configuration set (EmailConfigurationType)."""
    values = {
        "email_from": email_from,
        "email_reply_to": email_reply_to,
        "email_configuration_set": email_configuration_set,
    }
    for name, value in values.items():
        if value and not email_source_arn:
            fix = Set(("email_source_arn",), _SES_IDENTITY)
            yield Problem((name,), "be empty without SES (email_source_arn)", value, fix)


def sender_is_of_the_identity(email_from: str, email_source_arn: str) -> Iterator[Problem]:
    """SES sends for the addresses of its identity only: the address itself, or any of its domain and subdomains."""
    identity = email_source_arn.rpartition("/")[2].lower()
    address = (re.findall(_ADDRESS, email_from) or [""])[-1].lower()
    domain = address.rpartition("@")[2]
    if identity and address and identity not in {address, domain} and not domain.endswith(f".{identity}"):
        better = identity if "@" in identity else f"hello@{identity}"
        rule = f"be an address of the SES identity {identity}"
        yield Problem(("email_from",), rule, email_from, Set(("email_from",), better))


RULES = (identity_has_a_sender, sender_needs_the_identity, sender_is_of_the_identity)


@frozen
class MailArgs:
    """Sender and texts of the mail. Without `email_source_arn` Cognito sends, at most 50 messages a day."""

    email_from: str = field(
        default="",
        metadata=checked(
            matching(rf"{_ADDRESS}|[^<>@]+ <{_ADDRESS}>", "be an address, or a name and <address>", empty=True),
            example="hello@example.com",
        ),
    )
    """Sender of all mail: an address, or a name and the address in angle brackets. Empty: Cognito's own sender, 50
    messages a day."""
    email_source_arn: str = field(
        default="",
        metadata=checked(
            lambda value: arn("ses", r"identity/\S+", what="an SES identity")(value) if value else iter(()),
            example=_SES_IDENTITY,
        ),
    )
    """ARN of the SES identity that sends the mail."""
    email_reply_to: str = field(
        default="", metadata=checked(matching(_ADDRESS, "be an email address", empty=True), example="help@example.com")
    )
    """Address that receives the replies. Empty: the sender."""
    email_configuration_set: str = field(
        default="",
        metadata=checked(matching(r"[A-Za-z0-9_-]{0,64}", "be up to 64 letters, digits, _ and -"), example="sign-in"),
    )
    """SES configuration set, for bounces and metrics. Empty: none."""
    invitation: InvitationArgs = field(
        default_factory=InvitationArgs,
        metadata=checked(example={"subject": "Welcome", "message": "Hello {username}, your password is {####}"}),
    )
    """The mail to users whom an administrator creates: `subject` and `message`."""

    def __post_init__(self) -> None:
        validate(self, *RULES)


def email(args: MailArgs) -> aws.cognito.UserPoolEmailConfigurationArgs:
    """Return the sender. The provider ignores a block that goes away, so Cognito's own sender is named as well."""
    if not args.email_source_arn:
        return aws.cognito.UserPoolEmailConfigurationArgs(email_sending_account="COGNITO_DEFAULT")
    return aws.cognito.UserPoolEmailConfigurationArgs(
        email_sending_account="DEVELOPER",
        from_email_address=args.email_from,
        source_arn=args.email_source_arn,
        reply_to_email_address=args.email_reply_to or None,
        configuration_set=args.email_configuration_set or None,
    )


# Cognito's own texts, word for word ("Customizing email and SMS messages"): where one text is given the provider sends
# the others as empty strings, which Cognito refuses (minimum length 6).
_SUBJECT = "Your temporary password"
_MESSAGE = "Your username is {username} and temporary password is {####}."


def invitation(args: MailArgs) -> aws.cognito.UserPoolAdminCreateUserConfigInviteMessageTemplateArgs | None:
    """Return the invitation; None leaves all of it to Cognito."""
    if not args.invitation.message and not args.invitation.subject:
        return None
    return aws.cognito.UserPoolAdminCreateUserConfigInviteMessageTemplateArgs(
        email_subject=args.invitation.subject or _SUBJECT,
        email_message=args.invitation.message or _MESSAGE,
        sms_message=_MESSAGE,
    )
