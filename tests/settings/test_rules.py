"""Every rule across settings: what breaks it, what is said, and that the remedy fixes it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import components
from components import (
    api_domain,
    api_function,
    app_clients,
    arguments,
    auth_pool,
    http_api,
    identity_providers,
    mail,
    pool_triggers,
    second_factors,
    sign_in_page,
)
from components.arguments import Problem, Rule
from components.custom_attributes import AttributeType
from settings import model, pool_record, rules
from settings.pool_record import Attribute
from tests.settings.stack import (
    CERTIFICATE,
    GOOGLE,
    IDENTITY,
    KEY,
    POOL,
    PRODUCTION,
    SCOPES,
    Config,
    Refusal,
    Route,
    lines_of,
    settings_with,
)

SES = {"emailSourceArn": IDENTITY, "emailFrom": "hello@example.com"}
DOMAIN = {"apiDomain": "api.example.com", "apiZoneId": "Z0123456789EXAMPLE"}
LOGIN = {"signInDomain": "login.example.com", "signInCertificateArn": CERTIFICATE}
TRUST = {"uri": "s3://example-trust/clients.pem"}
PLUS = {"userPoolTier": "PLUS", "threatProtection": "enforced"}
PASSKEYS = {"firstFactors": ["password", "passkey"], "managedLogin": True}
SUBNETS, GROUPS = ["subnet-0123456789abcdef0"], ["sg-0123456789abcdef0"]
DEV = {"environment": "dev"}
SET = "pulumi config set"
PATH = f"{SET} --path"
ESSENTIALS = f"{SET} userPoolTier ESSENTIALS"
SET_SES = f"{SET} emailSourceArn {IDENTITY}"
APP = "https://app.example.com/"
WORDS = "see docs/configuration.md for its members"
ELSEWHERE = "arn:aws:{}:us-east-1:123456789012:{}"
HERE = "arn:aws:{}:eu-central-1:123456789012:{}"


OPEN = [Route("GET /a")]
REPORTS = [Route("GET /a"), Route("GET /b", function="reports")]
FRESH = [Route("GET /a"), Route("GET /b", fresh=True)]


def client(**changes: Any) -> dict[str, Any]:
    """Return an app client of a browser, or of what `changes` say."""
    urls = {name: ["https://shop.example.com/"] for name in ("callbackUrls", "logoutUrls")}
    return {"name": "shop", "kind": "browser", **urls, **changes}


def machine(**changes: Any) -> dict[str, Any]:
    return {"name": "nightly", "kind": "machine", "scopes": [SCOPES[0]], **changes}


def saml(**changes: Any) -> dict[str, Any]:
    return {"name": "Partner", "type": "saml", "metadataUrl": "https://idp.example.com/m.xml", **changes}


def attribute(**changes: Any) -> dict[str, Any]:
    return {"name": "tenant", "type": "String", "writable": True, **changes}


def provider_with(mapping: dict[str, str], **changes: Any) -> Config:
    return {"identityProviders": [saml(attributeMapping=mapping)], "customAttributes": [attribute(**changes)]}


BY_EMAIL = replace(POOL, username_attributes=["email"], alias_attributes=[])
TEAM = replace(POOL, custom_attributes={"team": Attribute(type=AttributeType.STRING, mutable=True)})
KEEP_TEAM = """customAttributes '[{"name": "team", "type": "String", "mutable": true}]'"""
GUIDE = "docs/operations.md, Moving users to another pool"

REFUSALS: dict[Rule, list[Refusal]] = {
    # Factors
    second_factors.password_stays: [
        Refusal(
            {"firstFactors": ["passkey"], "managedLogin": True},
            "firstFactors",
            "include password",
            f"{PATH} 'firstFactors[1]' password",
        )
    ],
    second_factors.required_mfa_has_passwords_alone: [
        Refusal(
            {**PASSKEYS, "mfa": "required"},
            "firstFactors",
            "be password alone while mfa is required",
            f"{SET} mfa optional",
        )
    ],
    second_factors.relying_party_needs_passkeys: [
        Refusal(
            {"passkeyRelyingPartyId": "example.com"},
            "passkeyRelyingPartyId",
            "be empty without passkey in firstFactors",
            f"{SET} passkeyRelyingPartyId ''",
        )
    ],
    auth_pool.choice_needs_managed_login: [
        Refusal(
            {"firstFactors": ["password", "passkey"]},
            "firstFactors",
            "be password alone without managedLogin",
            f"{SET} managedLogin true",
        )
    ],
    auth_pool.passkeys_are_of_the_custom_domain: [
        Refusal(
            {**PASSKEYS, **LOGIN, "passkeyRelyingPartyId": "example.com"},
            "passkeyRelyingPartyId",
            "be login.example.com",
            f"{SET} passkeyRelyingPartyId login.example.com",
        )
    ],
    # The sign-in page
    sign_in_page.custom_domain_is_complete: [
        Refusal(
            {"signInDomain": "login.example.com"},
            "signInCertificateArn",
            "be set with signInDomain",
            f"{SET} signInCertificateArn {CERTIFICATE}",
        ),
        Refusal(
            {"signInCertificateArn": CERTIFICATE},
            "signInCertificateArn",
            "be empty without signInDomain",
            f"{SET} signInDomain login.example.com",
        ),
        Refusal(
            {"signInZoneId": "Z0123"},
            "signInZoneId",
            "be empty without signInDomain",
            f"{SET} signInDomain login.example.com",
        ),
    ],
    sign_in_page.style_needs_managed_login: [
        Refusal(
            {"brandingFile": "contract/released.json"},
            "brandingFile",
            "be empty without managedLogin",
            f"{SET} managedLogin true",
        )
    ],
    # Mail
    mail.identity_has_a_sender: [
        Refusal(
            {"emailSourceArn": IDENTITY},
            "emailFrom",
            "be set with emailSourceArn",
            f"{SET} emailFrom hello@example.com",
        )
    ],
    mail.sender_needs_the_identity: [
        Refusal({key: value}, key, "be empty without SES (emailSourceArn)", SET_SES)
        for key, value in {
            "emailFrom": "hello@example.com",
            "emailReplyTo": "help@example.com",
            "emailConfigurationSet": "sign-in",
        }.items()
    ],
    mail.sender_is_of_the_identity: [
        Refusal(
            {**SES, "emailFrom": sender},
            "emailFrom",
            "be an address of the SES identity example.com",
            f"{SET} emailFrom hello@example.com",
        )
        for sender in ("hello@other.example", "Hello <hello@notexample.com>", "hello@example.com.other.example")
    ],
    auth_pool.codes_and_notices_need_ses: [
        Refusal({"mfaMethods": ["email"]}, "mfaMethods", "not include email without SES", SET_SES),
        Refusal(
            {"firstFactors": ["password", "email"], "managedLogin": True},
            "firstFactors",
            "not include email without SES",
            SET_SES,
        ),
        Refusal({**PLUS, "riskNotifications": True}, "riskNotifications", "be false without SES", SET_SES),
    ],
    # App clients
    app_clients.names_are_unique: [
        Refusal(
            {"appClients": [client(), machine(name="shop")]},
            "appClients[1].name",
            "be unique",
            f"{PATH} 'appClients[1].name' shop-1",
        )
    ],
    app_clients.machines_have_scopes_and_no_urls: [
        Refusal({"appClients": [machine(scopes=[])]}, "appClients[0].scopes", "include a scope for a machine", WORDS),
        Refusal(
            {"appClients": [machine(callbackUrls=[APP])]},
            "appClients[0].callbackUrls",
            "be empty for a machine",
            "pulumi config rm --path 'appClients[0].callbackUrls'",
        ),
    ],
    app_clients.people_return_to_urls: [
        Refusal(
            {"appClients": [client(logoutUrls=[])]},
            "appClients[0].logoutUrls",
            "include a URL for a browser client",
            f"{PATH} 'appClients[0].logoutUrls[0]' {APP}",
        ),
        Refusal(
            {"appClients": [client(callbackUrls=["com.example.shop://back"])]},
            "appClients[0].callbackUrls[0]",
            "be https:// for a browser",
            f"{PATH} 'appClients[0].callbackUrls[0]' {APP}",
        ),
    ],
    rules.clients_ask_for_scopes_of_routes: [
        Refusal(
            {"appClients": [machine(scopes=[SCOPES[0], "api/all"])]},
            "appClients[0].scopes[1]",
            f"be a scope that a route requires ({', '.join(SCOPES)})",
            f"{PATH} 'appClients[0].scopes[1]' {SCOPES[-1]}",
        ),
        Refusal(
            {"appClients": [client(scopes=["api/all"])]},
            "appClients[0].scopes[0]",
            "be a scope that a route requires (there is none)",
            "pulumi config rm --path 'appClients[0].scopes[0]'",
            routes=OPEN,
        ),
    ],
    # Identity providers
    identity_providers.members_fit_the_type: [
        Refusal(
            {"identityProviders": [saml(metadataUrl="")]},
            "identityProviders[0].metadataUrl",
            "be set for saml",
            f"{PATH} 'identityProviders[0].metadataUrl' https://idp.example.com/metadata.xml",
        )
    ],
    identity_providers.name_fits_the_type: [
        Refusal(
            {"identityProviders": [{**GOOGLE[0], "name": "Gmail"}]},
            "identityProviders[0].name",
            "be Google for google",
            f"{PATH} 'identityProviders[0].name' Google",
        ),
        *(
            Refusal(
                {"identityProviders": [saml(name=name)]},
                "identityProviders[0].name",
                f"not be {name}, which Cognito reserves",
                f"{PATH} 'identityProviders[0].name' Partner",
            )
            for name in ("Google", "SignInWithApple", "COGNITO")
        ),
    ],
    identity_providers.names_are_unique: [
        Refusal(
            {"identityProviders": [saml(), saml()]},
            "identityProviders[1].name",
            "be unique",
            f"{PATH} 'identityProviders[1].name' Partner1",
        )
    ],
    identity_providers.secrets_fit_the_providers: [
        Refusal(
            {"identityProviders": GOOGLE},
            "identityProviderSecrets.Google",
            "hold the client secret of Google",
            f"{SET} --secret --path identityProviderSecrets.Google SECRET",
        ),
        Refusal(
            {"identityProviders": [saml()], "identityProviderSecrets": {"Partner": {"secure": "hush"}}},
            "identityProviderSecrets.Partner",
            "name an OpenID Connect or Google provider",
            "pulumi config rm --path identityProviderSecrets.Partner",
        ),
    ],
    auth_pool.attribute_names_are_unique: [
        Refusal(
            {"customAttributes": [attribute(), attribute(type="Number")]},
            "customAttributes[1].name",
            "be unique",
            "pulumi config rm --path 'customAttributes[1]'",
        )
    ],
    auth_pool.mapped_attributes_can_be_written: [
        Refusal(
            provider_with({name: "x"}, **changes),
            f'identityProviders[0].attributeMapping["{name}"]' if ":" in name else f"{mapping}.{name}",
            rule,
            "pulumi config rm --path 'identityProviders[0].attributeMapping"
            + (f'["{name}"]\'' if ":" in name else f".{name}'"),
        )
        for mapping in ["identityProviders[0].attributeMapping"]
        for name, changes, rule in [
            ("custom:tenant", {"mutable": False}, "be a custom attribute that is writable and mutable"),
            ("custom:tenant", {"writable": False}, "be a custom attribute that is writable and mutable"),
            ("custom:tennant", {}, "be an attribute of the pool"),
            ("emial", {}, "be an attribute of the pool"),
        ]
    ],
    # Tiers and threats
    auth_pool.plus_features_have_their_tier: [
        Refusal(changes, key, f"{rule} on the tier {tier}: it needs PLUS", f"{SET} userPoolTier PLUS")
        for changes, key, rule, tier in [
            ({"threatProtection": "enforced"}, "threatProtection", "be off", "ESSENTIALS"),
            ({"threatProtection": "audit", "userPoolTier": "LITE"}, "threatProtection", "be off", "LITE"),
            ({"userEventLogs": True}, "userEventLogs", "be false", "ESSENTIALS"),
        ]
    ],
    auth_pool.essentials_features_have_their_tier: [
        Refusal({"userPoolTier": "LITE", **changes}, key, f"{rule} on the tier LITE: it needs ESSENTIALS", ESSENTIALS)
        for changes, key, rule in [
            ({"passwordHistory": 3}, "passwordHistory", "be 0"),
            ({"managedLogin": True}, "managedLogin", "be false"),
            ({"mfaMethods": ["totp", "email"], **SES}, "mfaMethods", "not include email"),
            ({"refreshTokenRotation": True}, "refreshTokenRotation", "be false"),
            ({"appClients": [client(refreshTokenRotation=True)]}, "appClients[0].refreshTokenRotation", "be false"),
        ]
    ]
    + [
        Refusal(
            {"userPoolTier": "LITE", **PASSKEYS},
            "firstFactors",
            "be password alone on the tier LITE",
            ESSENTIALS,
            others=1,  # managedLogin
        )
    ],
    rules.group_scopes_have_their_tier: [
        Refusal(
            {"groupScopes": {"admin": [SCOPES[0]]}, "userPoolTier": "LITE"},
            "groupScopes",
            "be empty on the tier LITE: it needs ESSENTIALS",
            ESSENTIALS,
        )
    ],
    auth_pool.risks_do_not_ask_for_missing_factors: [
        Refusal(
            {**PLUS, "riskActions": {risk: "MFA_REQUIRED"}, "mfa": "off", **DEV},
            f"riskActions.{risk}",
            "not be MFA_REQUIRED while mfa is off",
            f"{SET} mfa optional",
        )
        for risk in ("low", "medium", "high")
    ],
    # Triggers, groups and scopes
    pool_triggers.environments_fit: [
        Refusal(
            {"signUpEmailDomains": [f"{number:03}.{'x' * 50}.example.com" for number in range(100)]},
            "signUpEmailDomains",
            "take at most 4096 bytes of environment",
            "",
        ),
        Refusal(
            {"groupScopes": {f"{number:03}{'x' * 40}": [SCOPES[0]] for number in range(80)}},
            "groupScopes",
            "take at most 4096 bytes of environment",
            "",
            routes=[
                Route("GET /a", scopes=(SCOPES[0],), groups=tuple(f"{number:03}{'x' * 40}" for number in range(80)))
            ],
        ),
    ],
    rules.group_scopes_name_known_groups: [
        Refusal(
            {"groupScopes": {"analyst": [SCOPES[0]]}, "groups": ["member"]},
            "groupScopes.analyst",
            "name a group that a route requires or groups lists (admin, audit, member)",
            f"{PATH} 'groups[1]' analyst",
        )
    ],
    rules.group_scopes_name_scopes_of_routes: [
        Refusal(
            {"groupScopes": {"admin": [SCOPES[0], "api/report.read"]}},
            "groupScopes.admin[1]",
            f"be a scope that a route requires ({', '.join(SCOPES)})",
            f"{PATH} 'groupScopes.admin[1]' {SCOPES[-1]}",
        )
    ],
    rules.default_group_exists: [
        Refusal(
            {"defaultGroup": "member"},
            "defaultGroup",
            "name a group that a route requires or groups lists (admin, audit)",
            f"{PATH} 'groups[0]' member",
        )
    ],
    rules.default_group_is_not_a_way_in: [
        Refusal(
            {"defaultGroup": "admin"},
            "defaultGroup",
            "be a group that no route requires while anyone may sign up",
            f"{SET} selfSignUp false",
        )
    ],
    # Functions
    rules.fresh_routes_have_their_table: [
        Refusal({}, "revocation", "be true, since GET /b is fresh", "pulumi config set revocation true", routes=FRESH),
    ],
    rules.routes_have_their_functions: [
        Refusal(
            {},
            "otherFunctions.reports",
            "be set, since GET /b names it",
            f"{PATH} otherFunctions.reports.memoryMb 512",
            routes=REPORTS,
        ),
        Refusal(
            {"otherFunctions": {"reports": {}, "report": {}}},
            "otherFunctions.report",
            "be the function of a route; reports is",
            "pulumi config rm --path otherFunctions.report",
            routes=REPORTS,
        ),
    ],
    api_function.provisioned_fits_into_reserved: [
        Refusal(
            {"provisionedConcurrency": 6, "reservedConcurrency": 5},
            "provisionedConcurrency",
            "be at most reservedConcurrency, 5",
            f"{SET} provisionedConcurrency 5",
        ),
        Refusal(
            {"otherFunctions": {"reports": {"provisionedConcurrency": 6, "reservedConcurrency": 5}}},
            "otherFunctions.reports.provisionedConcurrency",
            "be at most reservedConcurrency, 5",
            f"{PATH} otherFunctions.reports.provisionedConcurrency 5",
            routes=REPORTS,
        ),
    ],
    api_function.versions_are_reached_by_the_alias: [
        Refusal({key: value, "liveAlias": False}, "liveAlias", f"be true with {key}", f"{SET} liveAlias true")
        for key, value in {"snapStart": True, "shiftTraffic": True, "provisionedConcurrency": 1}.items()
    ],
    api_function.snapshots_exclude_provisioned: [
        Refusal(
            {"provisionedConcurrency": 1, "snapStart": True},
            "provisionedConcurrency",
            "be 0 with snapStart",
            f"{SET} provisionedConcurrency 0",
        )
    ],
    rules.others_concurrency_adds_up: [
        Refusal(
            {"otherFunctions": {"reports": {"provisionedConcurrency": 1}}, **changes},
            key,
            rule,
            remedy,
            routes=REPORTS,
        )
        for changes, key, rule, remedy in [
            (
                {"snapStart": True},
                "otherFunctions.reports.provisionedConcurrency",
                "be 0 with snapStart",
                f"{PATH} otherFunctions.reports.provisionedConcurrency 0",
            ),
            (
                {"liveAlias": False},
                "liveAlias",
                "be true with provisionedConcurrency of reports",
                f"{SET} liveAlias true",
            ),
        ]
    ],
    api_function.vpc_is_complete: [
        Refusal(
            {"vpcSubnets": SUBNETS},
            "vpcSecurityGroups",
            "be set with vpcSubnets",
            f"{PATH} 'vpcSecurityGroups[0]' {GROUPS[0]}",
        ),
        Refusal(
            {"vpcSecurityGroups": GROUPS},
            "vpcSubnets",
            "be set with vpcSecurityGroups",
            f"{PATH} 'vpcSubnets[0]' {SUBNETS[0]}",
        ),
    ],
    rules.environments_fit: [
        Refusal(
            {"secretReferences": {f"S{number}": "x" * 500 for number in range(8)}},
            "secretReferences",
            "beside the program's own environment",
            "shorten names and references, or use fewer",
        ),
        Refusal(
            {
                "appClients": [machine(name=f"job-{number}") for number in range(49)],
                "secretReferences": {f"S{number}": "x" * 500 for number in range(6)},
            },
            "secretReferences",
            "take at most 2346 bytes",
            "shorten names and references, or use fewer",
        ),
        Refusal(
            {"otherFunctions": {"reports": {"secretReferences": {f"S{number}": "x" * 500 for number in range(8)}}}},
            "otherFunctions.reports.secretReferences",
            "beside the program's own environment",
            "shorten names and references, or use fewer",
            routes=REPORTS,
        ),
    ],
    rules.alarms_see_refusals: [
        Refusal({"logLevel": "ERROR"}, "logLevel", "be WARNING or below while alarms", f"{SET} logLevel WARNING")
    ],
    # The API
    http_api.origins_are_as_browsers_send_them: [
        Refusal(
            {"allowedOrigins": [origin]},
            "allowedOrigins[0]",
            "be an origin as browsers send it",
            f"{PATH} 'allowedOrigins[0]' {right}",
        )
        for origin, right in {
            "https://app.example.com/": "https://app.example.com",
            "https://app.example.com/path": "https://app.example.com",
            "https://app.example.com?": "https://app.example.com",
            "https://App.example.com": "https://app.example.com",
            "https://app.example.com:": "https://app.example.com",
            "https://app.example.com:443": "https://app.example.com",
            "https://[2001:DB8::1]": "'https://[2001:db8::1]'",
        }.items()
    ]
    + [
        Refusal(
            {"allowedOrigins": [origin], **DEV},
            "allowedOrigins[0]",
            "be an origin as browsers send it",
            f"{PATH} 'allowedOrigins[0]' {right}",
        )
        for origin, right in {
            "http://localhost:80": "http://localhost",
            "http://localhost:05173": "http://localhost:5173",
        }.items()
    ]
    + [
        Refusal(
            {"allowedOrigins": ["https://app.example.com", "https://app.example.com:443"]},
            "allowedOrigins[1]",
            "be an origin as browsers send it",
            "pulumi config rm --path 'allowedOrigins[1]'",
        )
    ],
    http_api.burst_holds_a_second: [
        Refusal(
            {"throttleRate": rate, "throttleBurst": least - 1},
            "throttleBurst",
            f"be at least {least} with a throttleRate of {rate}",
            f"{SET} throttleBurst {least}",
        )
        for rate, least in [(200, 200), (10_000, 5000)]
    ],
    http_api.custom_domain_is_complete: [
        Refusal(
            {"apiDomain": "api.example.com"},
            "apiZoneId",
            "be set with apiDomain, or apiCertificateArn must",
            f"{SET} apiZoneId Z0123456789EXAMPLE",
        ),
        *(
            Refusal({key: value}, "apiDomain", f"be set with {key}", f"{SET} apiDomain api.example.com")
            for key, value in {
                "apiZoneId": "Z0123456789EXAMPLE",
                "apiCertificateArn": HERE.format("acm", "certificate/c"),
                "keepDefaultEndpoint": True,
                "truststore": TRUST,
            }.items()
        ),
    ],
    http_api.mutual_tls_has_one_door: [
        Refusal(
            {**DOMAIN, "truststore": TRUST, "keepDefaultEndpoint": True},
            "keepDefaultEndpoint",
            "be false with truststore",
            f"{SET} keepDefaultEndpoint false",
        )
    ],
    api_domain.others_need_the_file: [
        Refusal(
            {**DOMAIN, "truststore": {key: value}},
            "truststore.uri",
            f"be set with {key}",
            f"{PATH} truststore.uri s3://example-trust/clients.pem",
        )
        for key, value in {"version": "v1", "ownershipCertificateArn": HERE.format("acm", "certificate/c")}.items()
    ],
    rules.domains_differ: [
        Refusal(
            {**DOMAIN, **LOGIN, "signInDomain": "api.example.com"},
            "signInDomain",
            "differ from apiDomain",
            f"{SET} signInDomain login.api.example.com",
        )
    ],
    # Names and places
    rules.arns_are_of_this_region: [
        Refusal(
            changes,
            key,
            "be of region eu-central-1",
            f"{PATH if '.' in key else SET} {key} {HERE.format(*arn)}",
            routes=routes,
        )
        for changes, key, arn, routes in [
            ({"kmsKeyArn": ELSEWHERE.format("kms", "key/k")}, "kmsKeyArn", ("kms", "key/k"), OPEN),
            (
                {**DOMAIN, "apiCertificateArn": ELSEWHERE.format("acm", "certificate/c")},
                "apiCertificateArn",
                ("acm", "certificate/c"),
                OPEN,
            ),
            (
                {"secretReferences": {"TOKEN": ELSEWHERE.format("ssm", "parameter/token")}},
                "secretReferences.TOKEN",
                ("ssm", "parameter/token"),
                OPEN,
            ),
            (
                {
                    "otherFunctions": {
                        "reports": {"secretReferences": {"TOKEN": ELSEWHERE.format("ssm", "parameter/token")}}
                    }
                },
                "otherFunctions.reports.secretReferences.TOKEN",
                ("ssm", "parameter/token"),
                REPORTS,
            ),
        ]
    ],
    rules.one_key_encrypts: [
        Refusal(
            {"createKmsKey": True, "kmsKeyArn": KEY},
            "createKmsKey",
            "be false with kmsKeyArn",
            f"{SET} createKmsKey false",
        )
    ],
    # Production
    rules.production_has_https: [
        Refusal(
            {key: [value]},
            f"{key}[0]",
            "be https:// in production",
            f"{PATH} '{key}[0]' https://app.example.com",
        )
        for key, value in {"allowedOrigins": "http://localhost:5173"}.items()
    ]
    + [
        Refusal({key: [value]}, f"{key}[0]", "be https:// in production", f"{PATH} '{key}[0]' {APP}")
        for key, value in {"callbackUrls": "http://localhost:5173/", "logoutUrls": "http://127.0.0.1:5173/"}.items()
    ],
    rules.production_clients_have_https: [
        Refusal(
            {"appClients": [client(callbackUrls=["http://localhost:3000/"])]},
            "appClients[0].callbackUrls[0]",
            "be https:// in production",
            f"{PATH} 'appClients[0].callbackUrls[0]' {APP}",
        )
    ],
    rules.production_offers_a_second_factor: [
        Refusal({"mfa": "off"}, "mfa", "be optional or required in production", f"{SET} mfa required")
    ],
    rules.production_uses_srp: [
        Refusal({"passwordSignIn": True}, "passwordSignIn", "be false in production", f"{SET} passwordSignIn false")
    ],
    rules.production_keeps_users: [
        Refusal(
            {"deletionProtection": False},
            "deletionProtection",
            "be true in production",
            f"{SET} deletionProtection true",
        )
    ],
    rules.production_keeps_logs: [
        Refusal(
            {"logRetentionDays": 60},
            "logRetentionDays",
            "be at least 90 in production",
            f"{SET} logRetentionDays 365",
        )
    ],
    rules.production_traces_calls: [
        Refusal({"tracing": False}, "tracing", "be true in production", f"{SET} tracing true")
    ],
    rules.production_alarms_are_heard: [
        Refusal(
            {"alarmEmails": []},
            "alarmEmails",
            "have an address in production",
            f"{PATH} 'alarmEmails[0]' on-call@example.com",
        )
    ],
    # The deployed pool
    pool_record.region_stays: [
        Refusal(
            {"aws:region": "us-east-1"},
            "aws:region",
            'stay "eu-central-1": Cognito cannot change it in pool eu-central-1_Ab1Cd2Ef3',
            f"undo it with: {SET} aws:region eu-central-1; or move the users first: {GUIDE}",
            deployed=POOL,
        )
    ],
    pool_record.names_stay: [
        Refusal(
            {"emailAsUsername": now},
            "emailAsUsername",
            f"stay {before}: Cognito cannot change it",
            f"undo it with: {SET} emailAsUsername {before}; or move the users first: {GUIDE}",
            deployed=pool,
        )
        for now, before, pool in [(True, "false", POOL), (False, "true", BY_EMAIL)]
    ]
    + [
        Refusal(
            {},
            "components/auth_pool.py",
            'stay {"usernameAttributes": [], "aliasAttributes": ["preferred_username"]}',
            f"undo the change; or move the users first: {GUIDE}",
            deployed=replace(POOL, alias_attributes=["preferred_username"]),
        )
    ],
    pool_record.case_stays: [
        Refusal(
            {},
            "components/auth_pool.py",
            'stay {"caseSensitive": true}',
            f"undo the change; or move the users first: {GUIDE}",
            deployed=replace(POOL, case_sensitive=True),
        )
    ],
    pool_record.attributes_stay: [
        Refusal(
            {"customAttributes": wanted},
            "customAttributes",
            'keep {"name": "team", "type": "String", "mutable": true}',
            f"undo it with: {SET} {remedy}; or move the users first: {GUIDE}",
            deployed=TEAM,
        )
        for wanted, remedy in [
            ([], KEEP_TEAM),
            ([{"name": "team", "type": "Number"}], KEEP_TEAM),
            ([{"name": "team", "type": "String", "mutable": False}], KEEP_TEAM),
            (
                [{"name": "teams", "type": "String"}],
                KEEP_TEAM.replace("[", '[{"name": "teams", "type": "String", "mutable": true}, '),
            ),
        ]
    ],
}
# They read arguments that are no settings: tests/components/test_refused.py breaks them.
OF_COMPONENTS_ALONE: set[Rule] = {
    api_domain.certificate_can_be_proven,
    api_function.environment_fits,
    auth_pool.token_trigger_has_its_tier,
    http_api.routes_have_their_functions,
}
ROWS = [(rule, row) for rule, rows in REFUSALS.items() for row in rows]
IDS = [f"{rule.__name__}-{index}" for rule, rows in REFUSALS.items() for index in range(len(rows))]


@pytest.mark.parametrize("row", [row for _, row in ROWS], ids=IDS)
def test_refusal_has_key_rule_and_a_remedy_that_fixes_it(row: Refusal, tmp_path: Path) -> None:
    """Before the first resource, where AWS would refuse half-way, or not at all."""
    row.check(tmp_path)


def defined_rules() -> set[Rule]:
    """Return every function that looks like a rule, whether it is listed or not."""
    found: set[Rule] = set()
    names = [
        each.name for each in pkgutil.walk_packages(components.__path__, "components.") if "__main__" not in each.name
    ]
    for name in {*names, rules.__name__, pool_record.__name__} - {arguments.__name__}:
        module = importlib.import_module(name)
        for each in vars(module).values():
            if inspect.isgeneratorfunction(each) and each.__module__ == name and not each.__name__.startswith("_"):
                returned = str(each.__annotations__["return"])
                found |= {each} if returned.endswith("Problem]") else set()
    return found


def test_every_rule_has_a_refusal() -> None:
    """A rule that is written and not listed would hold nothing, and nobody would notice."""
    assert defined_rules() - OF_COMPONENTS_ALONE == REFUSALS.keys()


@pytest.mark.parametrize("rule", REFUSALS, ids=lambda rule: rule.__name__)
def test_refusals_come_from_their_rule(rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the rule taken away its refusals are gone: none is another rule's."""

    def others(all_rules: Iterable[Rule], values: Any) -> list[Problem]:
        return arguments_rule_problems([each for each in all_rules if getattr(each, "func", each) is not rule], values)

    arguments_rule_problems = arguments.rule_problems
    for module in (arguments, model):
        monkeypatch.setattr(module, "rule_problems", others)

    for row in REFUSALS[rule]:
        assert not any(row.is_said_in(line) for line in row.lines(tmp_path))


@pytest.mark.parametrize(
    "changes",
    [
        {**PLUS, "userEventLogs": True},
        {**PLUS, "mfa": "off", "environment": "staging"},
        {**PLUS, "mfa": "required"},
        {"passwordHistory": 24, **PASSKEYS},
        {**PASSKEYS, **LOGIN, "passkeyRelyingPartyId": "login.example.com"},
        {"mfaMethods": ["totp", "email"], "firstFactors": ["password", "email"], "managedLogin": True, **SES},
        {"mfaMethods": ["email"], "mfa": "off", **DEV},
        {"mfa": "required", "mfaMethods": ["email"], **SES},
        {**SES, "emailFrom": "Hello <hello@mail.example.com>"},
        {**LOGIN, "signInZoneId": "Z0123", "managedLogin": True},
        {"appClients": [machine(), client(scopes=[SCOPES[0]])]},
        {"appClients": [client(kind="native", callbackUrls=["com.example.shop://back", "http://localhost:3000/"])]},
        {"appClients": [client(callbackUrls=["http://localhost:3000/"])], **DEV},
        {"identityProviders": GOOGLE, "identityProviderSecrets": {"Google": {"secure": "hush"}}},
        provider_with({"email": "mail", "email_verified": "verified", "custom:tenant": "tenant"}),
        {"userPoolTier": "LITE"},
        {"groupScopes": {"admin": [SCOPES[0]], "member": []}, "groups": ["member"]},
        {"defaultGroup": "member", "groups": ["member"]},
        {"defaultGroup": "admin", "selfSignUp": False},
        {"defaultGroup": "admin", "signUpEmailDomains": ["example.com"]},
        DOMAIN,
        {"apiDomain": "api.example.com", "apiCertificateArn": HERE.format("acm", "certificate/c")},
        {**DOMAIN, "keepDefaultEndpoint": True},
        {
            **DOMAIN,
            "truststore": {**TRUST, "version": "v1", "ownershipCertificateArn": HERE.format("acm", "certificate/c")},
        },
        {"kmsKeyArn": KEY},
        {"createKmsKey": True},
        {"throttleRate": 100, "throttleBurst": 100},
        {"throttleRate": 10_000, "throttleBurst": 5000},
        {"liveAlias": False},
        {"snapStart": True},
        {"provisionedConcurrency": 5, "reservedConcurrency": 5},
        {"provisionedConcurrency": 5},
        {"vpcSubnets": SUBNETS, "vpcSecurityGroups": GROUPS},
        {"secretReferences": {"TOKEN": "/app/token", "KEY": "app/key"}},
        {"secretReferences": {f"S{number}": "x" * 500 for number in range(7)}},
        {"logRetentionDays": 90},
        {"logRetentionDays": 1, "tracing": False, "passwordSignIn": True, "deletionProtection": False, **DEV},
        {"logLevel": "ERROR", "alarms": False},
        {"alarmEmails": [], "alarmUrls": ["https://page.example.com/"]},
        {"alarmEmails": [], "alarms": False},
        {"alarmEmails": [], **DEV},
    ],
    ids=str,
)
def test_settings_that_fit_together_are_accepted(changes: Config) -> None:
    """A rule that refuses too much is switched off by whoever meets it."""
    assert settings_with(**changes)


def test_routes_may_share_a_function() -> None:
    """A function's settings are for all of its routes."""
    routes = [*REPORTS, Route("GET /c", function="reports")]
    assert lines_of({**PRODUCTION, "otherFunctions": {"reports": {}}}, routes) == []
