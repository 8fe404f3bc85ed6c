"""Rules for sign-in: user pools, app clients, identity pools."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from policies.rule import PRODUCTION, STACK, ResourceRule, Severity, StackRule, Violation, at, of_type, shown, wants
from stacks.resource import Resource

POOL = "aws:cognito/userPool:UserPool"
CLIENT = "aws:cognito/userPoolClient:UserPoolClient"
IDENTITY_POOL = "aws:cognito/identityPool:IdentityPool"
WEB_ACL_ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"

_MACHINE = "client_credentials"
# Flows that send the password itself, in both spellings that Cognito accepts.
_PLAIN_PASSWORD = frozenset(
    {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"}
)
_MINUTES = {"seconds": 1 / 60, "minutes": 1, "hours": 60, "days": 1440}
# A native app's private scheme is a reversed domain name, so that no other app uses it by accident (RFC 8252, 7.1).
_EXACT = re.compile(r"https://[^*#\s]+|[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:/[^*#\s]*")


def _password(pool: Resource) -> Iterator[str]:
    policy: Mapping[str, Any] = pool.inputs.get("passwordPolicy") or {}
    length, days = policy.get("minimumLength") or 0, policy.get("temporaryPasswordValidityDays")
    if length < 12:
        yield f"passwordPolicy.minimumLength must be at least 12, got {shown(length)}"
    for kind in ("requireLowercase", "requireUppercase", "requireNumbers", "requireSymbols"):
        yield from wants(pool, f"passwordPolicy.{kind}", True)
    if days is None or not 1 <= days <= 7:
        yield f"passwordPolicy.temporaryPasswordValidityDays must be 1 to 7, got {shown(days)}"


def _threats(pool: Resource) -> Iterator[str]:
    yield from wants(pool, "userPoolTier", "PLUS")
    yield from wants(pool, "userPoolAddOns.advancedSecurityMode", "ENFORCED")


def _kept(pool: Resource) -> Iterator[str]:
    yield from wants(pool, "deletionProtection", "ACTIVE")
    if not pool.protect:
        yield "the resource option protect must be true, got false"


def _web_acl(resources: Sequence[Resource]) -> Iterator[Violation]:
    pools = len(of_type(resources, POOL))
    guarded = {str(each.inputs.get("resourceArn")) for each in of_type(resources, WEB_ACL_ASSOCIATION)}
    found = sum(":userpool/" in arn for arn in guarded)
    if found < pools:
        yield Violation(STACK, f"a web ACL must be associated with every user pool, got {found} of {pools}")


def _flows(client: Resource) -> Iterator[str]:
    plain = sorted(_PLAIN_PASSWORD & set(client.inputs.get("explicitAuthFlows") or ()))
    if plain:
        yield f"explicitAuthFlows must hold no flow that sends the password, got {shown(plain)}"


def _custom_auth(client: Resource) -> Iterator[str]:
    custom = {"ALLOW_CUSTOM_AUTH", "CUSTOM_AUTH_FLOW_ONLY"} & set(client.inputs.get("explicitAuthFlows") or ())
    if custom:
        yield f"explicitAuthFlows must hold no custom sign-in, got {shown(sorted(custom))}"


def _grants(client: Resource) -> Iterator[str]:
    grants = client.inputs.get("allowedOauthFlows") or []
    if grants and grants not in (["code"], [_MACHINE]):
        yield f"allowedOauthFlows must be code alone, or {_MACHINE} alone, got {shown(grants)}"


def _secret(client: Resource) -> Iterator[str]:
    machine = _MACHINE in (client.inputs.get("allowedOauthFlows") or ())
    if bool(client.inputs.get("generateSecret")) != machine:
        yield f"generateSecret must be {shown(machine)}, got {shown(client.inputs.get('generateSecret'))}"


def _addresses(client: Resource) -> Iterator[str]:
    for key in ("callbackUrls", "logoutUrls"):
        for url in client.inputs.get(key) or ():
            if not _EXACT.fullmatch(str(url)):
                yield f"{key} must be exact https:// addresses, got {url}"


def _token_life(client: Resource) -> Iterator[str]:
    for token in ("accessToken", "idToken"):
        # Cognito's defaults: one hour, and hours as the unit.
        number = client.inputs.get(f"{token}Validity") or 1
        unit = at(client.inputs, f"tokenValidityUnits.{token}") or "hours"
        if number * _MINUTES[unit] > 60:
            yield f"{token}Validity must be at most 60 minutes, got {shown(number)} {unit}"


RULES = (
    ResourceRule(
        id="COG-PASSWORD",
        severity=Severity.HIGH,
        title="Passwords have at least 12 characters of all four classes; temporary ones expire within a week",
        remedy="pulumi config set passwordMinimumLength 12",
        sources=("COG1", "SH Cognito.3"),
        types=(POOL,),
        check=_password,
    ),
    ResourceRule(
        id="COG-MFA",
        severity=Severity.HIGH,
        title="Every user signs in with a second factor",
        remedy="pulumi config set mfa required",
        sources=("COG2", "SH Cognito.5"),
        types=(POOL,),
        check=lambda pool: wants(pool, "mfaConfiguration", "ON"),
    ),
    ResourceRule(
        id="COG-THREATS",
        severity=Severity.HIGH,
        title="Threat protection blocks leaked passwords and unusual sign-ins (it needs the tier PLUS)",
        remedy="pulumi config set userPoolTier PLUS; pulumi config set threatProtection enforced",
        sources=("COG8", "SH Cognito.1"),
        environments=PRODUCTION,  # PLUS has a price for each user
        types=(POOL,),
        check=_threats,
    ),
    ResourceRule(
        id="COG-KEPT",
        severity=Severity.HIGH,
        title="Neither Cognito nor Pulumi deletes or replaces the user pool",
        remedy="pulumi config set deletionProtection true",
        sources=("SH Cognito.6", "Config cognito-user-pool-deletion-protection-enabled"),
        types=(POOL,),
        check=_kept,
    ),
    StackRule(
        id="COG-WAF",
        severity=Severity.MEDIUM,
        title="A web ACL stands in front of sign-in, against floods, known attacks and addresses of bad repute",
        remedy="pulumi config set --path signInWebAcl.create true",
        sources=("Cognito: AWS WAF web ACLs", "Prowler cognito_user_pool_waf_acl_attached"),
        environments=PRODUCTION,  # a web ACL has a price of its own
        check=_web_acl,
    ),
    ResourceRule(
        id="COG-SIGN-UP",
        severity=Severity.MEDIUM,
        title="Only administrators create users",
        remedy="pulumi config set selfSignUp false, or suppress the rule with the reason for open sign-up",
        sources=("COG7",),
        types=(POOL,),
        check=lambda pool: wants(pool, "adminCreateUserConfig.allowAdminCreateUserOnly", True),
    ),
    ResourceRule(
        id="COG-STRANGERS",
        severity=Severity.MEDIUM,
        title="A failed sign-in does not reveal whether the user exists",
        remedy='prevent_user_existence_errors="ENABLED" on the app client',
        sources=("Cognito: managing errors",),
        types=(CLIENT,),
        check=lambda client: wants(client, "preventUserExistenceErrors", "ENABLED"),
    ),
    ResourceRule(
        id="COG-REVOCATION",
        severity=Severity.MEDIUM,
        title="Refresh tokens can be revoked",
        remedy="enable_token_revocation=True on the app client",
        sources=("Cognito: token revocation",),
        types=(CLIENT,),
        check=lambda client: wants(client, "enableTokenRevocation", True),
    ),
    ResourceRule(
        id="COG-PLAIN-PASSWORD",
        severity=Severity.HIGH,
        title="App clients prove the password with SRP and never send it",
        remedy="pulumi config set passwordSignIn false",
        sources=("Cognito: authentication flows",),
        types=(CLIENT,),
        check=_flows,
    ),
    ResourceRule(
        id="COG-CUSTOM-AUTH",
        severity=Severity.MEDIUM,
        title="No app client allows custom authentication, which threat protection does not cover",
        remedy="remove ALLOW_CUSTOM_AUTH from the app client's flows",
        sources=("SH Cognito.4",),
        types=(CLIENT,),
        check=_custom_auth,
    ),
    ResourceRule(
        id="COG-CODE-FLOW",
        severity=Severity.CRITICAL,
        title="Users sign in with the code flow, machines with client credentials, and no app client has both",
        remedy='allowed_oauth_flows=["code"] on the app client',
        sources=("RFC 9700, 2.1.2",),
        types=(CLIENT,),
        check=_grants,
    ),
    ResourceRule(
        id="COG-SECRET",
        severity=Severity.HIGH,
        title="A user's app client has no secret, which a browser cannot keep; a machine's has one",
        remedy="generate_secret on the app client, for machines only",
        sources=("RFC 9700, 2.1.1",),
        types=(CLIENT,),
        check=_secret,
    ),
    ResourceRule(
        id="COG-CALLBACKS",
        severity=Severity.HIGH,
        title="Callback URLs are exact https addresses, or use a native app's private scheme",
        remedy="pulumi config set --path 'callbackUrls[0]' https://app.example.com/; of a sign-out URL 'logoutUrls[0]'",
        sources=("RFC 9700, 2.1",),
        types=(CLIENT,),
        check=_addresses,
    ),
    ResourceRule(
        id="COG-TOKEN-LIFE",
        severity=Severity.MEDIUM,
        title="Access and ID tokens are valid for an hour at most: a revoked one works until it expires",
        remedy="pulumi config set accessTokenMinutes 15",
        sources=("Cognito: token lifetimes",),
        types=(CLIENT,),
        check=_token_life,
    ),
    ResourceRule(
        id="COG-GUESTS",
        severity=Severity.HIGH,
        title="No identity pool gives AWS credentials to unauthenticated users",
        remedy="allow_unauthenticated_identities=False on the identity pool",
        sources=("SH Cognito.2", "CKV_AWS_366"),
        types=(IDENTITY_POOL,),
        check=lambda pool: wants(pool, "allowUnauthenticatedIdentities", False),
    ),
)
