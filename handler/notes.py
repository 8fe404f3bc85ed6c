"""Users' notes in a DynamoDB table: partition key `owner`, so that nobody's query can meet another's; sort key `id`.

Lambda's runtime has boto3 and the package has not. It is imported at the first note, for it takes three times as long
as all else together, which the other routes need not pay.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, TypedDict

from handler.bodies import Length, Pattern
from handler.errors import StorageCause, StorageUnavailable
from handler.settings import notes_table

PAGE = 50  # notes of one answer, at most; about 1 MB if all were as long as they may be
# Seconds. Two attempts at their slowest end before the shortest time that a function may have, which is 3.
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 0.5, 0.75, 2

_THROTTLED = {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
_DENIED = {"AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException"}


@dataclass(frozen=True)
class NewNote:
    """What a user writes: a text, and words to find it by."""

    text: Annotated[
        str,
        Length(1, 2000),
        Pattern(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*", "be without control characters other than tab and line breaks"),
    ]
    tags: Annotated[
        list[Annotated[str, Length(1, 30), Pattern(r"[^\x00-\x1f\x7f]*", "be without control characters")]],
        Length(0, 10),
    ] = field(default_factory=list)


class Note(TypedDict):
    """A note as it is kept. `created` is in UTC, as 2026-11-22T20:44:00Z; ids sort by time of creation."""

    id: str
    text: str
    tags: list[str]
    created: str


def add(owner: str, new: NewNote) -> Note:
    """Keep the note for `owner`, a user's `sub`. Raises StorageUnavailable, or SettingsError without a table."""
    now = time.time()
    note: Note = {
        "id": f"{int(now * 1000):012x}{os.urandom(10).hex()}",
        "text": new.text,
        "tags": list(new.tags),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
    }
    _asked("put_item", Item=_item(owner, note))
    return note


def newest(owner: str) -> list[Note]:
    """The last PAGE notes of `owner`, newest first. Raises as `add` does."""
    answer = _asked(
        "query",
        KeyConditionExpression="#owner = :owner",
        ExpressionAttributeNames={"#owner": "owner"},  # a reserved word of DynamoDB's
        ExpressionAttributeValues={":owner": {"S": owner}},
        ScanIndexForward=False,
        ConsistentRead=True,  # with the note that was added a moment ago
        Limit=PAGE,
    )
    return [_note(item) for item in answer["Items"]]


def _item(owner: str, note: Note) -> dict[str, Any]:
    """The note as DynamoDB writes attributes."""
    return {
        "owner": {"S": owner},
        "id": {"S": note["id"]},
        "text": {"S": note["text"]},
        "tags": {"L": [{"S": tag} for tag in note["tags"]]},
        "created": {"S": note["created"]},
    }


def _note(item: dict[str, Any]) -> Note:
    return {
        "id": item["id"]["S"],
        "text": item["text"]["S"],
        "tags": [tag["S"] for tag in item["tags"]["L"]],
        "created": item["created"]["S"],
    }


def _asked(call: str, **parameters: Any) -> Any:
    """The table's answer; every failure of its, or on the way to it, as StorageUnavailable."""
    name = notes_table(os.environ)
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return getattr(_client(), call)(TableName=name, **parameters)
    except ClientError as error:
        raise StorageUnavailable(_cause_of_code(error.response["Error"]["Code"])) from error
    except BotoCoreError as error:
        raise StorageUnavailable(_cause_of_type(error)) from error


def _cause_of_code(code: str) -> StorageCause:
    if code in _THROTTLED:
        return "throttled"
    if code in _DENIED:
        return "denied"
    return "missing" if code == "ResourceNotFoundException" else "failed"


def _cause_of_type(error: Exception) -> StorageCause:
    from botocore.exceptions import ConnectionError as NoConnectionError
    from botocore.exceptions import ConnectTimeoutError, HTTPClientError, ReadTimeoutError

    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return "timeout"
    return "unreachable" if isinstance(error, NoConnectionError | HTTPClientError) else "failed"


_making = threading.Lock()


def _client() -> Any:
    with _making:  # making one is not safe in several threads, using one is
        return _made_client()


@cache
def _made_client() -> Any:
    """boto3's client; its address and credentials are the environment's, as with every SDK."""
    import boto3
    from botocore.config import Config

    retries = {"mode": "legacy", "total_max_attempts": ATTEMPTS}  # the mode whose pause before a second is the shortest
    timeouts = {"connect_timeout": CONNECT_TIMEOUT, "read_timeout": READ_TIMEOUT}
    # Of the two variables that Lambda sets, boto3 reads the other.
    return boto3.client("dynamodb", region_name=os.environ["AWS_REGION"], config=Config(retries=retries, **timeouts))
