"""The route table: every route of the API, who may call it, and the function that answers.

The gateway's routes, the resource server's scopes, the handler's dispatch and its demands on a token all come from
`ROUTES`. To add a route, write a function in a module of your own and add a line here. Everything that this module
imports must need the standard library only: the program reads the table at deploy time, where the function's own
dependencies are not installed.
"""

from __future__ import annotations

from handler.idempotency import KeyReused, Repeatable
from handler.route import Route, table
from handler.samples.hello import Greeting, Health, Reports, admin, health, hello, reports
from handler.samples.notes import (
    NOTES,
    NewNote,
    Note,
    NoteAt,
    NoteMissing,
    Notes,
    NotesPage,
    add_note,
    list_notes,
    remove_note,
    show_note,
)
from handler.samples.sign_out import SignedOut, sign_out

ROUTES = table(
    Route(key="GET /health", call=health, summary="Says that the API answers", response=Health, public=True),
    Route(key="GET /hello", call=hello, summary="Greets the signed-in user", response=Greeting),
    Route(key="GET /reports", call=reports, summary="Lists reports", response=Reports, scopes=("api/reports.read",)),
    Route(key="GET /admin", call=admin, summary="Greets an administrator", response=Greeting, groups=("admin",)),
    Route(
        key="GET /notes",
        call=list_notes,
        summary="Lists the caller's own notes",
        parameters=NotesPage,
        response=Notes,
        items={NOTES: ("Query",)},
    ),
    Route(
        key="POST /notes",
        call=add_note,
        summary="Keeps a note for the caller",
        parameters=Repeatable,
        request=NewNote,
        response=Note,
        status=201,
        errors=(KeyReused,),
        answer_headers=("Location",),
        items={NOTES: ("PutItem",)},
    ),
    Route(
        key="GET /notes/{id}",
        call=show_note,
        summary="Shows one of the caller's notes",
        parameters=NoteAt,
        response=Note,
        errors=(NoteMissing,),
        answer_headers=("ETag",),
        items={NOTES: ("GetItem",)},
    ),
    Route(
        key="DELETE /notes/{id}",
        call=remove_note,
        summary="Deletes one of the caller's notes",
        parameters=NoteAt,
        response=None,
        status=204,
        errors=(NoteMissing,),
        items={NOTES: ("DeleteItem",)},
    ),
    Route(
        key="POST /sign-out",
        call=sign_out,
        summary="Signs the caller out everywhere",
        response=SignedOut,
        revokes=True,
    ),
)
