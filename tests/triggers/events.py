"""Events as Cognito documents them for each trigger (developer guide, "Customizing user pool workflows")."""

from __future__ import annotations

from typing import Any

POOL = "eu-central-1_Ab1Cd2Ef3"
API_SIGN_IN = "aws.cognito.signin.user.admin"


def _event(source: str, version: str, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": version,
        "triggerSource": source,
        "region": "eu-central-1",
        "userPoolId": POOL,
        "userName": "ada",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "1example23456789"},
        "request": request,
        "response": response,
    }


def pre_sign_up(email: object, source: str = "PreSignUp_SignUp", **request: Any) -> dict[str, Any]:
    """`email` None for a user without one."""
    attributes = {"email": email} if email is not None else {}
    return _event(
        source,
        "1",
        {"userAttributes": attributes, "validationData": None, **request},
        {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    )


def post_confirmation(source: str = "PostConfirmation_ConfirmSignUp") -> dict[str, Any]:
    attributes = {
        "sub": "6e4f2a1c-0000-4000-8000-1234567890ab",
        "cognito:user_status": "CONFIRMED",
        "email_verified": "true",
        "email": "ada@example.com",
    }
    return _event(source, "1", {"userAttributes": attributes}, {})


def pre_token_generation(
    groups: list[str] | None,
    scopes: list[str] | None = None,
    source: str = "TokenGeneration_Authentication",
    **request: Any,
) -> dict[str, Any]:
    """Version 2. `scopes` are those of the token so far; API sign-in's unless given."""
    configuration = {"groupsToOverride": groups, "iamRolesToOverride": [], "preferredRole": None}
    return _event(
        source,
        "2",
        {
            "userAttributes": {"sub": "6e4f2a1c-0000-4000-8000-1234567890ab", "email": "ada@example.com"},
            "groupConfiguration": configuration,
            "scopes": [API_SIGN_IN] if scopes is None else scopes,
            **request,
        },
        {"claimsAndScopeOverrideDetails": None},
    )
