"""README's chapter on adding a route is followed in a copy of the project, and holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest
import requests

from tests.copies import Copy, type_readme

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
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    copy = Copy(tmp_path_factory.mktemp("readme") / "project")
    type_readme(copy)
    return copy


@pytest.fixture(scope="module")
def outputs(copy: Copy) -> Iterator[dict[str, Any]]:
    """The outputs of the copy's stack, while it runs."""
    copy.run("local", "up", "--port", "0", "--detach")
    yield copy.outputs
    copy.run("local", "down")


def test_route_is_served_as_its_line_says(copy: Copy, outputs: dict[str, Any]) -> None:
    """Gateway, scope, table and rights, parameters, body, answer and conflict: all from the one line."""
    scoped, plain = (
        copy.run("local", "token", "--user", "ada", *more).strip() for more in (("--scope", "api/orders.write"), ())
    )

    def put(order: str, body: object, token: str | None = scoped) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.put(f"{outputs['apiUrl']}/orders/{order}", json=body, headers=headers, timeout=10)

    made = put("a-1?gift=true", {"item": "tea", "amount": 2})
    assert (made.status_code, made.json()) == (201, {"id": "a-1", "item": "tea", "amount": 2, "gift": True})
    assert urljoin(made.url, made.headers["Location"]) == f"{outputs['apiUrl']}/orders/a-1"
    assert put("a-2", {"item": "tea"}).json() == {"id": "a-2", "item": "tea", "amount": 1, "gift": False}

    conflict = put("a-1", {"item": "coffee"})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "order_exists")
    for order, body, status, place in (
        ("b" * 21, {"item": "tea"}, 404, ("path", "id")),
        ("b-1?gift=yes", {"item": "tea"}, 400, ("query", "gift")),
        ("b-1", {"item": "tea", "amount": 101}, 400, ("body", "amount")),
    ):
        refused = put(order, body)
        assert (refused.status_code, refused.json()["in"], refused.json()["field"]) == (status, *place)
    assert put("b-1", {"item": "tea"}, plain).status_code == 403
    assert put("b-1", {"item": "tea"}, None).status_code == 401


def test_tests_stay_green(copy: Copy) -> None:
    """Whoever adds a route and sees tests of other things fail stops believing in tests."""
    copy.run("docs.generate")
    copy.run("contract", "--release")
    copy.run("pytest", *(f"tests/{name}" for name in TESTS))

    assert "PUT /orders/{id}" in (copy.root / "docs" / "routes.md").read_text()
