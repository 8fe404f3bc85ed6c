"""Revoke tokens: the entries that `handler.revocation` reads, for the API's routes and for operators' commands.

A token's `iat` is in whole seconds, so tokens issued just before and just after a sign-out can bear the same second.
A revocation therefore covers the whole second, and MARGIN more, because the host that issued the token has a clock of
its own. Whoever revokes waits until that time is over: a token of a sign-in after the answer is never covered.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Literal

from handler import aws
from handler.route import Caller
from handler.settings import TABLE_PATTERN, matching

MARGIN = 1  # seconds by which the clocks of AWS's hosts may differ; Amazon Time Sync keeps them within milliseconds
KEPT = 2 * 86_400  # seconds of an entry after its moment; its tokens end within a day (Cognito's maximum)

SESSION_KEPT = 3_650 * 86_400  # seconds; a session is refreshed for ten years at most (Cognito: RefreshTokenValidity)

Moment = Literal["revokedBefore", "groupsBefore"]
Call = Callable[..., Any]  # as `handler.aws.call`


def sign_out_everywhere(caller: Caller) -> int:
    """End every session of this user; return the seconds until none of its tokens is accepted any more.

    Cognito comes first: no token can be refreshed after that, so that none escapes the entry. Without a table the
    tokens work until they expire. Raises StorageUnavailable; the sign-out may then be half done, and can be repeated.
    """
    pool, user = os.environ["COGNITO_USER_POOL_ID"], caller.name
    aws.call(
        "cognito-idp", "admin_user_global_sign_out", UserPoolId=pool, Username=user, expected="UserNotFoundException"
    )
    if "REVOCATION_TABLE" not in os.environ:
        return max(0, caller.expires_at - int(time.time()))
    before = end_of(time.time())
    table = matching(os.environ, "REVOCATION_TABLE", TABLE_PATTERN)
    revoke(aws.call, table, f"user#{caller.sub}", before)
    time.sleep(max(0.0, before - time.time()))
    return int(os.environ["REVOCATION_DELAY_SECONDS"])


def end_of(now: float) -> int:
    """Return the whole second before which every token was issued that is out at the time `now`."""
    return int(now) + 1 + MARGIN


def revoke(call: Call, table: str, subject: str, before: int, moment: Moment = "revokedBefore") -> None:
    """Write that tokens of `subject` issued before `before` are revoked, or stale in their groups.

    An entry that says more already stays. Raises StorageUnavailable.
    """
    call(
        "dynamodb",
        "update_item",
        expected="ConditionalCheckFailedException",
        TableName=table,
        Key={"subject": {"S": subject}},
        UpdateExpression="SET #moment = :before, expires = :expires",
        ConditionExpression="attribute_not_exists(#moment) OR #moment < :before",
        ExpressionAttributeNames={"#moment": moment},
        ExpressionAttributeValues={":before": {"N": str(before)}, ":expires": {"N": str(before + KEPT)}},
    )
