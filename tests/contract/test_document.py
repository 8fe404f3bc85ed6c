"""The contract document, and the settings for OpenID Connect clients."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator

from contract import oidc
from contract.document import contract, operation_id
from contract.files import rendered
from contract.outputs import check, schema
from stacks.command_line import CommandError
from tests.handler.table import ADMIN, HEALTH, HELLO, REPORTS, TABLE


def test_contract_fits_its_schema(document: dict[str, Any]) -> None:
    """Front ends generate code from the schema, so the document must be valid."""
    Draft202012Validator(schema()).validate(document)


def test_document_that_does_not_fit_is_never_handed_out(document: dict[str, Any]) -> None:
    """An invalid document is refused before it is written."""
    document["routes"][0]["status"] = 500
    with pytest.raises(CommandError, match=r"contract routes\[0\]\.status must .*contract\.schema\.json"):
        check(document)


def test_every_route_is_in_it_with_who_may_call(document: dict[str, Any]) -> None:
    """Front ends show and hide functions by it."""
    by_key = {route["key"]: route for route in document["routes"]}

    assert list(by_key) == [route.key for route in TABLE]
    assert by_key[HEALTH]["who"] == "public"
    assert by_key[HELLO]["who"] == "any signed-in user"
    assert by_key[REPORTS]["who"] == "scope api/reports.read or api/reports.write"
    assert by_key[ADMIN]["who"] == "group admin or audit"
    assert by_key[REPORTS]["scopes"] == ["api/reports.read", "api/reports.write"]
    assert by_key[ADMIN]["groups"] == ["admin", "audit"]
    assert [key for key, route in by_key.items() if route["public"]] == [HEALTH]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("GET /", "get"),
        ("GET /hello", "getHello"),
        ("POST /notes", "postNotes"),
        ("GET /notes/{id}", "getNotesById"),
        ("DELETE /user-notes/{note_id}/v1.2", "deleteUserNotesByNoteIdV12"),
    ],
)
def test_operation_id_is_a_name(key: str, name: str) -> None:
    """Code generators make method names of it."""
    assert operation_id(key) == name


class TestOpenIdConnect:
    def test_settings_of_a_deployed_stack(self, outputs: dict[str, Any]) -> None:
        """Every URL is complete: the client adds nothing and discovers nothing."""
        domain, client, after = outputs["authDomain"], outputs["userPoolClientId"], outputs["signIn"]["logoutUrls"][0]

        assert oidc.settings(contract(outputs, "1.0.0", TABLE)) == {
            "authority": outputs["issuer"],
            "client_id": client,
            "redirect_uri": outputs["signIn"]["callbackUrls"][0],
            "post_logout_redirect_uri": after,
            "response_type": "code",
            "scope": " ".join(["openid", "email", "profile", *outputs["scopes"]]),
            "metadata": {
                "issuer": outputs["issuer"],
                "authorization_endpoint": f"{domain}/oauth2/authorize",
                "token_endpoint": f"{domain}/oauth2/token",
                "userinfo_endpoint": f"{domain}/oauth2/userInfo",
                "revocation_endpoint": f"{domain}/oauth2/revoke",
                "jwks_uri": f"{outputs['issuer']}/.well-known/jwks.json",
            },
            "signOutUrl": f"{domain}/logout?client_id={client}&logout_uri={quote(after, safe='')}",
        }

    def test_local_stack_has_the_emulators_addresses(self, outputs: dict[str, Any]) -> None:
        """A local issuer looks like AWS's, which does not know the local keys."""
        local = "http://127.0.0.1:4566"
        made = contract({**outputs, "awsEndpointUrl": local, "authDomain": local}, "1.0.0", TABLE)

        assert made["endpoints"]["keys"] == f"{local}/{outputs['userPoolId']}/.well-known/jwks.json"
        assert made["endpoints"]["userPools"] == local
        assert (
            contract(outputs, "1.0.0", TABLE)["endpoints"]["userPools"]
            == f"https://cognito-idp.{outputs['region']}.amazonaws.com"
        )

    def test_pool_without_a_sign_in_page_has_none(self, outputs: dict[str, Any]) -> None:
        """A partial configuration would fail only in the browser."""
        files = rendered(contract({**outputs, "authDomain": None}, "1.0.0", TABLE))

        assert files["contract.json"]
        assert files["oidc.json"] is None
