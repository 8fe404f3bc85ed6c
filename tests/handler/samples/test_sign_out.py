"""The sample that signs its caller out everywhere; tests/handler/test_revoking.py has all that it takes."""

from __future__ import annotations

from typing import Any

import pytest

from handler.route import Caller, Request
from handler.routes import ROUTES
from handler.samples import sign_out


def test_caller_alone_is_signed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verified token says who; nothing in the request can name another."""
    asked: list[Any] = []
    monkeypatch.setattr(sign_out, "sign_out_everywhere", lambda caller: asked.append(caller) or 10)
    caller = Caller("a-sub", "alice", "client", frozenset(), frozenset())
    assert sign_out.sign_out(Request({"body": "bob"}, caller, None)) == {"effectiveWithinSeconds": 10}
    assert asked == [caller]


def test_route_takes_no_body_and_says_that_it_revokes() -> None:
    """From `revokes` follows the function's right to do it."""
    (route,) = [route for route in ROUTES if route.key == "POST /sign-out"]
    assert (route.request, route.public, route.revokes) == (None, False, True)
