"""Users' notes in a DynamoDB table.

The partition key is `owner`, a user's `sub`, so no query can reach another user's notes. The sort key is `id`.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict

from handler import aws
from handler.bodies import LINE, TEXT, Length
from handler.errors import StorageUnavailable
from handler.route import Request
from handler.settings import TABLE_PATTERN, matching

PAGE = 50  # notes in one answer; about 1 MB if each is as long as allowed


@dataclass(frozen=True)
class NewNote:
    """A text, and tags to find it by."""

    text: Annotated[str, Length(1, 2000), TEXT]
    tags: Annotated[list[Annotated[str, Length(1, 30), LINE]], Length(0, 10)] = field(default_factory=list)


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
    if "Items" not in answer:
        raise StorageUnavailable("failed")
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
    """Call DynamoDB with the notes' table. Every failure becomes StorageUnavailable."""
    return aws.call("dynamodb", operation, TableName=matching(os.environ, "NOTES_TABLE", TABLE_PATTERN), **parameters)
