"""Who may sign in, and how: the Cognito user pool and what belongs to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class AuthPoolArgs:
    """How people sign in. URLs are exact; lifetimes in minutes and days; ValueError where Cognito would refuse.

    `scopes` maps `<resource server>/<name>` to what it allows in words, `groups` likewise. With `deletion_protection`
    neither Cognito nor Pulumi deletes or replaces the pool.
    """

    region: str
    domain_prefix: str
    callback_urls: Sequence[str]
    logout_urls: Sequence[str]
    scopes: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    email_as_username: bool = False
    self_sign_up: bool = True
    password_sign_in: bool = False
    password_minimum_length: int = 12
    access_token_minutes: int = 15
    refresh_token_days: int = 30
    deletion_protection: bool = True

    def __post_init__(self) -> None:
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
    """A user pool with one public app client, whose access tokens the API and the function both accept."""

    user_pool_id: pulumi.Output[str]
    client_id: pulumi.Output[str]
    issuer: pulumi.Output[str]
    domain: pulumi.Output[str]
    sign_in: Mapping[str, Any]

    def __init__(self, name: str, args: AuthPoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:AuthPool", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        pool = aws.cognito.UserPool(
            f"{name}-pool",
            # How users are named cannot change while a pool lives, so it is said in full.
            username_attributes=["email"] if args.email_as_username else None,
            alias_attributes=None if args.email_as_username else ["email"],
            username_configuration={"case_sensitive": False},
            auto_verified_attributes=["email"],
            user_attribute_update_settings={"attributes_require_verification_before_updates": ["email"]},
            account_recovery_setting={"recovery_mechanisms": [{"name": "verified_email", "priority": 1}]},
            admin_create_user_config={"allow_admin_create_user_only": not args.self_sign_up},
            password_policy={
                "minimum_length": args.password_minimum_length,
                "require_lowercase": True,
                "require_uppercase": True,
                "require_numbers": True,
                "require_symbols": True,
                "temporary_password_validity_days": 1,
            },
            deletion_protection="ACTIVE" if args.deletion_protection else "INACTIVE",
            # Cognito refuses a delete; `protect` makes Pulumi refuse a replacement too, at preview.
            opts=pulumi.ResourceOptions(parent=self, protect=args.deletion_protection),
        )
        servers = _resource_servers(name, pool, args.scopes, child)
        _groups(name, pool, args.groups, child)
        client = _public_client(name, pool, args, pulumi.ResourceOptions(parent=self, depends_on=servers))
        domain = aws.cognito.UserPoolDomain(
            f"{name}-domain", domain=args.domain_prefix, user_pool_id=pool.id, opts=child
        )

        self.user_pool_id = pool.id
        self.client_id = client.id
        self.issuer = pulumi.Output.concat("https://", pool.endpoint)
        self.domain = pulumi.Output.concat("https://", domain.domain, f".auth.{args.region}.amazoncognito.com")
        self.sign_in = _sign_in(args)
        self.register_outputs(
            {
                "user_pool_id": self.user_pool_id,
                "client_id": self.client_id,
                "issuer": self.issuer,
                "domain": self.domain,
                "sign_in": self.sign_in,
            }
        )


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
        "mfa": "OFF",
        "mfaMethods": [],
        "groups": sorted(args.groups),
    }


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


def _public_client(
    name: str, pool: aws.cognito.UserPool, args: AuthPoolArgs, opts: pulumi.ResourceOptions
) -> aws.cognito.UserPoolClient:
    """The app client of browsers and mobile apps. Waits for the resource servers: its scopes must exist first."""
    flows = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    return aws.cognito.UserPoolClient(
        f"{name}-client",
        user_pool_id=pool.id,
        generate_secret=False,  # a browser cannot keep one
        explicit_auth_flows=[*flows, "ALLOW_USER_PASSWORD_AUTH"] if args.password_sign_in else flows,
        supported_identity_providers=["COGNITO"],
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_flows=["code"],  # never implicit: its tokens travel in the address bar
        allowed_oauth_scopes=["openid", "email", "profile", *sorted(args.scopes)],
        callback_urls=list(args.callback_urls),
        logout_urls=list(args.logout_urls),
        prevent_user_existence_errors="ENABLED",  # Cognito's own default tells strangers who has an account
        enable_token_revocation=True,
        access_token_validity=args.access_token_minutes,
        id_token_validity=args.access_token_minutes,
        refresh_token_validity=args.refresh_token_days,
        # Without units Cognito counts hours for access and ID tokens.
        token_validity_units={"access_token": "minutes", "id_token": "minutes", "refresh_token": "days"},
        opts=opts,
    )
