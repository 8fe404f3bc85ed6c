"""The samples' answers, and who may call them. Goes with the samples."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from handler.routes import ROUTES
from proof.attack.tokens import ABSENT
from tests.handler.api import CONTEXT, Api
from tests.handler.events import bearer, http_event
from tests.handler.signing import World


@pytest.fixture
def api(serve: Callable[..., Api]) -> Api:
    """The handler with the shipped route table."""
    return serve(routes=ROUTES)


def test_public_routes_are_these() -> None:
    """A route is opened to the world here, by name, and by nobody's omission."""
    assert {route.key for route in ROUTES if route.public} == {"GET /health"}


@pytest.mark.parametrize(
    ("key", "scopes", "groups"),
    [
        ("GET /hello", (), ()),
        ("GET /reports", ("api/reports.read",), ()),
        ("GET /admin", (), ("admin",)),
        ("GET /notes", (), ()),
        ("POST /notes", (), ()),
    ],
)
def test_route_asks_for_this(key: str, scopes: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """A security review asks first who may call what."""
    (route,) = [each for each in ROUTES if each.key == key]
    assert (route.public, route.scopes, route.groups) == (False, scopes, groups)


def test_health_answers_anyone(api: Api) -> None:
    """Uptime checks have no token."""
    assert api.call(http_event("GET /health"), 200).body == {"status": "ok"}


def test_hello_greets_by_user_name(world: World, api: Api) -> None:
    """The reply is a published interface, to the letter."""
    answer = api.app.handle(http_event("GET /hello", bearer(world.access()), claims={}), CONTEXT)
    assert answer["body"] == '{"message": "Hello, authenticated user!", "user": "alice"}'


def test_reports_answer_people_and_machines(world: World, api: Api) -> None:
    """A machine is named by its client id: a client-credentials token has no user."""
    for username, expected in (("alice", "alice"), (ABSENT, world.client_id)):
        token = world.access(scope="openid api/reports.read", username=username)
        answer = api.call(http_event("GET /reports", bearer(token), claims={}), 200)
        assert answer.body == {"reports": [], "for": expected}


def test_admin_answers_an_administrator(world: World, api: Api) -> None:
    """One matching group among several is enough."""
    token = world.access(**{"cognito:groups": ["users", "admin"]})
    answer = api.call(http_event("GET /admin", bearer(token), claims={}), 200)
    assert answer.body == {"message": "Hello, administrator!", "user": "alice"}
