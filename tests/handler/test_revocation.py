"""Revoked tokens: whose they are, how soon they are out, and what happens while the table is ill. boto3 is real."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler import aws, revocation, revoking
from handler.errors import RevocationUnavailable, TokenRevoked
from handler.revocation import MOST, Entry, Revocations
from handler.route import Caller, Route, table
from handler.settings import RevocationSettings
from proof.attack.tokens import ABSENT
from tests.handler.api import Answer, Api
from tests.handler.events import bearer, http_event
from tests.handler.signing import World
from tests.handler.store import TABLE_NAME, VARIABLES, Store, error, reached, running, said
from tests.handler.table import ADMIN, HEALTH, HELLO, REPORTS, TABLE, Answered, signed_in
from tests.handler.test_attack_corpus import scenario

FRESH = "GET /fresh"
ROUTES = table(
    *TABLE,
    Route(key=FRESH, call=signed_in, summary="Asks", response=Answered, groups=("admin",), fresh=True),
)
ALLOW = {**VARIABLES, "REVOCATION_ON_FAILURE": "allow"}
SUB, SESSION, NOW = "c0ffee00-1234-4abc-9def-001122334455", "a-session", int(time.time())
CALLER = Caller(SUB, "alice", "client", frozenset(), frozenset(), NOW, NOW + 900, SESSION)
SUBJECTS = [f"user#{SUB}", "client#client", f"session#{SESSION}"]


@pytest.fixture(scope="module")
def _running() -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch, running(patch) as store:
        yield store


@pytest.fixture
def store(_running: Store) -> Store:
    """An empty table that nothing is wrong with."""
    _running.items, _running.asked, _running.ill = {}, [], None
    return _running


@pytest.fixture
def api(serve: Callable[..., Api]) -> Api:
    """The handler with a table of revocations."""
    return serve(environment=VARIABLES, routes=ROUTES)


def call(world: World, api: Api, *expected: int, route: str = HELLO, **claims: Any) -> Answer:
    claims = {"origin_jti": SESSION, "cognito:groups": ["admin"], "scope": "api/reports.read", **claims}
    return api.call(http_event(route, bearer(world.access(**claims)), claims=world.claims(**claims)), *expected)


def revocations(delay: int = 10, *, allow: bool = False) -> Revocations:
    return Revocations(RevocationSettings(TABLE_NAME, delay, allow))


# Who is out


@scenario("S01-revoked-token")
@pytest.mark.parametrize("route", [HELLO, REPORTS, ADMIN, FRESH])
@pytest.mark.parametrize("kind", ["user", "session", "client"])
def test_revoked_token_is_refused(kind: str, route: str, world: World, api: Api, store: Store) -> None:
    """On every protected route, by each of the three; the tokens of others are as good as before."""
    subject = {"user": SUB, "session": SESSION, "client": world.client_id}[kind]
    store.put(f"{kind}#{subject}", revokedBefore=NOW + 3_600)
    answer = call(world, api, 401, route=route)
    assert (answer.reason, answer.headers["WWW-Authenticate"]) == ("token_revoked", 'Bearer error="invalid_token"')
    if kind != "client":
        call(world, api, 200, route=route, sub="somebody-else", origin_jti="another")


def test_revocation_seen_in_one_session_counts_in_the_others_at_once(store: Store) -> None:
    """An environment that knows, as by a fresh route, must not wait for the delay of each token."""
    asked = revocations()
    other = replace(CALLER, session="another")
    asked.check(other, NOW)
    store.put(SUBJECTS[0], revokedBefore=NOW + 1)
    asked.check(other, NOW + 1)
    with pytest.raises(TokenRevoked):
        asked.check(CALLER, NOW + 1, fresh=True)
    with pytest.raises(TokenRevoked):
        asked.check(other, NOW + 1)
    machine = replace(CALLER, session=None)
    asked.check(replace(machine, issued_at=NOW + 1), NOW + 2)
    with pytest.raises(TokenRevoked):  # the same caller as far as a cache can tell, and an older token
        asked.check(machine, NOW + 2)


@pytest.mark.parametrize(("before", "status"), [(-1, 200), (0, 200), (1, 401)])
def test_edge_is_the_whole_second(before: int, status: int, world: World, api: Api, store: Store) -> None:
    """A token of the second that the entry names was issued after the sign-out was over."""
    store.put(f"user#{SUB}", revokedBefore=NOW + before)
    call(world, api, status, iat=NOW)


@given(
    out=st.floats(NOW, NOW + 3, allow_nan=False),
    ahead=st.floats(0, revoking.MARGIN),
    earlier=st.floats(0, 100),
    later=st.floats(0, 100),
)
def test_moment_covers_all_before_and_none_after(out: float, ahead: float, earlier: float, later: float) -> None:
    """Cognito's whole seconds, by a clock that is ahead: no older token survives, and a new sign-in works at once."""
    before = revoking.end_of(out)
    assert int(out - earlier + ahead) < before
    assert int(before + later) >= before
    assert before - out <= 1 + revoking.MARGIN


def test_new_sign_in_works_while_the_old_one_is_remembered(store: Store) -> None:
    """A refusal that were kept for the user, and not for the older tokens, would lock the user out."""
    asked = revocations()
    store.put(f"user#{SUB}", revokedBefore=NOW + 1)
    with pytest.raises(TokenRevoked):
        asked.check(CALLER, NOW)
    asked.check(replace(CALLER, issued_at=NOW + 1, session="new"), NOW)


def test_machine_can_be_revoked_too(world: World, api: Api, store: Store) -> None:
    """Its token has no session; its client is what one revokes."""
    store.put(f"client#{world.client_id}", revokedBefore=NOW + 3_600)
    call(world, api, 401, route=REPORTS, username=ABSENT, origin_jti=ABSENT)
    assert [key["subject"]["S"] for key in store.asked[0]["Keys"]] == [f"user#{SUB}", f"client#{world.client_id}"]


# When the table is asked


def test_forged_token_asks_nothing(world: World, api: Api, store: Store) -> None:
    """Else anybody could have the table read, and learn whose tokens are revoked."""
    store.put(f"user#{SUB}", revokedBefore=NOW + 3_600)
    for token, reason in (
        (world.forged(payload=world.claims()), "signature_invalid"),
        (world.access(exp=NOW - 1), "token_expired"),
        (world.access(client_id="3third23456789012345678901"), "client_mismatch"),
    ):
        assert api.call(http_event(HELLO, bearer(token), claims={}), 401).reason == reason
    api.call(http_event(HEALTH), 200)
    assert store.asked == []


def test_busy_user_costs_one_read_in_the_delay(store: Store) -> None:
    """The question is exact: the newest state, of these three, and no more of an entry than counts."""
    asked = revocations()
    for second in (0, 0.1, 9.999):
        asked.check(CALLER, NOW + second)
    assert store.asked == [
        {
            "Keys": [{"subject": {"S": each}} for each in SUBJECTS],
            "ProjectionExpression": "subject, revokedBefore, groupsBefore",
            "ConsistentRead": True,
        }
    ]
    asked.check(CALLER, NOW + 10)
    asked.check(CALLER, NOW - 60)  # the clock was set back
    assert len(store.asked) == 3
    asked.check(replace(CALLER, sub="bob", session="his"), NOW - 60)
    assert [key["subject"]["S"] for key in store.asked[-1]["Keys"]] == ["user#bob", "session#his"]


@scenario("S02-revoked-between-calls")
def test_revocation_between_two_calls_is_out_after_the_delay(store: Store) -> None:
    """Up to it the earlier answer counts; then the table is asked, and its answer kept."""
    asked = revocations(delay=5)
    asked.check(CALLER, NOW)
    store.put(SUBJECTS[0], revokedBefore=NOW + 1)
    asked.check(CALLER, NOW + 4.9)
    for later in (5, 100, 899):
        with pytest.raises(TokenRevoked):
            asked.check(CALLER, NOW + later)
    assert len(store.asked) == 2


@scenario("S05-many-subjects")
def test_caches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has many users, or makes many sessions, must not fill the function's memory."""
    monkeypatch.setattr(revocation, "read_entries", lambda _, keys: {key: Entry(NOW + 1, 0) for key in keys[-2:]})
    monkeypatch.setattr(revocation, "MOST", 1000)
    asked = revocations()
    for number in range(20_000):
        with pytest.raises(TokenRevoked):
            asked.check(replace(CALLER, client_id=f"client-{number}", session=f"session-{number}"), NOW)
    assert (len(asked._asked), len(asked._revoked)) == (1000, 1000)
    monkeypatch.setattr(revocation, "read_entries", lambda *_: {})
    for number in range(2_000):
        asked.check(replace(CALLER, sub=f"user-{number}", session=None), NOW)
    assert len(asked._clear) == 1000
    assert "session#session-19999" in asked._revoked


@pytest.mark.parametrize("subjects", [60_000, pytest.param(1_000_000, marks=pytest.mark.acceptance)])
def test_full_caches_cost_no_more_than_empty_ones(monkeypatch: pytest.MonkeyPatch, subjects: int) -> None:
    """Among a million users nearly every call is of another one; looking for the oldest must not cost it time."""
    monkeypatch.setattr(revocation, "read_entries", lambda *_: {})
    asked, times, part = revocations(), [], 2_000
    for first in range(0, subjects, part):
        callers = [replace(CALLER, sub=f"user-{n}", session=f"session-{n}") for n in range(first, first + part)]
        began = time.thread_time()
        for caller in callers:
            asked.check(caller, NOW)
        times.append(time.thread_time() - began)
    assert (len(asked._clear), len(asked._asked)) == (MOST, MOST)
    assert median(times[-20:]) < 2 * median(times[:4])


# A route that asks at each call


def test_fresh_route_asks_at_each_call_and_knows_stale_groups(world: World, api: Api, store: Store) -> None:
    """A user who was taken out of a group is refused at the next call; other routes take the token on."""
    call(world, api, 200, route=FRESH)
    store.put(f"user#{SUB}", groupsBefore=NOW + 1)
    answer = call(world, api, 401, route=FRESH, iat=NOW)
    assert (answer.reason, answer.headers["WWW-Authenticate"]) == ("groups_stale", 'Bearer error="invalid_token"')
    call(world, api, 200, route=ADMIN, iat=NOW)
    store.put(f"user#{SUB}", groupsBefore=NOW)
    call(world, api, 200, route=FRESH, iat=NOW)
    assert len(store.asked) == 3


def test_fresh_route_without_a_table_answers_nobody(world: World, serve: Callable[..., Api]) -> None:
    """Less than the route says would be a hole that nobody sees."""
    answer = call(world, serve(routes=ROUTES), 500, route=FRESH)
    assert (answer.log["errorType"], answer.log["variable"]) == ("SettingsError", "REVOCATION_TABLE")
    call(world, serve(routes=ROUTES), 200, route=ADMIN)


def test_public_route_cannot_be_fresh() -> None:
    """It knows no caller to ask for."""
    with pytest.raises(ValueError, match="public or fresh"):
        Route(key="GET /x", call=signed_in, summary="x", response=Answered, public=True, fresh=True)


# While the table is ill

ILL = {
    "throttled": [error("ProvisionedThroughputExceededException"), error("ThrottlingException")],
    "denied": [error("AccessDeniedException")],
    "missing": [error("ResourceNotFoundException")],
    "failed": [
        error("InternalServerError", 500),
        *(lambda answer=answer: said({"Responses": {TABLE_NAME: answer}}) for answer in (5, "x", [5])),
    ],
    "malformed": [
        lambda answer=answer: said({"Responses": {TABLE_NAME: answer}})
        for answer in (
            [{}],
            [{"subject": {"N": "5"}}],
            *([{"subject": {"S": SUBJECTS[0]}, "revokedBefore": {"N": text}}] for text in ("1e3", "-1", "1" * 13, "")),
            [{"subject": {"S": SUBJECTS[0]}, "revokedBefore": {"S": "5"}}],
            [{"subject": {"S": SUBJECTS[0]}, "revokedBefore": {"NULL": True}}],
            [{"subject": {"S": SUBJECTS[0]}, "groupsBefore": {"L": []}}],
        )
    ]
    + [lambda: said({}), lambda: said({"Responses": {}})],
}
ILL["throttled"].append(
    lambda: said({"Responses": {TABLE_NAME: []}, "UnprocessedKeys": {TABLE_NAME: {"Keys": [{"subject": {"S": "x"}}]}}})
)
SICK = [(cause, ill) for cause, ills in ILL.items() for ill in ills]


@scenario("S03-table-ill")
@pytest.mark.parametrize(("cause", "ill"), SICK)
def test_ill_table_refuses_or_lets_through_as_the_settings_say(
    cause: str, ill: Any, world: World, serve: Callable[..., Api], store: Store
) -> None:
    """By default 503, as without keys: a 401 would end good sessions. Either way the log has the cause."""
    store.ill = ill
    refused = call(world, serve(environment=VARIABLES, routes=ROUTES), 503)
    assert (refused.reason, refused.log["unchecked"]) == ("revocation_unavailable", cause)
    assert refused.headers["Retry-After"] == "5"
    lenient = serve(environment=ALLOW, routes=ROUTES)
    passed = call(world, lenient, 200)
    assert (passed.log["level"], passed.log["unchecked"]) == ("WARNING", cause)
    assert call(world, lenient, 503, route=FRESH).reason == "revocation_unavailable"
    assert "secret" not in json.dumps([refused.body, refused.log, passed.log])


def test_seen_revocation_outlasts_the_table(store: Store) -> None:
    """Even where a dead table lets tokens through, one that was refused before is refused still."""
    asked = revocations(allow=True)
    store.put(SUBJECTS[2], revokedBefore=NOW + 900)
    with pytest.raises(TokenRevoked):
        asked.check(CALLER, NOW)
    store.ill = error("InternalServerError", 500)
    with pytest.raises(TokenRevoked):
        asked.check(CALLER, NOW + 600)
    asked.check(replace(CALLER, sub="bob", session="his"), NOW + 600)
    assert asked.last_failure == "failed"


def test_dead_table_is_asked_again_after_a_pause(store: Store) -> None:
    """Each call would wait for its own time-out otherwise. What was answered before still counts."""
    asked = revocations()
    asked.check(CALLER, NOW)
    store.ill = error("ResourceNotFoundException")
    bob = replace(CALLER, sub="bob")
    for _ in range(5):
        with pytest.raises(RevocationUnavailable) as refused:
            asked.check(bob, NOW + 1)
        assert refused.value.cause == "missing"
    asked.check(CALLER, NOW + 1)
    assert len(store.asked) == 2
    store.ill = None
    asked.check(bob, NOW + 1 + revocation.BACKOFF)


@scenario("S04-table-dead-or-slow")
@pytest.mark.parametrize(("listens", "cause"), [(False, "unreachable"), (True, "timeout")])
def test_dead_and_deaf_tables_are_given_up(listens: bool, cause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the least time that a function may have."""
    assert aws.ATTEMPTS * (aws.CONNECT_TIMEOUT + aws.READ_TIMEOUT) < 3
    monkeypatch.setattr(aws, "READ_TIMEOUT", 0.05)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listens:
            silent.listen()
        with reached(monkeypatch, f"http://127.0.0.1:{silent.getsockname()[1]}"):
            with pytest.raises(RevocationUnavailable) as refused:
                revocations().check(CALLER, NOW)
            assert refused.value.cause == cause


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("value", ["", "0", "a b", "1000", "ignore"])
def test_wrong_variable_is_told_to_the_operator(name: str, value: str, world: World, serve: Callable[..., Api]) -> None:
    """A function that cannot find its table must not go on without it."""
    if (name, value) in {("REVOCATION_TABLE", "1000"), ("REVOCATION_TABLE", "ignore")}:
        value = "a/b"
    answer = call(world, serve(environment={**VARIABLES, name: value}), 500)
    assert (answer.log["errorType"], answer.log["variable"]) == ("SettingsError", name)
