"""The pool's triggers on the emulator: groups that become scopes, listed domains, the default group."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from pycognito.aws_srp import AWSSRP

from local.deployment import Deployment
from local.users import Users, new_password
from stacks.engine import Stack
from tests.own_program import brought_up
from tests.triggers.events import post_confirmation

pytestmark = pytest.mark.acceptance

SWITCHED_ON = {
    "groups": '["analyst", "member"]',
    "groupScopes": '{"analyst": ["api/reports.read"]}',
    "signUpEmailDomains": '["example.com"]',
    "defaultGroup": "member",
}
SAME = ("apiUrl", "userPoolId", "userPoolClientId")
PASSWORD = new_password()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, dict[str, Any]]]:
    with brought_up(tmp_path_factory.mktemp("triggers"), **SWITCHED_ON) as made:
        yield made


@pytest.fixture(scope="module")
def deployment(made: tuple[Deployment, dict[str, Any]]) -> Deployment:
    return made[0]


@pytest.fixture(scope="module")
def outputs(made: tuple[Deployment, dict[str, Any]]) -> dict[str, Any]:
    return made[1]


@pytest.fixture(scope="module")
def cognito(deployment: Deployment) -> Any:
    return deployment.provider.client("cognito-idp")


@pytest.fixture(scope="module")
def users(outputs: dict[str, Any]) -> Users:
    return Users(outputs, PASSWORD)


def srp(outputs: dict[str, Any], cognito: Any, name: str) -> dict[str, str]:
    """Tokens of a sign-in through Cognito's API, as front-end libraries do it."""
    pool, client = outputs["userPoolId"], outputs["userPoolClientId"]
    sign_in = AWSSRP(username=name, password=PASSWORD, pool_id=pool, client_id=client, client=cognito)
    tokens: dict[str, str] = sign_in.authenticate_user()["AuthenticationResult"]
    return tokens


def reports(outputs: dict[str, Any], token: str) -> int:
    answer = requests.get(outputs["apiUrl"] + "/reports", headers={"Authorization": f"Bearer {token}"}, timeout=30)
    return answer.status_code


def test_api_sign_in_reaches_a_scoped_route_by_group(outputs: dict[str, Any], cognito: Any, users: Users) -> None:
    """Without the trigger no token of SRP ever does; with it, still only the group's."""
    for name, groups, expected in (("ada", ["analyst"], 200), ("grace", [], 403), ("joan", ["member"], 403)):
        tokens = srp(outputs, cognito, users.ensure(name, groups))
        assert reports(outputs, tokens["AccessToken"]) == expected, name
        refreshed = cognito.initiate_auth(
            ClientId=outputs["userPoolClientId"],
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]},
        )["AuthenticationResult"]
        assert reports(outputs, refreshed["AccessToken"]) == expected, name


def test_scope_goes_with_the_group(outputs: dict[str, Any], cognito: Any, users: Users) -> None:
    """Whoever leaves the group keeps what is signed until it expires, and gets no more."""
    name = users.ensure("mary", ["analyst"])
    cognito.admin_remove_user_from_group(UserPoolId=outputs["userPoolId"], Username=name, GroupName="analyst")

    assert reports(outputs, srp(outputs, cognito, name)["AccessToken"]) == 403


def test_sign_in_page_gives_what_was_asked_for(outputs: dict[str, Any], users: Users) -> None:
    """A client that asks for less must not hold more because of who signs in."""
    name = users.ensure("edith", ["analyst"])

    assert reports(outputs, users.tokens(name)["access_token"]) == 403
    assert reports(outputs, users.tokens(name, ["api/reports.read"])["access_token"]) == 200


def test_client_metadata_brings_no_scope(outputs: dict[str, Any], cognito: Any, users: Users) -> None:
    """It reaches the trigger from whoever signs in."""
    tokens = cognito.initiate_auth(
        ClientId=outputs["userPoolClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": users.ensure("eve"), "PASSWORD": PASSWORD},
        ClientMetadata={"groups": "analyst", "groupsToOverride": '["analyst"]'},
    )["AuthenticationResult"]

    assert reports(outputs, tokens["AccessToken"]) == 403


def test_sign_up_from_another_domain_is_refused(outputs: dict[str, Any], cognito: Any) -> None:
    """And leaves no user behind; one from a listed domain is there, unconfirmed."""

    def sign_up(name: str, email: str) -> Any:
        return cognito.sign_up(
            ClientId=outputs["userPoolClientId"],
            Username=name,
            Password=PASSWORD,
            UserAttributes=[{"Name": "email", "Value": email}],
        )

    with pytest.raises(cognito.exceptions.UserLambdaValidationException, match="may not have an account here"):
        sign_up("mallory", "mallory@example.com.attacker.example")
    with pytest.raises(cognito.exceptions.UserNotFoundException):
        cognito.admin_get_user(UserPoolId=outputs["userPoolId"], Username="mallory")
    assert sign_up("dorothy", "dorothy@EXAMPLE.com")["UserConfirmed"] is False


def test_confirmed_user_joins_the_default_group(deployment: Deployment, outputs: dict[str, Any], users: Users) -> None:
    """The emulator does not call this trigger: the deployed function gets Cognito's event from here."""
    cognito, name = deployment.provider.client("cognito-idp"), users.ensure("katherine")
    event = {**post_confirmation(), "userPoolId": outputs["userPoolId"], "userName": name}
    answer = deployment.provider.client("lambda").invoke(
        FunctionName="triggers-post-confirmation-function", Payload=json.dumps(event)
    )

    assert "FunctionError" not in answer
    assert json.load(answer["Payload"]) == event
    groups = cognito.admin_list_groups_for_user(UserPoolId=outputs["userPoolId"], Username=name)["Groups"]
    assert [group["GroupName"] for group in groups] == ["member"]


def test_triggers_are_switched_off_while_users_stay(
    checkout: Path, deployment: Deployment, outputs: dict[str, Any], cognito: Any, users: Users
) -> None:
    """A trigger belongs to the pool's settings: taking it away must not touch the pool."""
    name = users.ensure("annie", ["analyst"])
    after = deployment.change(Stack.load("local", checkout))

    assert [after[key] for key in SAME] == [outputs[key] for key in SAME]
    assert reports(outputs, srp(outputs, cognito, name)["AccessToken"]) == 403
