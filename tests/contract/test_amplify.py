"""`amplify_outputs.json`, valid by Amplify's own schema."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from contract import amplify
from contract.document import contract
from tests.handler.table import TABLE


def local(outputs: dict[str, Any]) -> dict[str, Any]:
    endpoint = "http://127.0.0.1:4566"
    return {**outputs, "awsEndpointUrl": endpoint, "authDomain": endpoint, "apiUrl": f"{endpoint}/_aws/execute-api/a1"}


def test_schema_is_a_schema_and_refuses() -> None:
    """Amplify's schema is closed: one extra member, and its tools refuse the file."""
    Draft202012Validator.check_schema(amplify.schema())
    validator = Draft202012Validator(amplify.schema())
    least = {"aws_region": "eu-central-1", "user_pool_id": "eu-central-1_a", "user_pool_client_id": "a"}

    validator.validate({"version": "1.4", "auth": least})
    for wrong in (
        {},
        {"version": "1.6"},
        {"version": "1.4", "api": {}},
        {"version": "1.4", "auth": {**least, "client_secret": "a"}},
        {"version": "1.4", "auth": {**least, "username_attributes": []}},
        {"version": "1.4", "auth": {**least, "mfa_configuration": "OFF"}},
        {"version": "1.4", "auth": {**least, "password_policy": {"min_length": 12}}},
        {"version": "1.4", "auth": {**least, "oauth": {"domain": "a"}}},
        {"version": "1.4", "auth": {**least, "groups": ["admin"]}},
    ):
        with pytest.raises(ValidationError):
            validator.validate(wrong)


def test_outputs_of_a_deployed_stack(outputs: dict[str, Any]) -> None:
    """Every member that Amplify reads has Amplify's name and values."""
    domain = outputs["authDomain"].removeprefix("https://")

    assert amplify.outputs(contract(outputs, "1.0.0", TABLE)) == {
        "version": "1.4",
        "auth": {
            "aws_region": outputs["region"],
            "user_pool_id": outputs["userPoolId"],
            "user_pool_client_id": outputs["userPoolClientId"],
            "unauthenticated_identities_enabled": False,
            "username_attributes": outputs["signIn"]["signInWith"],
            "user_verification_types": ["email"],
            "standard_required_attributes": [],
            "password_policy": {
                "min_length": outputs["signIn"]["passwordPolicy"]["minimumLength"],
                "require_lowercase": True,
                "require_uppercase": True,
                "require_numbers": True,
                "require_symbols": True,
            },
            "mfa_configuration": {"ON": "REQUIRED", "OFF": "NONE"}.get(outputs["signIn"]["mfa"], "OPTIONAL"),
            "mfa_methods": outputs["signIn"]["mfaMethods"],
            "groups": [{"admin": {}}, {"audit": {}}],
            "oauth": {
                "identity_providers": [],
                "domain": domain,
                "scopes": outputs["signIn"]["scopes"],
                "redirect_sign_in_uri": outputs["signIn"]["callbackUrls"],
                "redirect_sign_out_uri": outputs["signIn"]["logoutUrls"],
                "response_type": "code",
            },
        },
        "custom": {
            "API": {"api": {"endpoint": outputs["apiUrl"], "region": outputs["region"], "apiName": "api"}},
            "userPoolEndpoint": f"https://cognito-idp.{outputs['region']}.amazonaws.com",
        },
    }


def test_local_stack_names_the_emulator_and_no_sign_in_page(outputs: dict[str, Any]) -> None:
    """Amplify puts https:// before the domain, and the emulator has no TLS."""
    made = amplify.outputs(contract(local(outputs), "1.0.0", TABLE))

    assert "oauth" not in made["auth"]
    assert made["custom"]["userPoolEndpoint"] == "http://127.0.0.1:4566"
    assert made["custom"]["API"]["api"]["endpoint"] == "http://127.0.0.1:4566/_aws/execute-api/a1"
    # Amplify takes the region from what stands before the underscore.
    assert made["auth"]["user_pool_id"].partition("_")[0] == made["auth"]["aws_region"]


@pytest.mark.parametrize(
    ("mfa", "methods", "said"), [("OFF", [], "NONE"), ("OPTIONAL", ["TOTP"], "OPTIONAL"), ("ON", ["EMAIL"], "REQUIRED")]
)
def test_second_factor_in_amplifys_words(outputs: dict[str, Any], mfa: str, methods: list[str], said: str) -> None:
    """Cognito's ON is Amplify's REQUIRED."""
    outputs["signIn"] |= {"mfa": mfa, "mfaMethods": methods}
    auth = amplify.outputs(contract(outputs, "1.0.0", TABLE))["auth"]

    assert (auth["mfa_configuration"], auth["mfa_methods"]) == (said, methods)


def test_email_as_the_only_name_is_required(outputs: dict[str, Any]) -> None:
    """The sign-up form asks for the email address once, as the user name."""
    outputs["signIn"]["signInWith"] = ["email"]
    auth = amplify.outputs(contract(outputs, "1.0.0", TABLE))["auth"]

    assert auth["username_attributes"] == auth["standard_required_attributes"] == ["email"]


def test_social_provider_in_amplifys_words(outputs: dict[str, Any]) -> None:
    """Amplify lists social providers only."""
    outputs["signIn"]["identityProviders"] = [{"name": "Google", "type": "google"}, {"name": "Work", "type": "oidc"}]

    assert amplify.outputs(contract(outputs, "1.0.0", TABLE))["auth"]["oauth"]["identity_providers"] == ["GOOGLE"]


@pytest.mark.parametrize(("own", "told"), [("example.com", "example.com"), ("", None)])
def test_passkeys_in_amplifys_words(outputs: dict[str, Any], own: str, told: str | None) -> None:
    """The default relying party is the sign-in page's domain."""
    passkeys = {"relyingPartyId": own, "userVerification": "preferred"}
    outputs["signIn"] |= {"firstFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"], "passkeys": passkeys}
    domain = outputs["authDomain"].removeprefix("https://")

    assert amplify.outputs(contract(outputs, "1.0.0", TABLE))["auth"]["passwordless"] == {
        "email_otp_enabled": True,
        "sms_otp_enabled": False,
        "web_authn": {"relying_party_id": told or domain, "user_verification": "preferred"},
    }
