"""Risks of the samples, which go with them."""

from __future__ import annotations

from tests.sabotage.risks import Risk

RISKS: tuple[Risk, ...] = (
    Risk(
        name="route-made-public",
        gain="Anybody may call what was for signed-in users.",
        file="handler/routes.py",
        within="",
        old='summary="Greets the signed-in user", response=Greeting),',
        new='summary="Greets the signed-in user", response=Greeting, public=True),',
        tests=("tests/handler/samples/test_hello.py",),
    ),
    Risk(
        name="owner-from-the-context",
        gain="Who reaches the function past the gateway reads anybody's notes.",
        file="handler/samples/notes.py",
        within="list_notes",
        old='":owner": {"S": request.user.sub}',
        new='":owner": {"S": request.event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]}',
        tests=("tests/handler/samples/test_notes.py",),
    ),
    Risk(
        name="note-of-whoever-the-context-names",
        gain="Who reaches the function past the gateway reads and deletes anybody's note.",
        file="handler/samples/notes.py",
        within="_key",
        old='"owner": {"S": request.user.sub}',
        new='"owner": {"S": request.event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"]}',
        tests=("tests/handler/samples/test_notes.py",),
    ),
    Risk(
        name="idempotency-key-of-anybody",
        gain="Who guesses another user's key learns its note's id, and blocks the key for its owner.",
        file="handler/idempotency.py",
        within="planned",
        old='{"S": request.user.sub}',
        new='{"S": request.user.client_id}',
        tests=("tests/handler/samples/test_notes.py",),
    ),
)
