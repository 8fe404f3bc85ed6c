"""The same program with the other answer to each sign-in setting, on an emulator of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from local.deployment import Steps, bring_up
from local.emulator import Emulator
from local.engine import Stack
from local.people import People, new_password
from local.provider import client

OTHER = {"emailAsUsername": "true", "acceptIdTokens": "true", "passwordSignIn": "false", "alarms": "true"}


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Outputs of a stack in another region, where people have no user name but their email and ID tokens count."""
    usual = Stack.load("dev")
    stack = dataclasses.replace(
        usual, config={**usual.config, **{f"{usual.project}:{key}": value for key, value in OTHER.items()}}
    )
    with Emulator(0, stack.region, tmp_path_factory.mktemp("other")) as emulator:
        yield bring_up(stack, emulator, Steps(show=lambda _: None))


@pytest.fixture(scope="module")
def tokens(other: dict[str, Any]) -> dict[str, Any]:
    people = People(other, new_password())
    return people.tokens(people.ensure("ada"), ["api/reports.read"])


def status(other: dict[str, Any], path: str, token: str) -> int:
    answer = requests.get(other["apiUrl"] + path, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    return answer.status_code


def test_email_is_the_user_name(other: dict[str, Any], tokens: dict[str, Any]) -> None:
    """Cognito then makes the user name up; the API still says who called."""
    answer = requests.get(
        other["apiUrl"] + "/hello", headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=30
    )
    assert answer.status_code == 200
    assert answer.json()["user"]


def test_id_token_is_accepted_where_the_setting_says_so_and_grants_no_scope(
    other: dict[str, Any], tokens: dict[str, Any]
) -> None:
    """Some front ends have nothing else; what it opens must stay little."""
    assert status(other, "/hello", tokens["id_token"]) == 200
    assert status(other, "/reports", tokens["id_token"]) == 403
    assert status(other, "/reports", tokens["access_token"]) == 200


def test_alarms_are_there_and_tell_the_encrypted_topic(other: dict[str, Any]) -> None:
    """The emulator never fires them, but takes every one of them as AWS would."""
    endpoint, region = other["awsEndpointUrl"], other["region"]
    (topic,) = client(endpoint, region, "sns").list_topics()["Topics"]
    attributes = client(endpoint, region, "sns").get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]
    found = client(endpoint, region, "cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    telling = [each for each in found["MetricAlarms"] + found["CompositeAlarms"] if each["AlarmActions"]]

    assert attributes["KmsMasterKeyId"].startswith("arn:aws:kms:")
    assert len(telling) == 9
    assert all(each["AlarmActions"] == [topic["TopicArn"]] for each in telling)
