"""Generated clients call every route with parameters, and understand every answer and every failure."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.users import Users, new_password
from tests.contract import openapi_clients
from tests.own_program import brought_up

pytestmark = pytest.mark.acceptance

# By case: the status, and the body without its requestId. Both clients make the same calls.
ANSWERS: dict[str, tuple[int, Any]] = {
    "part": (200, {"name": "sam a b 7"}),
    "part unchanged": (304, None),
    "part of a wrong number": (404, {"message": "Not Found", "in": "path", "field": "number", "rule": "be an integer"}),
    "part with a wrong limit": (
        400,
        {"message": "Bad Request", "in": "query", "field": "limit", "rule": "be from 1 to 50"},
    ),
    "part for a stranger": (401, {"message": "Unauthorized"}),
    "made": (201, {"name": "box"}),
    "made at": (201, "../../things/box/parts/1"),
    "made with a wrong body": (
        400,
        {"message": "Bad Request", "in": "body", "field": "name", "rule": "have 1 to 30 characters"},
    ),
    "taken": (409, {"message": "Another thing has this name", "code": "thing_taken"}),
    "removed": (204, None),
    "removed when missing": (404, {"message": "There is no such thing", "code": "thing_missing"}),
    "removed when changed": (412, {"message": "Precondition Failed", "code": "precondition_failed"}),
}

TYPESCRIPT = """
import createClient from "openapi-fetch";
import type { paths } from "./openapi";

declare const process: { argv: string[] };
const [, , baseUrl = "", token = ""] = process.argv;
const stranger = createClient<paths>({ baseUrl });
const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${token}` } });
const path = { id: "a b", number: 7 };
const thing = { name: "box", size: "s", weight: 1, new: true } as const; // what has a default is left out

type Call = { response: Response; data?: unknown; error?: unknown };
async function main() {
  const said: Record<string, [number, unknown]> = {};
  const note = async <C extends Call>(name: string, call: Promise<C>): Promise<C> => {
    const answer = await call;
    said[name] = [answer.response.status, answer.data ?? (answer.error || null)];
    return answer;
  };
  const query = {
    sort: "down", tag: ["x", "y,z"], limit: 5, ratio: 1.5, exact: true, since: "2026-11-22T20:44:00Z",
    batch: "4b0e5f0e-0b1e-4d52-9a53-0123456789ab",
  } as const;
  const part = await note(
    "part",
    api.GET("/things/{id}/parts/{number}", {
      params: { path, query: { ...query, tag: [...query.tag] }, header: { "X-Trace": "t" } },
    }),
  );
  const name: string | undefined = part.data?.name;
  const etag = part.response.headers.get("ETag") ?? "";
  const unchanged = { params: { path }, headers: { "If-None-Match": etag } };
  await note("part unchanged", api.GET("/things/{id}/parts/{number}", unchanged));
  const odd = { params: { path: { ...path, number: 1.5 } } };
  await note("part of a wrong number", api.GET("/things/{id}/parts/{number}", odd));
  const wrong = api.GET("/things/{id}/parts/{number}", { params: { path, query: { limit: 0 } } });
  const { error } = await note("part with a wrong limit", wrong);
  const rule: string | undefined = error && "rule" in error ? error.rule : undefined;
  await note("part for a stranger", stranger.GET("/things/{id}/parts/{number}", { params: { path } }));

  const made = await note("made", api.POST("/things/{id}/parts", { params: { path: { id: "box" } }, body: thing }));
  said["made at"] = [made.response.status, made.response.headers.get("Location")];
  const long = { ...thing, name: "x".repeat(31) };
  await note("made with a wrong body", api.POST("/things/{id}/parts", { params: { path: { id: "box" } }, body: long }));
  const taken = await note("taken", api.POST("/things/{id}/parts", { params: { path: { id: "taken" } }, body: thing }));
  if (taken.error && "code" in taken.error) taken.error.code satisfies "thing_taken";

  await note("removed", api.DELETE("/things/{id}", { params: { path: { id: "7" } } }));
  const missing = await note("removed when missing", api.DELETE("/things/{id}", { params: { path: { id: "8" } } }));
  if (missing.error && "code" in missing.error) missing.error.code satisfies "thing_missing" | "precondition_failed";
  const old = { path: { id: "7" }, header: { "If-Match": "v-6" } };
  await note("removed when changed", api.DELETE("/things/{id}", { params: old }));

  // @ts-expect-error - a part has a number
  () => api.GET("/things/{id}/parts/{number}", { params: { path: { id: "a" } } });
  // @ts-expect-error - no such value
  () => api.GET("/things/{id}/parts/{number}", { params: { path, query: { sort: "sideways" } } });
  // @ts-expect-error - size, weight and new have no default
  () => api.POST("/things", { body: { name: "box" } });
  void [name, rule];
  console.log(JSON.stringify(said));
}
void main();
"""

PYTHON = """
import json
import sys
from datetime import datetime, timezone
from uuid import UUID

from client import AuthenticatedClient, Client
from client.api.things import delete_things_by_id as remove
from client.api.things import get_things_by_id_parts_by_number as part
from client.api.things import post_things_by_id_parts as make
from client.models import GetThingsByIdPartsByNumberSort as Sort
from client.models import Thing, ThingSize

url, token = sys.argv[1:]
api, stranger = AuthenticatedClient(base_url=url, token=token), Client(base_url=url)
thing = Thing(name="box", size=ThingSize.S, weight=1.0, new=True)
said = {}


def note(name, answer):
    body = answer.parsed.to_dict() if hasattr(answer.parsed, "to_dict") else answer.parsed
    said[name] = answer.status_code, body
    return answer


every = {"sort": Sort.DOWN, "tag": ["x", "y,z"], "limit": 5, "ratio": 1.5, "exact": True, "x_trace": "t"}
every |= {"since": datetime(2026, 11, 22, 20, 44, tzinfo=timezone.utc), "batch": "4b0e5f0e-0b1e-4d52-9a53-0123456789ab"}
first = note("part", part.sync_detailed("a b", 7, client=api, **every))
again = api.with_headers({"If-None-Match": first.headers["ETag"]})
note("part unchanged", part.sync_detailed("a b", 7, client=again, **every))
note("part of a wrong number", part.sync_detailed("a b", 1.5, client=api))
note("part with a wrong limit", part.sync_detailed("a b", 7, client=api, limit=0))
note("part for a stranger", part.sync_detailed("a b", 7, client=stranger))
made = note("made", make.sync_detailed("box", client=api, body=thing))
said["made at"] = made.status_code, made.headers["Location"]
long = Thing(name="x" * 31, size=ThingSize.S, weight=1.0, new=True)
note("made with a wrong body", make.sync_detailed("box", client=api, body=long))
note("taken", make.sync_detailed("taken", client=api, body=thing))
note("removed", remove.sync_detailed("7", client=api))
note("removed when missing", remove.sync_detailed("8", client=api))
note("removed when changed", remove.sync_detailed("7", client=api, if_match="v-6"))
print(json.dumps(said))
"""


def one_type_each(table: str) -> str:
    """Return the table without its mixed enumerations: openapi-python-client has none of strings and integers."""
    for mixed, strings in (('"m", 44]', '"m"]'), ('"down", 3]', '"down"]')):
        assert mixed in table
        table = table.replace(mixed, strings)
    return table


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], Path]]:
    """A stack with the tests' own table: its outputs, and the folder that `python -m contract` wrote."""
    openapi_clients.install()
    root = tmp_path_factory.mktemp("clients")
    with brought_up(root, one_type_each) as (_, outputs):
        (root / "outputs.json").write_text(json.dumps(outputs))
        where = ("--to", root / "contract", "--outputs", root / "outputs.json")
        openapi_clients.run(root / "project", sys.executable, "-m", "contract", *where)
        yield outputs, root / "contract"


@pytest.fixture(scope="module")
def token(stack: tuple[dict[str, Any], Path]) -> str:
    users = Users(stack[0], new_password())
    users.ensure("sam")
    return str(users.tokens("sam")["access_token"])


def answers(said: dict[str, Any]) -> dict[str, tuple[int, Any]]:
    """Return what a client printed, without the request ids, which the function's own failures have."""
    found = {}
    for name, (status, body) in said.items():
        if isinstance(body, dict) and status >= 400 and body["message"] != "Unauthorized":
            assert body.pop("requestId")
        found[name] = status, body
    return found


def test_document_passes_the_rules_that_linters_recommend(stack: tuple[dict[str, Any], Path], tmp_path: Path) -> None:
    """A team's own pipeline may run either of them. Each is shown a fault first: silence alone proves nothing."""
    document = json.loads((stack[1] / "openapi.json").read_text())
    del document["info"]["license"], document["info"]["contact"]
    (tmp_path / "openapi.json").write_text(json.dumps(document))

    faults = openapi_clients.lint(tmp_path)
    assert "redocly: info-license" in faults
    assert "spectral: info-contact" in faults
    assert openapi_clients.lint(stack[1]) == ""


def test_openapi_fetch_calls_every_route_with_parameters(
    stack: tuple[dict[str, Any], Path], token: str, tmp_path: Path
) -> None:
    """Its types are openapi-typescript's: the module compiles, and what it must not say does not."""
    outputs, contract = stack
    (tmp_path / "calls.ts").write_text(TYPESCRIPT)
    openapi_clients.typescript(tmp_path, contract / "openapi.json")

    assert answers(openapi_clients.node(tmp_path, "calls.js", outputs["apiUrl"], token)) == ANSWERS


def test_openapi_python_client_calls_every_route_with_parameters(
    stack: tuple[dict[str, Any], Path], token: str, tmp_path: Path
) -> None:
    """It parses each answer and each failure into a class of its own."""
    outputs, contract = stack
    said = openapi_clients.python(tmp_path, contract / "openapi.json", PYTHON, outputs["apiUrl"], token)

    assert answers(said) == ANSWERS
