"""`api.ts`: a strict compiler accepts the types, and they refuse the same bodies as the function."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from contract import typescript
from contract.document import contract
from contract.schema import Schemas
from handler.marks import Header
from handler.route import Route
from handler.route_errors import Conflict, Gone
from stacks import ROOT
from tests.contract.test_schema import Draft, Page


@dataclass(frozen=True)
class DraftAt:
    id: int
    why: Literal["old", "wrong"]
    tag: list[str] = field(default_factory=list)
    before: datetime | None = None
    version: Annotated[str | None, Header("If-Match")] = None


class DraftTaken(Conflict):
    reason = "draft_taken"
    message = "Somebody writes it"


TABLE = (
    Route(key="GET /open", call=lambda _: {}, summary="Open", response=Page, public=True),
    Route(key="POST /drafts", call=lambda _: {}, summary="Makes", request=Draft, response=Page, status=201),
    Route(
        key="DELETE /drafts/{id}",
        call=lambda *_: None,
        summary="Removes",
        parameters=DraftAt,
        response=None,
        status=204,
        errors=(Gone, DraftTaken),
    ),
)


@pytest.fixture
def module(outputs: dict[str, Any]) -> str:
    """The module for a table whose types have every form."""
    return typescript.module(contract({**outputs, "routes": [each.key for each in TABLE]}, "1.0.0", TABLE))


def test_types_are_those_of_the_bodies(module: str) -> None:
    """Optional members, null and bounds become types and comments."""
    assert (
        """
export interface Draft {
  /** 1 to 5 characters */
  title: string;
  author: Author;
  kind?: "note" | "task";
  /** 0 to 5 */
  stars?: number;
  weight?: number | null;
  /** 0 to 2 items */
  tags?: string[];
  done?: boolean;
}
"""
        in module
    )
    assert (
        """
export interface Page {
  items: Item[];
  next?: string | null;
  counts: Record<string, number>;
}
"""
        in module
    )
    assert (
        "/** Who wrote it. */\nexport interface Author {\n  /** must be small letters; 1 to 20 characters */\n"
        in module
    )


def test_routes_lead_to_their_types(module: str) -> None:
    """`Routes` maps the table's route keys to parameters, bodies and failures."""
    none = "path: undefined; query: undefined; header: undefined"
    assert f'  "GET /open": {{ {none}; request: undefined; response: Page; error: Failure }};\n' in module
    assert f'  "POST /drafts": {{ {none}; request: Draft; response: Page; error: Failure }};\n' in module
    assert (
        '  "DELETE /drafts/{id}": { path: { id: number }; '
        'query: { why: "old" | "wrong"; tag?: string[]; before?: string }; header: { "If-Match"?: string }; '
        "request: undefined; response: undefined; "
        'error: Failure | RouteFailure<"gone"> | RouteFailure<"draft_taken"> };' in module
    )


def test_words_cannot_end_the_comment() -> None:
    """A description may contain the end of a comment."""
    schemas = Schemas()
    schemas.by_name["Odd"] = {"type": "object", "description": "*/ evil()", "properties": {}, "required": []}

    assert typescript._interface("Odd", schemas.by_name["Odd"]).startswith("/** * / evil() */\n")


USE = """
import { config, routes, type Draft, type Failure, type RouteKey, type Routes } from "./api";

export const client: string = config.userPoolClientId;
export const off: "OFF" | "OPTIONAL" | "ON" = config.mfa;
export const method: "GET" = routes["GET /open"].method;
export const draft: Draft = { title: "a", author: { name: "ann" }, weight: null };
export const failed = (failure: Failure): string => failure.requestId ?? failure.message;
export async function call<K extends RouteKey>(key: K, body: Routes[K]["request"]): Promise<Routes[K]["response"]> {
  const { method, path } = routes[key];
  const answer = await fetch(config.apiUrl + path, { method, body: JSON.stringify(body) });
  return (await answer.json()) as Routes[K]["response"];
}
type Removal = Routes["DELETE /drafts/{id}"];
export const at: Removal["path"] & Removal["query"] = { id: 7, why: "old", tag: ["a"] };
export const why = (error: Removal["error"]): "gone" | "draft_taken" | string =>
  error.code === undefined ? (error.rule ?? error.message) : error.code === "gone" ? "is gone" : error.code;
export const status: 409 = routes["DELETE /drafts/{id}"].errors[1].status;
export const items = async () => (await call("POST /drafts", draft)).items.map((item) => item.inner?.next);
"""
# Each must be an error of the compiler's.
MISUSE = (
    'call("GET /gone", undefined);',
    'call("POST /drafts", undefined);',
    'call("POST /drafts", { title: "a" });',
    'call("POST /drafts", { ...draft, kind: "idea" });',
    'call("POST /drafts", { ...draft, more: 1 });',
    'call("GET /open", undefined).then((page) => page.nothing);',
    'const other: Routes["DELETE /drafts/{id}"]["query"] = { why: "bored" };',
    'const none: Routes["DELETE /drafts/{id}"]["query"] = {};',
    'why({ message: "", requestId: "", code: "taken" });',
    'config.apiUrl = "";',
    "config.clientSecret;",
)


@pytest.mark.acceptance
def test_strict_compiler_accepts_use_and_refuses_misuse(module: str, tmp_path: Path) -> None:
    """Only the compiler can tell whether the types work."""
    subprocess.run(
        [shutil.which("make") or "make", "web/node_modules/.installed"], cwd=ROOT, check=True, capture_output=True
    )
    (tmp_path / "api.ts").write_text(module)
    (tmp_path / "use.ts").write_text(USE)
    (tmp_path / "misuse.ts").write_text(
        'import { call, draft, why } from "./use";\nimport { config, type Routes } from "./api";\n'
        + "\n".join(MISUSE)
        + "\n"
    )

    def compiled(name: str) -> list[str]:
        tsc = str(ROOT / "web" / "node_modules" / ".bin" / "tsc")
        options = ["--strict", "--noEmit", "--target", "es2022", "--module", "esnext", "--lib", "es2022,dom"]
        options += ["--moduleResolution", "bundler", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"]
        done = subprocess.run([tsc, *options, name], cwd=tmp_path, capture_output=True, text=True, check=False)
        return [line for line in done.stdout.splitlines() if "error TS" in line]

    assert compiled("use.ts") == []
    errors = compiled("misuse.ts")
    assert [int(line.partition("(")[2].partition(",")[0]) - 3 for line in errors] == list(range(len(MISUSE))), errors
