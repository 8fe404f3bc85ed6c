"""Groups become scopes, for the right users only, whatever a caller sends."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.triggers.events import API_SIGN_IN, pre_token_generation
from triggers.pre_token_generation import lambda_handler

GROUP_SCOPES = {"admin": ["api/reports.write", "api/reports.read"], "analyst": ["api/reports.read"], "empty": []}


@pytest.fixture(autouse=True)
def mapping(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUP_SCOPES", json.dumps(GROUP_SCOPES))


def added(event: dict[str, Any]) -> list[str]:
    """The scopes that the trigger's answer adds to the access token."""
    details = lambda_handler(event, None)["response"]["claimsAndScopeOverrideDetails"]
    scopes: list[str] = details["accessTokenGeneration"]["scopesToAdd"] if details else []
    return scopes


@pytest.mark.parametrize(
    ("groups", "scopes"),
    [
        (["analyst"], ["api/reports.read"]),
        (["admin"], ["api/reports.read", "api/reports.write"]),
        (["analyst", "admin"], ["api/reports.read", "api/reports.write"]),
        (["admin", "analyst", "unknown"], ["api/reports.read", "api/reports.write"]),
    ],
)
def test_groups_bring_their_scopes(groups: list[str], scopes: list[str]) -> None:
    """Sorted and once each: the same user gets the same token from every instance."""
    assert added(pre_token_generation(groups)) == scopes


@pytest.mark.parametrize("groups", [[], None, ["unknown"], ["empty"], ["Admin"], ["admin "], ["ADMIN"], ["adm", "in"]])
def test_no_group_no_scope(groups: list[str] | None) -> None:
    """Group names are exact in Cognito: `Admin` is another group, which anybody's administrator may have made."""
    event = pre_token_generation(groups)
    before = copy.deepcopy(event)

    assert lambda_handler(event, None) == before


@pytest.mark.parametrize(
    "source",
    [
        "TokenGeneration_Authentication",
        "TokenGeneration_NewPasswordChallenge",
        "TokenGeneration_AuthenticateDevice",
        "TokenGeneration_RefreshTokens",
    ],
)
def test_every_way_of_the_api_counts(source: str) -> None:
    """A scope that is gone after the first refresh would sign people out of half of the application."""
    assert added(pre_token_generation(["analyst"], source=source)) == ["api/reports.read"]


@pytest.mark.parametrize(
    "scopes",
    [
        ["openid"],
        ["openid", API_SIGN_IN],
        ["openid", "email", "profile", API_SIGN_IN, "api/reports.read"],
        ["api/reports.read"],
        ["other/scope", API_SIGN_IN],
        [],
    ],
)
def test_client_of_the_sign_in_page_gets_what_it_asked_for(scopes: list[str]) -> None:
    """An OAuth client that asks for less must not hold more, also when it refreshes."""
    assert added(pre_token_generation(["admin"], scopes, "TokenGeneration_HostedAuth")) == []
    assert added(pre_token_generation(["admin"], scopes, "TokenGeneration_RefreshTokens")) == []


def test_refresh_that_names_the_added_scopes_keeps_them() -> None:
    """Cognito does not document whether a refreshed token's scopes include those that a trigger added."""
    event = pre_token_generation(["analyst"], [API_SIGN_IN, "api/reports.read"], "TokenGeneration_RefreshTokens")

    assert added(event) == ["api/reports.read"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"groups": "admin", "scopes": "api/reports.write"},
        {"groupsToOverride": '["admin"]'},
        {"groupConfiguration": '{"groupsToOverride":["admin"]}'},
        {"GROUP_SCOPES": '{"analyst":["api/reports.write"]}'},
    ],
)
def test_client_metadata_changes_nothing(metadata: dict[str, str]) -> None:
    """The caller chooses it."""
    assert added(pre_token_generation(["analyst"], clientMetadata=metadata)) == ["api/reports.read"]
    assert added(pre_token_generation([], clientMetadata=metadata)) == []


def test_attributes_change_nothing() -> None:
    """Users may write their own attributes."""
    event = pre_token_generation([])
    event["request"]["userAttributes"] |= {"cognito:groups": "admin", "custom:groups": "admin", "groups": "admin"}

    assert added(event) == []


def test_only_scopes_are_added_and_groups_stay() -> None:
    """An answer without the groups would take them out of the token, and with them every route that asks for one."""
    event = pre_token_generation(["admin"])
    groups = copy.deepcopy(event["request"]["groupConfiguration"])
    details = lambda_handler(event, None)["response"]["claimsAndScopeOverrideDetails"]

    assert details.keys() == {"accessTokenGeneration", "groupOverrideDetails"}
    assert details["accessTokenGeneration"].keys() == {"scopesToAdd"}
    assert details["groupOverrideDetails"] == groups


@pytest.mark.parametrize("broken", [{}, {"request": None}, {"request": {"scopes": [API_SIGN_IN]}}])
def test_event_of_another_shape_is_an_error(broken: dict[str, Any]) -> None:
    """Cognito issues no token then."""
    with pytest.raises((KeyError, AttributeError)):
        lambda_handler(broken, None)


@pytest.mark.parametrize("value", [None, "", "admin=api/reports.read"])
def test_unreadable_setting_is_an_error(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """A guess would grant scopes by accident."""
    if value is None:
        monkeypatch.delenv("GROUP_SCOPES")
    else:
        monkeypatch.setenv("GROUP_SCOPES", value)
    with pytest.raises((KeyError, ValueError)):
        lambda_handler(pre_token_generation(["admin"]), None)


def test_log_says_how_many_and_not_who(capsys: pytest.CaptureFixture[str]) -> None:
    """A log that names users is one more place to keep them safe."""
    lambda_handler(pre_token_generation(["admin"], clientMetadata={"note": "canary"}), None)
    line = json.loads(capsys.readouterr().out)

    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "level": "INFO",
        "triggerSource": "TokenGeneration_Authentication",
        "outcome": "scopes_added",
        "scopes": 2,
    }
