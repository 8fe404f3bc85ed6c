"""Who may sign in, and how: the Cognito user pool and what belongs to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components import app_clients, mail, second_factors, threat_protection
from components.app_clients import AppClientsArgs, People
from components.custom_attributes import CustomAttribute, schema, written_by_users
from components.identity_providers import IdentityProvidersArgs, identity_providers
from components.mail import MailArgs
from components.pool_triggers import PoolTrigger, admit, lambda_config
from components.second_factors import SecondFactorsArgs
from components.sign_in_page import SignInPageArgs, branding, sign_in_page
from components.threat_protection import ThreatProtectionArgs


@dataclass(frozen=True, kw_only=True)
class AuthPoolArgs(
    SecondFactorsArgs, MailArgs, ThreatProtectionArgs, SignInPageArgs, IdentityProvidersArgs, AppClientsArgs
):
    """How people sign in. URLs are exact; lifetimes in minutes and days; ValueError where Cognito would refuse.

    `scopes` maps `<resource server>/<name>` to what it allows in words, `groups` likewise. With `deletion_protection`
    neither Cognito nor Pulumi deletes or replaces the pool. The rest is each concern's own.
    """

    region: str
    callback_urls: Sequence[str]
    logout_urls: Sequence[str]
    scopes: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    user_pool_tier: Literal["LITE", "ESSENTIALS", "PLUS"] = "ESSENTIALS"
    triggers: Mapping[str, PoolTrigger] = field(default_factory=dict)
    email_as_username: bool = False
    custom_attributes: Sequence[CustomAttribute] = ()
    self_sign_up: bool = True
    password_sign_in: bool = False
    password_minimum_length: int = 12
    password_history: int = 0
    access_token_minutes: int = 15
    refresh_token_days: int = 30
    refresh_token_rotation: bool = False
    refresh_grace_seconds: int = 10
    deletion_protection: bool = True

    def __post_init__(self) -> None:
        for concern in (MailArgs, SignInPageArgs, IdentityProvidersArgs, AppClientsArgs):
            concern.__post_init__(self)
        if not self.callback_urls or not self.logout_urls:
            raise ValueError("callback_urls and logout_urls must each name a URL: the code flow returns to one")
        if not 12 <= self.password_minimum_length <= 99:  # Cognito's own range is 6 to 99
            raise ValueError(f"password_minimum_length must be 12 to 99, got {self.password_minimum_length}")
        if not 5 <= self.access_token_minutes <= 1440:  # Cognito: 5 minutes to 1 day
            raise ValueError(f"access_token_minutes must be 5 to 1440, got {self.access_token_minutes}")
        if not 1 <= self.refresh_token_days <= 3650:  # Cognito: 60 minutes to 10 years
            raise ValueError(f"refresh_token_days must be 1 to 3650, got {self.refresh_token_days}")
        if len(self.scopes) > 47:  # Cognito: 50 for an app client, three of them OpenID Connect's
            raise ValueError(f"scopes must be 47 at most, got {len(self.scopes)}")


class AuthPool(pulumi.ComponentResource):
    """A user pool whose app clients' access tokens the API and the function both accept.

    `client_id` is the browser's client, the one that always is; `audiences` are the ids of all. `client_ids` and
    `client_secrets` have the others by name, the latter machines only and secret.
    """

    user_pool_id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    client_ids: Mapping[str, pulumi.Output[str]]
    client_secrets: Mapping[str, pulumi.Output[str]]
    audiences: Sequence[pulumi.Output[str]]
    issuer: pulumi.Output[str]
    domain: pulumi.Output[str]
    sign_in: Mapping[str, Any]

    def __init__(self, name: str, args: AuthPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:AuthPool", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        pool = aws.cognito.UserPool(
            f"{name}-pool",
            user_pool_tier=args.user_pool_tier,
            # How users are named cannot change while a pool lives, so it is said in full.
            username_attributes=["email"] if args.email_as_username else None,
            alias_attributes=None if args.email_as_username else ["email"],
            username_configuration={"case_sensitive": False},
            schemas=schema(args.custom_attributes),
            auto_verified_attributes=["email"],
            user_attribute_update_settings={"attributes_require_verification_before_updates": ["email"]},
            account_recovery_setting=second_factors.account_recovery(args),
            admin_create_user_config=aws.cognito.UserPoolAdminCreateUserConfigArgs(
                allow_admin_create_user_only=not args.self_sign_up, invite_message_template=mail.invitation(args)
            ),
            email_configuration=mail.email(args),
            lambda_config=lambda_config(args.triggers),
            password_policy=_password_policy(args),
            user_pool_add_ons=threat_protection.add_ons(args),
            **second_factors.factors(args),
            deletion_protection="ACTIVE" if args.deletion_protection else "INACTIVE",
            # Cognito refuses a delete; `protect` makes Pulumi refuse a replacement too, at preview.
            opts=pulumi.ResourceOptions(parent=self, protect=args.deletion_protection),
        )
        admit(name, pool, args.triggers, child)
        servers = _resource_servers(name, pool, args.scopes, child)
        _groups(name, pool, args.groups, child)
        providers = identity_providers(name, pool, args, child)
        threat_protection.risk_configuration(name, pool, args, args, child)
        threat_protection.user_event_logs(name, pool, args, child)
        # A client waits for the scopes and providers that it names: they must exist first.
        after = pulumi.ResourceOptions(parent=self, depends_on=[*servers, *providers])
        people = People(
            providers=("COGNITO", *(each.name for each in args.identity_providers)),
            password_sign_in=args.password_sign_in,
            choice=args.choice,
            write_attributes=written_by_users(args.custom_attributes),
        )
        client = app_clients.for_people(f"{name}-client", pool, args, people, after)
        others = app_clients.others(name, pool, args, people, after)
        self.domain = sign_in_page(name, pool, args.region, args, child)
        pages = {"": client, **{f"-{each}": made for each, made in others.people.items()}}
        branding(name, pool, pages, args, child)

        self.user_pool_id = pool.id
        self.client_id = client.id
        self.client_ids = {each: made.id for each, made in others.all.items()}
        self.client_secrets = {each: pulumi.Output.secret(made.client_secret) for each, made in others.machines.items()}
        self.audiences = [client.id, *self.client_ids.values()]
        self.issuer = pulumi.Output.concat("https://", pool.endpoint)
        self.sign_in = _sign_in(args)
        self.register_outputs(
            {
                "user_pool_id": self.user_pool_id,
                "client_id": self.client_id,
                "client_ids": self.client_ids,
                "client_secrets": self.client_secrets,
                "audiences": self.audiences,
                "issuer": self.issuer,
                "domain": self.domain,
                "sign_in": self.sign_in,
            }
        )

    @property
    def client_list(self) -> pulumi.Output[str]:
        """The ids of all its clients, comma-separated."""
        first, *others = self.audiences
        return pulumi.Output.concat(first, *(part for each in others for part in (",", each)))

    @property
    def exports(self) -> Mapping[str, Any]:
        """What the stack says of it, by the names that front ends know; further clients only where there are some."""
        further = {"appClientIds": self.client_ids, "appClientSecrets": self.client_secrets}
        return {
            "userPoolId": self.user_pool_id,
            "userPoolClientId": self.client_id,
            "issuer": self.issuer,
            "authDomain": self.domain,
            "signIn": self.sign_in,
            **{name: clients for name, clients in further.items() if clients},
        }


def _sign_in(args: AuthPoolArgs) -> Mapping[str, Any]:
    """What a front end must know to sign people up and in, beside ids and addresses; all of it is public."""
    return {
        "callbackUrls": list(args.callback_urls),
        "logoutUrls": list(args.logout_urls),
        "scopes": ["openid", "email", "profile", *sorted(args.scopes)],
        "signInWith": ["email"] if args.email_as_username else ["username", "email"],
        "selfSignUp": args.self_sign_up,
        "passwordPolicy": {
            "minimumLength": args.password_minimum_length,
            "requireLowercase": True,
            "requireUppercase": True,
            "requireNumbers": True,
            "requireSymbols": True,
        },
        "identityProviders": [{"name": each.name, "type": each.type} for each in args.identity_providers],
        **second_factors.told(args),
        "groups": sorted(args.groups),
    }


def _password_policy(args: AuthPoolArgs) -> aws.cognito.UserPoolPasswordPolicyArgs:
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
    """A resource server for each identifier that a scope names."""
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
