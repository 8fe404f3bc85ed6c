"""`amplify_outputs.json`: the stack, for AWS Amplify's client libraries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

API = "api"  # the name that Amplify's REST calls give: get({ apiName: "api", path: "/hello" })
_MFA = {"OFF": "NONE", "OPTIONAL": "OPTIONAL", "ON": "REQUIRED"}


def outputs(contract: Mapping[str, Any]) -> dict[str, Any]:
    """The document in the least schema version that has every member it needs.

    Amplify reads nothing of a REST API from it, and no address of a user pool: both stand under `custom`, and two lines
    of the app hand them over (docs/contract.md). `oauth` is left out where the sign-in page is not on https://, since
    Amplify would put that before its domain: people sign in to a local stack by SRP.
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
            "identity_providers": [],
            "domain": domain,
            "scopes": sign_in["scopes"],
            "redirect_sign_in_uri": sign_in["callbackUrls"],
            "redirect_sign_out_uri": sign_in["logoutUrls"],
            "response_type": "code",
        }
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


@cache
def schema() -> Mapping[str, Any]:
    """Amplify's rules for what is written here, as a JSON Schema."""
    parsed: dict[str, Any] = json.loads((Path(__file__).parent / "amplify_outputs.schema.json").read_text())
    return parsed
