"""What the components refuse before anything is made: the fields, the rules across them, and the fixes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import cache
from typing import Any
from unittest import mock

import pulumi
import pytest

from components import (
    api_function,
    app_clients,
    auth_pool,
    http_api,
    identity_providers,
    mail,
    second_factors,
    sign_in_page,
)
from components.api_domain import ApiDomainArgs
from components.api_function import ApiFunctionArgs, FunctionSizeArgs
from components.arguments import ArgumentsError, Problem, Rule, rule_problems, written
from components.auth_pool import AuthPoolArgs
from components.encryption import EncryptionArgs
from components.http_api import HttpApiArgs, RouteArgs
from components.monitoring import MonitoringArgs
from components.pool_triggers import PoolTriggersArgs
from stacks import ROOT
from tests.components import test_api_domain, test_api_function, test_auth_pool, test_http_api, test_monitoring
from tests.components.arguments import arguments
from tests.components.test_app_clients import BROWSER, MACHINE, app_client
from tests.components.test_identity_providers import GOOGLE, OIDC, SAML
from tests.components.test_mail import IDENTITY
from tests.components.test_sign_in_page import OWN
from tests.settings.stack import WEB_ACL

REQUIRED: dict[type, dict[str, Any]] = {
    ApiDomainArgs: test_api_domain.REQUIRED,
    ApiFunctionArgs: test_api_function.REQUIRED,
    AuthPoolArgs: test_auth_pool.REQUIRED,
    EncryptionArgs: {},
    FunctionSizeArgs: {},
    HttpApiArgs: test_http_api.REQUIRED,
    MonitoringArgs: test_monitoring.REQUIRED,
    PoolTriggersArgs: {"package": pulumi.FileArchive(__file__)},
    RouteArgs: {"key": "GET /orders"},
}
TENANT = {"name": "tenant", "type": "String", "writable": True, "mutable": False}
MAPPED = {**SAML, "attribute_mapping": {"custom:tenant": "tenant"}}
PASSKEYS = {"first_factors": ["password", "passkey"], "managed_login": True}
LITE = {"user_pool_tier": "LITE"}
SES = {"email_from": "hello@example.com", "email_source_arn": IDENTITY}
# Arguments, what breaks a rule, where the problem is, and words of the rule.
REFUSED: list[tuple[type, dict[str, Any], str, str]] = [
    (ApiDomainArgs, {"zone_id": ""}, "zone_id", "be set with domain"),
    (ApiDomainArgs, {"truststore": {"version": "v1"}}, "truststore.uri", "be set with version"),
    (ApiDomainArgs, {"domain": "API.example.com"}, "domain", "host name in lower case"),
    (EncryptionArgs, {"deletion_window_days": 6}, "deletion_window_days", "7 to 30"),
    (EncryptionArgs, {"deletion_window_days": 31}, "deletion_window_days", "7 to 30"),
    (ApiFunctionArgs, {"snap_start": True, "provisioned_concurrency": 1}, "provisioned_concurrency", "snap_start"),
    (ApiFunctionArgs, {"python_version": "3.11"}, "options.python_version", "3.12, 3.13, 3.14"),
    (ApiFunctionArgs, {"snap_start": True, "live_alias": False}, "live_alias", "be true with snap_start"),
    (ApiFunctionArgs, {"provisioned_concurrency": 1, "live_alias": False}, "live_alias", "provisioned_concurrency"),
    (ApiFunctionArgs, {"shift_traffic": True, "live_alias": False}, "live_alias", "be true with shift_traffic"),
    (ApiFunctionArgs, {"provisioned_concurrency": 6, "reserved_concurrency": 5}, "provisioned_concurrency", "at most"),
    (FunctionSizeArgs, {"provisioned_concurrency": 6, "reserved_concurrency": 5}, "provisioned_concurrency", "at most"),
    (ApiFunctionArgs, {"reserved_concurrency": 0}, "reserved_concurrency", "be -1, or at least 1"),
    (ApiFunctionArgs, {"timeout_seconds": 30}, "timeout_seconds", "3 to 29"),
    (ApiFunctionArgs, {"vpc_subnets": ["subnet-0123456789abcdef0"]}, "vpc_security_groups", "be set with vpc_subnets"),
    (ApiFunctionArgs, {"vpc_security_groups": ["sg-0123456789abcdef0"]}, "vpc_subnets", "be set with"),
    (ApiFunctionArgs, {"environment": {"LOG_LEVEL": "x" * 4088}}, "environment", "at most 4096 bytes"),
    *(
        (ApiFunctionArgs, {"environment": {name: "x"}}, "environment", f"not set what Lambda reserves, {name}")
        for name in (
            *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_LAMBDA_FUNCTION_NAME", "AWS_ENDPOINT_URL"),
            *("LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR", "_HANDLER", "_X_AMZN_TRACE_ID"),
        )
    ),
    (AuthPoolArgs, {"callback_urls": []}, "callback_urls", "at least 1"),
    (AuthPoolArgs, {"logout_urls": []}, "logout_urls", "at least 1"),
    (AuthPoolArgs, {"callback_urls": ["https://a.example/", "https://a.example/"]}, "callback_urls[1]", "not repeat"),
    (AuthPoolArgs, {"password_minimum_length": 11}, "password_minimum_length", "12 to 99"),
    (AuthPoolArgs, {"password_minimum_length": 100}, "password_minimum_length", "12 to 99"),
    (AuthPoolArgs, {"access_token_minutes": 4}, "access_token_minutes", "5 to 1440"),
    (AuthPoolArgs, {"access_token_minutes": 1441}, "access_token_minutes", "5 to 1440"),
    (AuthPoolArgs, {"refresh_token_days": 0}, "refresh_token_days", "1 to 3650"),
    (AuthPoolArgs, {"refresh_token_days": 3651}, "refresh_token_days", "1 to 3650"),
    (AuthPoolArgs, {"scopes": {f"api/{each}": "One of many" for each in range(48)}}, "scopes", "at most 47"),
    (
        AuthPoolArgs,
        {"sign_in_web_acl": {"create": True, "arn": WEB_ACL}},
        "sign_in.sign_in_web_acl.create",
        "be false with arn",
    ),
    (
        AuthPoolArgs,
        {"sign_in_web_acl": {"arn": WEB_ACL.replace("regional", "global")}},
        "sign_in.sign_in_web_acl.arn",
        "be the ARN of a regional web ACL",
    ),
    *(
        (
            AuthPoolArgs,
            {"sign_in_web_acl": {"create": True, "requests_per_address": number}},
            "sign_in.sign_in_web_acl.requests_per_address",
            "be 10 to 2000000000",
        )
        for number in (9, 2_000_000_001)
    ),
    (AuthPoolArgs, {"custom_attributes": [TENANT, TENANT]}, "custom_attributes[1].name", "unique"),
    (AuthPoolArgs, {"threat_protection": "audit"}, "threat_protection", "be off on the tier ESSENTIALS"),
    (AuthPoolArgs, {"user_event_logs": True}, "user_event_logs", "be false on the tier ESSENTIALS"),
    (AuthPoolArgs, {**LITE, **PASSKEYS}, "first_factors", "password alone on the tier LITE"),
    (AuthPoolArgs, {**LITE, "password_history": 1}, "password_history", "be 0 on the tier LITE"),
    (AuthPoolArgs, {**LITE, "managed_login": True}, "managed_login", "be false on the tier LITE"),
    (AuthPoolArgs, {**LITE, **SES, "mfa_methods": ["email"]}, "mfa_methods", "not include email on the tier LITE"),
    (AuthPoolArgs, {**LITE, "refresh_token_rotation": True}, "refresh_token_rotation", "be false on the tier LITE"),
    (
        AuthPoolArgs,
        {**LITE, "app_clients": [{**BROWSER, "refresh_token_rotation": True}]},
        "app_clients[0].refresh_token_rotation",
        "be false on the tier LITE",
    ),
    (
        AuthPoolArgs,
        {**LITE, "triggers": {"pre_token_generation": {"name": "f", "arn": "a", "role": "r"}}},
        "triggers",
        "not have pre_token_generation on the tier LITE",
    ),
    (AuthPoolArgs, {"mfa_methods": ["email"]}, "mfa_methods", "not include email without SES"),
    (AuthPoolArgs, {"first_factors": ["password", "email"], "managed_login": True}, "first_factors", "without SES"),
    (AuthPoolArgs, {"risk_notifications": True}, "risk_notifications", "be false without SES"),
    (
        AuthPoolArgs,
        {
            "user_pool_tier": "PLUS",
            "threat_protection": "enforced",
            "mfa": "off",
            "risk_actions": {"medium": "MFA_REQUIRED"},
        },
        "risk_actions.medium",
        "not be MFA_REQUIRED while mfa is off",
    ),
    (AuthPoolArgs, {"first_factors": ["password", "passkey"]}, "first_factors", "without managed_login"),
    (AuthPoolArgs, {"first_factors": ["passkey"], "managed_login": True}, "first_factors", "include password"),
    (AuthPoolArgs, {**PASSKEYS, "mfa": "required"}, "first_factors", "password alone while mfa is required"),
    (AuthPoolArgs, {"passkey_relying_party_id": "a.example"}, "passkey_relying_party_id", "be empty without passkey"),
    (
        AuthPoolArgs,
        {**PASSKEYS, **OWN, "passkey_relying_party_id": "example.com"},
        "passkey_relying_party_id",
        "be login.example.com",
    ),
    (AuthPoolArgs, {"custom_attributes": [TENANT], "identity_providers": [MAPPED]}, "attribute_mapping", "mutable"),
    (
        AuthPoolArgs,
        {"identity_providers": [{**SAML, "attribute_mapping": {"emial": "mail"}}]},
        "identity_providers[0].attribute_mapping.emial",
        "attribute of the pool",
    ),
    (AuthPoolArgs, {"email_from": "hello@example.com"}, "email_from", "be empty without SES"),
    (AuthPoolArgs, {"email_source_arn": IDENTITY}, "email_from", "be set with email_source_arn"),
    (AuthPoolArgs, {**SES, "email_from": "a@other.example"}, "email_from", "be an address of the SES identity"),
    (AuthPoolArgs, {"invitation": {"message": "Hello {username}"}}, "invitation.message", "include {####}"),
    (AuthPoolArgs, {"sign_in_domain": OWN["sign_in_domain"]}, "sign_in_certificate_arn", "be set with sign_in_domain"),
    (AuthPoolArgs, {"sign_in_certificate_arn": OWN["sign_in_certificate_arn"]}, "sign_in_certificate_arn", "be empty"),
    (AuthPoolArgs, {**OWN, "sign_in_domain": f"{'a' * 60}.example"}, "sign_in_domain", "at most 63"),
    (
        AuthPoolArgs,
        {"branding_file": str(ROOT / "web" / "package.json")},
        "branding_file",
        "be empty without managed_login",
    ),
    (AuthPoolArgs, {"domain_prefix": "my-aws-pool"}, "domain_prefix", "not contain 'aws'"),
    (AuthPoolArgs, {"app_clients": [BROWSER, {**MACHINE, "name": "shop"}]}, "app_clients[1].name", "unique"),
    (AuthPoolArgs, {"app_clients": [{**MACHINE, "scopes": []}]}, "app_clients[0].scopes", "include a scope"),
    (AuthPoolArgs, {"app_clients": [app_client("m", "machine", scopes=["a/b"])]}, "_urls", "be empty for a"),
    (AuthPoolArgs, {"app_clients": [{**BROWSER, "callback_urls": []}]}, "callback_urls", "include a URL for a browser"),
    (
        AuthPoolArgs,
        {"app_clients": [{**BROWSER, "callback_urls": ["com.example.app://x"]}]},
        "app_clients[0].callback_urls[0]",
        "be https:// for a browser",
    ),
    (AuthPoolArgs, {"identity_providers": [GOOGLE]}, "identity_provider_secrets.Google", "hold the client secret"),
    (AuthPoolArgs, {"identity_provider_secrets": {"Google": "hush"}}, "identity_provider_secrets.Google", "name an"),
    (AuthPoolArgs, {"identity_providers": [SAML, SAML]}, "identity_providers[1].name", "unique"),
    (AuthPoolArgs, {"identity_providers": [{**SAML, "metadata_url": ""}]}, "[0].metadata_url", "be set for saml"),
    (AuthPoolArgs, {"identity_providers": [{**OIDC, "issuer": ""}]}, "[0].issuer", "be set for oidc"),
    (AuthPoolArgs, {"identity_providers": [{**GOOGLE, "name": "Gmail"}]}, "[0].name", "be Google for google"),
    (AuthPoolArgs, {"identity_providers": [{**SAML, "name": "Facebook"}]}, "[0].name", "which Cognito reserves"),
    (HttpApiArgs, {"routes": [RouteArgs(key="GET /a", function="reports")]}, "routes[0].function", "be one of api"),
    (HttpApiArgs, {"throttle_rate": 0}, "throttle_rate", "1 to 10000"),
    (HttpApiArgs, {"throttle_burst": 0}, "throttle_burst", "1 to 5000"),
    (HttpApiArgs, {"throttle_rate": 200, "throttle_burst": 100}, "throttle_burst", "at least 200"),
    (HttpApiArgs, {"audiences": []}, "audiences", "at least 1"),
    (HttpApiArgs, {"allowed_headers": ["*"]}, "allowed_headers[0]", "without a wildcard"),
    (HttpApiArgs, {"allowed_headers": ["a b"]}, "allowed_headers[0]", "a header's name"),
    (HttpApiArgs, {"resource_identifiers": ["api"]}, "resource_identifiers[0]", "one exact URL"),
    (
        HttpApiArgs,
        {"audiences": ["a"] * 49, "resource_identifiers": ["https://a.example", "https://b.example"]},
        "options.resource_identifiers",
        "1 at most beside 49 app clients",
    ),
    (HttpApiArgs, {"allowed_origins": ["*"]}, "allowed_origins[0]", "without a wildcard"),
    (HttpApiArgs, {"allowed_origins": ["https://a.example:443"]}, "allowed_origins[0]", "as browsers send it"),
    (HttpApiArgs, {"api_domain": "api.example.com"}, "api_zone_id", "be set with api_domain"),
    (HttpApiArgs, {"api_zone_id": "Z0123456789EXAMPLE"}, "api_domain", "be set with api_zone_id"),
    (HttpApiArgs, {"truststore": {"uri": "s3://trust/ca.pem"}}, "api_domain", "be set with truststore"),
    (
        HttpApiArgs,
        {**test_http_api.OWN_DOMAIN, **test_http_api.MUTUAL_TLS, "keep_default_endpoint": True},
        "keep_default_endpoint",
        "be false with truststore",
    ),
    (RouteArgs, {"key": "ANY /orders"}, "key", "be a method and a path"),
    (RouteArgs, {"key": "$default"}, "key", "be a method and a path"),
    (RouteArgs, {"throttle": {"rate": 1.0, "burst": 0}}, "throttle.burst", "1 to 5000"),
    (MonitoringArgs, {"alarm_refusals": 0}, "alarm_refusals", "1 to 1000000"),
    (MonitoringArgs, {"alarm_emails": ["a@example.com", "a@example.com"]}, "alarm_emails[1]", "not repeat an entry"),
    (PoolTriggersArgs, {"sign_up_email_domains": ["Example.com"]}, "sign_up_email_domains[0]", "lower case"),
    (PoolTriggersArgs, {"sign_up_email_domains": ["ex\u00e4mple.com"]}, "sign_up_email_domains[0]", "lower case"),
    (PoolTriggersArgs, {"group_scopes": {"admin": ["api/a api/b"]}}, "group_scopes.admin[0]", "<resource server>"),
    (
        PoolTriggersArgs,
        {"group_scopes": {f"group-{each}": ["api/reports.read"] * 1 for each in range(120)}},
        "group_scopes",
        "at most 4096 bytes",
    ),
]
RULES: tuple[Rule, ...] = (
    *second_factors.RULES,
    *sign_in_page.RULES,
    *mail.RULES,
    *app_clients.RULES,
    *identity_providers.RULES,
    *auth_pool.RULES,
    *http_api.OPTION_RULES,
    *api_function.OPTION_RULES,
)


@pytest.mark.parametrize(("type_", "changes", "place", "rule"), REFUSED)
def test_arguments_are_refused_before_anything_exists(
    type_: type, changes: dict[str, Any], place: str, rule: str
) -> None:
    """AWS would refuse each half-way through a deployment, or take it and let somebody in or shut everybody out."""
    with pytest.raises(ArgumentsError) as caught:
        arguments(type_, **{**REQUIRED[type_], **changes})

    found = [each for each in caught.value.problems if rule in each.rule]
    assert found, str(caught.value)
    assert all(place in written(each.path) for each in found)
    assert "hush" not in str(caught.value)


@cache
def refusing() -> frozenset[Rule]:
    """The rules that the rows above break."""
    seen: set[Rule] = set()

    def noting(rules: Iterable[Rule], values: Mapping[str, object]) -> list[Problem]:
        found = {rule: rule_problems([rule], values) for rule in rules}
        seen.update(rule for rule, problems in found.items() if problems)
        return [problem for problems in found.values() for problem in problems]

    with mock.patch("components.arguments.rule_problems", noting):
        for type_, changes, _, _ in REFUSED:
            with suppress(ArgumentsError):
                arguments(type_, **{**REQUIRED[type_], **changes})
    return frozenset(seen)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_refuses_something(rule: Rule) -> None:
    """A rule that no row needs could be taken out unseen: add a row to REFUSED."""
    assert rule in refusing()
