"""What the pool writes to people, and from where."""

from __future__ import annotations

from typing import Any

import pytest

from components.auth_pool import AuthPoolArgs
from tests.components.test_auth_pool import REQUIRED, pool_of

IDENTITY = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"


def pool(**changes: Any) -> dict[str, Any]:
    return dict(pool_of(**changes).one("UserPool").inputs)


def test_cognito_sends_unless_there_is_an_identity() -> None:
    """A pool without SES must not claim to have one."""
    assert "emailConfiguration" not in pool()


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
    made = pool(invitation_subject="Welcome", invitation_message="{username}, your password is {####}")
    assert made["adminCreateUserConfig"] == {
        "allowAdminCreateUserOnly": False,
        "inviteMessageTemplate": {"emailSubject": "Welcome", "emailMessage": "{username}, your password is {####}"},
    }


@pytest.mark.parametrize("half", [{"email_from": "hello@example.com"}, {"email_source_arn": IDENTITY}])
def test_half_an_address_is_refused(half: dict[str, str]) -> None:
    """Cognito would send from its own address, in silence."""
    with pytest.raises(ValueError, match="email_from and email_source_arn must be given together"):
        AuthPoolArgs(**{**REQUIRED, **half})
