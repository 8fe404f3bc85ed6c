"""Requests that may be repeated: with the same `Idempotency-Key`, a caller gets the outcome of the first request.

A write that timed out may have been done all the same. Its client is told 503, tries again, and has the item twice. A
route that keeps something therefore takes a key, with `Repeatable` as its parameters, `KeyReused` in its errors, and an
`expiry` in its `Items`. Before it writes, it asks `planned` for the values that differ from one attempt to the next,
such as the item's id. All attempts of a key then write the same item.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Annotated, Any

from handler import aws
from handler.errors import StorageUnavailable
from handler.frozen import frozen
from handler.marks import Header, Length
from handler.route import Items, Request
from handler.route_errors import Unprocessable
from handler.settings import TABLE_PATTERN, matching

HELD = 86_400  # seconds that a key is remembered
MARK = "key#"  # begins the sort key of what is remembered; an item's own sort key must sort before it


@frozen
class Repeatable:
    """A key that the client makes up for one request and repeats with it, such as a UUID."""

    idempotency_key: Annotated[Annotated[str, Length(1, 255)] | None, Header("Idempotency-Key")] = None


class KeyReused(Unprocessable):
    """The caller used the key for a request with another body, within the last day."""

    reason = "idempotency_key_reused"
    message = "This Idempotency-Key was used with another body"


def planned(request: Request[Any], given: Repeatable, items: Items, plan: Mapping[str, str]) -> Mapping[str, str]:
    """Return the plan of the first request with this key: `plan` itself if this is the first, or if it has no key.

    A key is its caller's and its route's. Raise KeyReused if the first request had another body, StorageUnavailable if
    the plan can be neither kept nor read.
    """
    if given.idempotency_key is None:
        return plan
    if items.expiry is None:
        raise LookupError(f"items of {items.name} have no expiry")
    now = int(time.time())
    body = _digest(repr(None if request.body is None else asdict(request.body)))
    answer = aws.call(
        "dynamodb",
        "put_item",
        expected="ConditionalCheckFailedException",
        TableName=matching(os.environ, items.variable, TABLE_PATTERN),
        Item={
            items.partition_key: {"S": request.user.sub},
            items.sort_key: {"S": MARK + _digest(request.event["routeKey"], given.idempotency_key)},
            items.expiry: {"N": str(now + HELD)},
            "body": {"S": body},
            "plan": {"M": {name: {"S": value} for name, value in plan.items()}},
        },
        ConditionExpression="attribute_not_exists(#key) OR #expiry < :now",  # DynamoDB deletes days after the expiry
        ExpressionAttributeNames={"#key": items.sort_key, "#expiry": items.expiry},
        ExpressionAttributeValues={":now": {"N": str(now)}},
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    if "Error" not in answer:
        return plan
    try:
        first, first_body = answer["Item"]["plan"]["M"], answer["Item"]["body"]["S"]
        kept = {name: first[name]["S"] for name in plan}
    except LookupError as error:
        raise StorageUnavailable("malformed") from error
    if first_body != body:
        raise KeyReused
    return kept


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()
