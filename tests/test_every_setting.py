"""Every setting, on and off: what it changes of the stack, and that it changes nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pytest

from settings.model import SETTINGS
from stacks.recorder import deployed, record_program
from tests.settings.stack import CERTIFICATE, IDENTITY, KEY
from tests.settings.stack import GOOGLE as GOOGLE_PROVIDER

pytestmark = pytest.mark.acceptance  # the whole program twice for each

SES = {"emailFrom": "hello@example.com", "emailSourceArn": IDENTITY}
DOMAIN = {"apiDomain": "api.example.com", "apiZoneId": "Z0123456789EXAMPLE"}
CHECKED = {"userPoolTier": "PLUS", "threatProtection": "enforced"}
HEARD = {"alarms": "true", "alarmEmails": '["on-call@example.com"]'}
LOGIN = {"signInDomain": "login.example.com", "signInCertificateArn": CERTIFICATE}
ASKED = {"revocation": "true"}
GOOGLE = json.dumps(GOOGLE_PROVIDER)
TAGGED = {"Api", "Function", "LogGroup", "Role", "Stage", "Table", "UserPool"}
TRIGGER = {"Dashboard", "Function", "LogGroup", "Permission", "Role", "RolePolicy", "UserPool"}


@dataclass(frozen=True)
class Row:
    """A value that is not the one before, the kinds of resource that it changes, and what it needs `beside` it.

    `off` has more for the stack without it, where a setting stands instead of another one.
    """

    value: str
    kinds: set[str]
    beside: dict[str, str] = field(default_factory=dict)
    off: dict[str, str] = field(default_factory=dict)


ROWS: dict[str, Row] = {
    # What only rules ask is in the tests of the rules; of a stack it changes the tag at most.
    "environment": Row("staging", TAGGED),
    "policySuppressions": Row('[{"rule": "L-VPC", "reason": "There is a NAT gateway."}]', set()),
    "acceptIdTokens": Row("true", {"Function"}),
    "groups": Row('["member"]', {"UserGroup"}),
    "logRetentionDays": Row("30", {"LogGroup"}),
    "logSubjectSalt": Row("0123456789abcdef0123456789abcdef", {"Function"}),
    "createKmsKey": Row("true", {"Function", "Key", "KeyPolicy", "LogGroup", "RolePolicy", "Table"}),
    "kmsKeyArn": Row(KEY, {"Function", "LogGroup", "RolePolicy", "Table"}),
    "tags": Row('{"DataClass": "internal"}', TAGGED),
    "packagePlatform": Row("host", set()),
    "callbackUrls": Row('["https://app.example.com/"]', {"UserPoolClient"}),
    "logoutUrls": Row('["https://app.example.com/"]', {"UserPoolClient"}),
    "userPoolTier": Row("LITE", {"UserPool"}),
    "emailAsUsername": Row("true", {"UserPool"}),
    "customAttributes": Row('[{"name": "team", "type": "String", "writable": true}]', {"UserPool", "UserPoolClient"}),
    "selfSignUp": Row("false", {"UserPool"}),
    "passwordSignIn": Row("false", {"UserPoolClient"}),
    "passwordMinimumLength": Row("14", {"UserPool"}),
    "passwordHistory": Row("5", {"UserPool"}),
    "accessTokenMinutes": Row("30", {"UserPoolClient"}),
    "refreshTokenDays": Row("7", {"UserPoolClient"}),
    "refreshTokenRotation": Row("true", {"UserPoolClient"}),
    "refreshGraceSeconds": Row("30", {"UserPoolClient"}, {"refreshTokenRotation": "true"}),
    "signInWebAcl": Row(
        '{"create": true}', {"Dashboard", "LogGroup", "WebAcl", "WebAclAssociation", "WebAclLoggingConfiguration"}
    ),
    "deletionProtection": Row("true", {"Table", "UserPool"}),
    "mfa": Row("required", {"UserPool"}),
    "accountRecovery": Row("administrators", {"UserPool"}),
    "mfaMethods": Row('["totp", "email"]', {"UserPool"}, SES),
    "firstFactors": Row('["password", "passkey"]', {"UserPool", "UserPoolClient"}, {"managedLogin": "true"}),
    "passkeyRelyingPartyId": Row(
        "example.com", {"UserPool"}, {"firstFactors": '["password", "passkey"]', "managedLogin": "true"}
    ),
    "passkeyUserVerification": Row(
        "preferred", {"UserPool"}, {"firstFactors": '["password", "passkey"]', "managedLogin": "true"}
    ),
    "domainPrefix": Row("another-prefix", {"UserPoolDomain"}),
    "signInDomain": Row("login.example.com", {"UserPoolDomain"}, {"signInCertificateArn": CERTIFICATE}),
    "signInCertificateArn": Row(CERTIFICATE, {"UserPoolDomain"}, {"signInDomain": "login.example.com"}),
    "signInZoneId": Row("Z0123456789EXAMPLE", {"Record"}, LOGIN),
    "managedLogin": Row("true", {"ManagedLoginBranding", "UserPoolDomain"}),
    "appClients": Row(
        '[{"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"]}]',
        {"Authorizer", "Function", "UserPoolClient"},
    ),
    "identityProviders": Row(
        '[{"name": "Partner", "type": "saml", "metadataUrl": "https://idp.example.com/metadata"}]',
        {"Dashboard", "IdentityProvider", "UserPoolClient"},
    ),
    "identityProviderSecrets": Row(
        '{"Google": "another"}',
        {"IdentityProvider"},
        {"identityProviders": GOOGLE},
        {"identityProviders": GOOGLE, "identityProviderSecrets": '{"Google": "one"}'},
    ),
    "threatProtection": Row("audit", {"UserPool"}, {"userPoolTier": "PLUS"}),
    "riskActions": Row('{"medium": "NO_ACTION"}', {"RiskConfiguration"}, CHECKED),
    "riskNotifications": Row("true", {"RiskConfiguration"}, {**CHECKED, **SES}),
    "compromisedCredentials": Row("NO_ACTION", {"RiskConfiguration"}, CHECKED),
    "userEventLogs": Row("true", {"LogDeliveryConfiguration", "LogGroup"}, {"userPoolTier": "PLUS"}),
    "emailFrom": Row("hello@example.com", {"UserPool"}, {"emailSourceArn": IDENTITY}),
    "emailSourceArn": Row(IDENTITY, {"UserPool"}, {"emailFrom": "hello@example.com"}),
    "emailReplyTo": Row("help@example.com", {"UserPool"}, SES),
    "emailConfigurationSet": Row("sign-in", {"UserPool"}, SES),
    "invitation": Row('{"subject": "Welcome"}', {"UserPool"}),
    "groupScopes": Row('{"admin": ["api/reports.read"]}', TRIGGER),
    "signUpEmailDomains": Row('["example.com"]', TRIGGER),
    "defaultGroup": Row("member", TRIGGER, {"groups": '["member"]'}),
    "triggerConcurrency": Row("5", {"Function"}, {"signUpEmailDomains": '["example.com"]'}),
    "allowedOrigins": Row('["https://app.example.com"]', {"Api"}),
    "allowedHeaders": Row('["traceparent"]', {"Api"}),
    "resourceIdentifiers": Row('["https://mcp.example.com/"]', {"Authorizer", "Function"}),
    "allowCredentials": Row("true", {"Api"}),
    "throttleRate": Row("60", {"Stage"}),
    "throttleBurst": Row("200", {"Stage"}),
    "detailedMetrics": Row("true", {"Stage"}),
    "accessLogCallers": Row("false", {"Stage"}),
    "apiDomain": Row(
        "api.example.com",
        {"Api", "ApiMapping", "Certificate", "CertificateValidation", "DomainName", "Record"},
        {"apiZoneId": "Z0123456789EXAMPLE"},
    ),
    "apiCertificateArn": Row(
        "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
        {"Certificate", "CertificateValidation", "DomainName", "Record"},
        DOMAIN,
    ),
    "apiZoneId": Row("Z9999999999EXAMPLE", {"Record"}, {"apiDomain": "api.example.com"}, DOMAIN),
    "keepDefaultEndpoint": Row("true", {"Api"}, DOMAIN),
    "truststore": Row('{"uri": "s3://example-trust/clients.pem", "version": "7"}', {"DomainName"}, DOMAIN),
    "revocation": Row("true", {"Dashboard", "Function", "LogMetricFilter", "RolePolicy", "Table"}),
    "revocationDelaySeconds": Row("60", {"Function"}, ASKED),
    "revocationOnFailure": Row("allow", {"Function"}, ASKED),
    "architecture": Row("x86_64", {"Function"}),
    "pythonVersion": Row("3.12", {"Function"}),
    "memoryMb": Row("1024", {"Function"}),
    "timeoutSeconds": Row("20", {"Function"}),
    "reservedConcurrency": Row("10", {"Function"}),
    "provisionedConcurrency": Row("1", {"ProvisionedConcurrencyConfig"}),
    "snapStart": Row("true", {"Function"}),
    "liveAlias": Row("false", {"Alias", "Function", "Integration", "Permission"}),
    "shiftTraffic": Row("true", {"Alias"}),
    "tracing": Row("false", {"Function", "RolePolicy"}),
    "logLevel": Row("DEBUG", {"Function"}),
    "vpcSubnets": Row(
        '["subnet-0123456789abcdef0"]', {"Function", "RolePolicy"}, {"vpcSecurityGroups": '["sg-0123456789abcdef0"]'}
    ),
    "vpcSecurityGroups": Row(
        '["sg-0123456789abcdef0"]', {"Function", "RolePolicy"}, {"vpcSubnets": '["subnet-0123456789abcdef0"]'}
    ),
    "secretReferences": Row('{"PAYMENT_KEY": "/secure-api/payment-key"}', {"Function", "RolePolicy"}),
    "dashboard": Row("false", {"Dashboard"}),
    "alarms": Row(
        "true",
        {"CompositeAlarm", "Dashboard", "Key", "MetricAlarm", "Topic", "TopicPolicy", "TopicSubscription"},
        HEARD,
    ),
    "alarmEmails": Row('["night@example.com"]', {"TopicSubscription"}, HEARD, HEARD),
    "alarmUrls": Row('["https://events.example.com/alarms"]', {"TopicSubscription"}, HEARD),
    "runbookUrl": Row("https://git.example.com/api/blob/main", {"CompositeAlarm", "Dashboard", "MetricAlarm"}, HEARD),
    "alarmServerErrorsPercent": Row("2", {"MetricAlarm"}, HEARD),
    "alarmLatencyMs": Row("900", {"MetricAlarm"}, HEARD),
    "alarmRefusals": Row("80", {"MetricAlarm"}, HEARD),
    "alarmConcurrencyPercent": Row("60", {"MetricAlarm"}, HEARD),
}
# They need a file, a route that names the function, or change everything: tests/components and tests/test_program.py.
ELSEWHERE = {"brandingFile", "otherFunctions", "aws:region"}
# What a setting stands for only together with these: without it, they are not there either.
PAIRS = {
    *("signInDomain", "signInCertificateArn", "emailFrom", "emailSourceArn", "apiDomain"),
    *("vpcSubnets", "vpcSecurityGroups", "alarms"),
}


@cache
def _stack(changes: frozenset[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Every resource as it is made, but for the package, which is the same in all of them."""
    stack = deployed("dev", **dict(changes))
    secrets = frozenset(f"{stack.project}:{key}" for key, _ in changes if SETTINGS[key].secret)
    made: dict[tuple[str, str], str] = {}
    for each in record_program(replace(stack, secrets=stack.secrets | secrets)).resources:
        if each.custom:
            shown: dict[str, Any] = {name: value for name, value in each.inputs.items() if name != "code"}
            seen = [shown, each.protect, sorted(each.ignores)]
            made[each.kind, each.name] = json.dumps(seen, sort_keys=True, default=str)
    return made


def test_there_is_a_row_for_each() -> None:
    """A new setting that nobody reads is found here."""
    assert ROWS.keys() | ELSEWHERE == SETTINGS.keys()


@pytest.mark.parametrize("key", ROWS)
def test_setting_changes_what_it_is_for_and_nothing_else(key: str) -> None:
    """On and off, with all else as it was."""
    row = ROWS[key]
    off = _stack(frozenset((row.off or ({} if key in PAIRS else row.beside)).items()))
    on = _stack(frozenset({**row.beside, key: row.value}.items()))

    assert {kind for kind, name in off.keys() | on.keys() if off.get((kind, name)) != on.get((kind, name))} == row.kinds
