"""What an operator sees of an ill key endpoint while callers see nothing of it."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from typing import Any

import pytest

from handler import app, keys
from handler.keys import FetchFailed, SigningKeys
from tests.handler.api import Api, key_document
from tests.handler.case import HEALTH, HELLO, bearer
from tests.handler.events import http_event
from tests.handler.signing import World


def line(event: dict[str, Any]) -> dict[str, Any]:
    out = io.StringIO()
    with redirect_stdout(out):
        assert app.lambda_handler(event, None)["statusCode"] == 200
    (written,) = out.getvalue().splitlines()
    return dict(json.loads(written))


def test_answer_with_a_stale_key_is_logged_as_a_warning_with_the_cause(world: World) -> None:
    """Serving stale hides the outage for two hours; without this line it would be seen when everything is down."""
    now, ill = [1_000_000.0], [False]

    def fetch(_: str) -> bytes:
        if ill[0]:
            raise FetchFailed(cause="timeout")
        return key_document(world.jwks())

    signing_keys = SigningKeys("", fetch=fetch, clock=lambda: now[0])
    event = http_event(HELLO, bearer(world.access()), claims=world.claims())
    with Api(world, keys=signing_keys):
        assert "cause" not in line(event)
        now[0] += keys.SOFT_AGE
        ill[0] = True
        stale = line(event)
        assert (stale["level"], stale["cause"]) == ("WARNING", "timeout")
        assert "cause" not in line(http_event(HEALTH)), "a public route has nothing to do with keys"
        now[0] += keys.BACKOFF_MOST
        ill[0] = False
        assert line(event)["level"] == "INFO"


def test_threads_that_come_at_once_share_one_service(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of their own would have a key cache of its own, and fetch for itself."""
    made = []
    original = app.Service.__init__

    def counted(self: app.Service, settings: Any) -> None:
        made.append(1)
        original(self, settings)

    monkeypatch.setattr(app.Service, "__init__", counted)
    with Api(world), ThreadPoolExecutor(16) as threads:
        services = list(threads.map(lambda _: app.current_service(), range(64)))
    assert len(made) == len(set(map(id, services))) == 1
