"""Settings of who else may say who somebody is."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from settings.group import Group, Item


class IdentityProvider(Item):
    """One provider: OpenID Connect and Google have a client id and a secret, SAML has metadata."""

    # Cognito: no underscore, space or hyphen at either end; three characters at least (ProviderNameTypeV2)
    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]$", description="As people see it")
    type: Literal["oidc", "saml", "google"] = Field(description="oidc, saml or google")
    client_id: str = Field(default="", description="What the provider calls this pool")
    issuer: str = Field(default="", pattern=r"^(https://[^\s?#]+)?$", description="Address of OpenID Connect's")
    scopes: list[str] = Field(default=["openid", "email"], description="What is asked of it")
    metadata_url: str = Field(default="", pattern=r"^(https://\S+)?$", description="Where SAML's describes itself")
    attribute_mapping: dict[str, str] = Field(
        default={}, description="Pool attribute to claim; empty for email, and for whether it is verified"
    )


class IdentityProviders(Group):
    """Providers beside the pool's own users."""

    title: ClassVar[str] = "Identity providers"

    identity_providers: Annotated[list[IdentityProvider], Field(max_length=50)] = Field(
        default=[],
        description="OpenID Connect, SAML and Google, offered by every client of people",
        examples=['{"name": "Partner", "type": "saml", "metadataUrl": "https://idp.example.com/metadata.xml"}'],
    )
    identity_provider_secrets: dict[str, str] = Field(
        default={},
        description="Client secret of each OpenID Connect and Google provider by its name; a Pulumi secret",
        examples=[{"Google": "SECRET"}],
        json_schema_extra={"secret": True},
    )
