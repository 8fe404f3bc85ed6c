"""What README says of one more route is done in a copy of the project, as a reader would, and holds."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sabotage.tree import copy_working_tree

ROOT = Path(__file__).parent.parent
# Those that read the route table; the others cannot tell.
TESTS = (
    "contract",
    "handler/test_routes.py",
    "handler/test_app.py",
    "local/test_end_to_end.py",
    "proof",
    "test_newcomer.py",
)

pytestmark = pytest.mark.acceptance


class Copy:
    """A copy of the project with the route, and a stack of it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *arguments: str) -> str:
        """What the command says; the test fails with it if the command does."""
        command = [sys.executable, "-m", *arguments]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr
        return done.stdout

    @property
    def outputs(self) -> dict[str, Any]:
        outputs: dict[str, Any] = json.loads((self.root / ".local" / "outputs.json").read_text())
        return outputs


def part(text: str, after: str, until: str) -> str:
    """What stands between the two, which stand there once each."""
    assert text.count(after) == 1
    return text.partition(after)[2].partition(until)[0]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    copy = Copy(tmp_path_factory.mktemp("readme") / "project")
    copy_working_tree(copy.root)
    chapter = part((ROOT / "README.md").read_text(), "## Add a route\n", "\n## ")
    module, line = (each.partition("\n```")[0] for each in chapter.split("```python\n")[1:])
    (copy.root / "handler" / "orders.py").write_text(f"{module}\n")
    imports, new_line = line.removesuffix("\n)").split("ROUTES = table(\n    ...\n")
    routes = copy.root / "handler" / "routes.py"
    head, table, rest = routes.read_text().partition("ROUTES = table(\n")
    routes.write_text(f"{head}{imports}{table}{new_line}\n{rest}")
    yield copy
    copy.run("local", "down")


def test_route_is_served_and_asks_for_its_scope(copy: Copy) -> None:
    """Gateway, resource server, sign-in page, function and body: all from the one line."""
    copy.run("local", "up", "--port", "0", "--detach")
    url = f"{copy.outputs['apiUrl']}/orders"
    scoped, plain = (
        copy.run("local", "token", "--user", "ada", *more).strip() for more in (("--scope", "api/orders.write"), ())
    )

    def answer(body: object, token: str | None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.post(url, json=body, headers=headers, timeout=10)

    made = answer({"item": "tea", "amount": 2}, scoped)
    assert (made.status_code, made.json()) == (201, {"item": "tea", "amount": 2})
    assert answer({"item": "tea"}, scoped).json() == {"item": "tea", "amount": 1}
    assert answer({"item": "tea", "amount": 101}, scoped).status_code == 400
    assert answer({"item": "tea"}, plain).status_code == 403
    assert answer({"item": "tea"}, None).status_code == 401


def test_tests_stay_green(copy: Copy) -> None:
    """Whoever adds a route and sees tests of other things fail stops believing in tests."""
    copy.run("docs.generate")
    copy.run("contract", "--release")
    copy.run("pytest", *(f"tests/{name}" for name in TESTS))

    assert "POST /orders" in (copy.root / "docs" / "routes.md").read_text()
