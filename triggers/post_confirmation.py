"""Post-confirmation trigger: add a new user to the default group.

Cognito does not call this trigger for users that administrators create. It calls it after a forgotten password too,
which must not restore a group that an administrator removed.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from triggers.logs import write

_NEW_USER = "PostConfirmation_ConfirmSignUp"


class DefaultGroupError(Exception):
    """The user is confirmed, but in no group. Cognito shows this text to the client, so it holds none of AWS's."""


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Return the event unchanged. DefaultGroupError if a new user cannot join the group."""
    if event["triggerSource"] != _NEW_USER:
        write("INFO", event, "unchanged")
        return event
    try:
        _cognito().admin_add_user_to_group(
            UserPoolId=event["userPoolId"], Username=event["userName"], GroupName=os.environ["DEFAULT_GROUP"]
        )
    except (BotoCoreError, ClientError) as error:
        write("ERROR", event, "failed", reason=_reason(error))
        raise DefaultGroupError("the account is confirmed, but could not join its group") from None
    write("INFO", event, "joined")
    return event


def _reason(error: Exception) -> str:
    """Return AWS's error code or the exception's name, never its text, which may name the user."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


@cache
def _cognito() -> Any:
    # Cognito waits 5 seconds for a trigger, then calls it again.
    return boto3.client(
        "cognito-idp", config=Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2})
    )
