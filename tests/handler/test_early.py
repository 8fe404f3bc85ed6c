"""Cold starts, each in a new process: when keys are fetched, and that a failure of it harms nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from handler.errors import KeysUnavailable
from handler.fetch import Exchange
from handler.keys import SigningKeys
from stacks import ROOT
from tests.handler.api import key_document, variables
from tests.handler.events import bearer, http_event
from tests.handler.jwks_server import JwksServer, answer, plays, unused_port
from tests.handler.signing import World
from tests.handler.table import HEALTH, HELLO

# Tells whether keys were being fetched when the first slow import began; then answers the events.
COLD_START = """
import json, sys
from handler import routes
from tests.handler.table import TABLE
routes.ROUTES = TABLE

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "jwt":
            print(json.dumps({"fetching": sys.modules["handler.early"].key_fetch is not None}))

sys.meta_path.insert(0, Finder())
from handler import app
restore = sys.modules.get("snapshot_restore_py")
if restore:
    for hook in restore.hooks:
        hook()
for event in json.load(sys.stdin):
    print(json.dumps(app.lambda_handler(event, None)))
"""


class Started:
    """The answers of a new process to requests for `routes`, with a good token where one is asked for."""

    def __init__(self, world: World, base: str, *routes: str, kind: str | None = "on-demand", **more: str) -> None:
        environment = {"PATH": os.environ["PATH"], **variables(world), "AWS_ENDPOINT_URL": base, **more}
        if kind is not None:
            environment["AWS_LAMBDA_INITIALIZATION_TYPE"] = kind
        done = subprocess.run(
            [sys.executable, "-c", COLD_START],
            input=json.dumps([http_event(route, bearer(world.access()), claims={}) for route in routes]),
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        assert done.stderr == ""
        lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
        self.statuses = [line["statusCode"] for line in lines if "statusCode" in line]
        self.reasons = [line.get("reason") for line in lines if "routeKey" in line]
        self.early = next(line["fetching"] for line in lines if "fetching" in line)


@pytest.mark.parametrize("kind", ["on-demand", "provisioned-concurrency", "lambda-managed-instances"])
def test_keys_are_fetched_once_while_the_rest_is_imported(kind: str, world: World) -> None:
    """The network waits while Python imports: the first user waits for the longer of the two, not for both."""
    with JwksServer(plays(answer(key_document(world.jwks())))) as server:
        assert Started(world, server.base, kind=kind).early
        assert server.connections == 1
        assert Started(world, server.base, HELLO, HELLO, kind=kind).statuses == [200, 200]
        assert server.connections == 2


def test_import_elsewhere_fetches_nothing(world: World) -> None:
    """Tests, tools and the deployment program import the module too."""
    with JwksServer(plays(answer(key_document(world.jwks())))) as server:
        started = Started(world, server.base, HEALTH, kind=None)
        assert (started.early, started.statuses, server.connections) == (False, [200], 0)


def test_snapshot_holds_no_keys(world: World, tmp_path: Path) -> None:
    """It may be restored weeks later; keys are fetched then, before the first request."""
    (tmp_path / "snapshot_restore_py.py").write_text("hooks = []\nregister_after_restore = hooks.append\n")
    with JwksServer(plays(answer(key_document(world.jwks())))) as server:
        started = Started(world, server.base, HELLO, kind="snap-start", PYTHONPATH=str(tmp_path))
        assert (started.early, started.statuses, server.connections) == (False, [200], 1)
        assert Started(world, server.base, HEALTH, HELLO, kind="snap-start").statuses == [200, 200]  # no such library


@pytest.mark.parametrize(
    ("environment", "status", "reason"),
    [
        ({}, 503, "keys_unavailable"),
        ({"COGNITO_USER_POOL_ID": ""}, 500, "internal_error"),
        ({"AWS_REGION": ""}, 500, "internal_error"),
    ],
    ids=["dead endpoint", "no pool", "no region"],
)
def test_failure_is_the_first_requests_and_leaves_public_routes(
    environment: dict[str, str], status: int, reason: str, world: World
) -> None:
    """A failed import would take them down too, and say less about the reason."""
    started = Started(world, f"http://127.0.0.1:{unused_port()}", HEALTH, HELLO, **environment)
    assert (started.statuses, started.reasons) == ([200, status], [None, reason])


def test_early_answer_is_checked_as_any_other(world: World) -> None:
    """It came first and not by another way: an answer from elsewhere, or without a usable key, is not believed."""
    good, bad = (plays(answer(key_document(members))) for members in (world.jwks(), [{"kid": world.kid}]))
    with JwksServer(good) as server, JwksServer(good) as elsewhere:
        keys = SigningKeys(server.url)
        keys.prefetch(Exchange(elsewhere.url))
        assert server.connections == 1  # asked itself
        server.script = bad
        keys = SigningKeys(server.url)
        keys.prefetch(Exchange(server.url))
        assert keys.last_failure == "document"
        with pytest.raises(KeysUnavailable):
            keys.get(world.kid)
