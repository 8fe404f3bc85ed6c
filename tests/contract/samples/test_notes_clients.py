"""Generated clients keep, page, show and delete notes, with the sample routes as they ship. It goes with them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.deployment import Steps, bring_up
from local.emulator import Emulator
from local.users import Users, new_password
from stacks import ROOT
from stacks.engine import Stack
from tests.contract import openapi_clients

pytestmark = pytest.mark.acceptance

TYPESCRIPT = """
import createClient from "openapi-fetch";
import type { paths } from "./openapi";

declare const process: { argv: string[] };
const [, , baseUrl = "", token = ""] = process.argv;
const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });

async function main() {
  for (const text of ["first", "second", "third"]) await api.POST("/notes", { body: { text } }); // tags have a default
  const pages: string[][] = [];
  let after: string | undefined;
  do {
    const { data, error } = await api.GET("/notes", { params: { query: { limit: 2, ...(after && { after }) } } });
    if (error) throw new Error(error.message);
    pages.push(data.notes.map((note) => note.text));
    after = data.next;
  } while (after !== undefined);
  const forged = await api.GET("/notes", { params: { query: { after: "made-up" } } });
  const [note] = (await api.GET("/notes", { params: { query: { limit: 1 } } })).data?.notes ?? [];
  const params = { path: { id: note?.id ?? "" } };
  const shown = await api.GET("/notes/{id}", { params });
  const removed = await api.DELETE("/notes/{id}", { params });
  const missing = await api.GET("/notes/{id}", { params });
  const code = missing.error && "code" in missing.error ? missing.error.code : undefined;
  const odd = await api.DELETE("/notes/{id}", { params: { path: { id: "odd" } } });
  console.log(JSON.stringify({
    pages,
    forged: [forged.response.status, forged.error && "rule" in forged.error ? forged.error.rule : null],
    shown: shown.data?.text,
    removed: removed.response.status,
    missing: [missing.response.status, code satisfies "note_missing" | undefined],
    odd: [odd.response.status, odd.error && "rule" in odd.error ? odd.error.rule : null],
  }));
}
void main();
"""

PYTHON = """
import json
import sys

from client import AuthenticatedClient
from client.api.notes import delete_notes_by_id, get_notes, get_notes_by_id, post_notes
from client.models import NewNote

api = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
for text in ("first", "second", "third"):
    post_notes.sync(client=api, body=NewNote(text))
pages, more = [], {}
while True:
    page = get_notes.sync(client=api, limit=2, **more)
    pages.append([note.text for note in page.notes])
    if not page.next_:
        break
    more = {"after": page.next_}
forged = get_notes.sync_detailed(client=api, after="made-up")
note = get_notes.sync(client=api, limit=1).notes[0].id
shown = get_notes_by_id.sync(note, client=api)
removed = delete_notes_by_id.sync_detailed(note, client=api)
missing = get_notes_by_id.sync_detailed(note, client=api)
odd = delete_notes_by_id.sync_detailed("odd", client=api)
found = {
    "pages": pages,
    "forged": (forged.status_code, forged.parsed.rule),
    "shown": shown.text,
    "removed": removed.status_code,
    "missing": (missing.status_code, missing.parsed.code),
    "odd": (odd.status_code, odd.parsed.rule),
}
print(json.dumps(found))
"""

SAID = {
    "pages": [["third", "second"], ["first"]],
    "forged": [400, "be the cursor of an earlier page"],
    "shown": "third",
    "removed": 204,
    "missing": [404, "note_missing"],
    "odd": [404, "be the id of a note"],
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with Emulator(0, "us-east-1", tmp_path_factory.mktemp("notes")) as emulator:
        yield bring_up(Stack.load("local"), emulator, Steps(show=lambda _: None))


@pytest.fixture(scope="module")
def document(outputs: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The OpenAPI document, as `python -m contract` writes it."""
    openapi_clients.install()
    folder = tmp_path_factory.mktemp("contract")
    (folder / "outputs.json").write_text(json.dumps(outputs))
    where = ("--to", folder, "--outputs", folder / "outputs.json")
    openapi_clients.run(ROOT, sys.executable, "-m", "contract", *where)
    return folder / "openapi.json"


def token(outputs: dict[str, Any], name: str) -> str:
    users = Users(outputs, new_password())
    users.ensure(name)
    return str(users.tokens(name)["access_token"])


def test_openapi_fetch_keeps_and_pages_notes(outputs: dict[str, Any], document: Path, tmp_path: Path) -> None:
    """A note without tags type-checks: a default must not make a member required."""
    (tmp_path / "notes.ts").write_text(TYPESCRIPT)
    openapi_clients.typescript(tmp_path, document)

    assert openapi_clients.node(tmp_path, "notes.js", outputs["apiUrl"], token(outputs, "ann")) == SAID


def test_openapi_python_client_keeps_and_pages_notes(outputs: dict[str, Any], document: Path, tmp_path: Path) -> None:
    """The generator reads the whole document, or the test fails with its warning."""
    said = openapi_clients.python(tmp_path, document, PYTHON, outputs["apiUrl"], token(outputs, "bob"))

    assert said == SAID


def test_shipped_document_passes_the_rules_that_linters_recommend(document: Path) -> None:
    """With the samples' parameters, bodies and failures."""
    assert openapi_clients.lint(document.parent) == ""
