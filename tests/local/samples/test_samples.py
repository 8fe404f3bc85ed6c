"""The sample routes on the running stack: they show what a team writes, so they must do as they say."""

from __future__ import annotations

from urllib.parse import urljoin

import requests

from local.users import Users
from tests.local.conftest import Api


def test_hello_greets_by_name(api: Api, users: Users, username: str) -> None:
    """README shows this answer."""
    token = users.tokens(users.ensure(username))["access_token"]
    assert api.get("/hello", token).text == f'{{"message": "Hello, authenticated user!", "user": "{username}"}}'
    assert api.get("/health").json() == {"status": "ok"}


def test_notes_are_kept_for_their_user_alone(api: Api, users: Users, username: str) -> None:
    """From the body's type to the table and back: each user reads what he wrote, and nobody else's."""
    tokens = [users.tokens(users.ensure(f"{username}-{number}"))["access_token"] for number in range(2)]
    written = [[api.post("/notes", token, {"text": text, "tags": ["t"]}) for text in "ab"] for token in tokens]

    assert {answer.status_code for answers in written for answer in answers} == {201}
    for token, answers in zip(tokens, written, strict=True):
        listed = api.get("/notes", token)
        assert listed.status_code == 200
        assert [note["id"] for note in listed.json()["notes"]] == [answer.json()["id"] for answer in reversed(answers)]
    first = f"/notes/{written[0][0].json()['id']}"
    assert urljoin(written[0][0].url, written[0][0].headers["location"]) == api.url + first
    page = api.get("/notes?limit=1", tokens[0]).json()
    assert [note["text"] for note in page["notes"]] == ["b"]
    assert [note["text"] for note in api.get(f"/notes?limit=1&after={page['next']}", tokens[0]).json()["notes"]] == [
        "a"
    ]
    assert api.get(f"/notes?after={page['next']}", tokens[1]).status_code == 400
    assert api.get(first, tokens[0]).json() == written[0][0].json()
    assert (api.get(first, tokens[1]).status_code, api.delete(first, tokens[1]).status_code) == (404, 404)
    removed = api.delete(first, tokens[0])
    assert (removed.status_code, removed.content) == (204, b"")
    assert api.get(first, tokens[0]).json()["code"] == "note_missing"
    refused = api.post("/notes", tokens[0], {"text": "", "tags": []})
    assert (refused.status_code, refused.json()["field"]) == (400, "text")
    assert api.post("/notes", None, {"text": "x"}).status_code == 401


def test_repeated_note_is_one(api: Api, users: Users, username: str) -> None:
    """As an unknown outcome is repeated; the table's condition is the real one here. A page may send the key."""
    token = users.tokens(users.ensure(username))["access_token"]
    key = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    first, again = (api.post("/notes", token, {"text": "milk"}, **key) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert api.get("/notes", token).json() == {"notes": [first.json()]}
    refused = api.post("/notes", token, {"text": "bread"}, **key)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency_key_reused")
    asked = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "POST"}
    preflight = requests.options(
        f"{api.url}/notes", headers={**asked, "Access-Control-Request-Headers": "idempotency-key"}, timeout=30
    )
    assert "idempotency-key" in preflight.headers["Access-Control-Allow-Headers"].lower()
