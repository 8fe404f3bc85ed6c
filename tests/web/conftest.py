"""A stack of its own, whose pool and API know the page's free port; the built page beside it; and a real browser."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from local.deployment import Steps, bring_up
from local.emulator import Emulator
from local.users import Users, new_password
from stacks import ROOT
from stacks.engine import Stack
from tests.own_program import imported_from, project, with_settings

WEB = ROOT / "web"
DEADLINE = 120  # seconds until a test gives up on a command
_OFFLINE = (  # or the browser looks its maker's hosts up
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def run(*command: str, cwd: Path = ROOT, **environment: str) -> str:
    """What the command prints; the test fails with it if the command does."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}"
    return done.stdout


@contextlib.contextmanager
def served(*command: str, url: str, cwd: Path, **environment: str) -> Iterator[None]:
    """A server, from its first answer at `url` to the end of the block."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + DEADLINE
        while True:
            with contextlib.suppress(requests.ConnectionError):
                requests.get(url, timeout=DEADLINE)
                break
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                pytest.fail(f"{' '.join(command)}:\n{process.communicate()[0]}")
            time.sleep(0.05)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.communicate()


@pytest.fixture(scope="session")
def installed() -> Path:
    """The front end with its packages, as `make web` installs them."""
    run("make", "web/node_modules/.installed")
    return WEB


@pytest.fixture(scope="session")
def packages() -> Path:
    """What other teams' front ends are made with, and axe, which judges a page."""
    run("make", "tests/web/node_modules/.installed")
    return ROOT / "tests" / "web"


@pytest.fixture(scope="session")
def serve() -> Callable[..., contextlib.AbstractContextManager[None]]:
    return served


@pytest.fixture(scope="module")
def origin() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://localhost:{probe.getsockname()[1]}"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project whose routes the page shows: with the tests' own route table and settings."""
    return project(tmp_path_factory.mktemp("project") / "copy")


@pytest.fixture(scope="module")
def outputs(checkout: Path, origin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The outputs of a stack that lets a page at `origin` sign in and call."""
    stack = with_settings(
        Stack.load("local", checkout),
        callbackUrls=[f"{origin}/"],
        logoutUrls=[f"{origin}/"],
        allowedOrigins=[origin],
        appClients=[{"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"]}],
    )
    with imported_from(checkout), Emulator(0, stack.region, tmp_path_factory.mktemp("web-stack")) as emulator:
        yield bring_up(stack, emulator, Steps(show=lambda _: None))


@pytest.fixture(scope="session")
def password() -> str:
    """The password of every user that `users` creates."""
    return new_password()


@pytest.fixture(scope="module")
def users(outputs: dict[str, Any], password: str) -> Users:
    return Users(outputs, password)


@pytest.fixture(scope="module")
def contract(checkout: Path, outputs: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `python -m contract` writes of that stack."""
    folder = tmp_path_factory.mktemp("contract")
    (folder / "outputs.json").write_text(json.dumps(outputs))
    where = ("--to", str(folder), "--outputs", str(folder / "outputs.json"))
    run(sys.executable, "-m", "contract", *where, cwd=checkout)
    return folder


@pytest.fixture(scope="module")
def page(installed: Path, contract: Path, origin: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page, built as for production."""
    environment = {"CONTRACT": str(contract), "OUT": str(tmp_path_factory.mktemp("page"))}
    run("npm", "run", "build", cwd=installed, **environment)
    port = origin.rpartition(":")[2]
    with served("npm", "run", "preview", "--", "--port", port, url=origin, cwd=installed, **environment):
        yield f"{origin}/"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    """Chromium as a person has it who was never here."""
    driver = shutil.which("chromedriver")
    assert driver, "the browser's driver must be installed: apt-get install chromium chromium-driver"
    options = ChromeOptions()
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", *_OFFLINE):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = Chrome(options, Service(driver))
    try:
        yield chrome
    finally:
        chrome.quit()
