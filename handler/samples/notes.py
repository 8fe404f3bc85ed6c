"""Users' notes in a DynamoDB table.

The partition key is `owner`, a user's `sub`, so no request can reach another user's notes. The sort key is `id`.
"""

from __future__ import annotations

import os
import time
from dataclasses import field
from typing import Annotated, Any, NotRequired, TypedDict

from handler import aws, idempotency, pages
from handler.errors import StorageUnavailable
from handler.frozen import frozen
from handler.idempotency import Repeatable
from handler.marks import LINE, TEXT, Length, Pattern, Range
from handler.route import Answer, Items, Request
from handler.route_errors import NotFound
from handler.settings import TABLE_PATTERN, matching

NOTES = Items("notes", partition_key="owner", sort_key="id", expiry="expires")
PAGE = 50  # notes in one answer at most; half of the 1 MB that a query reads, if each is as long as allowed


@frozen
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
    """A page of the caller's notes, newest first. `next` is the `after` of the following page, if any."""

    notes: list[Note]
    next: NotRequired[str]


@frozen
class NoteAt:
    """Which note."""

    id: Annotated[str, Pattern("[0-9a-f]{32}", "be the id of a note")]


@frozen
class NotesPage:
    """Which page of the notes: how many of them, and after which one."""

    limit: Annotated[int, Range(1, PAGE)] = PAGE
    after: Annotated[str, Length(1, pages.LIMIT)] | None = None


class NoteMissing(NotFound):
    """The caller has no note of this id. The answer does not tell whether another user has one."""

    reason = "note_missing"
    message = "You have no such note"


def add_note(request: Request[NewNote], given: Repeatable) -> Answer[Note]:
    """Keep the note for the caller. Raises StorageUnavailable, KeyReused, or SettingsError without a table."""
    now = time.time()
    new = {
        "id": f"{int(now * 1000):012x}{os.urandom(10).hex()}",
        "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
    }
    plan = idempotency.planned(request, given, NOTES, new)
    note: Note = {
        "id": plan["id"],
        "text": request.body.text,
        "tags": list(request.body.tags),
        "created": plan["created"],
    }
    _call("put_item", Item=_item(request.user.sub, note))
    return Answer(note, location=f"/notes/{note['id']}")


def show_note(request: Request[None], at: NoteAt) -> Note:
    """Return one of the caller's notes. Raises NoteMissing, and as `add_note` does."""
    answer = _call("get_item", Key=_key(request, at), ConsistentRead=True)
    if "Item" not in answer:
        raise NoteMissing
    return _note(answer["Item"])


def remove_note(request: Request[None], at: NoteAt) -> None:
    """Delete one of the caller's notes. Raises as `show_note` does."""
    if "Attributes" not in _call("delete_item", Key=_key(request, at), ReturnValues="ALL_OLD"):
        raise NoteMissing


def list_notes(request: Request[None], page: NotesPage) -> Notes:
    """Return a page of the caller's notes, newest first. Raises as `add_note` does, and QueryInvalid."""
    after = idempotency.MARK if page.after is None else pages.position(request, page.after)
    answer = _call(
        "query",
        KeyConditionExpression="#owner = :owner AND #id < :after",
        ExpressionAttributeNames={"#owner": "owner", "#id": "id"},  # "owner" is a reserved word in DynamoDB
        ExpressionAttributeValues={":owner": {"S": request.user.sub}, ":after": {"S": after}},
        ScanIndexForward=False,
        ConsistentRead=True,  # with the note that was added a moment ago
        Limit=page.limit + 1,  # one more tells whether there is a next page
    )
    if "Items" not in answer:
        raise StorageUnavailable("failed")
    notes = [_note(item) for item in answer["Items"][: page.limit]]
    if len(answer["Items"]) <= page.limit:
        return {"notes": notes}
    return {"notes": notes, "next": pages.cursor(request, notes[-1]["id"])}


def _key(request: Request[None], at: NoteAt) -> dict[str, Any]:
    return {"owner": {"S": request.user.sub}, "id": {"S": at.id}}


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
    return aws.call("dynamodb", operation, TableName=matching(os.environ, NOTES.variable, TABLE_PATTERN), **parameters)
