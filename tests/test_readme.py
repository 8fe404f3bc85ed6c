"""README's chapter on adding a route is followed in a copy of the project, and holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.copies import Copy

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


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    copy = Copy(tmp_path_factory.mktemp("readme") / "project")
    chapter = (ROOT / "README.md").read_text().partition("## Add a route\n")[2].partition("\n## ")[0]
    module, lines = re.findall(r"^```python\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    imports, _, routes = lines.rstrip().removesuffix(")").partition("\n\nROUTES = table(\n    ...\n")
    copy.write("handler/orders.py", module)
    copy.insert("handler/routes.py", after="from handler.route import Route, table\n", text=imports + "\n")
    copy.insert("handler/routes.py", after="ROUTES = table(\n", text=routes)
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
