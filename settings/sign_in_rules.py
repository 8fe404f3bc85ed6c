"""Rules across the settings of sign-in: what Cognito refuses half-way through, or takes and does not do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from settings.problems import Problem, refused, set_command

if TYPE_CHECKING:
    from settings.model import Settings
    from settings.rules import Route, Rule

_CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e-0000-0000-0000-000000000000"
_SES = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"


def _unless(key: str, rule: str, value: object, other: str, needed: object) -> Problem:
    """A value that another setting allows; the remedy sets that one."""
    return Problem(key, rule, value, f"set it with: {set_command(other, needed)}")


def tier_has_the_feature(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """Feature plans ("User pool feature plans"): Cognito refuses the pool with FeatureUnavailableInTier."""
    tier = settings.sign_in.user_pool_tier
    threats = settings.threat_protection
    if tier != "PLUS":
        if threats.threat_protection != "off":
            rule = f"be off on the tier {tier}: it needs PLUS"
            yield _unless("threatProtection", rule, threats.threat_protection, "userPoolTier", "PLUS")
        if threats.user_event_logs:
            yield _unless("userEventLogs", f"be false on the tier {tier}: it needs PLUS", True, "userPoolTier", "PLUS")
    if tier == "LITE":
        factors = settings.second_factors
        wanted: list[tuple[str, str, object, bool]] = [
            ("firstFactors", "be password alone", factors.first_factors, factors.first_factors != ["password"]),
            ("passwordHistory", "be 0", settings.sign_in.password_history, settings.sign_in.password_history > 0),
            ("managedLogin", "be false", True, settings.sign_in_page.managed_login),
            ("mfaMethods", "not have email", factors.mfa_methods, _mfa_by_email(settings)),
            # Scopes go into the access token by the second version of the trigger.
            ("groupScopes", "be empty", settings.triggers.group_scopes, bool(settings.triggers.group_scopes)),
        ]
        for key, rule, value, is_wanted in wanted:
            if is_wanted:
                yield _unless(key, f"{rule} on the tier LITE: it needs ESSENTIALS", value, "userPoolTier", "ESSENTIALS")


def rotation_needs_its_tier(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """Refresh token rotation came with Essentials and Plus ("Refresh tokens")."""
    if settings.sign_in.user_pool_tier == "LITE":
        rule = "be false on the tier LITE: it needs ESSENTIALS"
        if settings.sign_in.refresh_token_rotation:
            yield _unless("refreshTokenRotation", rule, True, "userPoolTier", "ESSENTIALS")
        for index, each in enumerate(settings.app_clients.app_clients):
            if each.refresh_token_rotation:
                yield _unless(f"appClients[{index}].refreshTokenRotation", rule, True, "userPoolTier", "ESSENTIALS")


def mail_has_its_identity(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """Cognito's own sender takes no other address, and sends neither second factors nor notices of risk (email
    settings; SetUserPoolMfaConfig; NotifyConfigurationType).
    """
    mail = settings.mail
    if mail.email_source_arn and not mail.email_from:
        yield refused("emailFrom", "be set with emailSourceArn", "", "hello@example.com")
    if mail.email_source_arn:
        return
    factors = settings.second_factors
    wanted: list[tuple[str, str, object, bool]] = [
        ("emailFrom", "be empty", mail.email_from, bool(mail.email_from)),
        ("emailReplyTo", "be empty", mail.email_reply_to, bool(mail.email_reply_to)),
        ("emailConfigurationSet", "be empty", mail.email_configuration_set, bool(mail.email_configuration_set)),
        ("mfaMethods", "not have email", factors.mfa_methods, _mfa_by_email(settings)),
        ("firstFactors", "not have email", factors.first_factors, "email" in factors.first_factors),
        ("riskNotifications", "be false", True, settings.threat_protection.risk_notifications),
    ]
    for key, rule, value, is_wanted in wanted:
        if is_wanted:
            yield _unless(key, f"{rule} without SES (emailSourceArn)", value, "emailSourceArn", _SES)


def factors_go_together(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """What comes first and what comes second."""
    factors = settings.second_factors
    if "password" not in factors.first_factors:  # SignInPolicyType: passwords cannot be switched off
        remedy = f"set it with: {set_command('firstFactors[0]', 'password')}"
        yield Problem("firstFactors", "have password among them", factors.first_factors, remedy)
    if factors.mfa == "required" and factors.first_factors != ["password"]:
        # Passkeys and codes count as one factor (WebAuthnConfigurationType, FactorConfiguration SINGLE_FACTOR; the
        # provider has no input for the other value): who has only those could not sign in.
        rule = "be password alone while mfa is required"
        yield _unless("firstFactors", rule, factors.first_factors, "mfa", "optional")
    domain = factors.passkey_relying_party_id
    if domain and "passkey" not in factors.first_factors:
        yield refused("passkeyRelyingPartyId", "be empty without passkey in firstFactors", domain, "")
    actions = settings.threat_protection
    for risk in ("low", "medium", "high"):
        action = getattr(actions, f"{risk}_risk_action")
        if action == "MFA_REQUIRED" and factors.mfa == "off" and actions.threat_protection == "enforced":
            # AccountTakeoverActionType: who has no second factor is blocked, and here nobody can have one.
            yield _unless(f"{risk}RiskAction", "not be MFA_REQUIRED while mfa is off", action, "mfa", "optional")


def page_is_whole(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """An own domain is a name and a certificate (CustomDomainConfigType); a style is managed login's."""
    page = settings.sign_in_page
    if page.sign_in_domain and not page.sign_in_certificate_arn:
        yield refused("signInCertificateArn", "be set with signInDomain", "", _CERTIFICATE)
    for key, value in (("signInCertificateArn", page.sign_in_certificate_arn), ("signInZoneId", page.sign_in_zone_id)):
        if value and not page.sign_in_domain:
            yield _unless(key, "be empty without signInDomain", value, "signInDomain", "login.example.com")
    if page.branding_file and not page.managed_login:
        yield _unless("brandingFile", "be empty without managedLogin", page.branding_file, "managedLogin", True)


def app_clients_are_whole(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """CreateUserPoolClient: the code flow needs URLs to return to, client credentials take none."""
    names = [each.name for each in settings.app_clients.app_clients]
    for index, each in enumerate(settings.app_clients.app_clients):
        place = f"appClients[{index}]"
        if each.name in names[:index]:
            yield refused(f"{place}.name", "be a name that no other client has", each.name, f"{each.name}-{index}")
        for key, urls in (("callbackUrls", each.callback_urls), ("logoutUrls", each.logout_urls)):
            if each.kind == "machine" and urls:
                remedy = f"remove it with: pulumi config rm --path '{place}.{key}'"
                yield Problem(f"{place}.{key}", "be empty for a machine", urls, remedy)
            if each.kind != "machine" and not urls:
                better = set_command(f"{place}.{key}[0]", "https://app.example.com/")
                yield Problem(f"{place}.{key}", f"have a URL for a {each.kind}", urls, f"set it with: {better}")
            for number, url in enumerate(urls):
                if each.kind == "browser" and not url.startswith(("https://", "http://")):
                    rule = "be https:// for a browser"
                    yield refused(f"{place}.{key}[{number}]", rule, url, "https://app.example.com/")
                elif settings.environment == "prod" and url.startswith("http://") and each.kind == "browser":
                    rule = "be https:// in production"
                    yield refused(f"{place}.{key}[{number}]", rule, url, "https://app.example.com/")


def app_clients_ask_for_scopes_of_the_routes(settings: Settings, routes: Sequence[Route]) -> Iterator[Problem]:
    """Cognito refuses a client whose scope no resource server has; scopes exist because routes ask for them."""
    known = sorted({scope for route in routes for scope in route.scopes})
    example = known[0] if known else "api/reports.read"
    for index, each in enumerate(settings.app_clients.app_clients):
        place = f"appClients[{index}].scopes"
        if each.kind == "machine" and not each.scopes:
            remedy = f"set it with: {set_command(f'{place}[0]', example)}"
            yield Problem(place, "have a scope for a machine: its token opens nothing else", [], remedy)
        for number, scope in enumerate(each.scopes):
            if scope not in known:
                rule = f"be a scope of the route table ({', '.join(known) or 'it has none'})"
                yield refused(f"{place}[{number}]", rule, scope, example)


def identity_providers_are_whole(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """CreateIdentityProvider, ProviderDetails: what each kind of provider must have."""
    providers = settings.identity_providers.identity_providers
    secrets = settings.identity_providers.identity_provider_secrets
    examples = {
        "clientId": "client-id-at-the-provider",
        "issuer": "https://login.example.com",
        "metadataUrl": "https://idp.example.com/metadata.xml",
    }
    needs = {"oidc": ("clientId", "issuer"), "google": ("clientId",), "saml": ("metadataUrl",)}
    for index, each in enumerate(providers):
        given = {"clientId": each.client_id, "issuer": each.issuer, "metadataUrl": each.metadata_url}
        for key in needs[each.type]:
            if not given[key]:
                yield refused(f"identityProviders[{index}].{key}", f"be set for {each.type}", "", examples[key])
        if each.name in [other.name for other in providers[:index]]:
            rule = "be a name that no other provider has"
            yield refused(f"identityProviders[{index}].name", rule, each.name, f"{each.name}{index}")
        if each.type != "saml" and not secrets.get(each.name):
            yield _secret(f"have the client secret of {each.name}", each.name)
    yield from _mapped_attributes_can_be_written(settings)
    with_secret = {each.name for each in providers if each.type != "saml"}
    for name in sorted(secrets.keys() - with_secret):
        yield Problem(
            "identityProviderSecrets",
            f"name OpenID Connect and Google providers only, not {name}",
            None,
            f"remove it with: pulumi config rm --path identityProviderSecrets.{name}",
        )


def _mapped_attributes_can_be_written(settings: Settings) -> Iterator[Problem]:
    """A client writes what a provider says; one that may not refuses the sign-in ("Attribute permissions")."""
    writable = {f"custom:{each.name}" for each in settings.sign_in.custom_attributes if each.writable}
    for index, each in enumerate(settings.identity_providers.identity_providers):
        for name in each.attribute_mapping:
            if name.startswith("custom:") and name not in writable:
                rule = f"map to attributes of customAttributes that are writable, not {name}"
                command = f"pulumi config rm --path 'identityProviders[{index}].attributeMapping[\"{name}\"]'"
                place = f"identityProviders[{index}].attributeMapping"
                yield Problem(place, rule, None, f"remove it with: {command}")


def _secret(rule: str, name: str) -> Problem:
    command = f"pulumi config set --secret --path identityProviderSecrets.{name} SECRET"
    return Problem("identityProviderSecrets", rule, None, f"set it with: {command}")


def production_offers_a_second_factor(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """One leaked password must not be enough."""
    if settings.environment == "prod" and settings.second_factors.mfa == "off":
        yield refused("mfa", "be optional or required in production", "off", "required")


def _mfa_by_email(settings: Settings) -> bool:
    return settings.second_factors.mfa != "off" and "email" in settings.second_factors.mfa_methods


RULES: tuple[Rule, ...] = (
    tier_has_the_feature,
    rotation_needs_its_tier,
    mail_has_its_identity,
    factors_go_together,
    page_is_whole,
    app_clients_are_whole,
    app_clients_ask_for_scopes_of_the_routes,
    identity_providers_are_whole,
    production_offers_a_second_factor,
)
