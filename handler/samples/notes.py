"""Users' notes in a DynamoDB table.

The partition key is `owner`, a user's `sub`, so no query can reach another user's notes. The sort key is `id`.
Lambda's runtime has boto3 and the package does not. It is imported at the first note: it takes three times as long to
import as everything else, and the other routes do not need it.
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
from handler.route import Request
from handler.settings import matching

PAGE = 50  # notes in one answer; about 1 MB if each is as long as allowed
# Seconds. Two attempts at their slowest end before the shortest timeout of a function, which is 3 seconds.
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 0.5, 0.75, 2

_THROTTLED = {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
_DENIED = {"AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException"}


@dataclass(frozen=True)
class NewNote:
    """A text, and tags to find it by."""

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


class Notes(TypedDict):
    """The caller's last notes, 50 at most, newest first."""

    notes: list[Note]


def add_note(request: Request[NewNote]) -> Note:
    """Keep the note for the caller. Raises StorageUnavailable, or SettingsError without a table."""
    now = time.time()
    note: Note = {
        "id": f"{int(now * 1000):012x}{os.urandom(10).hex()}",
        "text": request.body.text,
        "tags": list(request.body.tags),
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
    }
    _call("put_item", Item=_item(request.user.sub, note))
    return note


def list_notes(request: Request[None]) -> Notes:
    """Return the caller's last PAGE notes, newest first. Raises as `add_note` does."""
    answer = _call(
        "query",
        KeyConditionExpression="#owner = :owner",
        ExpressionAttributeNames={"#owner": "owner"},  # a reserved word in DynamoDB
        ExpressionAttributeValues={":owner": {"S": request.user.sub}},
        ScanIndexForward=False,
        ConsistentRead=True,  # with the note that was added a moment ago
        Limit=PAGE,
    )
    return {"notes": [_note(item) for item in answer["Items"]]}


def _item(owner: str, note: Note) -> dict[str, Any]:
    """Return the note in DynamoDB's attribute format."""
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


def _call(operation: str, **parameters: Any) -> Any:
    """Call DynamoDB and return its answer. Every failure becomes StorageUnavailable."""
    name = matching(os.environ, "NOTES_TABLE", r"[A-Za-z0-9_.-]{3,255}")  # DynamoDB: TableName
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return getattr(_client(), operation)(TableName=name, **parameters)
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


_lock = threading.Lock()


def _client() -> Any:
    with _lock:  # several threads may use one client, but must not create it at the same time
        return _new_client()


@cache
def _new_client() -> Any:
    """Create the DynamoDB client, with the address and credentials of the environment."""
    import boto3
    from botocore.config import Config

    retries = {"mode": "legacy", "total_max_attempts": ATTEMPTS}  # the mode with the shortest pause before a retry
    timeouts = {"connect_timeout": CONNECT_TIMEOUT, "read_timeout": READ_TIMEOUT}
    # Explicit, because boto3 reads AWS_DEFAULT_REGION only.
    return boto3.client("dynamodb", region_name=os.environ["AWS_REGION"], config=Config(retries=retries, **timeouts))
