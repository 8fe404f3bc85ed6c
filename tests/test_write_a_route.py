"""docs/write-a-route.md is followed in a copy of the project: snippets are typed in, commands answer the same."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from stacks import ROOT
from tests.contract import openapi_clients
from tests.copies import Copy, type_readme, type_routes

pytestmark = pytest.mark.acceptance

PAGE = (ROOT / "docs" / "write-a-route.md").read_text()
SNIPPETS = dict(re.findall(r"^```(?:python|ts) (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
# Each command of the page that has an answer below it.
ANSWERED = re.findall(r"^\$ (python -m local call .*)\n(\{.*\})$", PAGE, re.MULTILINE)
CALLS = """
import { allOrders, orderGift } from "./orders";

declare const process: { argv: string[] };
const [, , token = ""] = process.argv;
async function main() {
  const said = [];
  for (const [id, item] of [["c-1", "cocoa"], ["c-1", "cocoa"], ["c-2", ""], ["C", "cocoa"], ["c-3", "tea"]] as const)
    said.push(await orderGift(token, id, item));
  console.log(JSON.stringify([said, await allOrders(token)]));
}
void main();
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    copy = Copy(tmp_path_factory.mktemp("page") / "project")
    type_readme(copy)
    imports, *rest = SNIPPETS["handler/orders.py"].partition("\n\n\n")
    module = copy.root / "handler" / "orders.py"
    module.write_text(f"{imports}\n{module.read_text().rstrip()}{''.join(rest)}")
    type_routes(copy, SNIPPETS["handler/routes.py"])
    copy.write("tests/handler/test_orders.py", SNIPPETS["tests/handler/test_orders.py"])
    copy.run("ruff", "check", "--fix", "--quiet", "handler")
    return copy


@pytest.fixture(scope="module")
def outputs(copy: Copy) -> Iterator[dict[str, Any]]:
    """The outputs of the copy's stack, while it runs."""
    copy.run("local", "up", "--port", "0", "--detach")
    yield copy.outputs
    copy.run("local", "down")


def token(copy: Copy, user: str) -> str:
    return copy.run("local", "token", "--user", user, "--scope", "api/orders.write").strip()


def test_every_snippet_is_typed_in_here() -> None:
    """A snippet that no test runs becomes wrong unnoticed."""
    assert SNIPPETS.keys() == {"handler/orders.py", "handler/routes.py", "tests/handler/test_orders.py", "orders.ts"}
    fences = re.findall(r"^```(\S+.*)$", PAGE, re.MULTILINE)
    assert {fence.partition(" ")[2] for fence in fences if fence != "console"} == SNIPPETS.keys()
    assert len(ANSWERED) == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("pytest", "tests/handler/test_orders.py", "tests/handler/test_routes.py", "tests/contract/test_schema.py"),
        ("mypy", "handler"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_checks_stay_green(copy: Copy, arguments: tuple[str, ...]) -> None:
    """The reader's own test among them."""
    copy.run(*arguments)


@pytest.mark.usefixtures("outputs")
def test_commands_answer_as_the_page_says(copy: Copy) -> None:
    """In the page's order: an order is there, taken, listed, and another user's is missing."""
    for command, shown in ANSWERED:
        done = copy.attempt(*shlex.split(command)[2:])
        said, expected = json.loads(done.stdout), json.loads(shown)
        if "requestId" in expected:
            assert expected.pop("requestId") == "…"
            assert said.pop("requestId")
        assert said == expected, done.stderr


def test_pages_and_cursors_are_their_callers(copy: Copy, outputs: dict[str, Any]) -> None:
    """The page's rules for owners and cursors hold for its own code."""
    url, headers = f"{outputs['apiUrl']}/orders", {}
    for user in ("eve", "ann"):
        headers[user] = {"Authorization": f"Bearer {token(copy, user)}"}
        for number in (1, 2, 3):
            body = {"item": user}
            assert requests.put(f"{url}/o-{number}", json=body, headers=headers[user], timeout=10).status_code == 201

    def page(user: str, **query: object) -> requests.Response:
        return requests.get(url, params=query, headers=headers[user], timeout=10)

    first = page("ann", limit=2).json()
    assert [each["id"] for each in first["orders"]] == ["o-1", "o-2"]
    assert page("ann", after=first["next"]).json() == {
        "orders": [{"id": "o-3", "item": "ann", "amount": 1, "gift": False}]
    }
    assert page("eve", after=first["next"]).status_code == 400
    shown = requests.get(f"{url}/o-1", headers=headers["eve"], timeout=10)
    assert shown.json()["item"] == "eve"
    unchanged = {**headers["eve"], "If-None-Match": shown.headers["ETag"]}
    assert requests.get(f"{url}/o-1", headers=unchanged, timeout=10).status_code == 304


@pytest.mark.usefixtures("outputs")
def test_front_end_orders_and_pages(copy: Copy, tmp_path: Path) -> None:
    """The page's module, compiled with the types of the stack's own document."""
    openapi_clients.install()
    copy.run("contract", "--to", str(tmp_path / "contract"))
    for name, text in (("orders.ts", SNIPPETS["orders.ts"]), ("main.ts", CALLS)):
        (tmp_path / name).write_text(text)
    openapi_clients.typescript(tmp_path, tmp_path / "contract" / "openapi.json", "contract/openapi.ts")
    said, found = openapi_clients.node(tmp_path, "main.js", token(copy, "zoe"))

    assert said == [
        "1 of cocoa, at ../orders/c-1",
        "c-1 is taken",
        "item must have 1 to 40 characters",
        "id must be 1 to 20 lower-case letters, digits or -",
        "1 of tea, at ../orders/c-3",
    ]
    assert found == ["c-1", "c-3"]
