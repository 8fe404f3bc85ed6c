"""After a new user confirmed the account: the user joins the default group.

Cognito does not call this for users that administrators create. It does after a forgotten password, which must not
bring back a group that an administrator took away.
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
    """The user is confirmed, but in no group. Cognito shows the client this text, so AWS's own is not in it."""


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """The event as it came; DefaultGroupError if a new user cannot join."""
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
    """AWS's code, or the exception's name: never the text, which may name the user."""
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else type(error).__name__


@cache
def _cognito() -> Any:
    # Cognito waits 5 seconds for a trigger, then calls it again.
    return boto3.client(
        "cognito-idp", config=Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 2})
    )
