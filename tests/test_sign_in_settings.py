"""Each rule across the settings of sign-in: what it says, whole, and that its remedy mends it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from settings import SettingsError
from stacks import ROOT
from stacks.engine import MADE_UP, Stack
from tests.test_settings import CERTIFICATE, GOOGLE, IDENTITY, SCOPES, refusal_of, settings_with

MAIL = {"emailSourceArn": IDENTITY, "emailFrom": "hello@example.com"}
OWN = {"signInDomain": "login.example.com", "signInCertificateArn": CERTIFICATE}
SET_TIER = "pulumi config set userPoolTier"
SET_SES = f"pulumi config set emailSourceArn {IDENTITY}"
SECRETS = ["identityProviderSecrets"]


def client(**changes: Any) -> str:
    given: dict[str, Any] = {"name": "shop", "kind": "browser", **changes}
    if given["kind"] != "machine":
        given = {
            "callbackUrls": ["https://shop.example.com/"],
            "logoutUrls": ["https://shop.example.com/"],
            **given,
        }
    return json.dumps([given])


def machine(**changes: Any) -> str:
    return client(**{"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"], **changes})


# The settings that break a rule, and what is said.
BROKEN: list[tuple[dict[str, str], str]] = [
    (
        {"threatProtection": "enforced"},
        (
            'threatProtection: must be off on the tier ESSENTIALS: it needs PLUS, got "enforced" '
            f"(set it with: {SET_TIER} PLUS)"
        ),
    ),
    (
        {"threatProtection": "audit", "userPoolTier": "LITE"},
        f'threatProtection: must be off on the tier LITE: it needs PLUS, got "audit" (set it with: {SET_TIER} PLUS)',
    ),
    (
        {"userEventLogs": "true"},
        f"userEventLogs: must be false on the tier ESSENTIALS: it needs PLUS, got true (set it with: {SET_TIER} PLUS)",
    ),
    (
        {"firstFactors": '["password", "passkey"]', "userPoolTier": "LITE"},
        (
            "firstFactors: must be password alone on the tier LITE: it needs ESSENTIALS, "
            f'got ["password", "passkey"] (set it with: {SET_TIER} ESSENTIALS)'
        ),
    ),
    (
        {"passwordHistory": "3", "userPoolTier": "LITE"},
        f"passwordHistory: must be 0 on the tier LITE: it needs ESSENTIALS, got 3 (set it with: {SET_TIER} ESSENTIALS)",
    ),
    (
        {"managedLogin": "true", "userPoolTier": "LITE"},
        (
            "managedLogin: must be false on the tier LITE: it needs ESSENTIALS, got true "
            f"(set it with: {SET_TIER} ESSENTIALS)"
        ),
    ),
    (
        {"mfaMethods": '["totp", "email"]', "userPoolTier": "LITE", **MAIL},
        (
            'mfaMethods: must not have email on the tier LITE: it needs ESSENTIALS, got ["totp", "email"] '
            f"(set it with: {SET_TIER} ESSENTIALS)"
        ),
    ),
    (
        {"groupScopes": '{"admin": ["api/reports.read"]}', "userPoolTier": "LITE"},
        (
            'groupScopes: must be empty on the tier LITE: it needs ESSENTIALS, got {"admin": ["api/reports.read"]} '
            f"(set it with: {SET_TIER} ESSENTIALS)"
        ),
    ),
    (
        {"refreshTokenRotation": "true", "userPoolTier": "LITE"},
        (
            "refreshTokenRotation: must be false on the tier LITE: it needs ESSENTIALS, got true "
            f"(set it with: {SET_TIER} ESSENTIALS)"
        ),
    ),
    (
        {"appClients": client(refreshTokenRotation=True), "userPoolTier": "LITE"},
        (
            "appClients[0].refreshTokenRotation: must be false on the tier LITE: it needs ESSENTIALS, got true "
            f"(set it with: {SET_TIER} ESSENTIALS)"
        ),
    ),
    (
        {"emailSourceArn": IDENTITY},
        (
            'emailFrom: must be set with emailSourceArn, got "" '
            "(set it with: pulumi config set emailFrom hello@example.com)"
        ),
    ),
    (
        {"emailFrom": "hello@example.com"},
        f'emailFrom: must be empty without SES (emailSourceArn), got "hello@example.com" (set it with: {SET_SES})',
    ),
    (
        {"emailReplyTo": "help@example.com"},
        f'emailReplyTo: must be empty without SES (emailSourceArn), got "help@example.com" (set it with: {SET_SES})',
    ),
    (
        {"emailConfigurationSet": "sign-in"},
        f'emailConfigurationSet: must be empty without SES (emailSourceArn), got "sign-in" (set it with: {SET_SES})',
    ),
    (
        {"mfaMethods": '["email"]'},
        f'mfaMethods: must not have email without SES (emailSourceArn), got ["email"] (set it with: {SET_SES})',
    ),
    (
        {"firstFactors": '["password", "email"]'},
        (
            'firstFactors: must not have email without SES (emailSourceArn), got ["password", "email"] '
            f"(set it with: {SET_SES})"
        ),
    ),
    (
        {"threatProtection": "enforced", "userPoolTier": "PLUS", "riskNotifications": "true"},
        f"riskNotifications: must be false without SES (emailSourceArn), got true (set it with: {SET_SES})",
    ),
    (
        {"firstFactors": '["passkey"]'},
        (
            'firstFactors: must have password among them, got ["passkey"] '
            "(set it with: pulumi config set --path 'firstFactors[0]' password)"
        ),
    ),
    (
        {"firstFactors": '["password", "passkey"]', "mfa": "required"},
        (
            'firstFactors: must be password alone while mfa is required, got ["password", "passkey"] '
            "(set it with: pulumi config set mfa optional)"
        ),
    ),
    (
        {"passkeyRelyingPartyId": "example.com"},
        (
            'passkeyRelyingPartyId: must be empty without passkey in firstFactors, got "example.com" '
            "(set it with: pulumi config set passkeyRelyingPartyId '')"
        ),
    ),
    (
        {
            "mediumRiskAction": "MFA_REQUIRED",
            "threatProtection": "enforced",
            "userPoolTier": "PLUS",
            "mfa": "off",
            "environment": "dev",
        },
        (
            'mediumRiskAction: must not be MFA_REQUIRED while mfa is off, got "MFA_REQUIRED" '
            "(set it with: pulumi config set mfa optional)"
        ),
    ),
    (
        {"signInDomain": "login.example.com"},
        (
            'signInCertificateArn: must be set with signInDomain, got "" '
            f"(set it with: pulumi config set signInCertificateArn {CERTIFICATE})"
        ),
    ),
    (
        {"signInCertificateArn": CERTIFICATE},
        (
            f'signInCertificateArn: must be empty without signInDomain, got "{CERTIFICATE}" '
            "(set it with: pulumi config set signInDomain login.example.com)"
        ),
    ),
    (
        {"signInZoneId": "Z0123"},
        (
            'signInZoneId: must be empty without signInDomain, got "Z0123" '
            "(set it with: pulumi config set signInDomain login.example.com)"
        ),
    ),
    (
        {"appClients": json.dumps([*json.loads(client()), *json.loads(machine(name="shop"))])},
        (
            'appClients[1].name: must be a name that no other client has, got "shop" '
            "(set it with: pulumi config set --path 'appClients[1].name' shop-1)"
        ),
    ),
    (
        {"appClients": machine(callbackUrls=["https://a.example/"])},
        (
            'appClients[0].callbackUrls: must be empty for a machine, got ["https://a.example/"] '
            "(remove it with: pulumi config rm --path 'appClients[0].callbackUrls')"
        ),
    ),
    (
        {"appClients": client(logoutUrls=[])},
        (
            "appClients[0].logoutUrls: must have a URL for a browser, got [] "
            "(set it with: pulumi config set --path 'appClients[0].logoutUrls[0]' https://app.example.com/)"
        ),
    ),
    (
        {"appClients": client(callbackUrls=["com.example.shop://back"])},
        (
            'appClients[0].callbackUrls[0]: must be https:// for a browser, got "com.example.shop://back" '
            "(set it with: pulumi config set --path 'appClients[0].callbackUrls[0]' https://app.example.com/)"
        ),
    ),
    (
        {"appClients": client(callbackUrls=["http://localhost:3000/"])},
        (
            'appClients[0].callbackUrls[0]: must be https:// in production, got "http://localhost:3000/" '
            "(set it with: pulumi config set --path 'appClients[0].callbackUrls[0]' https://app.example.com/)"
        ),
    ),
    (
        {"brandingFile": "contract/released.json"},
        (
            f'brandingFile: must be empty without managedLogin, got "{ROOT / "contract" / "released.json"}" '
            "(set it with: pulumi config set managedLogin true)"
        ),
    ),
    (
        {
            "identityProviders": json.dumps(
                [{"name": "Work", "type": "saml", "metadataUrl": f"https://{one}.example.com/"} for one in ("a", "b")]
            )
        },
        (
            'identityProviders[1].name: must be a name that no other provider has, got "Work" '
            "(set it with: pulumi config set --path 'identityProviders[1].name' Work1)"
        ),
    ),
    (
        {"appClients": machine(scopes=[])},
        (
            "appClients[0].scopes: must have a scope for a machine: its token opens nothing else, got [] "
            f"(set it with: pulumi config set --path 'appClients[0].scopes[0]' {SCOPES[0]})"
        ),
    ),
    (
        {"appClients": machine(scopes=["api/reports.read", "api/all"])},
        (
            f'appClients[0].scopes[1]: must be a scope of the route table ({", ".join(SCOPES)}), got "api/all" '
            f"(set it with: pulumi config set --path 'appClients[0].scopes[1]' {SCOPES[0]})"
        ),
    ),
    (
        {"identityProviders": GOOGLE},
        (
            "identityProviderSecrets: must have the client secret of Google "
            "(set it with: pulumi config set --secret --path identityProviderSecrets.Google SECRET)"
        ),
    ),
    (
        {"identityProviders": '[{"name": "Partner", "type": "saml"}]'},
        (
            'identityProviders[0].metadataUrl: must be set for saml, got "" (set it with: pulumi config set --path '
            "'identityProviders[0].metadataUrl' https://idp.example.com/metadata.xml)"
        ),
    ),
    (
        {
            "identityProviders": json.dumps(
                [
                    {
                        "name": "Partner",
                        "type": "saml",
                        "metadataUrl": "https://idp.example.com/",
                        "attributeMapping": {"email": "mail", "custom:team": "team"},
                    }
                ]
            ),
            "customAttributes": '[{"name": "team", "type": "String"}]',
        },
        (
            "identityProviders[0].attributeMapping: must map to attributes of customAttributes that are writable, "
            "not custom:team (remove it with: pulumi config rm --path "
            "'identityProviders[0].attributeMapping[\"custom:team\"]')"
        ),
    ),
    (
        {"mfa": "off"},
        'mfa: must be optional or required in production, got "off" (set it with: pulumi config set mfa required)',
    ),
]


def problems_of(values: dict[str, str]) -> str:
    try:
        settings_with(**values)
    except SettingsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("values", "said"), BROKEN, ids=[said.partition(" got")[0][:60] for _, said in BROKEN])
def test_rule_is_said_whole(values: dict[str, str], said: str) -> None:
    """The key, the rule, the value and what to type: nobody should have to look anything up."""
    assert refusal_of(**values) == f"stack test must change {said}"


@pytest.mark.parametrize(
    ("values", "said"), [each for each in BROKEN if "--path" not in each[1]], ids=lambda value: str(value)[:40]
)
def test_remedy_mends_it(values: dict[str, str], said: str) -> None:
    """Or leads to the next thing that is missing; what it says is never said again."""
    command = re.search(r"pulumi config set (.*)\)$", said)

    assert command
    key, _, value = command[1].partition(" ")
    mended = {**values, key: "".join(shlex.split(value))}
    assert said.partition(", got")[0] not in problems_of(mended)


@pytest.mark.parametrize(
    "values",
    [
        {"threatProtection": "enforced", "userEventLogs": "true", "userPoolTier": "PLUS"},
        {"passwordHistory": "24", "managedLogin": "true", "firstFactors": '["password", "passkey"]'},
        {"mfaMethods": '["totp", "email"]', "firstFactors": '["password", "email"]', **MAIL},
        {"mfaMethods": '["email"]', "mfa": "off", "environment": "dev"},
        {"mfa": "required", "mfaMethods": '["email"]', **MAIL},
        {"threatProtection": "enforced", "userPoolTier": "PLUS", "mfa": "off", "environment": "staging"},
        {**OWN, "signInZoneId": "Z0123", "managedLogin": "true"},
        {"appClients": machine()},
        {"appClients": client(scopes=["api/reports.read"])},
        {"appClients": client(kind="native", callbackUrls=["com.example.shop://back", "http://localhost:3000/"])},
        {"appClients": client(callbackUrls=["http://localhost:3000/"]), "environment": "dev"},
        {"userPoolTier": "LITE"},
    ],
)
def test_what_fits_together_is_accepted(values: dict[str, str]) -> None:
    """A rule that refuses too much is switched off by whoever meets it."""
    assert settings_with(**values)


def test_secret_in_plain_is_refused_and_not_repeated() -> None:
    """It stands in a file of the repository, and the refusal in a log."""
    said = refusal_of(identityProviders=GOOGLE, identityProviderSecrets='{"Google": "hush"}')

    assert "hush" not in said
    assert said == (
        "stack test must change identityProviderSecrets: must be a Pulumi secret, and stands in plain "
        "(set it with: pulumi config set --secret --path identityProviderSecrets.Google SECRET)"
    )


def test_secret_is_accepted_encrypted() -> None:
    """As Pulumi hands it over: in plain, its key among the encrypted ones."""
    settings = settings_with(SECRETS, identityProviders=GOOGLE, identityProviderSecrets='{"Google": "hush"}')

    assert settings.identity_providers.identity_provider_secrets == {"Google": "hush"}


def test_broken_secret_is_not_repeated() -> None:
    """A wrong form may hold the right secret."""
    assert "hush" not in refusal_of(SECRETS, identityProviders=GOOGLE, identityProviderSecrets='{"Google": ["hush"]}')


def test_secret_of_nobody_is_refused() -> None:
    """A mistyped name would leave the provider without its own."""
    said = refusal_of(SECRETS, identityProviderSecrets='{"Gogle": "hush"}')

    assert said == (
        "stack test must change identityProviderSecrets: must name OpenID Connect and Google providers only, not Gogle "
        "(remove it with: pulumi config rm --path identityProviderSecrets.Gogle)"
    )


def test_secrets_of_the_cloud_are_made_up_on_this_machine(tmp_path: Path) -> None:
    """The local run has no key to decrypt them, and no use for them."""
    (tmp_path / "Pulumi.yaml").write_text("name: p\n")
    (tmp_path / "Pulumi.prod.yaml").write_text(
        "config:\n  p:identityProviderSecrets:\n    Google: {secure: v1:abc}\n  p:plain: {a: b}\n"
    )
    stack = Stack.load("prod", tmp_path)

    assert json.loads(stack.config["p:identityProviderSecrets"]) == {"Google": MADE_UP}
    assert stack.secrets == {"p:identityProviderSecrets"}


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("invitationMessage", "Welcome {username}", "must have {####} in it, or be empty"),
        ("invitationMessage", "Your password is {####}", "must have {username} in it, or be empty"),
        ("emailFrom", "somebody", "must match pattern"),
        ("emailSourceArn", "arn:aws:sns:eu-central-1:123456789012:topic", "must match pattern"),
        ("signInCertificateArn", CERTIFICATE.replace("us-east-1", "eu-central-1"), "must match pattern"),
        ("signInDomain", "https://login.example.com", "must match pattern"),
        ("mfaMethods", "[]", "must have at least 1 item"),
        ("mfaMethods", '["sms"]', "mfaMethods[0]: must be 'totp' or 'email'"),
        ("brandingFile", "no-such-file.json", "must be a file of JSON in this project, or empty"),
        ("brandingFile", "README.md", "must be a file of JSON in this project, or empty"),
        ("customAttributes", '[{"name": "a b", "type": "String"}]', "customAttributes[0].name: must match pattern"),
        ("customAttributes", '[{"name": "a", "type": "Text"}]', "customAttributes[0].type: must be 'String', 'Number'"),
        ("appClients", client(kind="robot"), "appClients[0].kind: must be 'browser', 'native' or 'machine'"),
        ("appClients", client(name="Shop"), "appClients[0].name: must match pattern"),
        ("appClients", client(accessTokenMinutes=4), "appClients[0].accessTokenMinutes: must be greater than or equal"),
        ("appClients", client(accessTokenMinutes=1441), "appClients[0].accessTokenMinutes: must be less than or equal"),
        ("appClients", client(refreshTokenDays=3651), "appClients[0].refreshTokenDays: must be less than or equal"),
        ("appClients", client(refreshGraceSeconds=61), "appClients[0].refreshGraceSeconds: must be less than or equal"),
        ("appClients", client(callbackUrls=["myapp://x"]), "must be https://, http:// on localhost, or an app's own"),
        ("appClients", client(callbackUrls=["https://*.example"]), "must be one exact URL, without a wildcard"),
        ("appClients", client(colour="red"), "appClients[0].colour: must be right: Extra inputs are not permitted"),
        ("identityProviders", '[{"name": "a_b", "type": "saml"}]', "identityProviders[0].name: must match pattern"),
        ("groups", '["two words"]', "groups[0]: must match pattern"),
        ("groups", json.dumps(["x" * 129]), "groups[0]: must match pattern"),
        ("groupScopes", '{"admin": ["reports.read"]}', "groupScopes.admin[0]: must match pattern"),
        ("alarmEmails", json.dumps([f"{'x' * 243}@example.com"]), "alarmEmails[0]: must be an email address"),
        (
            "policySuppressions",
            '[{"rule": "no such", "reason": "x"}]',
            "policySuppressions[0].rule: must match pattern",
        ),
        (
            "identityProviders",
            '[{"name": "Work", "type": "oidc", "clientId": "x", "issuer": "http://a.example"}]',
            "identityProviders[0].issuer: must match pattern",
        ),
        (
            "identityProviders",
            '[{"name": "Work", "type": "saml", "metadataUrl": "http://a.example/metadata"}]',
            "identityProviders[0].metadataUrl: must match pattern",
        ),
    ],
)
def test_single_values_are_held_too(key: str, value: str, rule: str) -> None:
    """Each before anything is created, with its place."""
    assert rule in refusal_of(**{key: value})


def test_at_most_fifty_audiences() -> None:
    """API Gateway's authorizer takes no more, and the browser's client is one."""

    def many(count: int) -> str:
        return json.dumps([each for number in range(count) for each in json.loads(machine(name=f"job-{number}"))])

    assert len(settings_with(appClients=many(49)).app_clients.app_clients) == 49
    assert "appClients: must have at most 49 items" in refusal_of(appClients=many(50))


def test_longest_email_address_is_accepted() -> None:
    """254 characters (RFC 5321, section 4.5.3.1.3, less the angle brackets)."""
    address = f"{'x' * 242}@example.com"
    assert settings_with(alarmEmails=json.dumps([address])).monitoring.alarm_emails == [address]
