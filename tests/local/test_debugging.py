"""A breakpoint in a route: a debugger stops there in a call with --here, and no other call waits for a debugger."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from local.__main__ import _parser
from stacks import ROOT
from tests import own_program

pytestmark = pytest.mark.acceptance  # whole runs

SIGNED_IN = "def signed_in(request: Request[None]) -> Answered:\n"
Local = list[str]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """`python -m local` for a running stack whose signed-in routes stop at a breakpoint."""
    folder = tmp_path_factory.mktemp("debugging")
    project = own_program.project(
        folder / "project", lambda text: text.replace(SIGNED_IN, f"{SIGNED_IN}    breakpoint()\n")
    )
    command = [sys.executable, "-m", "local", "--dir", str(folder / "run")]
    subprocess.run([*command, "up", "--port", "0", "--detach"], cwd=project, check=True, capture_output=True)
    yield ["/usr/bin/env", "-C", str(project), *command]
    subprocess.run([*command, "down"], cwd=project, check=True, capture_output=True)


def run(local: Local, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run([*local, *arguments], input=typed, capture_output=True, text=True, timeout=60, check=False)


def test_debugger_stops_in_the_route_and_goes_on(local: Local) -> None:
    """Plain pdb, in the terminal of the call: the line is the checkout's, the caller is the token's."""
    typed = "p request.caller.scopes\nwhere\ncontinue\n"
    done = run(local, "call", "GET", "/hello", "--user", "ada", "--here", typed=typed)
    assert done.returncode == 0, done.stderr
    assert re.search(r"> /.*/project/handler/routes\.py\(\d+\)signed_in\(\)", done.stdout)
    assert "frozenset({'openid'})" in done.stdout
    assert done.stdout.rstrip().endswith('{"name": "ada"}')


def test_call_through_the_api_does_not_wait_for_a_debugger(local: Local) -> None:
    """It has no terminal: pdb would read the next event as its command, until the time limit."""
    done = run(local, "call", "GET", "/hello", "--user", "ada")
    assert (done.returncode, done.stdout) == (0, '{"name": "ada"}\n')
    assert "breakpoint() is skipped here; stop at it with: python -m local call" in run(local, "logs").stdout


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("GET", "/hello"), "GET /hello answered 401"),
        (("GET", "/reports", "--user", "ada"), "GET /reports answered 403"),
        (("GET", "/nowhere"), "GET /nowhere must be a route of the table in handler/routes.py"),
    ],
)
def test_function_refuses_as_always(local: Local, call: tuple[str, ...], said: str) -> None:
    """Without a gateway in front, the function's own checks are all there is, and they hold."""
    done = run(local, "call", *call, "--here")
    assert done.returncode == 1
    assert done.stderr.startswith(f"local: {said}")
    assert done.stderr.count("\n") == 1


def test_body_reaches_the_route(local: Local) -> None:
    """The event is the gateway's."""
    thing = json.dumps({"name": "chair", "size": "m", "weight": 1, "new": True})
    done = run(local, "call", "POST", "/things", "--user", "ada", "--here", "--data", thing)
    assert done.stdout.splitlines()[-1] == '{"name": "chair"}'


def test_path_in_letters_of_any_language_is_sent_as_a_browser_sends_it(local: Local) -> None:
    """`http.client` would raise UnicodeEncodeError."""
    assert run(local, "call", "GET", "/orders/ä b").stderr == "local: GET /orders/%C3%A4%20b answered 404 Not Found\n"


def test_editors_configuration_starts_such_a_call() -> None:
    """VS Code reads the page's JSON, and the command takes its arguments."""
    page = (ROOT / "docs" / "debugging.md").read_text()
    (text,) = re.findall(r"^```json\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (launch,) = json.loads(text)["configurations"]
    assert launch["module"] == "local"
    assert _parser().parse_args(launch["args"]).here
