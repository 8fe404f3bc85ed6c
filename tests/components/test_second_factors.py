"""What people prove themselves with, in the pool and for its clients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.test_auth_pool import default, pool_of
from tests.components.test_mail import IDENTITY

SES = {"email_from": "hello@example.com", "email_source_arn": IDENTITY}


def pool(**changes: Any) -> dict[str, Any]:
    return dict(pool_of(**changes).one("UserPool").inputs)


@pytest.mark.parametrize(("mfa", "configured"), [("off", "OFF"), ("optional", "OPTIONAL"), ("required", "ON")])
def test_second_factor_is_asked_for_as_told(mfa: str, configured: str) -> None:
    """A required second factor that is only offered protects nobody."""
    assert pool(mfa=mfa)["mfaConfiguration"] == configured


def test_authenticator_app_is_offered_by_default() -> None:
    """It costs nothing, needs no message, and who wants it can have it."""
    assert pool()["mfaConfiguration"] == "OPTIONAL"
    assert pool()["softwareTokenMfaConfiguration"] == {"enabled": True}
    assert "emailMfaConfiguration" not in pool()


def test_off_says_nothing_of_methods() -> None:
    """Cognito refuses methods of a second factor that is off."""
    assert not {"softwareTokenMfaConfiguration", "emailMfaConfiguration"} & pool(mfa="off").keys()


def test_codes_by_email_recover_no_account() -> None:
    """Whoever reads the mailbox would have both the password and the second factor; Cognito refuses such a pool."""
    made = pool(mfa="required", mfa_methods=["email"], **SES)

    assert made["softwareTokenMfaConfiguration"] == {"enabled": False}
    assert "{####}" in made["emailMfaConfiguration"]["message"]
    assert made["accountRecoverySetting"] == {"recoveryMechanisms": [{"name": "admin_only", "priority": 1}]}


def test_administrators_may_recover_accounts_without_codes_by_email() -> None:
    """A deployed pool gets codes by email in two steps, of which this is the first."""
    made = pool(account_recovery="administrators")

    assert made["accountRecoverySetting"] == {"recoveryMechanisms": [{"name": "admin_only", "priority": 1}]}


@pytest.mark.parametrize("changes", [{"mfa": "off", "mfa_methods": ["email"]}, {"mfa": "required"}])
def test_other_accounts_are_recovered_by_email(changes: dict[str, Any]) -> None:
    """Only a second factor that really goes to the mailbox takes the mailbox away."""
    assert pool(**changes)["accountRecoverySetting"]["recoveryMechanisms"][0]["name"] == "verified_email"


def test_password_is_the_only_first_factor_by_default() -> None:
    """Without a choice there is nothing to choose: neither a policy nor the flow for it."""
    assert pool()["signInPolicy"] == {"allowedFirstAuthFactors": ["PASSWORD"]}
    assert "webAuthnConfiguration" not in pool()
    assert "signInPolicy" not in pool(user_pool_tier="LITE")
    assert "ALLOW_USER_AUTH" not in default().one("UserPoolClient").inputs["explicitAuthFlows"]


def test_people_may_choose_how_to_sign_in() -> None:
    """The pool's policy and the client's flow belong together: one without the other does nothing."""
    made = pool_of(first_factors=["password", "passkey", "email"], managed_login=True, **SES)
    factors = made.one("UserPool").inputs["signInPolicy"]["allowedFirstAuthFactors"]

    assert factors == ["PASSWORD", "WEB_AUTHN", "EMAIL_OTP"]
    assert "ALLOW_USER_AUTH" in made.one("UserPoolClient").inputs["explicitAuthFlows"]


def test_codes_by_email_need_no_passkey() -> None:
    """What was not asked for is not configured."""
    assert "webAuthnConfiguration" not in pool(first_factors=["password", "email"], managed_login=True, **SES)


def test_passkeys_ask_for_the_user_by_default() -> None:
    """A passkey without user verification proves that somebody has the device."""
    assert pool(first_factors=["password", "passkey"], managed_login=True)["webAuthnConfiguration"] == {
        "userVerification": "required"
    }


def test_passkeys_may_be_of_another_domain() -> None:
    """The team's own site, so that a passkey of the site signs in here."""
    made = pool(
        managed_login=True,
        first_factors=["password", "passkey"],
        passkey_relying_party_id="example.com",
        passkey_user_verification="preferred",
    )

    assert made["webAuthnConfiguration"] == {"relyingPartyId": "example.com", "userVerification": "preferred"}
