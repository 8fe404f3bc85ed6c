"""Who else may say who somebody is."""

from __future__ import annotations

from typing import Any

import pytest

from components.auth_pool import AuthPoolArgs
from stacks.recorder import Recording
from tests.components.arguments import arguments
from tests.components.test_auth_pool import REQUIRED, default, pool_of, registered


def provider(name: str, type_: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **changes}


GOOGLE = provider("Google", "google", client_id="google-client")
OIDC = provider("Work", "oidc", client_id="work-client", issuer="https://login.example.com")
SAML = provider("Partner", "saml", metadata_url="https://idp.example.com/metadata.xml")
SECRETS = {"Google": "secret-of-google", "Work": "secret-of-work"}


def made_with(*providers: dict[str, Any]) -> Recording:
    secrets = {each["name"]: SECRETS[each["name"]] for each in providers if each["name"] in SECRETS}
    return pool_of(identity_providers=providers, identity_provider_secrets=secrets)


def test_there_are_none_unless_named() -> None:
    """Whoever controls a provider can be anybody in the pool."""
    assert default().all("IdentityProvider") == []


def test_google_is_asked_with_its_secret() -> None:
    """The members are Cognito's own names for Google."""
    made = made_with(GOOGLE).one("IdentityProvider").inputs

    assert (made["providerName"], made["providerType"]) == ("Google", "Google")
    assert made["providerDetails"] == {
        "client_id": "google-client",
        "client_secret": "secret-of-google",
        "authorize_scopes": "openid email",
    }


def test_openid_connect_is_asked_at_its_issuer() -> None:
    """Cognito finds the endpoints from the issuer, and refuses the provider without a method."""
    made = made_with(OIDC).one("IdentityProvider").inputs

    assert made["providerType"] == "OIDC"
    assert made["providerDetails"]["oidc_issuer"] == "https://login.example.com"
    assert made["providerDetails"]["attributes_request_method"] == "GET"
    assert made["providerDetails"]["client_secret"] == "secret-of-work"


def test_saml_has_no_secret_and_signs() -> None:
    """Trust comes from the metadata's certificate; requests are signed, so that nobody else's are answered."""
    made = made_with(SAML).one("IdentityProvider").inputs

    assert made["providerType"] == "SAML"
    assert made["providerDetails"] == {
        "MetadataURL": "https://idp.example.com/metadata.xml",
        "IDPSignout": "true",
        "RequestSigningAlgorithm": "rsa-sha256",
    }


@pytest.mark.parametrize("each", [GOOGLE, OIDC])
def test_address_counts_as_verified_only_where_the_provider_says_so(each: dict[str, Any]) -> None:
    """An unverified address of somebody else would be theirs here too."""
    mapping = made_with(each).one("IdentityProvider").inputs["attributeMapping"]

    assert mapping == {"email": "email", "email_verified": "email_verified", "username": "sub"}


def test_mapping_may_be_ones_own() -> None:
    """Providers name their claims as they like."""
    own = provider("Partner", "saml", metadata_url="https://idp.example.com/", attribute_mapping={"email": "mail"})

    assert made_with(own).one("IdentityProvider").inputs["attributeMapping"] == {"email": "mail"}


def test_clients_offer_every_provider_once_it_exists() -> None:
    """Cognito refuses a client that names a provider which is not there yet."""
    made = made_with(GOOGLE, SAML)
    client = made.one("UserPoolClient")

    assert client.inputs["supportedIdentityProviders"] == ["COGNITO", "Google", "Partner"]
    assert all(made.waits_for(client, each) for each in made.all("IdentityProvider"))


def test_secret_stays_secret_in_the_state() -> None:
    """Pulumi writes inputs into its state: in plain, unless they are marked."""
    assert made_with(GOOGLE).one("IdentityProvider").secret_inputs == {"providerDetails"}


def test_secret_is_not_in_the_arguments_text() -> None:
    """A traceback prints arguments."""
    args = arguments(
        AuthPoolArgs, **REQUIRED, identity_providers=[GOOGLE], identity_provider_secrets={"Google": "hush"}
    )

    assert "hush" not in repr(args)


def test_front_ends_are_told_who_else_signs_people_in_and_how_it_begins() -> None:
    """They draw a button for each; neither secret nor metadata is among what they read."""
    made = pool_of(
        identity_providers=[GOOGLE],
        identity_provider_secrets={"Google": "hush"},
        first_factors=["password", "passkey"],
        managed_login=True,
        passkey_relying_party_id="example.com",
    )
    said = registered(made)["sign_in"]

    assert said["identityProviders"] == [{"name": "Google", "type": "google"}]
    assert said["firstFactors"] == made.one("UserPool").inputs["signInPolicy"]["allowedFirstAuthFactors"]
    assert said["passkeys"] == {"relyingPartyId": "example.com", "userVerification": "required"}
    assert "hush" not in str(said)
