"""The samples are replaced in a copy as docs/contributing.md says; the project stays whole."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.copies import Copy

PRODUCTS = '''"""The products that the shop sells."""

from __future__ import annotations

from typing import TypedDict

from handler.route import Request


class Health(TypedDict):
    """The answer of an API that runs."""

    status: str


class Products(TypedDict):
    """The names of all products."""

    products: list[str]


def health(_: Request[None]) -> Health:
    """Say that the API answers."""
    return {"status": "ok"}


def products(_: Request[None]) -> Products:
    """List the products."""
    return {"products": ["tea"]}
'''
TABLE = """ROUTES = table(
    Route(key="GET /health", call=health, summary="Says that the API answers", response=Health, public=True),
    Route(key="GET /products", call=products, summary="Lists the products", response=Products),
)
"""

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The five steps of the page, but for `make check`, whose parts the tests below run."""
    copy = Copy(tmp_path_factory.mktemp("replaced") / "project")
    for samples in (copy.root / "handler" / "samples", *copy.root.glob("tests/*/samples")):
        shutil.rmtree(samples)
    copy.write("handler/products.py", PRODUCTS)
    routes = copy.root / "handler" / "routes.py"
    head = routes.read_text().partition("ROUTES = table(")[0]
    head = re.sub(r"^from handler\.samples\S* import (?:\(.*?\)|[^\n(]*)\n", "", head, flags=re.MULTILINE | re.DOTALL)
    routes.write_text(f"{head}\n\n{TABLE}")
    copy.insert(
        "handler/routes.py",
        after="\nfrom __future__ import annotations\n",
        text="\nfrom handler.products import Health, Products, health, products",
    )
    copy.run("ruff", "check", "--fix", "--quiet", ".")
    copy.run("docs.generate")
    (copy.root / "contract" / "released.json").unlink()
    copy.run("contract", "--release")
    return copy


def test_tests_stay_green(copy: Copy) -> None:
    """A team that replaces the samples on its first day must be able to believe the tests from then on."""
    copy.run("pytest", "-n", "2", "--dist", "loadfile", timeout=1200)


@pytest.mark.parametrize(
    "arguments",
    [("ruff", "check", "."), ("mypy",), ("policies",), ("contract", "--check"), ("docs.generate", "--check")],
    ids=lambda arguments: arguments[0],
)
def test_checks_stay_green(copy: Copy, arguments: tuple[str, ...]) -> None:
    """The rest of `make check`."""
    copy.run(*arguments)


def test_stack_comes_up_and_passes_its_smoke_test(copy: Copy) -> None:
    """Neither `up` nor `smoke` needs a route by name."""
    copy.run("local", "up", "--port", "0", "--detach")
    try:
        copy.run("proof", "smoke")
    finally:
        copy.run("local", "down")
