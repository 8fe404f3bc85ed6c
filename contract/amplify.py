"""`amplify_outputs.json`: the stack, for AWS Amplify's client libraries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

API = "api"  # the API's name in Amplify's calls: get({ apiName: "api", path: "/hello" })
_MFA = {"OFF": "NONE", "OPTIONAL": "OPTIONAL", "ON": "REQUIRED"}


def outputs(contract: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document, in the lowest schema version that has every member it needs.

    Amplify reads neither a REST API nor a user pool's endpoint from the file: both are under `custom`, and two lines of
    the app pass them on (docs/contract.md). `oauth` is left out where the sign-in page is not on https://, because
    Amplify puts https:// before its domain; users sign in to a local stack with SRP.
    """
    stack, policy = contract["outputs"], contract["outputs"]["signIn"]["passwordPolicy"]
    sign_in = stack["signIn"]
    auth: dict[str, Any] = {
        "aws_region": stack["region"],
        "user_pool_id": stack["userPoolId"],
        "user_pool_client_id": stack["userPoolClientId"],
        "unauthenticated_identities_enabled": False,
        "username_attributes": sign_in["signInWith"],
        "user_verification_types": ["email"],
        "standard_required_attributes": ["email"] if sign_in["signInWith"] == ["email"] else [],
        "password_policy": {
            "min_length": policy["minimumLength"],
            "require_lowercase": policy["requireLowercase"],
            "require_uppercase": policy["requireUppercase"],
            "require_numbers": policy["requireNumbers"],
            "require_symbols": policy["requireSymbols"],
        },
        "mfa_configuration": _MFA[sign_in["mfa"]],
        "mfa_methods": sign_in["mfaMethods"],
        "groups": [{group: {}} for group in sign_in["groups"]],
    }
    scheme, _, domain = (stack["authDomain"] or "").partition("://")
    if scheme == "https":
        auth["oauth"] = {
            # Amplify lists social providers only; a front end selects any other by its name.
            "identity_providers": ["GOOGLE" for each in sign_in["identityProviders"] if each["type"] == "google"][:1],
            "domain": domain,
            "scopes": sign_in["scopes"],
            "redirect_sign_in_uri": sign_in["callbackUrls"],
            "redirect_sign_out_uri": sign_in["logoutUrls"],
            "response_type": "code",
        }
    if sign_in["firstFactors"] != ["PASSWORD"]:
        auth["passwordless"] = _passwordless(sign_in, domain)
    made = {
        "version": "1.4",
        "auth": auth,
        "custom": {
            "API": {API: {"endpoint": stack["apiUrl"], "region": stack["region"], "apiName": API}},
            "userPoolEndpoint": contract["endpoints"]["userPools"],
        },
    }
    Draft202012Validator(schema()).validate(made)
    return made


def _passwordless(sign_in: Mapping[str, Any], domain: str) -> dict[str, Any]:
    """Return the first factors other than a password. The default relying party is the sign-in page's domain."""
    made: dict[str, Any] = {"email_otp_enabled": "EMAIL_OTP" in sign_in["firstFactors"], "sms_otp_enabled": False}
    passkeys = sign_in["passkeys"]
    if "WEB_AUTHN" in sign_in["firstFactors"] and (passkeys["relyingPartyId"] or domain):
        made["web_authn"] = {
            "relying_party_id": passkeys["relyingPartyId"] or domain,
            "user_verification": passkeys["userVerification"],
        }
    return made


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of the parts of Amplify's format that are written here."""
    parsed: dict[str, Any] = json.loads((Path(__file__).parent / "amplify_outputs.schema.json").read_text())
    return parsed
