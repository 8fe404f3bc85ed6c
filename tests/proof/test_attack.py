"""The attack run finds nothing on a good stack and everything on a bad one, and reports both."""

from __future__ import annotations

import json
import re
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from handler import endpoint
from handler.errors import Refused
from handler.route import Route
from proof.access import Access, Table
from proof.attack import run
from proof.attack.canary import canary
from proof.attack.case import GROUPS, Case, bearer, tokens
from proof.attack.case import Request as HttpRequest
from proof.attack.cases import live_cases
from proof.attack.run import Result, attack
from proof.attack.stack import OF_ENDED_SESSION, OF_REVOKED_USER, CannotTestError, TargetStack, target_stack
from proof.attack.tokens import jwk
from proof.aws import client_of
from proof.client import Client
from proof.target import Target
from tests.handler.events import http_event
from tests.handler.table import TABLE, Answered
from tests.proof.conftest import Breaker, Run
from tests.proof.listener import Listener, Reply, Request
from tests.proof.test_client import stack as target_at

CASES = {str(case): case for case in live_cases()}
ATTACKER = rsa.generate_private_key(65537, 2048)
HELLO = Access(key="GET /hello", summary="", public=False, scopes=(), groups=(), throttle=None)
HEALTH = replace(HELLO, key="GET /health", public=True)


@pytest.fixture(scope="session")
def stack(target: Target, table: Table) -> Iterator[TargetStack]:
    with Client(target) as client, target_stack(client, target, table, None) as found:
        yield found


@pytest.fixture(scope="session")
def keyless(stack: TargetStack) -> TargetStack:
    """The same stack as it is seen without any user."""
    return replace(stack, tokens={}, canary=None)


def results(client: Client, stack: TargetStack, *names: str) -> list[Result]:
    """What becomes of these cases on every route, and of the wiring."""
    return list(attack(client, stack, [CASES[name] for name in names], lambda _, __: None))


def deviations(client: Client, stack: TargetStack, *names: str) -> dict[tuple[str, str], str]:
    found = [result for result in results(client, stack, *names) if result.verdict == "deviation"]
    return {(result.route, result.case): result.problem for result in found}


@pytest.mark.acceptance
def test_good_stack_has_no_deviation(proof: Run, tmp_path: Path, target: Target, table: Table) -> None:
    """The whole corpus, as a person runs it; and what it made in the stack is gone again."""
    files = {kind: tmp_path / f"attack.{kind}" for kind in ("json", "junit", "html")}
    began = time.monotonic()
    status, out, _ = proof("attack", *(part for kind, path in files.items() for part in (f"--{kind}", str(path))))
    assert status == 0, out
    assert time.monotonic() - began < 60, "a run that takes long is not run"
    assert out.rstrip().endswith("no deviation")

    found = json.loads(files["json"].read_text())
    assert {result["route"] for result in found["results"]} == {route.key for route in table.routes} | {"API"}
    assert set(found["summary"]) == {*GROUPS.values(), "wiring"}
    assert {result["verdict"] for result in found["results"]} == {"ok", "noted", "skipped"}
    left_out = {result["id"] for result in found["results"] if result["verdict"] == "skipped"}
    assert left_out == {"P06"}, "this table keeps no items of users"
    by_case: dict[str, set[str]] = {}
    for result in found["results"]:
        by_case.setdefault(result["case"], set()).add(result["route"])
    assert set(CASES) <= set(by_case)
    assert by_case["A01-alg-none"] == {route.key for route in table.routes}
    _check_files(files, found)

    cognito = client_of(target, "cognito-idp")
    assert [
        user for user in cognito.list_users(UserPoolId=target.pool_id)["Users"] if "proof" in user["Username"]
    ] == []
    assert len(cognito.list_user_pools(MaxResults=60)["UserPools"]) == 1
    assert len(cognito.list_user_pool_clients(UserPoolId=target.pool_id)["UserPoolClients"]) == 1


def _check_files(files: dict[str, Path], found: dict[str, Any]) -> None:
    root = ET.parse(files["junit"]).getroot()  # noqa: S314 - written a moment ago
    suites = root.findall("testsuite")
    assert sum(int(suite.get("tests", "")) for suite in suites) == len(found["results"])
    assert {suite.get("failures") for suite in suites} == {"0"}
    page = files["html"].read_text()
    assert not re.search(r"""(?:src|href)\s*=|@import|url\(""", page), "nothing is loaded"
    assert "default-src 'none'" in page
    for path in files.values():
        assert not re.search(r"eyJ[\w-]{20}", path.read_text()), "a report is passed around: no token may be in it"


def test_drift_is_exactly_three_deviations(
    breaker: Breaker, client: Client, stack: TargetStack, target: Target
) -> None:
    """Three changes in the console, three lines, each with the route or the authorizer that it happened to."""
    breaker.route("GET /hello", AuthorizationType="NONE")
    breaker.route("GET /reports", AuthorizationScopes=[])
    breaker.jwt(Audience=[target.client_id, "2foreign3456789012345678901"])
    assert deviations(client, stack) == {
        ("GET /hello", "F15-wiring"): "is open: authorization is NONE, the route table says JWT",
        ("GET /reports", "F15-wiring"): "lacks scope api/reports.read or api/reports.write",
        ("authorizer api-jwt", "F15-wiring"): (
            "audience 2foreign3456789012345678901 is foreign: no app client in the stack's outputs"
        ),
    }


def test_deviation_fails_the_command(breaker: Breaker, proof: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """CI reads the exit status, a person the last line."""
    monkeypatch.setattr("proof.attack.cases.live_cases", lambda: [CASES["F01-no-authorization"]])
    breaker.route("GET /hello", AuthorizationType="NONE")
    status, out, err = proof("attack")
    assert status == 1
    assert "DEVIATION  GET /hello  F15-wiring" in out
    assert err == "proof: the stack must answer as the corpus expects, and has 2 deviations\n"


REVOKED = ("S01-revoked-user", "S01-revoked-session")


def test_function_that_asks_for_no_revocation_is_found(breaker: Breaker, client: Client, stack: TargetStack) -> None:
    """A user who was signed out everywhere goes on, and every other case looks as it should."""
    protected = {route.key for route in stack.table.routes if not route.public}
    asked = [found for found in results(client, stack, *REVOKED) if found.case in REVOKED]
    assert {(found.route, found.case) for found in asked} == {(key, case) for key in protected for case in REVOKED}
    assert {(found.status, found.layer) for found in asked} == {(401, "function")}

    breaker.without_variables("REVOCATION_TABLE")
    assert deviations(client, stack, *REVOKED).keys() == {(key, case) for key in protected for case in REVOKED}


def test_stack_without_revocation_skips_what_needs_it(client: Client, stack: TargetStack) -> None:
    """A case that cannot be sent is said, with the reason."""
    left = {holder: each for holder, each in stack.tokens.items() if holder not in {OF_REVOKED_USER, OF_ENDED_SESSION}}
    found = [each for each in results(client, replace(stack, tokens=left), *REVOKED) if each.case in REVOKED]

    assert {each.verdict for each in found} == {"skipped"}
    assert {each.skipped for each in found} == {"a token is revoked on this machine only, on a stack with revocation"}


def test_opened_route_is_found_from_outside(breaker: Breaker, client: Client, stack: TargetStack) -> None:
    """Without any AWS credentials: the function still says 401, and that it was the function gives it away."""
    breaker.route("GET /hello", AuthorizationType="NONE")
    found = deviations(client, stack, "F01-no-authorization", "F00-real-token", "A01-alg-none")
    assert set(found) == {
        ("GET /hello", "F01-no-authorization"),
        ("GET /hello", "F00-real-token"),
        ("GET /hello", "F15-wiring"),
    }
    assert "the function alone refused it" in found["GET /hello", "F01-no-authorization"]


def test_audience_that_lost_its_meaning_is_found_from_outside(
    breaker: Breaker, client: Client, stack: TargetStack
) -> None:
    """Another client's token: the function refuses it either way, so only the layer tells."""
    token = stack.real("other client").claims
    breaker.jwt(Audience=[stack.target.client_id, token["client_id"]])
    found = deviations(client, stack, "D14-other-client", "D14-other-client-id-token")
    assert ("GET /hello", "D14-other-client") in found
    assert ("GET /health", "D14-other-client") not in found


def test_function_that_believes_everybody_is_found(breaker: Breaker, client: Client, stack: TargetStack) -> None:
    """The gateway alone lets an ID token and a user without the group through; and nobody notices in daily use."""
    breaker.function(
        "def lambda_handler(event, context):\n"
        "    return {'statusCode': 200, 'headers': {'cache-control': 'no-store'}, 'body': '{\"name\": \"anyone\"}'}\n"
    )
    found = deviations(client, stack, "D17-id-token", "D32-group-missing", "D24-scope-not-asked-for", "F05-bare-token")
    assert set(found) == {
        ("GET /admin", "D32-group-missing"),
        *((route.key, "D17-id-token") for route in TABLE if not route.public and not route.scopes),
        *((route.key, "F05-bare-token") for route in TABLE if not route.public),
    }
    assert found["GET /admin", "D32-group-missing"] == 'expected 403, got 200: {"name": "anyone"}'


def test_widened_origins_are_found(breaker: Breaker, client: Client, stack: TargetStack) -> None:
    """Preflights are the gateway's own; no test of the function sees them."""
    breaker.cors(AllowOrigins=["*"])
    found = deviations(client, stack, "F14-preflight-null", "F14-call-from-a-foreign-page")
    assert "a foreign page may read it" in found["GET /hello", "F14-preflight-null"]
    assert "a foreign page may read it" in found["GET /health", "F14-call-from-a-foreign-page"]


@pytest.mark.acceptance
def test_stack_whose_public_route_fails_is_not_attacked(breaker: Breaker, proof: Run) -> None:
    """Refusals of a broken function prove nothing; a long list of them would hide that."""
    breaker.function("def lambda_handler(event, context):\n    raise RuntimeError('broken')\n")
    status, _, err = proof("attack")
    assert status == 1
    assert re.fullmatch(r"proof: GET /health must answer 200 before an attack on it means anything, got 50\d\n", err)


def test_every_case_can_be_built_or_says_why_not(stack: TargetStack, keyless: TargetStack) -> None:
    """Without a user some cannot be sent; none may fall over in the middle of a run."""
    for case in live_cases():
        for route in stack.table.routes:
            case.request(stack, route)
            with suppress(CannotTestError):
                case.request(keyless, route)


def test_cases_are_told_apart() -> None:
    """A report of two cases under one name loses one."""
    assert len(CASES) == len(live_cases())
    assert {case.id[0] for case in live_cases()} == set(GROUPS)


def test_run_without_a_user_says_what_it_left_out(client: Client, keyless: TargetStack) -> None:
    """A deployed stack, nobody's password at hand: half of the corpus still means something."""
    found = results(
        client, keyless, "A01-alg-none", "B01-bit-first", "C01-hs256-pem", "C07-other-pool", "F01-no-authorization"
    )
    by_case = {result.case: result for result in found if result.route == "GET /hello"}
    assert {name: result.verdict for name, result in by_case.items()} == {
        "A01-alg-none": "ok",
        "B01-bit-first": "skipped",
        "C01-hs256-pem": "ok",
        "C07-other-pool": "skipped",
        "F01-no-authorization": "ok",
    }
    assert by_case["B01-bit-first"].skipped == "no --user given, so there is no real token"


def test_case_for_a_kind_of_route_that_the_table_lacks_is_said(client: Client, stack: TargetStack) -> None:
    """A team's table may have no groups; nobody must believe that they were tested."""
    ungrouped = tuple(route for route in stack.table.routes if not route.groups)
    without = replace(stack, table=Table(routes=ungrouped, throttle=None))
    (found,) = [each for each in results(client, without, "D32-group-missing") if each.id == "D32"]
    assert found.skipped == "the route table has no grouped route"


class FakeApi:
    """A stack that answers as a test says; only its own cases reach it."""

    def __init__(self, reply: Reply | Any) -> None:
        self.reply = reply if callable(reply) else lambda _: reply

    def problem(self, case: Case, route: Access = HELLO, **more: Any) -> str:
        with Listener(self.reply) as api:
            target = target_at(api.url)
            stack = TargetStack(
                target=target,
                table=Table(routes=(HEALTH, HELLO), throttle=None),
                keys=(jwk(ATTACKER.public_key(), "k1"),),
                attacker=ATTACKER,
                public_answers={"GET /health": b'{"status": "ok"}'},
                **more,
            )
            with Client(target) as client:
                found = [each for each in attack(client, stack, [case], lambda _, __: None) if each.route == route.key]
        return found[0].problem


GATEWAY = '{"message": "Unauthorized"}'
FUNCTION = '{"message": "Unauthorized", "requestId": "r="}'
STORED = {"Cache-Control": "no-store", "WWW-Authenticate": "Bearer"}
(FORGED,) = tokens("B05", "forged", "signature_invalid", {"attacker-key": TargetStack.forged})


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ((401, {}, GATEWAY), ""),
        ((401, STORED, FUNCTION), ""),
        ((200, STORED, '{"message": "Hello"}'), "expected 401, got 200"),
        ((500, {}, '{"message": "Internal Server Error"}'), "expected 401, got 500"),
        ((403, {}, GATEWAY), "expected 401, got 403"),
        ((401, {}, '{"message": "Traceback (most recent call last)"}'), "must not tell what is inside"),
        ((401, {}, '{"message": "no key at https://internal/jwks"}'), "must not tell what is inside"),
        ((401, {}, f'{{"message": "{"x" * 600}"}}'), "a refusal must be short"),
        ((401, {"WWW-Authenticate": "Bearer"}, FUNCTION), "must have Cache-Control: no-store"),
        ((401, {"Cache-Control": "no-store"}, FUNCTION), "must say WWW-Authenticate"),
        (lambda request: (401, {}, f'{{"message": "{request.header("authorization")[7:]}"}}'), "repeats what was sent"),
        (lambda request: (401, {"X-Token": request.header("authorization")}, GATEWAY), "repeats what was sent"),
    ],
)
def test_refusal_is_judged(reply: Reply, said: str) -> None:
    """A 401 is not yet a good answer: it must not leak, not be stored, and tell a client what to bring."""
    problem = FakeApi(reply).problem(FORGED)
    assert said in problem
    assert bool(problem) == bool(said)


@pytest.mark.parametrize(
    ("body", "said"),
    [('{"status": "ok"}', ""), ('{"status": "ok", "user": "root"}', "a public route must answer as usual")],
)
def test_public_route_must_answer_as_usual(body: str, said: str) -> None:
    """A token, however bad, must neither break what needs none nor get more out of it."""
    assert said in FakeApi((200, STORED, body)).problem(FORGED, HEALTH)


def test_wrong_layer_is_a_deviation() -> None:
    """Each layer must hold alone; one that only seems to hold is found by who answers."""
    by_gateway = replace(FORGED, by="gateway")
    assert "the function alone" in FakeApi((401, STORED, FUNCTION)).problem(by_gateway)
    assert FakeApi((401, {}, GATEWAY)).problem(by_gateway) == ""
    assert "for another reason" in FakeApi((401, {}, GATEWAY)).problem(replace(FORGED, by="function"))


def test_emulators_own_error_is_noted_and_nobody_elses() -> None:
    """It is known and refuses all the same; on AWS, or by the function, the same 500 is a deviation."""
    errs = replace(FORGED, id="A21", name="header-list")
    broken = (500, {}, "{\"message\": \"'list' object has no attribute 'get'\"}")
    assert FakeApi(broken).problem(errs) == ""
    assert "got 500" in FakeApi(broken).problem(FORGED)
    assert "got 500" in FakeApi((500, STORED, '{"message": "x", "requestId": "r="}')).problem(errs)


def test_address_in_a_token_that_is_asked_for_keys_is_a_deviation() -> None:
    """The worst key confusion of all leaves no trace in the answer."""

    def gullible(request: Request) -> Reply:
        if bird is not None and "jku" in request.target:
            requests.get(f"{bird.url}/jwks.json", timeout=5)
        return 401, {}, GATEWAY

    case = Case(
        id="C05",
        name="jku",
        title="",
        make=lambda stack, _: HttpRequest(path="/hello?jku", headers=bearer(stack.forged())),
    )
    with canary({"keys": []}) as bird:
        assert FakeApi(gullible).problem(case, canary=bird).startswith("a URL in the token was asked for keys")
        assert FakeApi(gullible).problem(FORGED, canary=bird) == ""


@dataclass(frozen=True)
class Order:
    """As easily pleased as a body's type can be."""

    text: str = ""


ORDERS = Route(key="POST /orders", call=lambda _: {}, summary="Orders", request=Order, response=Answered)


@pytest.mark.parametrize("route", [ORDERS, replace(ORDERS, request=None)], ids=["with a body", "without"])
def test_route_that_changes_something_is_never_reached(stack: TargetStack, route: Route) -> None:
    """A run against production must not order, delete or pay: what a good token brings, the function refuses before."""
    order = replace(HELLO, key=route.key)
    probes = 0
    for case in live_cases():
        request = case.request(stack, order)
        if request is None or request.method is not None:
            continue
        headers = http_event(route.key, [(name, value.strip()) for name, value in request.headers])["headers"]
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if (scheme.lower(), token) != ("bearer", stack.access):
            continue
        assert request.body, case
        event = {"headers": headers, "body": b64encode(request.body).decode(), "isBase64Encoded": True}
        with pytest.raises(Refused):
            endpoint._body(route, event)
        probes += 1
    assert probes > 10


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--rate", "fast"], "rate must be 0 to 10000"),
        (["--html", "/nowhere/attack.html"], "must be writable"),
        (["--user", "ada"], "--password"),
    ],
)
def test_bad_arguments_are_one_line(
    proof: Run, arguments: list[str], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the run, not after it."""
    monkeypatch.delenv("PROOF_PASSWORD", raising=False)
    status, out, err = proof("attack", *arguments)
    assert (status, out) == (1, "")
    assert err.startswith("proof: ")
    assert err.count("\n") == 1
    assert part in err


def test_wiring_that_cannot_be_read_is_said(keyless: TargetStack) -> None:
    """A deployed stack without credentials: the requests were judged, the wiring was not."""
    elsewhere = replace(keyless, target=replace(keyless.target, endpoint=None, api_id=None))
    assert [result.verdict for result in run.wiring(elsewhere)] == ["skipped"]
