"""Where people sign in, and how it looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.components.test_app_clients import BROWSER, MACHINE
from tests.components.test_auth_pool import default, pool_of, registered

OWN = {
    "sign_in_domain": "login.example.com",
    "sign_in_certificate_arn": "arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e",
}


def test_prefix_is_the_page_by_default() -> None:
    """Cognito's own name needs no certificate and no record."""
    domain = default().one("UserPoolDomain")

    assert domain.inputs["domain"] == "example-dev"
    assert domain.inputs["managedLoginVersion"] == 1
    assert "certificateArn" not in domain.inputs
    assert default().all("Record") == []


def test_own_name_stands_beside_the_prefix() -> None:
    """The prefix stays, so that nobody is locked out while names change; people see their own."""
    made = pool_of(**OWN)

    assert made.one("UserPoolDomain", "auth-domain").inputs["domain"] == "example-dev"
    own = made.one("UserPoolDomain", "auth-own-domain").inputs
    assert (own["domain"], own["certificateArn"]) == ("login.example.com", OWN["sign_in_certificate_arn"])
    assert registered(made)["domain"] == "https://login.example.com"


def test_own_name_gets_its_record_where_the_zone_is_known() -> None:
    """An alias to the page's distribution; a team with another DNS makes it there."""
    assert pool_of(**OWN).all("Record") == []
    assert pool_of(**OWN, sign_in_zone_id="Z0123456789").one("Record").inputs == {
        "zoneId": "Z0123456789",
        "name": "login.example.com",
        "type": "A",
        "aliases": [{"name": "d111.cloudfront.net", "zoneId": "Z2FDTNDATAQYW2", "evaluateTargetHealth": False}],
    }


def test_classic_page_has_no_style() -> None:
    """Cognito refuses one there."""
    assert default().all("ManagedLoginBranding") == []


def test_managed_login_has_a_style_for_every_page() -> None:
    """A client without one shows people an error; a machine has no page."""
    made = pool_of(managed_login=True, app_clients=[BROWSER, MACHINE], **OWN)
    styles = made.all("ManagedLoginBranding")
    pages = {made.one("UserPoolClient", name).id for name in ("auth-client", "auth-client-shop")}

    assert {domain.inputs["managedLoginVersion"] for domain in made.all("UserPoolDomain")} == {2}
    assert {style.inputs["clientId"] for style in styles} == pages
    assert all(style.inputs["useCognitoProvidedValues"] is True and "settings" not in style.inputs for style in styles)


def test_style_may_be_ones_own(tmp_path: Path) -> None:
    """As the editor of managed login exports it; Cognito refuses both at once."""
    file = tmp_path / "style.json"
    file.write_text('{"components": {}}')
    style: dict[str, Any] = dict(
        pool_of(managed_login=True, branding_file=str(file)).one("ManagedLoginBranding").inputs
    )

    assert style["settings"] == '{"components": {}}'
    assert "useCognitoProvidedValues" not in style
