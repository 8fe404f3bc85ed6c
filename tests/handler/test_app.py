"""The handler's answers and log lines, for good requests and for bad ones."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from handler import keys
from handler.fetch import FetchFailed
from handler.keys import SigningKeys
from handler.route import Request, Route
from proof.attack.tokens import ABSENT
from tests.handler.api import CONTEXT, Api, key_document
from tests.handler.events import bearer, http_event
from tests.handler.signing import World
from tests.handler.table import ADMIN, HEALTH, HELLO, REPORTS, TABLE

Serve = Callable[..., Api]
MACHINE = {"username": ABSENT, "scope": "api/reports.read"}


def request(world: World, route: str = HELLO, **claims: Any) -> dict[str, Any]:
    """An authorized request, with these claims in its token."""
    changes = {name.replace("__", ":"): value for name, value in claims.items()}
    return http_event(route, bearer(world.access(**changes)), claims=world.claims(**changes))


def changed(key: str, **changes: Any) -> list[Route]:
    """The tests' table with one route changed."""
    return [replace(route, **changes) if route.key == key else route for route in TABLE]


# Replies


def test_answers_are_json_to_the_letter(world: World, api: Api) -> None:
    """Clients may compare a body as text."""
    assert api.app.handle(request(world), CONTEXT)["body"] == '{"name": "alice"}'


def test_machine_is_named_by_its_client_id(world: World, api: Api) -> None:
    """A client-credentials token has no user name."""
    assert api.call(request(world, REPORTS, **MACHINE), 200).body == {"name": world.client_id}


def test_user_name_outside_ascii_is_kept(world: World, api: Api) -> None:
    """Cognito takes any printable name; the wire carries it escaped."""
    event = request(world, username="Zoë-漢字-🦊")
    assert api.app.handle(event, CONTEXT)["body"].isascii()
    assert api.call(event, 200).body["name"] == "Zoë-漢字-🦊"


def test_event_is_left_as_it_was(world: World, api: Api) -> None:
    """Lambda may hand the same object to a retry in the same environment."""
    event = request(world)
    before = copy.deepcopy(event)
    api.call(event, 200)
    assert event == before


def test_callers_do_not_mix(world: World, api: Api) -> None:
    """The environment is reused: what one request proved must be forgotten by the next."""
    for name in ("alice", "bob", "alice"):
        assert api.call(request(world, username=name), 200).body["name"] == name
    api.call(http_event(HELLO, claims=world.claims()), 401)


def test_identity_comes_from_the_token_alone(world: World, api: Api) -> None:
    """A caller who may invoke the function directly can forge the authorizer's context."""
    forged = world.claims(username="root", **{"cognito:groups": ["admin"], "scope": "api/reports.read"})
    assert api.call(http_event(HELLO, bearer(world.access()), claims=forged), 200).body["name"] == "alice"
    assert api.call(http_event(ADMIN, bearer(world.access()), claims=forged), 403).reason == "group_missing"
    assert api.call(http_event(REPORTS, bearer(world.access()), claims=forged), 403).reason == "scope_missing"


def test_public_route_ignores_credentials(world: World, api: Api) -> None:
    """A monitor that sends an old token must not raise an alarm."""
    for token in (world.access(), world.forged(), "x"):
        api.call(http_event(HEALTH, bearer(token), claims=world.claims()), 200)


# Rights


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("api/reports.read", 200),
        ("api/reports.write", 200),
        ("api/reports.read api/reports.write", 200),
        ("openid api/reports.write email", 200),
        ("api/other", 403),
        ("", 403),
    ],
)
def test_any_one_of_a_routes_scopes_is_enough(scope: str, status: int, world: World, api: Api) -> None:
    """API Gateway's rule; the handler must not be stricter or looser."""
    api.call(request(world, REPORTS, scope=scope), status)


@pytest.mark.parametrize(
    ("groups", "status"), [(["admin"], 200), (["audit", "x"], 200), (["x"], 403), ([], 403), (ABSENT, 403)]
)
def test_any_one_of_a_routes_groups_is_enough(groups: Any, status: int, world: World, api: Api) -> None:
    """Only the handler checks groups: the gateway cannot."""
    api.call(request(world, ADMIN, cognito__groups=groups), status)


@pytest.mark.parametrize(
    ("scope", "groups", "reason"),
    [
        ("api/reports.read", ["admin"], None),
        ("api/reports.read", ["users"], "group_missing"),
        ("openid", ["admin"], "scope_missing"),
        ("openid", ["users"], "scope_missing"),
    ],
)
def test_scopes_and_groups_are_both_demanded(
    scope: str, groups: list[str], reason: str | None, world: World, serve: Serve
) -> None:
    """A route that names both demands both."""
    api = serve(routes=changed(REPORTS, groups=("admin",)))
    answer = api.call(request(world, REPORTS, scope=scope, cognito__groups=groups), 403 if reason else 200)
    assert answer.reason == reason


def test_machine_is_refused_where_people_are_meant(world: World, api: Api) -> None:
    """A client-credentials token has no user; a route that says nothing of scopes expects one."""
    assert api.call(request(world, HELLO, **MACHINE), 403).reason == "user_required"
    assert api.call(request(world, ADMIN, **MACHINE, cognito__groups=["admin"]), 403).reason == "user_required"


def test_machine_without_the_scope_is_refused(world: World, api: Api) -> None:
    """Being a machine opens nothing by itself."""
    assert api.call(request(world, REPORTS, username=ABSENT, scope="api/x"), 403).reason == "scope_missing"


def test_id_token_is_accepted_where_the_settings_say_so(world: World, serve: Serve) -> None:
    """Accepting ID tokens is a setting, and brings the user's own name with it."""
    api = serve(environment={"COGNITO_TOKEN_USES": "access,id"})
    event = http_event(HELLO, bearer(world.identity()), claims=world.id_claims())
    assert api.call(event, 200).body["name"] == "alice"
    api.call(request(world), 200)


def test_id_token_brings_groups_but_no_scope(world: World, serve: Serve) -> None:
    """Scopes are granted to a client through an access token; an ID token that says `scope` grants nothing."""
    api = serve(environment={"COGNITO_TOKEN_USES": "id"})
    claims = {"scope": "api/reports.read", "cognito:groups": ["admin"]}
    event = http_event(REPORTS, bearer(world.identity(**claims)), claims=world.id_claims(**claims))
    assert api.call(event, 403).reason == "scope_missing"
    api.call(http_event(ADMIN, bearer(world.identity(**claims)), claims=world.id_claims(**claims)), 200)


def test_access_token_is_refused_where_only_id_tokens_are_meant(world: World, serve: Serve) -> None:
    """The setting is the whole truth, not an addition to it."""
    api = serve(environment={"COGNITO_TOKEN_USES": "id"})
    assert api.call(request(world), 401).reason == "token_use_mismatch"


def test_every_listed_client_is_served(world: World, serve: Serve) -> None:
    """A pool has one app client per front end."""
    api = serve(environment={"COGNITO_CLIENT_IDS": f"{world.client_id},2other23456789012345678901"})
    for client_id in (world.client_id, "2other23456789012345678901"):
        api.call(request(world, client_id=client_id), 200)
    assert api.call(request(world, client_id="3third23456789012345678901"), 401).reason == "client_mismatch"


# Refusals


def test_unobtainable_keys_are_503_and_come_back(world: World, serve: Serve) -> None:
    """A 401 would make clients throw good sessions away; and the public route needs no keys."""

    def fetch(_: str) -> bytes:
        raise FetchFailed(cause="timeout")

    api = serve(fetch=fetch)
    answer = api.call(request(world), 503)
    assert answer.reason == "keys_unavailable"
    assert answer.log["cause"] == "timeout"
    assert answer.headers["Retry-After"] == "5"
    assert "WWW-Authenticate" not in answer.headers
    api.call(http_event(HEALTH), 200)


def test_bad_token_is_401_even_without_keys(world: World, serve: Serve) -> None:
    """What can be refused without keys must not look like an outage, nor cause a fetch."""

    def fetch(_: str) -> bytes:
        raise FetchFailed

    api = serve(fetch=fetch)
    for token in ("x", "a.b.c", world.signed(world.header(alg="none"))):
        api.call(http_event(HELLO, bearer(token), claims={}), 401)
    assert api.fetched == []


def test_fault_in_the_key_cache_is_500(world: World, serve: Serve) -> None:
    """An exception the cache does not expect is unforeseen, not a verdict on the token."""

    def fetch(_: str) -> bytes:
        raise ZeroDivisionError("https://internal.example/keys")

    answer = serve(fetch=fetch).call(request(world), 500)
    assert answer.log["errorType"] == "ZeroDivisionError"
    assert answer.log["errorPlace"].startswith("fetch:")


@pytest.mark.parametrize(
    ("key", "status", "reason"),
    [
        ("GET /none", 404, "route_unknown"),
        ("POST /hello", 404, "route_unknown"),
        ("DELETE /health", 404, "route_unknown"),
        ("GET /", 404, "route_unknown"),
        ("$default", 400, "event_invalid"),
        ("ANY /hello\n", 400, "event_invalid"),
        ("get /hello", 400, "event_invalid"),
        ("GET  /hello", 400, "event_invalid"),
        ("GET /hello ", 400, "event_invalid"),
        ("GET", 400, "event_invalid"),
        ("", 400, "event_invalid"),
        ("$connect", 400, "event_invalid"),
    ],
)
def test_route_that_is_not_in_the_table_does_not_exist(
    key: str, status: int, reason: str, world: World, api: Api
) -> None:
    """The gateway routes; a key from outside the table means that the two were deployed apart."""
    answer = api.call(http_event(key, bearer(world.access()), claims=world.claims()), status)
    assert answer.reason == reason
    assert answer.log["routeKey"] is None


def test_route_is_chosen_by_its_key_alone(world: World, api: Api) -> None:
    """Path and method are the client's words; the route key is the gateway's."""
    event = http_event(HELLO, request="GET /health", claims=world.claims())
    api.call(event, 401)
    event["requestContext"]["routeKey"] = HEALTH
    event["requestContext"]["http"]["path"] = "/health"
    api.call(event, 401)


@pytest.mark.parametrize("body", [None, ""])
def test_empty_body_is_no_body(body: str | None, world: World, api: Api) -> None:
    """Clients send `Content-Length: 0` and base64 flags with nothing in them."""
    for encoded in (False, True):
        event = {**request(world), "isBase64Encoded": encoded}
        event["body"] = body
        api.call(event, 200)


def test_public_routes_function_gets_no_caller() -> None:
    """A route function that asks for the user on a public route is a mistake, and must not find one."""
    with pytest.raises(LookupError):
        _ = Request({}, None, None).user


# Settings


def test_public_route_needs_neither_settings_nor_keys(api: Api) -> None:
    """A health check must answer while the operator fixes the rest."""
    api.environment.clear()
    api.call(http_event(HEALTH), 200)
    assert api.fetched == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AWS_REGION", None),
        ("AWS_REGION", "mars-north-secret"),
        ("COGNITO_USER_POOL_ID", None),
        ("COGNITO_USER_POOL_ID", "eu-west-1_Elsewhere1"),
        ("COGNITO_CLIENT_IDS", None),
        ("COGNITO_CLIENT_IDS", "no client; id"),
        ("COGNITO_TOKEN_USES", "refresh"),
        ("LOG_LEVEL", "CHATTY"),
    ],
)
def test_wrong_setting_is_named_in_the_log_only(variable: str, value: str | None, world: World, api: Api) -> None:
    """The operator needs the variable's name; the client needs neither the name nor the value."""
    api.environment.pop(variable, None)
    if value is not None:
        api.environment[variable] = value
    answer = api.call(request(world), 500)
    assert answer.log["reason"] == "internal_error"
    assert answer.log["errorType"] == "SettingsError"
    assert answer.log["variable"] == variable
    assert value is None or value not in json.dumps(answer.log)
    api.call(http_event(HEALTH), 200)


def test_settings_are_read_until_they_are_right_and_then_no_more(world: World, serve: Serve) -> None:
    """A failed start must not be remembered; and checking the environment on every request is time lost."""
    api = serve(environment={"COGNITO_CLIENT_IDS": ""})
    api.call(request(world), 500)
    api.environment["COGNITO_CLIENT_IDS"] = world.client_id
    api.call(request(world), 200)
    api.environment.clear()
    api.call(request(world), 200)


# Log


@pytest.mark.parametrize(
    ("level", "logged"),
    [
        ("DEBUG", {200, 401, 500}),
        ("INFO", {200, 401, 500}),
        ("WARNING", {401, 500}),
        ("ERROR", {500}),
    ],
)
def test_log_level_is_honored(level: str, logged: set[int], world: World, serve: Serve) -> None:
    """A busy API turns the lines for good answers off, and must keep those for faults."""
    api = serve(environment={"LOG_LEVEL": level}, routes=changed(REPORTS, call=lambda _: {}["none"]))
    api.app.service()
    events = {
        200: request(world),
        401: http_event(HELLO, claims={}),
        500: request(world, REPORTS, scope="api/reports.read"),
    }
    for status, event in events.items():
        assert bool(api.call(event, status, lines=int(status in logged)).log) == (status in logged)


def test_everything_is_logged_until_the_settings_are_known(serve: Serve) -> None:
    """Settings that cannot be read cannot set the log level."""
    api = serve(environment={"LOG_LEVEL": "ERROR", "COGNITO_CLIENT_IDS": ""})
    api.call(http_event(HEALTH), 200, lines=1)
    api.call(http_event(HELLO, bearer("x"), claims={}), 500, lines=1)


def test_log_line_says_what_an_operator_counts(world: World, api: Api) -> None:
    """Alarms and dashboards are built on these members."""
    event = request(world)
    log = api.call(event, 200).log
    assert log["requestId"] == event["requestContext"]["requestId"]
    assert (log["level"], log["routeKey"], log["status"]) == ("INFO", HELLO, 200)
    assert 0 < log["durationMs"] < 1_000
    assert api.call(http_event(ADMIN, claims={}), 401).log["routeKey"] == ADMIN


SALT = "0123456789abcdef0123456789abcdef"


def test_log_names_nobody_unless_a_salt_is_set(world: World, api: Api) -> None:
    """A log is kept for a year and read by many: who called is not theirs to know by default."""
    assert "subject" not in api.call(request(world), 200).log


def test_log_names_callers_by_a_salted_hash(world: World, serve: Serve) -> None:
    """One caller's requests can be found, and the caller cannot: the same salt, the same name; no other way back."""
    names = {}
    for salt in (SALT, SALT[::-1]):
        api = serve(environment={"LOG_SUBJECT_SALT": salt})
        for sub in ("0a1b", "0a1c"):
            lines = [api.call(request(world, sub=sub), 200).log for _ in range(2)]
            assert lines[0]["subject"] == lines[1]["subject"]
            names[salt, sub] = lines[0]["subject"]
            assert not {sub, salt} & {str(value) for value in lines[0].values()}

    assert len(set(names.values())) == 4
    assert all(re.fullmatch(r"[0-9a-f]{16}", name) for name in names.values())


def test_name_is_the_hmac_that_the_page_gives(world: World, serve: Serve) -> None:
    """Support computes it from a subject to find what became of that user's calls (docs/monitoring.md)."""
    api = serve(environment={"LOG_SUBJECT_SALT": SALT})

    log = api.call(request(world, sub="6cd0b1d6-5b0e-4f7c-9d9c-2b8f1b0c9f11"), 200).log
    assert log["subject"] == "615c66ca12ab8cfa"


def test_refused_callers_are_not_named(world: World, serve: Serve) -> None:
    """The subject of a refused token may be anything."""
    api = serve(environment={"LOG_SUBJECT_SALT": SALT})

    assert "subject" not in api.call(request(world, ADMIN), 403).log
    assert "subject" not in api.call(http_event(HELLO, bearer(world.forged()), claims={}), 401).log
    assert "subject" not in api.call(http_event(HEALTH), 200).log


def test_answer_with_a_stale_key_is_logged_as_a_warning_with_the_cause(world: World) -> None:
    """Stale keys hide an outage from callers for two hours; this line shows it before everything fails."""
    now, failing = [1_000_000.0], [False]

    def fetch(_: str) -> bytes:
        if failing[0]:
            raise FetchFailed(cause="timeout")
        return key_document(world.jwks())

    api = Api(world, keys=SigningKeys("", fetch=fetch, clock=lambda: now[0]))
    assert api.call(request(world), 200).log["level"] == "INFO"
    now[0] += keys.SOFT_AGE
    failing[0] = True
    stale = api.call(request(world), 200).log
    assert (stale["level"], stale["cause"]) == ("WARNING", "timeout")
    assert api.call(http_event(HEALTH), 200).log["level"] == "INFO", "a public route has nothing to do with keys"
    now[0] += keys.BACKOFF_MOST
    failing[0] = False
    assert api.call(request(world), 200).log["level"] == "INFO"


# Request id


@pytest.mark.parametrize(
    "request_id", [None, 5, "", "a b", "a\nb", 'a"b', "x" * 65, "é", ["x"], {"id": "x"}, "x\u2028", "x\n"]
)
def test_unfit_request_id_gives_way_to_lambdas(request_id: Any, api: Api) -> None:
    """The id goes into the log and the body; one that is not an id goes nowhere."""
    event = http_event(HELLO, claims={})
    event["requestContext"]["requestId"] = request_id
    answer = api.call(event, 401)
    assert answer.body["requestId"] == CONTEXT.aws_request_id
    assert answer.log["requestId"] == CONTEXT.aws_request_id


@pytest.mark.parametrize("context", [None, SimpleNamespace(), SimpleNamespace(aws_request_id="a b"), "x", 5])
def test_request_without_any_id_is_answered(context: Any, api: Api) -> None:
    """Consoles and tests invoke without a context; that is no reason to fail."""
    answer = api.call({}, 400, context=context)
    assert answer.body["requestId"] == "unknown"


def test_request_id_is_the_gateways(api: Api) -> None:
    """One id finds the request in the access log, in the function's log and in the client's hands."""
    event = http_event(HELLO, claims={})
    assert api.call(event, 401).body["requestId"] == event["requestContext"]["requestId"]
