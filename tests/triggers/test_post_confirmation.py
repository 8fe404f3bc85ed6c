"""Joining the default group, and failing to."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber

from tests.triggers.events import POOL, post_confirmation
from triggers import post_confirmation as trigger


@pytest.fixture
def cognito(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """AWS's own model of Cognito, which takes only the calls that a test prepares."""
    monkeypatch.setenv("DEFAULT_GROUP", "member")
    client = boto3.client(
        "cognito-idp", region_name="eu-central-1", aws_access_key_id="any", aws_secret_access_key="any"
    )
    monkeypatch.setattr(trigger, "_cognito", lambda: client)
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_new_user_joins_the_default_group(cognito: Stubber, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the pool that the event is from; the event goes back as it came."""
    cognito.add_response("admin_add_user_to_group", {}, {"UserPoolId": POOL, "Username": "ada", "GroupName": "member"})
    event = post_confirmation()
    before = copy.deepcopy(event)

    assert trigger.lambda_handler(event, None) == before
    line = json.loads(capsys.readouterr().out)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"level": "INFO", "triggerSource": "PostConfirmation_ConfirmSignUp", "outcome": "joined"}


@pytest.mark.usefixtures("cognito")
def test_forgotten_password_brings_no_group_back() -> None:
    """An administrator may have taken it away; Cognito calls the same trigger. The stub takes no call."""
    event = post_confirmation("PostConfirmation_ConfirmForgotPassword")

    assert trigger.lambda_handler(event, None)["triggerSource"] == "PostConfirmation_ConfirmForgotPassword"


def test_refusal_of_aws_is_an_error_without_its_text(cognito: Stubber, capsys: pytest.CaptureFixture[str]) -> None:
    """Cognito shows the text to the client; AWS's own holds the role's name and the account."""
    cognito.add_client_error(
        "admin_add_user_to_group", "AccessDeniedException", "User: arn:aws:sts::123456789012:assumed-role/x is not"
    )
    with pytest.raises(trigger.DefaultGroupError) as failed:
        trigger.lambda_handler(post_confirmation(), None)

    assert "arn:" not in str(failed.value)
    assert failed.value.__suppress_context__
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["outcome"], line["reason"]) == ("ERROR", "failed", "AccessDeniedException")
    assert "arn:" not in json.dumps(line)


def test_client_gives_up_before_cognito_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cognito waits 5 seconds, then calls the trigger again: two calls at once for one user."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    config = trigger._cognito.__wrapped__().meta.config

    assert (config.connect_timeout + config.read_timeout) * config.retries["total_max_attempts"] < 5
