"""The Cognito user pool, and everything that belongs to it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from itertools import groupby
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from . import app_clients, identity_providers, mail, second_factors, sign_in_page, threat_protection
from .app_clients import AppClientArgs, AppClientsArgs, ClientKind, UserAccess
from .arguments import (
    Key,
    Problem,
    Remove,
    Set,
    between,
    checked,
    distinct,
    each_entry,
    frozen,
    sized,
    typed,
    validate,
)
from .custom_attributes import STANDARD, CustomAttributeArgs, schema, written_by_users
from .execution_role import StatementArgs
from .formats import retention_days, web_url
from .identity_providers import IdentityProviderArgs, IdentityProvidersArgs
from .mail import MailArgs
from .pool_triggers import PoolTriggerArgs, allow_invoke, lambda_config
from .second_factors import FirstFactor, Mfa, SecondFactor, SecondFactorsArgs
from .sign_in_page import SignInPageArgs
from .threat_protection import RiskAction, RiskActionsArgs, ThreatProtection, ThreatProtectionArgs
from .web_acl import SignInWebAclArgs, web_acl

_SES = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"
# What a provider may fill beside the attributes that a client may write ("Mapping IdP attributes").
_MAPPED = frozenset({*STANDARD, "email_verified", "phone_number_verified", "username"})


class UserPoolTier(StrEnum):
    """Cognito's feature plans."""

    LITE = "LITE"
    ESSENTIALS = "ESSENTIALS"
    PLUS = "PLUS"


def attribute_names_are_unique(custom_attributes: Sequence[CustomAttributeArgs]) -> Iterator[Problem]:
    """CreateUserPool refuses two attributes of one name."""
    names = [attribute.name for attribute in custom_attributes]
    for index, name in enumerate(names):
        if name in names[:index]:
            path = ("custom_attributes", index)
            yield Problem((*path, "name"), "be unique among the attributes", name, Remove(path))


@frozen
class SignInArgs:
    """How users sign in with the browser's app client."""

    callback_urls: Sequence[str] = field(
        metadata=checked(sized(1, 100), distinct, each_entry(web_url), example=["https://app.example.com/"])
    )
    """Exact URLs that the sign-in page may return to: https, or http on localhost."""
    logout_urls: Sequence[str] = field(
        metadata=checked(sized(1, 100), distinct, each_entry(web_url), example=["https://app.example.com/"])
    )
    """Exact URLs that sign-out may return to: https, or http on localhost."""
    user_pool_tier: UserPoolTier = UserPoolTier.ESSENTIALS
    """Cognito's feature plan, which also sets its price: LITE, ESSENTIALS or PLUS."""
    email_as_username: bool = False
    """Users have no user name but their email address. Cannot be changed once the pool exists."""
    custom_attributes: Sequence[CustomAttributeArgs] = field(
        default=(), metadata=checked(sized(0, 50), example=[{"name": "team", "type": "String"}])
    )
    """Attributes in addition to Cognito's. You can add one at any time; you cannot change or remove one."""
    self_sign_up: bool = True
    """Anyone may sign up. Otherwise only administrators create users."""
    password_sign_in: bool = False
    """The app client may send a plain password to Cognito (USER_PASSWORD_AUTH) as well as SRP; for tests and tools."""
    # Cognito's own range is 6 to 99.
    password_minimum_length: int = field(default=12, metadata=checked(between(12, 99)))
    """Minimum length of a password, 12 to 99. Upper and lower case, digits and symbols are always required."""
    password_history: int = field(default=0, metadata=checked(between(0, 24)))
    """Number of previous passwords that cannot be reused, 0 to 24. Above 0 it needs a tier above LITE."""
    access_token_minutes: int = field(default=15, metadata=checked(app_clients.access_token_minutes))
    """Lifetime of access and ID tokens, 5 to 1440 minutes. A revoked token still works that long."""
    refresh_token_days: int = field(default=30, metadata=checked(app_clients.refresh_token_days))
    """Days until users sign in again, 1 to 3650."""
    refresh_token_rotation: bool = False
    """Each refresh returns a new refresh token and ends the old one; clients must keep the new one."""
    refresh_grace_seconds: int = field(default=10, metadata=checked(app_clients.refresh_grace_seconds))
    """Seconds in which a used refresh token works once more, 0 to 60, in case an answer was lost."""
    sign_in_web_acl: SignInWebAclArgs = field(
        default_factory=SignInWebAclArgs, metadata=checked(example={"create": True})
    )
    """Web ACL that requests to the user pool pass before Cognito sees them. It has a price of its own."""
    deletion_protection: bool = True
    """AWS and Pulumi refuse to delete or replace the user pool and the data of users."""

    def __post_init__(self) -> None:
        validate(self, attribute_names_are_unique, app_clients.urls_are_as_browsers_send_them)


def _needs_tier(name: str, rule: str, value: object, tier: UserPoolTier, needed: UserPoolTier) -> Problem:
    return Problem(
        (name,),
        f"{rule} on the tier {tier.value}: it needs {needed.value}",
        value,
        Set(("user_pool_tier",), needed.value),
    )


def plus_features_have_their_tier(
    user_pool_tier: UserPoolTier,
    threat_protection: ThreatProtection,
    user_event_logs: bool,
) -> Iterator[Problem]:
    """Cognito refuses the pool with FeatureUnavailableInTier ("User pool feature plans")."""
    if user_pool_tier is UserPoolTier.PLUS:
        return
    if threat_protection is not ThreatProtection.OFF:
        yield _needs_tier("threat_protection", "be off", threat_protection.value, user_pool_tier, UserPoolTier.PLUS)
    if user_event_logs:
        yield _needs_tier("user_event_logs", "be false", value=True, tier=user_pool_tier, needed=UserPoolTier.PLUS)


def essentials_features_have_their_tier(  # noqa: PLR0913, PLR0917 - a rule names what it reads
    user_pool_tier: UserPoolTier,
    first_factors: Sequence[FirstFactor],
    mfa: Mfa,
    mfa_methods: Sequence[SecondFactor],
    password_history: int,
    refresh_token_rotation: bool,
    managed_login: bool,
    app_clients: Sequence[AppClientArgs],
) -> Iterator[Problem]:
    """Cognito refuses the pool with FeatureUnavailableInTier ("User pool feature plans", "Refresh tokens")."""
    if user_pool_tier is not UserPoolTier.LITE:
        return
    wanted: list[tuple[str, str, object, bool]] = [
        ("first_factors", "be password alone", list(first_factors), list(first_factors) != [FirstFactor.PASSWORD]),
        ("password_history", "be 0", password_history, password_history > 0),
        ("managed_login", "be false", True, managed_login),
        (
            "mfa_methods",
            "not include email",
            list(mfa_methods),
            mfa is not Mfa.OFF and SecondFactor.EMAIL in mfa_methods,
        ),
        ("refresh_token_rotation", "be false", True, refresh_token_rotation),
    ]
    for name, rule, value, is_wanted in wanted:
        if is_wanted:
            yield _needs_tier(name, rule, value, user_pool_tier, UserPoolTier.ESSENTIALS)
    for index, client in enumerate(app_clients):
        if client.refresh_token_rotation:
            path = ("app_clients", index, "refresh_token_rotation")
            rule = "be false on the tier LITE: it needs ESSENTIALS"
            yield Problem(path, rule, value=True, fix=Set(("user_pool_tier",), UserPoolTier.ESSENTIALS.value))


def token_trigger_has_its_tier(
    user_pool_tier: UserPoolTier, triggers: Mapping[str, PoolTriggerArgs]
) -> Iterator[Problem]:
    """Scopes are added to the access token by the second version of the trigger, which LITE does not have."""
    if user_pool_tier is UserPoolTier.LITE and "pre_token_generation" in triggers:
        fix = Set(("user_pool_tier",), UserPoolTier.ESSENTIALS.value)
        rule = "not have pre_token_generation on the tier LITE: it needs ESSENTIALS"
        yield Problem(("triggers",), rule, sorted(triggers), fix)


def codes_and_notices_need_ses(
    email_source_arn: str,
    mfa: Mfa,
    mfa_methods: Sequence[SecondFactor],
    first_factors: Sequence[FirstFactor],
    risk_notifications: bool,
) -> Iterator[Problem]:
    """Cognito's own sender sends neither factors nor notices (SetUserPoolMfaConfig; NotifyConfigurationType)."""
    wanted: list[tuple[str, str, object, bool]] = [
        (
            "mfa_methods",
            "not include email",
            list(mfa_methods),
            mfa is not Mfa.OFF and SecondFactor.EMAIL in mfa_methods,
        ),
        ("first_factors", "not include email", list(first_factors), FirstFactor.EMAIL in first_factors),
        ("risk_notifications", "be false", True, risk_notifications),
    ]
    for name, rule, value, is_wanted in wanted:
        if is_wanted and not email_source_arn:
            fix = Set(("email_source_arn",), _SES)
            yield Problem((name,), f"{rule} without SES (email_source_arn)", value, fix)


def risks_do_not_ask_for_missing_factors(
    threat_protection: ThreatProtection, risk_actions: RiskActionsArgs, mfa: Mfa
) -> Iterator[Problem]:
    """MFA_REQUIRED blocks a user without a second factor, and here no user can have one (AccountTakeoverActionType)."""
    if threat_protection is not ThreatProtection.ENFORCED or mfa is not Mfa.OFF:
        return
    for risk, action in (("low", risk_actions.low), ("medium", risk_actions.medium), ("high", risk_actions.high)):
        if action is RiskAction.MFA_REQUIRED:
            fix = Set(("mfa",), Mfa.OPTIONAL.value)
            yield Problem(("risk_actions", risk), "not be MFA_REQUIRED while mfa is off", action.value, fix)


def choice_needs_managed_login(
    first_factors: Sequence[FirstFactor],
    managed_login: bool,
) -> Iterator[Problem]:
    """The classic page offers passwords alone ("Authentication with managed login": choice-based sign-in)."""
    if list(first_factors) != [FirstFactor.PASSWORD] and not managed_login:
        fix = Set(("managed_login",), value=True)
        yield Problem(("first_factors",), "be password alone without managed_login", list(first_factors), fix)


def passkeys_are_of_the_custom_domain(
    passkey_relying_party_id: str,
    sign_in_domain: str,
    managed_login: bool,
) -> Iterator[Problem]:
    """With managed login at a custom domain the id must be that domain's full name (WebAuthnConfigurationType)."""
    if managed_login and sign_in_domain and passkey_relying_party_id not in {"", sign_in_domain}:
        fix = Set(("passkey_relying_party_id",), sign_in_domain)
        yield Problem(("passkey_relying_party_id",), f"be {sign_in_domain}", passkey_relying_party_id, fix)


def mapped_attributes_can_be_written(
    identity_providers: Sequence[IdentityProviderArgs], custom_attributes: Sequence[CustomAttributeArgs]
) -> Iterator[Problem]:
    """Each sign-in writes the mapped attributes, so they must exist, and be writable and mutable.

    "Attribute permissions and scopes"; an immutable one lets a user in once and never again.
    """
    attributes = {f"custom:{attribute.name}": attribute for attribute in custom_attributes}
    for index, provider in enumerate(identity_providers):
        for name in provider.attribute_mapping:
            path = ("identity_providers", index, "attribute_mapping", Key(name))
            attribute = attributes.get(name)
            if attribute is None and name not in _MAPPED:
                yield Problem(path, "be an attribute of the pool", None, Remove(path))
            elif attribute is not None and not (attribute.writable and attribute.mutable):
                yield Problem(path, "be a custom attribute that is writable and mutable", None, Remove(path))


RULES = (
    plus_features_have_their_tier,
    essentials_features_have_their_tier,
    token_trigger_has_its_tier,
    codes_and_notices_need_ses,
    risks_do_not_ask_for_missing_factors,
    choice_needs_managed_login,
    passkeys_are_of_the_custom_domain,
    mapped_attributes_can_be_written,
)


@frozen
class AuthPoolArgs:
    """Arguments of a user pool. Raises ArgumentsError for what Cognito would refuse, or take and not do."""

    region: str
    """AWS region of the pool, which the address of the sign-in page contains."""
    sign_in: SignInArgs
    """How users sign in."""
    sign_in_page: SignInPageArgs
    """Host and style of the sign-in page."""
    factors: SecondFactorsArgs = field(default_factory=SecondFactorsArgs)
    """First and second factors."""
    clients: AppClientsArgs = field(default_factory=AppClientsArgs)
    """Additional app clients."""
    providers: IdentityProvidersArgs = field(default_factory=IdentityProvidersArgs)
    """External identity providers."""
    protection: ThreatProtectionArgs = field(default_factory=ThreatProtectionArgs)
    """Reaction to suspicious sign-ins."""
    mail: MailArgs = field(default_factory=MailArgs)
    """Sender and texts of the mail."""
    scopes: Mapping[str, str] = field(default_factory=dict, metadata=checked(sized(0, app_clients.MOST_SCOPES)))
    """Description of each scope, by `<resource server>/<name>`."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Description of each group, by its name."""
    triggers: Mapping[str, PoolTriggerArgs] = field(default_factory=dict)
    """Functions that the pool calls, by the name of the trigger (`pre_sign_up`, …)."""
    log_retention_days: int = field(default=365, metadata=checked(retention_days))
    """Days that the logs of sign-ins and of the web ACL are kept."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts these logs. None: a key that AWS owns."""

    def __post_init__(self) -> None:
        concerns = (
            self.sign_in,
            self.sign_in_page,
            self.factors,
            self.clients,
            self.providers,
            self.protection,
            self.mail,
        )
        validate(self, *RULES, **{name: value for concern in concerns for name, value in vars(concern).items()})


class PasswordPolicy(TypedDict):
    """Return the password policy, under the contract's names."""

    minimumLength: int
    requireLowercase: bool
    requireUppercase: bool
    requireNumbers: bool
    requireSymbols: bool


class Passkeys(TypedDict):
    """How passkeys are made, by the names of the contract."""

    relyingPartyId: str
    userVerification: str


class Provider(TypedDict):
    """An identity provider, by the names of the contract."""

    name: str
    type: str


class SignInSettings(TypedDict):
    """Return the public settings with which a front end signs users up and in, under the contract's names."""

    callbackUrls: list[str]
    logoutUrls: list[str]
    scopes: list[str]
    signInWith: list[str]
    selfSignUp: bool
    passwordPolicy: PasswordPolicy
    identityProviders: list[Provider]
    firstFactors: list[str]
    passkeys: Passkeys
    mfa: str
    mfaMethods: list[str]
    groups: list[str]


class AuthPool(pulumi.ComponentResource):
    """A user pool whose app clients' access tokens both the API and the function accept."""

    user_pool_id: pulumi.Output[str]
    """Id of the pool."""
    user_pool_arn: pulumi.Output[str]
    """ARN of the pool."""
    client_id: pulumi.Output[str]
    """Id of the browser's app client, which is always there."""
    client_ids: Mapping[str, pulumi.Output[str]]
    """Ids of the additional app clients, by name."""
    user_client_ids: Mapping[str, pulumi.Output[str]]
    """Ids of those of them that users sign in with: all but the machines'."""
    client_secrets: Mapping[str, pulumi.Output[str]]
    """Secrets of the machines' app clients, by name."""
    audiences: Sequence[pulumi.Output[str]]
    """Ids of all app clients: the audiences of the JWT authorizer."""
    issuer: pulumi.Output[str]
    """Issuer of the pool's tokens."""
    domain: pulumi.Output[str]
    """Base URL of the sign-in page."""
    web_acl_name: pulumi.Output[str] | None
    """Name of the web ACL that was made. None without one, or with an existing one."""
    sign_in: SignInSettings
    """Return the public sign-in settings of a front end, without ids and addresses."""

    def __init__(self, name: str, args: AuthPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:AuthPool", name, None, opts)
        args = typed(AuthPoolArgs, args)
        child = pulumi.ResourceOptions(parent=self)
        sign_in = args.sign_in

        pool = aws.cognito.UserPool(
            f"{name}-pool",
            user_pool_tier=sign_in.user_pool_tier.value,
            # The names of users cannot change while a pool lives, so every part of them is written out.
            username_attributes=["email"] if sign_in.email_as_username else None,
            alias_attributes=None if sign_in.email_as_username else ["email"],
            username_configuration={"case_sensitive": False},
            schemas=schema(sign_in.custom_attributes),
            auto_verified_attributes=["email"],
            user_attribute_update_settings={"attributes_require_verification_before_updates": ["email"]},
            account_recovery_setting=second_factors.account_recovery(args.factors),
            admin_create_user_config=aws.cognito.UserPoolAdminCreateUserConfigArgs(
                allow_admin_create_user_only=not sign_in.self_sign_up,
                invite_message_template=mail.invitation(args.mail),
            ),
            email_configuration=mail.email(args.mail),
            lambda_config=lambda_config(args.triggers),
            password_policy=_password_policy(sign_in),
            user_pool_add_ons=threat_protection.add_ons(args.protection),
            mfa_configuration=second_factors.mfa_configuration(args.factors),
            software_token_mfa_configuration=second_factors.software_token(args.factors),
            email_mfa_configuration=second_factors.email_codes(args.factors),
            # LITE has no sign-in policy ("User pool feature plans").
            sign_in_policy=None
            if sign_in.user_pool_tier is UserPoolTier.LITE
            else second_factors.sign_in_policy(args.factors),
            web_authn_configuration=second_factors.passkeys(args.factors),
            deletion_protection="ACTIVE" if sign_in.deletion_protection else "INACTIVE",
            # Cognito refuses a delete; `protect` makes Pulumi refuse a replacement too, at preview.
            opts=pulumi.ResourceOptions(parent=self, protect=sign_in.deletion_protection),
        )
        allow_invoke(name, pool, args.triggers, child)
        servers = _resource_servers(name, pool, args.scopes, child)
        _groups(name, pool, args.groups, child)
        providers = identity_providers.identity_providers(name, pool, args.providers, child)
        threat_protection.risk_configuration(name, pool, args.protection, args.mail, child)
        threat_protection.user_event_logs(name, pool, args.protection, args.log_retention_days, args.kms_key_arn, child)
        acl = web_acl(name, pool, sign_in.sign_in_web_acl, args.log_retention_days, args.kms_key_arn, child)
        # A client waits for the scopes and providers that it names: they must exist first.
        after = pulumi.ResourceOptions(parent=self, depends_on=[*servers, *providers])
        access = UserAccess(
            providers=("COGNITO", *(provider.name for provider in args.providers.identity_providers)),
            password_sign_in=sign_in.password_sign_in,
            choice=args.factors.choice,
            write_attributes=written_by_users(sign_in.custom_attributes),
        )
        client = app_clients.user_client(f"{name}-client", pool, _browser_client(args), access, after)
        additional = app_clients.additional_clients(name, pool, args.clients, access, after)
        self.domain = sign_in_page.sign_in_page(name, pool, args.region, args.sign_in_page, child)
        styled = {"": client, **{f"-{key}": made for key, made in additional.users.items()}}
        sign_in_page.branding(name, pool, styled, args.sign_in_page, child)

        self.user_pool_id = pool.id
        self.user_pool_arn = pool.arn
        self.client_id = client.id
        self.client_ids = {key: made.id for key, made in additional.all.items()}
        self.user_client_ids = {key: made.id for key, made in additional.users.items()}
        self.client_secrets = {
            key: pulumi.Output.secret(made.client_secret) for key, made in additional.machines.items()
        }
        self.audiences = [client.id, *self.client_ids.values()]
        self.issuer = pulumi.Output.concat("https://", pool.endpoint)
        self.web_acl_name = acl
        self.sign_in = public_settings(args)
        self.register_outputs(
            {
                "user_pool_id": self.user_pool_id,
                "user_pool_arn": self.user_pool_arn,
                "client_id": self.client_id,
                "client_ids": self.client_ids,
                "user_client_ids": self.user_client_ids,
                "client_secrets": self.client_secrets,
                "audiences": self.audiences,
                "issuer": self.issuer,
                "domain": self.domain,
                "web_acl_name": self.web_acl_name,
                "sign_in": self.sign_in,
            }
        )

    def sign_users_out(self) -> StatementArgs:
        """Return the right to end users' sessions in this pool, and to do nothing else to them."""
        return StatementArgs(
            sid="SignUsersOut", actions=["cognito-idp:AdminUserGlobalSignOut"], resources=[self.user_pool_arn]
        )

    @property
    def client_list(self) -> pulumi.Output[str]:
        """The ids of all app clients, separated by commas."""
        first, *others = self.audiences
        return pulumi.Output.concat(first, *(part for other in others for part in (",", other)))


def _browser_client(args: AuthPoolArgs) -> AppClientArgs:
    """Return the app client that is always there. It may ask for every scope."""
    return AppClientArgs(
        name="browser",
        kind=ClientKind.BROWSER,
        callback_urls=args.sign_in.callback_urls,
        logout_urls=args.sign_in.logout_urls,
        scopes=list(args.scopes),
        access_token_minutes=args.sign_in.access_token_minutes,
        refresh_token_days=args.sign_in.refresh_token_days,
        refresh_token_rotation=args.sign_in.refresh_token_rotation,
        refresh_grace_seconds=args.sign_in.refresh_grace_seconds,
    )


def public_settings(args: AuthPoolArgs) -> SignInSettings:
    """Return what a front end must know to sign users up and in."""
    return {
        "callbackUrls": list(args.sign_in.callback_urls),
        "logoutUrls": list(args.sign_in.logout_urls),
        "scopes": ["openid", "email", "profile", *sorted(args.scopes)],
        "signInWith": ["email"] if args.sign_in.email_as_username else ["username", "email"],
        "selfSignUp": args.sign_in.self_sign_up,
        "passwordPolicy": {
            "minimumLength": args.sign_in.password_minimum_length,
            "requireLowercase": True,
            "requireUppercase": True,
            "requireNumbers": True,
            "requireSymbols": True,
        },
        "identityProviders": [
            {"name": provider.name, "type": provider.type.value} for provider in args.providers.identity_providers
        ],
        "firstFactors": second_factors.first_factors(args.factors),
        "passkeys": {
            "relyingPartyId": args.factors.passkey_relying_party_id,
            "userVerification": args.factors.passkey_user_verification.value,
        },
        "mfa": second_factors.mfa_configuration(args.factors),
        "mfaMethods": second_factors.mfa_methods(args.factors),
        "groups": sorted(args.groups),
    }


def _password_policy(args: SignInArgs) -> aws.cognito.UserPoolPasswordPolicyArgs:
    return aws.cognito.UserPoolPasswordPolicyArgs(
        minimum_length=args.password_minimum_length,
        require_lowercase=True,
        require_uppercase=True,
        require_numbers=True,
        require_symbols=True,
        password_history_size=args.password_history or None,
        temporary_password_validity_days=1,
    )


def _resource_servers(
    name: str, pool: aws.cognito.UserPool, scopes: Mapping[str, str], opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Make a resource server for each identifier that a scope names."""
    return [
        aws.cognito.ResourceServer(
            f"{name}-resources-{identifier}",
            user_pool_id=pool.id,
            identifier=identifier,
            name=re.sub(r"[^\w+=,.@-]", "-", identifier),  # fewer characters fit a name
            scopes=[
                {"scope_name": scope.removeprefix(f"{identifier}/"), "scope_description": scopes[scope]}
                for scope in members
            ],
            opts=opts,
        )
        for identifier, members in groupby(sorted(scopes, key=_server), key=_server)
    ]


def _server(scope: str) -> str:
    return scope.rpartition("/")[0]


def _groups(name: str, pool: aws.cognito.UserPool, groups: Mapping[str, str], opts: pulumi.ResourceOptions) -> None:
    for group, description in sorted(groups.items()):
        aws.cognito.UserGroup(
            f"{name}-group-{group}", name=group, description=description, user_pool_id=pool.id, opts=opts
        )
