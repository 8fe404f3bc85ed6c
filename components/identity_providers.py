"""Who else may say who somebody is: OpenID Connect, SAML and Google."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pulumi
import pulumi_aws as aws

_TYPES = {"oidc": "OIDC", "saml": "SAML", "google": "Google"}
_SAML_EMAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
# What of the provider's claims becomes which attribute. An address counts as verified where the provider says it is.
_MAPPINGS: Mapping[str, Mapping[str, str]] = {
    "oidc": {"email": "email", "email_verified": "email_verified", "username": "sub"},
    "google": {"email": "email", "email_verified": "email_verified", "username": "sub"},
    "saml": {"email": _SAML_EMAIL},
}


class IdentityProvider(Protocol):
    """One provider. `client_id`, `issuer` and `scopes` are OpenID Connect's and Google's, `metadata_url` SAML's."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def issuer(self) -> str: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def metadata_url(self) -> str: ...
    @property
    def attribute_mapping(self) -> Mapping[str, str]: ...


@dataclass(frozen=True, kw_only=True)
class IdentityProvidersArgs:
    """Providers beside the pool's own users, and their client secrets by provider name.

    ValueError for a secret that no provider has, and for a provider that lacks its own.
    """

    identity_providers: Sequence[IdentityProvider] = ()
    identity_provider_secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        needed = {each.name for each in self.identity_providers if each.type != "saml"}
        if needed != self.identity_provider_secrets.keys():
            differing = ", ".join(sorted(needed ^ self.identity_provider_secrets.keys()))
            raise ValueError(
                f"identity_provider_secrets must name each OIDC and Google provider, got it wrong for {differing}"
            )


def identity_providers(
    name: str, pool: aws.cognito.UserPool, args: IdentityProvidersArgs, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """The providers in the pool; app clients that let people in by them must wait for these."""
    return [
        aws.cognito.IdentityProvider(
            f"{name}-provider-{each.name}",
            user_pool_id=pool.id,
            provider_name=each.name,
            provider_type=_TYPES[each.type],
            provider_details=_details(each, args.identity_provider_secrets.get(each.name, "")),
            attribute_mapping=dict(each.attribute_mapping or _MAPPINGS[each.type]),
            opts=opts,
        )
        for each in args.identity_providers
    ]


def _details(provider: IdentityProvider, secret: str) -> dict[str, pulumi.Input[str]]:
    """What Cognito asks of each kind of provider (API reference, CreateIdentityProvider, ProviderDetails)."""
    if provider.type == "saml":
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
    if provider.type == "oidc":
        details |= {"oidc_issuer": provider.issuer, "attributes_request_method": "GET"}
    return details
