"""What signs in: each further client, by its kind."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.rpc import is_rpc_secret

from stacks.recorder import Recording
from tests.components.test_auth_pool import SCOPES, default, pool_of, registered


def app_client(name: str, kind: str, **changes: Any) -> dict[str, Any]:
    urls = {"callback_urls": ["https://shop.example.com/"], "logout_urls": ["https://shop.example.com/bye"]}
    return {"name": name, "kind": kind, **urls, **changes}


BROWSER = app_client("shop", "browser")
NATIVE = app_client("phone", "native", callback_urls=["com.example.phone://signed-in"], scopes=["api/reports.read"])
MACHINE = app_client("nightly", "machine", callback_urls=[], logout_urls=[], scopes=["api/reports.read"])


def made_with(*clients: dict[str, Any], **changes: Any) -> Recording:
    return pool_of(app_clients=clients, scopes=SCOPES, **changes)


def client_of(each: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return dict(made_with(each, **changes).one("UserPoolClient", f"auth-client-{each['name']}").inputs)


def test_there_is_one_client_unless_more_are_named() -> None:
    """Each is a way in."""
    assert [each.name for each in default().all("UserPoolClient")] == ["auth-client"]


@pytest.mark.parametrize("each", [BROWSER, NATIVE])
def test_people_s_clients_have_no_secret_and_the_code_flow(each: dict[str, Any]) -> None:
    """What is on somebody's device is no secret."""
    inputs = client_of(each)

    assert inputs["generateSecret"] is False
    assert inputs["allowedOauthFlows"] == ["code"]
    assert inputs["callbackUrls"] == each["callback_urls"]
    assert inputs["logoutUrls"] == each["logout_urls"]
    assert inputs["allowedOauthScopes"] == ["openid", "email", "profile", *each.get("scopes", [])]
    assert inputs["preventUserExistenceErrors"] == "ENABLED"


def test_machine_acts_for_itself_only() -> None:
    """Its secret opens its scopes; no person signs in by it, and no scope of a person is among them."""
    inputs = client_of(MACHINE)

    assert inputs["generateSecret"] is True
    assert inputs["allowedOauthFlows"] == ["client_credentials"]
    assert inputs["allowedOauthScopes"] == ["api/reports.read"]
    assert inputs["explicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert not {"callbackUrls", "logoutUrls"} & inputs.keys()


def test_machine_s_secret_is_secret() -> None:
    """Pulumi shows outputs on every terminal and in every log of a deployment, unless they are marked."""
    output = registered(made_with(MACHINE, BROWSER))["client_secrets"]

    assert is_rpc_secret(output)
    assert output["value"].keys() == {"nightly"}


def test_every_client_is_an_audience() -> None:
    """A client whose tokens the authorizer does not know is one that cannot call."""
    made = made_with(BROWSER, MACHINE)
    ids = {each.name: each.id for each in made.all("UserPoolClient")}

    assert registered(made)["audiences"] == [ids["auth-client"], ids["auth-client-shop"], ids["auth-client-nightly"]]
    assert registered(made)["client_ids"] == {"shop": ids["auth-client-shop"], "nightly": ids["auth-client-nightly"]}


def test_each_client_has_its_own_lifetimes() -> None:
    """With their units: Cognito counts hours where there are none."""
    inputs = client_of(app_client("shop", "browser", access_token_minutes=5, refresh_token_days=1))

    assert (inputs["accessTokenValidity"], inputs["idTokenValidity"], inputs["refreshTokenValidity"]) == (5, 5, 1)
    assert inputs["tokenValidityUnits"] == {"accessToken": "minutes", "idToken": "minutes", "refreshToken": "days"}


def test_refresh_tokens_last_unless_they_rotate() -> None:
    """The flow that uses one again and rotation exclude each other: Cognito refuses the client."""
    off = {"feature": "DISABLED", "retryGracePeriodSeconds": 0}
    assert client_of(BROWSER)["refreshTokenRotation"] == off
    inputs = client_of(app_client("shop", "browser", refresh_token_rotation=True, refresh_grace_seconds=0))

    assert inputs["refreshTokenRotation"] == {"feature": "ENABLED", "retryGracePeriodSeconds": 0}
    assert inputs["explicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH"]


def test_first_client_may_rotate_too() -> None:
    """The setting of the whole pool is the browser's."""
    inputs = pool_of(refresh_token_rotation=True, refresh_grace_seconds=60).one("UserPoolClient").inputs

    assert inputs["refreshTokenRotation"] == {"feature": "ENABLED", "retryGracePeriodSeconds": 60}
    assert "ALLOW_REFRESH_TOKEN_AUTH" not in inputs["explicitAuthFlows"]


def test_clients_wait_for_their_scopes() -> None:
    """Cognito refuses a client whose scopes do not exist yet."""
    made = made_with(MACHINE)
    client = made.one("UserPoolClient", "auth-client-nightly")

    assert all(made.waits_for(client, server) for server in made.all("ResourceServer"))


def test_removing_a_client_touches_nothing_else() -> None:
    """Least of all the pool: its users stay."""
    with_it, without = made_with(BROWSER, MACHINE), made_with(BROWSER)
    gone = {each.urn for each in with_it.resources} - {each.urn for each in without.resources}
    kept = {each.urn: each.inputs for each in with_it.resources if each.urn not in gone}

    assert [urn.rpartition("::")[2] for urn in gone] == ["auth-client-nightly"]
    assert kept == {each.urn: each.inputs for each in without.resources}
