"""External identity providers: OpenID Connect, SAML and Google."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from .arguments import Key, Problem, Remove, Set, checked, distinct, frozen, matching, sized, validate
from .formats import https_url, optional


class ProviderType(StrEnum):
    """The protocol of a provider."""

    OIDC = "oidc"
    SAML = "saml"
    GOOGLE = "google"


_TYPES = {ProviderType.OIDC: "OIDC", ProviderType.SAML: "SAML", ProviderType.GOOGLE: "Google"}
_SAML_EMAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
# Pool attribute to provider's claim. An address counts as verified where the provider says that it is.
_MAPPINGS: Mapping[ProviderType, Mapping[str, str]] = {
    ProviderType.OIDC: {"email": "email", "email_verified": "email_verified", "username": "sub"},
    ProviderType.GOOGLE: {"email": "email", "email_verified": "email_verified", "username": "sub"},
    ProviderType.SAML: {"email": _SAML_EMAIL},
}
_GOOGLE = "Google"
# Cognito knows its social providers by these names (CreateIdentityProvider, ProviderType), and itself by the last.
_RESERVED = frozenset({_GOOGLE, "Facebook", "LoginWithAmazon", "SignInWithApple", "COGNITO", "Cognito"})


def members_fit_the_type(
    type: ProviderType,  # noqa: A002 - the name of the field
    client_id: str,
    issuer: str,
    metadata_url: str,
) -> Iterator[Problem]:
    """Each type of provider needs its own members (CreateIdentityProvider, ProviderDetails)."""
    values = {"client_id": client_id, "issuer": issuer, "metadata_url": metadata_url}
    examples = {
        "client_id": "client-id-at-the-provider",
        "issuer": "https://login.example.com",
        "metadata_url": "https://idp.example.com/metadata.xml",
    }
    needed = {
        ProviderType.OIDC: ("client_id", "issuer"),
        ProviderType.GOOGLE: ("client_id",),
        ProviderType.SAML: ("metadata_url",),
    }
    for name in needed[type]:
        if not values[name]:
            yield Problem((name,), f"be set for {type.value}", "", Set((name,), examples[name]))


def name_fits_the_type(type: ProviderType, name: str) -> Iterator[Problem]:  # noqa: A002 - the name of the field
    """Cognito reserves the names of the social providers, and takes Google under no other name."""
    if type is ProviderType.GOOGLE and name != _GOOGLE:
        yield Problem(("name",), f"be {_GOOGLE} for google", name, Set(("name",), _GOOGLE))
    if type is not ProviderType.GOOGLE and name in _RESERVED:
        yield Problem(("name",), f"not be {name}, which Cognito reserves", None, Set(("name",), "Partner"))


@frozen
class IdentityProviderArgs:
    """One provider. OpenID Connect and Google have a client id and a secret, SAML has metadata."""

    name: str = field(
        # Cognito: no underscore, space or hyphen at either end; three characters at least (ProviderNameTypeV2)
        metadata=checked(
            matching(r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]", "be 3 to 32 letters, digits and hyphens"),
            example="Partner",
        )
    )
    """The provider's name on the sign-in page. A Google provider is named Google."""
    type: ProviderType
    """oidc, saml or google."""
    client_id: str = ""
    """The client id that the provider gave to this user pool."""
    issuer: str = field(default="", metadata=checked(optional(https_url), example="https://login.example.com"))
    """Issuer of an OpenID Connect provider."""
    scopes: Sequence[str] = field(default=("openid", "email"), metadata=checked(distinct))
    """Scopes to ask the provider for."""
    metadata_url: str = field(
        default="", metadata=checked(optional(https_url), example="https://idp.example.com/metadata.xml")
    )
    """Address of a SAML provider's metadata."""
    attribute_mapping: Mapping[str, str] = field(default_factory=dict)
    """Pool attribute to the provider's claim. Empty: the email address, and whether it is verified."""

    def __post_init__(self) -> None:
        validate(self, members_fit_the_type, name_fits_the_type)


def names_are_unique(identity_providers: Sequence[IdentityProviderArgs]) -> Iterator[Problem]:
    """Cognito knows a provider by its name."""
    names = [each.name for each in identity_providers]
    for index, name in enumerate(names):
        if name in names[:index]:
            path = ("identity_providers", index, "name")
            yield Problem(path, "be unique among the providers", name, Set(path, f"{name}{index}"))


def secrets_fit_the_providers(
    identity_providers: Sequence[IdentityProviderArgs], identity_provider_secrets: Mapping[str, str]
) -> Iterator[Problem]:
    """OpenID Connect and Google providers have a secret; SAML has none."""
    needed = {each.name for each in identity_providers if each.type is not ProviderType.SAML}
    for name in sorted(needed - {name for name, secret in identity_provider_secrets.items() if secret}):
        path = ("identity_provider_secrets", Key(name))
        yield Problem(path, f"hold the client secret of {name}", None, Set(path, "SECRET"))
    for name in sorted(identity_provider_secrets.keys() - needed):
        path = ("identity_provider_secrets", Key(name))
        yield Problem(path, "name an OpenID Connect or Google provider", None, Remove(path))


RULES = (names_are_unique, secrets_fit_the_providers)


@frozen
class IdentityProvidersArgs:
    """Providers in addition to the pool's own users."""

    identity_providers: Sequence[IdentityProviderArgs] = field(
        default=(),
        metadata=checked(
            sized(0, 50),  # Cognito quota: identity providers of a user pool
            example=[{"name": "Partner", "type": "saml", "metadataUrl": "https://idp.example.com/metadata.xml"}],
        ),
    )
    """OpenID Connect, SAML and Google providers, which every client of users offers."""
    identity_provider_secrets: Mapping[str, str] = field(
        default_factory=dict, repr=False, metadata=checked(example={_GOOGLE: "SECRET"}, secret=True)
    )
    """Client secret of each OpenID Connect and Google provider, by the provider's name. A Pulumi secret."""

    def __post_init__(self) -> None:
        validate(self, *RULES)


def identity_providers(
    name: str, pool: aws.cognito.UserPool, args: IdentityProvidersArgs, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Make the providers. App clients that offer them must wait for these."""
    return [
        aws.cognito.IdentityProvider(
            f"{name}-provider-{each.name}",
            user_pool_id=pool.id,
            provider_name=each.name,
            provider_type=_TYPES[each.type],
            provider_details=_details(each, args.identity_provider_secrets.get(each.name, "")),
            attribute_mapping=dict(each.attribute_mapping or _MAPPINGS[each.type]),
            # A provider of another type takes the place of one of the same name.
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
        )
        for each in args.identity_providers
    ]


def _details(provider: IdentityProviderArgs, secret: str) -> dict[str, pulumi.Input[str]]:
    """Return what Cognito asks of each type of provider (API reference, CreateIdentityProvider, ProviderDetails)."""
    if provider.type is ProviderType.SAML:
        return {
            "MetadataURL": provider.metadata_url,
            "IDPSignout": "true",
            "RequestSigningAlgorithm": "rsa-sha256",
        }
    details: dict[str, pulumi.Input[str]] = {
        "client_id": provider.client_id,
        "client_secret": pulumi.Output.secret(secret),
        "authorize_scopes": " ".join(provider.scopes),
    }
    if provider.type is ProviderType.OIDC:
        details |= {"oidc_issuer": provider.issuer, "attributes_request_method": "GET"}
    return details
