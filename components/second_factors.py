"""What people prove themselves with: passwords, passkeys, codes by email, and what comes second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi_aws as aws

FirstFactor = Literal["password", "passkey", "email"]
SecondFactor = Literal["totp", "email"]

_MFA = {"off": "OFF", "optional": "OPTIONAL", "required": "ON"}
_FIRST_FACTORS = {"password": "PASSWORD", "passkey": "WEB_AUTHN", "email": "EMAIL_OTP"}


@dataclass(frozen=True, kw_only=True)
class SecondFactorsArgs:
    """`first_factors` beyond the password let people choose how to sign in; `mfa_methods` are what may come second.

    An empty `passkey_relying_party_id` leaves the sign-in page's own domain, Cognito's default.
    """

    mfa: Literal["off", "optional", "required"] = "optional"
    mfa_methods: Sequence[SecondFactor] = ("totp",)
    first_factors: Sequence[FirstFactor] = ("password",)
    passkey_relying_party_id: str = ""
    passkey_user_verification: Literal["required", "preferred"] = "required"

    @property
    def choice(self) -> bool:
        """Whether people choose between several ways to sign in (ALLOW_USER_AUTH)."""
        return list(self.first_factors) != ["password"]


def factors(args: SecondFactorsArgs) -> dict[str, Any]:
    """The pool's inputs that say how people prove themselves."""
    inputs: dict[str, Any] = {"mfa_configuration": _MFA[args.mfa]}
    if args.mfa != "off":
        inputs["software_token_mfa_configuration"] = aws.cognito.UserPoolSoftwareTokenMfaConfigurationArgs(
            enabled="totp" in args.mfa_methods
        )
        if "email" in args.mfa_methods:
            inputs["email_mfa_configuration"] = aws.cognito.UserPoolEmailMfaConfigurationArgs(
                subject="Your sign-in code", message="Your code is {####}"
            )
    if args.choice:
        inputs["sign_in_policy"] = aws.cognito.UserPoolSignInPolicyArgs(
            allowed_first_auth_factors=[_FIRST_FACTORS[each] for each in args.first_factors]
        )
    if "passkey" in args.first_factors:
        inputs["web_authn_configuration"] = aws.cognito.UserPoolWebAuthnConfigurationArgs(
            relying_party_id=args.passkey_relying_party_id or None, user_verification=args.passkey_user_verification
        )
    return inputs


def told(args: SecondFactorsArgs) -> dict[str, Any]:
    """What a front end must know of it, in Cognito's words."""
    methods = sorted(each.upper() for each in args.mfa_methods)
    first = [_FIRST_FACTORS[each] for each in args.first_factors]
    passkeys = {"relyingPartyId": args.passkey_relying_party_id, "userVerification": args.passkey_user_verification}
    return {
        "firstFactors": first,
        "passkeys": passkeys,
        "mfa": _MFA[args.mfa],
        "mfaMethods": [] if args.mfa == "off" else methods,
    }


def account_recovery(args: SecondFactorsArgs) -> aws.cognito.UserPoolAccountRecoverySettingArgs:
    """How a forgotten password is replaced.

    Cognito refuses a pool that sends second factors to the only address that recovers accounts (API reference,
    AccountRecoverySetting): whoever reads the mailbox would have both. There, administrators recover them.
    """
    by_mail = args.mfa != "off" and "email" in args.mfa_methods
    name = "admin_only" if by_mail else "verified_email"
    mechanism = aws.cognito.UserPoolAccountRecoverySettingRecoveryMechanismArgs(name=name, priority=1)
    return aws.cognito.UserPoolAccountRecoverySettingArgs(recovery_mechanisms=[mechanism])
