"""Properties that hold for every token and every event. `FUZZ_EXAMPLES` sets the number of examples."""

from __future__ import annotations

import io
import os
import re
import sys
from contextlib import redirect_stdout
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handler import texts
from handler.app import App
from tests.handler import fuzz
from tests.handler.api import CONTEXT, Api
from tests.handler.events import bearer, http_event
from tests.handler.mutations import PROTECTED, Spoiler, event
from tests.handler.signing import World
from tests.handler.table import HEALTH, HELLO

EXAMPLES = os.environ.get("FUZZ_EXAMPLES")
search = settings(
    max_examples=int(EXAMPLES or 150),
    derandomize=EXAMPLES is None,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # the handler under test keeps no state that matters
)
randoms = st.randoms(use_true_random=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


def maybe(**shape: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object of that shape, some members of it missing, or something else altogether."""
    return st.fixed_dictionaries({}, optional=shape) | json_values


contexts = maybe(authorizer=maybe(jwt=maybe(claims=maybe(sub=st.text()))), requestId=st.text())
event_like = maybe(
    version=st.just("2.0") | json_values,
    routeKey=st.sampled_from([*PROTECTED, HEALTH, "$default", "GET /none"]) | json_values,
    headers=maybe(authorization=st.sampled_from(["Bearer x", "Bearer a.b.c", "Basic x"]) | json_values),
    requestContext=st.just({"authorizer": {"jwt": {"claims": {}}}}) | contexts,
    body=json_values,
)


@pytest.fixture(scope="session")
def spoiler(world: World) -> Spoiler:
    return Spoiler(world)


@search
@given(randoms, st.sampled_from(PROTECTED))
def test_spoiled_token_is_unauthorized(spoiler: Spoiler, api: Api, random: Random, route: str) -> None:
    """A token that differs by one bit from a signed one is invalid."""
    api.call(http_event(route, bearer(spoiler.token(random)), claims={}), 401)


@search
@given(randoms)
def test_spoiled_event_is_refused(spoiler: Spoiler, api: Api, random: Random) -> None:
    """Whatever else is wrong with the request, a bad token opens nothing and breaks nothing."""
    made = event(random, spoiler.token(random))
    public = isinstance(made, dict) and made.get("routeKey") == HEALTH
    _never_more(api, made, public=public)


@search
@given(event_like)
def test_any_json_is_an_answerable_event(api: Api, made: Any) -> None:
    """The function can be invoked with anything; an exception would be retried and alarmed on."""
    public = isinstance(made, dict) and made.get("routeKey") == HEALTH
    _never_more(api, made, public=public)


@search
@given(st.text() | st.lists(st.sampled_from(["Bearer", "bearer", " ", "\t", ".", "a", "=", ","])).map("".join))
def test_any_authorization_is_answerable(api: Api, value: str) -> None:
    """Strangers write this header."""
    made = http_event(HELLO, claims={})
    made["headers"]["authorization"] = value
    api.call(made, 401)


def _never_more(api: Api, made: Any, *, public: bool) -> None:
    """No 200 but the public route's, nothing beyond 499, no exception, one line."""
    assert api.fetched == []
    with redirect_stdout(io.StringIO()) as out:
        response = api.app.handle(made, CONTEXT)
    assert response["statusCode"] in {400, 401, 404, 413} | ({200} if public else set())
    assert response["statusCode"] != 200 or response["body"] == '{"name": "anyone"}'
    assert out.getvalue().count("\n") == 1


@pytest.mark.parametrize("what", fuzz.WHAT)
def test_fuzzer_finds_nothing_in_the_handler(what: str, world: World) -> None:
    """The long run's own code, briefly: it has to work on the day it is needed."""
    screen = io.StringIO()
    assert fuzz.fuzz(world, 7, 0, 300, screen, what) == 0
    assert screen.getvalue().startswith(f"{what}: 300 requests in ")


@pytest.mark.parametrize("fault", ["200", "500", "exception", "two-lines", "token"])
def test_fuzzer_finds_a_fault(fault: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that cannot find anything proves nothing."""
    handle, calls = App.handle, iter(range(1_000))

    def faulty(app: App, made: Any, context: Any) -> dict[str, Any]:
        response = handle(app, made, context)
        if next(calls) < 20:
            return response
        if fault == "exception":
            raise RecursionError
        if fault == "two-lines":
            sys.stdout.write("{}\n")
        elif fault == "token":
            sys.stdout.seek(0)
            sys.stdout.write(str(made))
            sys.stdout.truncate(300)
            sys.stdout.write("\n")
        else:
            response["statusCode"] = int(fault)
        return response

    monkeypatch.setattr(App, "handle", faulty)
    screen = io.StringIO()
    assert fuzz.fuzz(world, 7, 0, 300, screen) == 1
    assert "again: python -m tests.handler.fuzz --what tokens --seed 7 --first " in screen.getvalue()


def test_fuzzer_finds_a_parameter_that_climbs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path parameter that kept its slashes would reach another user's item."""
    monkeypatch.setattr(texts, "_read_segment", lambda text: text)
    screen = io.StringIO()
    assert fuzz.fuzz(world, 7, 0, 20_000, screen, "parameters") == 1
    assert re.match(r"request \d+ (reached|changed) another user's item\n", screen.getvalue())


def test_seed_gives_the_same_keys_and_requests(world: World) -> None:
    """A reproducer that reproduces nothing is a rumour."""
    first, again, other = (fuzz.prime(Random(seed), 128) for seed in (1, 1, 2))  # noqa: S311 - no secret
    assert first == again != other
    first, again, other = (fuzz.TokenSearch(world).request(seed, 5)[0] for seed in (1, 1, 2))
    assert first == again != other
