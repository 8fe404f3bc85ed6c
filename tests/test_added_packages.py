"""docs/dependencies.md is typed into a copy of the project, as it stands, with a pure and a native package."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.bundle import Target, build
from stacks import ROOT
from tests.copies import Copy

pytestmark = pytest.mark.acceptance

PAGE = (ROOT / "docs" / "dependencies.md").read_text()
ROUTE = '    Route(key="GET /sizes", call=list_sizes, summary="Lists sizes", response=Sizes, public=True),\n'
LOCKS = "handler/requirements requirements requirements-dev"  # the others have nothing of the function's


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    copy = Copy(tmp_path_factory.mktemp("packages") / "project")
    packages, module = (
        textwrap.dedent(re.findall(rf"^ *```{kind}\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)[0])
        for kind in ("text", "python")
    )
    copy.write("handler/requirements.in", (copy.root / "handler/requirements.in").read_text() + packages)
    copy.write("handler/sizes.py", module)
    imports = "from handler.sizes import Sizes, list_sizes\n"
    copy.insert("handler/routes.py", after="from handler.route import Route, table\n", text=imports)
    copy.insert("handler/routes.py", after="ROUTES = table(\n", text=ROUTE)
    yield copy
    copy.run("local", "down")


def make(copy: Copy, *arguments: str) -> None:
    command = ["/usr/bin/env", "make", *arguments, f"PYTHON={sys.executable}"]
    subprocess.run(command, cwd=copy.root, check=True, capture_output=True, timeout=600)


def test_packages_are_named_until_they_are_there_and_then_work(copy: Copy) -> None:
    """An import at the top of a route's module, on this machine."""
    refused = copy.attempt("local", "up", "--port", "0")
    assert re.search(r"handler/sizes\.py:3 raises ModuleNotFoundError: .*'humanize'; add its package", refused.stderr)

    make(copy, "-o", ".venv/.installed", "lock", f"RESOLVED={LOCKS}", f"BIN={Path(sys.executable).parent}")
    make(copy, "install")
    local = [str(copy.root / ".venv/bin/python"), "-m", "local"]
    subprocess.run([*local, "up", "--port", "0", "--detach"], cwd=copy.root, check=True, capture_output=True)
    done = subprocess.run([*local, "call", "GET", "/sizes"], cwd=copy.root, check=True, capture_output=True, text=True)
    assert done.stdout == '{"sizes": ["1.0 kB", "2.0 MB"]}\n'


def test_package_for_lambda_has_the_native_code_of_its_processor(copy: Copy, tmp_path: Path) -> None:
    """Made on any machine: the wheels are Lambda's, not this machine's."""
    package = build(copy.root / "handler", Target(architecture="arm64", python_version="3.13"), tmp_path)
    names = zipfile.ZipFile(package).namelist()
    assert "humanize/__init__.py" in names
    assert [name for name in names if re.fullmatch(r"orjson/.*313.*aarch64-linux-gnu\.so", name)]
