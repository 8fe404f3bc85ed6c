"""What the pool writes to people, and from where."""

from __future__ import annotations

from typing import Any

from tests.components.test_auth_pool import pool_of

IDENTITY = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"


def pool(**changes: Any) -> dict[str, Any]:
    return dict(pool_of(**changes).one("UserPool").inputs)


def test_cognito_sends_unless_there_is_an_identity() -> None:
    """A pool without SES must not claim to have one."""
    assert pool()["emailConfiguration"] == {"emailSendingAccount": "COGNITO_DEFAULT"}


def test_mail_goes_through_ses() -> None:
    """DEVELOPER is what makes Cognito use the identity; without it the address is ignored."""
    made = pool(
        email_from="Example <hello@example.com>",
        email_source_arn=IDENTITY,
        email_reply_to="help@example.com",
        email_configuration_set="sign-in",
    )

    assert made["emailConfiguration"] == {
        "emailSendingAccount": "DEVELOPER",
        "fromEmailAddress": "Example <hello@example.com>",
        "sourceArn": IDENTITY,
        "replyToEmailAddress": "help@example.com",
        "configurationSet": "sign-in",
    }


def test_only_what_was_said_is_sent() -> None:
    """An empty reply address is one that Cognito refuses."""
    made = pool(email_from="hello@example.com", email_source_arn=IDENTITY)["emailConfiguration"]

    assert made.keys() == {"emailSendingAccount", "fromEmailAddress", "sourceArn"}


def test_invitation_is_cognitos_own_unless_written() -> None:
    """Both its texts, or either."""
    assert "inviteMessageTemplate" not in pool()["adminCreateUserConfig"]
    made = pool(invitation={"subject": "Welcome", "message": "{username}, your password is {####}"})
    assert made["adminCreateUserConfig"] == {
        "allowAdminCreateUserOnly": False,
        "inviteMessageTemplate": {
            "emailSubject": "Welcome",
            "emailMessage": "{username}, your password is {####}",
            # Left out, the provider would send an empty text, which Cognito refuses.
            "smsMessage": "Your username is {username} and temporary password is {####}.",
        },
    }
