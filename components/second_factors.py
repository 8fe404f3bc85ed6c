"""How users prove who they are: passwords, passkeys, codes by email, and second factors."""

from collections.abc import Iterator, Sequence
from dataclasses import field
from enum import StrEnum

import pulumi_aws as aws

from .arguments import Problem, Set, checked, distinct, frozen, matching, sized, validate


class Mfa(StrEnum):
    """Whether users have a second factor."""

    OFF = "off"
    OPTIONAL = "optional"
    REQUIRED = "required"


class FirstFactor(StrEnum):
    """The first factor of a sign-in."""

    PASSWORD = "password"  # noqa: S105 - the name of a factor
    PASSKEY = "passkey"
    EMAIL = "email"


class SecondFactor(StrEnum):
    """The second factor, asked after the password."""

    TOTP = "totp"
    EMAIL = "email"


class AccountRecovery(StrEnum):
    """The way to a new password after a forgotten one."""

    EMAIL = "email"
    ADMINISTRATORS = "administrators"


class UserVerification(StrEnum):
    """Whether a passkey checks who holds it."""

    REQUIRED = "required"
    PREFERRED = "preferred"


_MFA = {Mfa.OFF: "OFF", Mfa.OPTIONAL: "OPTIONAL", Mfa.REQUIRED: "ON"}
_FIRST_FACTORS = {FirstFactor.PASSWORD: "PASSWORD", FirstFactor.PASSKEY: "WEB_AUTHN", FirstFactor.EMAIL: "EMAIL_OTP"}


def password_stays(first_factors: Sequence[FirstFactor]) -> Iterator[Problem]:
    """Cognito cannot switch passwords off (SignInPolicyType)."""
    if FirstFactor.PASSWORD not in first_factors:
        fix = Set(("first_factors", len(first_factors)), FirstFactor.PASSWORD)
        yield Problem(("first_factors",), "include password", list(first_factors), fix)


def required_mfa_has_passwords_alone(mfa: Mfa, first_factors: Sequence[FirstFactor]) -> Iterator[Problem]:
    """Passkeys and email codes count as one factor, so a user who has only those could not sign in.

    WebAuthnConfigurationType, FactorConfiguration SINGLE_FACTOR; the provider has no input for the other value.
    """
    if mfa is Mfa.REQUIRED and list(first_factors) != [FirstFactor.PASSWORD]:
        rule = "be password alone while mfa is required"
        yield Problem(("first_factors",), rule, list(first_factors), Set(("mfa",), Mfa.OPTIONAL))


def relying_party_needs_passkeys(
    passkey_relying_party_id: str, first_factors: Sequence[FirstFactor]
) -> Iterator[Problem]:
    """Without passkeys the id has no effect."""
    if passkey_relying_party_id and FirstFactor.PASSKEY not in first_factors:
        fix = Set(("passkey_relying_party_id",), "")
        yield Problem(
            ("passkey_relying_party_id",), "be empty without passkey in first_factors", passkey_relying_party_id, fix
        )


RULES = (password_stays, required_mfa_has_passwords_alone, relying_party_needs_passkeys)


@frozen
class SecondFactorsArgs:
    """First and second factors of a user pool."""

    mfa: Mfa = Mfa.OPTIONAL
    """Whether users have a second factor: off, optional or required."""
    mfa_methods: Sequence[SecondFactor] = field(
        default=(SecondFactor.TOTP,), metadata=checked(sized(1, 2), distinct, example=["totp"])
    )
    """Second factors: totp (an authenticator app) and email (needs SES; then only administrators recover accounts)."""
    account_recovery: AccountRecovery = AccountRecovery.EMAIL
    """How users replace a forgotten password: email (a code) or administrators, who recover it in any case where a
    second factor arrives by email."""
    first_factors: Sequence[FirstFactor] = field(
        default=(FirstFactor.PASSWORD,), metadata=checked(sized(1, 3), distinct, example=["password"])
    )
    """First factors: password, passkey, email (a code). With more than password, users choose (managed login only)."""
    passkey_relying_party_id: str = field(
        default="",
        metadata=checked(
            matching(r"(?=.{1,127}$)[a-z0-9-]+(\.[a-z0-9-]+)+", "be a domain name", empty=True),
            example="login.example.com",
        ),
    )
    """Domain of the passkeys. Empty: the domain of the sign-in page."""
    passkey_user_verification: UserVerification = UserVerification.REQUIRED
    """Whether a passkey checks who holds it (a fingerprint, a PIN): required or preferred."""

    def __post_init__(self) -> None:
        validate(self, *RULES)

    @property
    def choice(self) -> bool:
        """Whether users choose between several ways to sign in (ALLOW_USER_AUTH)."""
        return list(self.first_factors) != [FirstFactor.PASSWORD]

    @property
    def mfa_by_email(self) -> bool:
        """Whether a second factor may arrive by email."""
        return self.mfa is not Mfa.OFF and SecondFactor.EMAIL in self.mfa_methods


def sign_in_policy(args: SecondFactorsArgs) -> aws.cognito.UserPoolSignInPolicyArgs:
    """Return the first factors. Left out of an update, Cognito would keep the ones before."""
    return aws.cognito.UserPoolSignInPolicyArgs(
        allowed_first_auth_factors=[_FIRST_FACTORS[each] for each in args.first_factors]
    )


def software_token(args: SecondFactorsArgs) -> aws.cognito.UserPoolSoftwareTokenMfaConfigurationArgs | None:
    """Return whether authenticator apps are a second factor; None where there is no second factor."""
    if args.mfa is Mfa.OFF:
        return None
    return aws.cognito.UserPoolSoftwareTokenMfaConfigurationArgs(enabled=SecondFactor.TOTP in args.mfa_methods)


def email_codes(args: SecondFactorsArgs) -> aws.cognito.UserPoolEmailMfaConfigurationArgs | None:
    """Return the mail with the second factor; None where it does not come by mail."""
    if not args.mfa_by_email:
        return None
    return aws.cognito.UserPoolEmailMfaConfigurationArgs(subject="Your sign-in code", message="Your code is {####}")


def passkeys(args: SecondFactorsArgs) -> aws.cognito.UserPoolWebAuthnConfigurationArgs | None:
    """Return the settings of passkeys; None where there are none."""
    if FirstFactor.PASSKEY not in args.first_factors:
        return None
    return aws.cognito.UserPoolWebAuthnConfigurationArgs(
        relying_party_id=args.passkey_relying_party_id or None, user_verification=args.passkey_user_verification.value
    )


def mfa_configuration(args: SecondFactorsArgs) -> str:
    """Return whether there is a second factor, in Cognito's words."""
    return _MFA[args.mfa]


def first_factors(args: SecondFactorsArgs) -> list[str]:
    """Return the first factors, in Cognito's words."""
    return [_FIRST_FACTORS[each] for each in args.first_factors]


def mfa_methods(args: SecondFactorsArgs) -> list[str]:
    """Return the second factors, in Cognito's words; none where there is no second factor."""
    return [] if args.mfa is Mfa.OFF else sorted(each.upper() for each in args.mfa_methods)


def account_recovery(args: SecondFactorsArgs) -> aws.cognito.UserPoolAccountRecoverySettingArgs:
    """Return how users replace a forgotten password.

    Cognito refuses a pool that sends second factors to the only address that recovers accounts (API reference,
    AccountRecoverySetting): whoever reads the mailbox would have both. There, administrators recover them.
    """
    by_administrators = args.mfa_by_email or args.account_recovery is AccountRecovery.ADMINISTRATORS
    name = "admin_only" if by_administrators else "verified_email"
    mechanism = aws.cognito.UserPoolAccountRecoverySettingRecoveryMechanismArgs(name=name, priority=1)
    return aws.cognito.UserPoolAccountRecoverySettingArgs(recovery_mechanisms=[mechanism])
