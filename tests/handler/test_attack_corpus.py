"""Every hostile request, answered by the function alone."""

from __future__ import annotations

import importlib
import io
import json
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from threading import Event, Semaphore, Thread
from typing import Any, TypeVar

import pytest

from handler import tokens
from handler.errors import HeaderInvalid, Refused, SignatureInvalid, TokenMalformed
from handler.keys import usable_keys
from handler.settings import Settings
from handler.tokens import TokenVerifier
from proof.attack import pkcs1
from proof.attack.case import ACCEPTED, Case
from proof.attack.cases import SCENARIOS, all_cases, stopped_by
from proof.attack.stack import CannotTestError, TargetStack
from proof.attack.tokens import decoded, encoded
from tests.handler.api import Api, key_document
from tests.handler.attacked import event_of, route_for, target_stack
from tests.handler.conftest import Watch
from tests.handler.events import bearer, http_event
from tests.handler.signing import World
from tests.handler.table import ADMIN, HELLO, REPORTS, TABLE

CASES = all_cases()
_SHOWN: set[str] = set()  # scenarios that have a test
Test = TypeVar("Test", bound=Callable[..., None])
ALONE = [case for case in CASES if case.reason is not None]
IDS = """
A01 A02 A04 A05 A06 A07 A08 A09 A10 A11 A12 A13 A14 A15 A17 A18 A19 A21 A22 A23 A24
B01 B02 B03 B04 B05 B06 B07 B10
C01 C02 C03 C04 C05 C07 C08 C09 C10 C12 C13 C15 C16
D01 D02 D03 D04 D06 D07 D08 D09 D10 D11 D13 D14 D15 D16 D17 D18 D19 D20 D23 D24 D26 D27 D28 D29 D30 D31 D32 D33 D35
D36 D37
E01 E02 E03 E04 E05 E07 E09
F00 F01 F02 F03 F04 F05 F06 F07 F08 F09 F10 F12 F13 F14 F16 F18
P01 P02 P03 P04 P05 P06
R01 R02 R03 R04 R06 R07 R08 R09
S01 S02 S03 S04 S05
"""


def scenario(name: str) -> Callable[[Test], Test]:
    """Mark the test of an attack that one request cannot show."""
    _SHOWN.add(name)
    return lambda test: test


@pytest.fixture(scope="session")
def stack(world: World) -> TargetStack:
    return target_stack(world, TABLE)


@pytest.mark.parametrize("case", ALONE, ids=str)
def test_answer_is_what_the_table_says(case: Case, stack: TargetStack, serve: Callable[..., Api], watch: Watch) -> None:
    """The function must hold alone: the event says that the gateway let everything through."""
    api = serve(environment=dict(case.environment), jwks=list(case.key_set(stack)) if case.key_set else None)
    event = event_of(case, stack, route_for(case, stack))
    milliseconds: list[float] = []
    while not milliseconds or (milliseconds[-1] >= case.milliseconds and len(milliseconds) < 5):  # a busy machine
        with watch.also_files():
            started = time.thread_time()
            answer = api.call(event, *case.statuses_alone)
            milliseconds.append((time.thread_time() - started) * 1000)
        assert (answer.reason or ACCEPTED) in case.reasons
    assert min(milliseconds) < case.milliseconds


def test_every_id_has_a_case() -> None:
    """An id that loses its last case would be a claim of the security model that nothing holds."""
    found = {case.id for case in CASES} | {name[:3] for name in SCENARIOS}
    assert found == set(IDS.split())
    assert {stopped_by(each) for each in found} == {
        "gateway",
        "function",
        "each layer alone",
        "nobody: allowed, or a documented limit",
    }


def test_every_scenario_has_a_test() -> None:
    """The documentation lists them beside the cases."""
    importlib.import_module("tests.handler.test_revocation")  # has those of group S
    assert set(SCENARIOS) == _SHOWN


def test_case_names_are_unique() -> None:
    """A name is how a table, a report and a person on the phone refer to a case."""
    repeated = [name for name, times in Counter([*map(str, CASES), *SCENARIOS]).items() if times > 1]
    assert repeated == []


def test_every_reason_is_one_of_the_functions() -> None:
    """The statuses of the cases are stated beside the reason codes; both must be the function's."""
    refusals: list[type[Refused]] = [Refused]
    for each in refusals:
        refusals += each.__subclasses__()
    statuses = {each.reason: each.status for each in refusals if hasattr(each, "reason")} | {ACCEPTED: 200}
    for case in ALONE:
        assert set(case.statuses_alone) == {statuses[reason] for reason in case.reasons}, case


def test_cases_that_need_no_key_build_on_a_live_pool(stack: TargetStack, api: Api) -> None:
    """The live run has a user's tokens and no key: its cases must build there, and mean the same."""
    keyless = replace(stack, private=None)
    live = [case for case in ALONE if case.sent == "live"]
    assert len(live) > 300
    for case in live:
        # 401 and signature_invalid where the attacker's key stands for the pool's
        answer = api.call(event_of(case, keyless, route_for(case, keyless)), 401, *case.statuses_alone)
        assert (answer.reason or ACCEPTED) in (*case.reasons, "signature_invalid"), case


def test_cases_say_whether_they_need_the_key(stack: TargetStack) -> None:
    """A case that needs the pool's key and does not say so would fall over in the middle of a live run."""
    keyless = replace(stack, private=None)
    for case in CASES:
        if case.sent == "key" and case.change is None and case.id != "D37":
            with pytest.raises(CannotTestError):
                case.make(keyless, route_for(case, keyless))


def test_watch_sees_the_way_out_and_the_files(watch: Watch) -> None:
    """A guard that sees nothing would let every case pass that fetches or reads what a token names."""
    with socket.socket() as outbound, pytest.raises(PermissionError):
        outbound.connect(("192.0.2.1", 443))
    with pytest.raises(PermissionError):
        socket.getaddrinfo("attacker.example", 443)
    with watch.also_files():
        Path(__file__).read_bytes()
    assert [seen.split()[0] for seen in watch.seen] == ["socket.connect", "socket.getaddrinfo", "open"]
    watch.seen.clear()


@pytest.mark.parametrize("route", [HELLO, REPORTS, ADMIN])
def test_untouched_token_is_accepted(route: str, world: World, api: Api) -> None:
    """The control: were the token refused for a reason of its own, every case here would pass for nothing."""
    claims = world.claims(scope="openid api/reports.read", **{"cognito:groups": ["users", "admin"]})
    api.call(http_event(route, bearer(world.signed(payload=claims)), claims=claims), 200)


def test_padding_made_by_hand_is_accepted(world: World, api: Api) -> None:
    """The control of B06: the private operation by hand gives a signature as good as the library's."""
    text = world.unsigned()
    message = tokens._RS256.compute_hash_digest(text.encode())
    token = f"{text}.{encoded(pkcs1.private_operation(world.trusted, pkcs1.block(pkcs1.digest_info(message))))}"
    api.call(http_event(HELLO, bearer(token), claims=world.claims()), 200)


def test_padding_forgeries_are_many_and_wrong() -> None:
    """A variant that came out as the right padding would be no forgery, and its refusal a defect."""
    message = b"message"
    right = pkcs1.block(pkcs1.digest_info(tokens._RS256.compute_hash_digest(message)))
    blocks = [make(message) for make in pkcs1.forgeries().values()]
    assert right not in blocks
    assert len(set(blocks)) >= 100
    assert {len(wrong) for wrong in blocks} == {len(right)}


@scenario("A10-one-fetch-per-cooldown")
def test_unknown_key_ids_cost_one_fetch(world: World, serve: Callable[..., Api]) -> None:
    """Whoever can make the function fetch at will can have Cognito throttle it."""
    api = serve(fresh=True)
    api.app.service().keys.prefetch()
    made_up = [world.forged(world.header(kid=secrets.token_urlsafe(32))) for _ in range(20)]
    reasons = [api.call(http_event(HELLO, bearer(token), claims={}), 401, 503).reason for token in made_up]
    assert reasons == ["key_unknown"] + ["keys_unavailable"] * 19
    assert len(api.fetched) == 2


@scenario("R04-thousand-kids")
def test_thousand_key_ids_are_refused_at_once(world: World, serve: Callable[..., Api]) -> None:
    """Key ids are free to invent: neither fetches nor time may grow with them."""
    api = serve(fresh=True)
    api.call(http_event(HELLO, bearer(world.access()), claims={}), 200)
    times = []
    for _ in range(1_000):
        event = http_event(HELLO, bearer(f"{world.unsigned(world.header(kid=secrets.token_hex()))}.AAAA"), claims={})
        started = time.thread_time()
        api.call(event, 401, 503)
        times.append(time.thread_time() - started)
    assert len(api.fetched) <= 3
    assert sorted(times)[990] < 0.005


@scenario("R06-parallel-cold")
def test_parallel_cold_calls_fetch_once(
    world: World, serve: Callable[..., Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cold start under load must not turn into a storm on the key endpoint."""
    calls = 50
    starts: list[None] = []
    second_start, asking = Event(), Semaphore(0)
    document, from_environment = key_document(world.jwks()), Settings.from_environment

    def start(environment: Mapping[str, str]) -> Settings:
        starts.append(None)
        if len(starts) > 1:
            second_start.set()
        second_start.wait(0.2)  # hold the door open for a second start, which must not come
        return from_environment(environment)

    def fetch(_: str) -> bytes:
        for _ in range(calls if len(api.fetched) == 1 else 0):  # nobody has an answer before everybody has asked
            assert asking.acquire(timeout=10)
        return document

    monkeypatch.setattr(Settings, "from_environment", start)
    api = serve(fetch=fetch)
    answers: list[int] = []

    def ask(event: dict[str, Any]) -> None:
        asking.release()
        answers.append(api.app.handle(event, None)["statusCode"])

    events = [http_event(HELLO, bearer(world.access()), claims={}) for _ in range(calls)]
    threads = [Thread(target=ask, args=[event]) for event in events]
    with redirect_stdout(io.StringIO()) as out:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert answers == [200] * calls
    assert len(starts) == 1
    assert len(api.fetched) == 1
    assert out.getvalue().count("\n") == calls


@scenario("R09-flood")
def test_flood_costs_one_short_line_each(world: World, api: Api) -> None:
    """Log volume is money: a refusal is one line of fixed size, whatever the token's size, with a code to count by."""
    lengths, reasons = set(), Counter[str | None]()
    for number in range(400):
        token = world.forged() if number % 2 else secrets.token_urlsafe(number * 20)
        answer = api.call(http_event(HELLO, bearer(token), claims={}), 401)
        lengths.add(len(json.dumps({**answer.log, "durationMs": 0})))
        reasons[answer.reason] += 1
    assert max(lengths) < 300
    assert set(reasons) == {"signature_invalid", "token_malformed", "token_missing", "token_too_large"}


class _Talkative:
    """Nothing that JSON can hold."""


def _raising(error: Exception) -> Callable[[Any], Mapping[str, Any]]:
    def route(_: Any) -> Mapping[str, Any]:
        raise error

    return route


@pytest.mark.parametrize(
    ("route", "name"),
    [
        (_raising(RuntimeError("secret-of-the-house eyJhbGciOiJSUzI1NiJ9 https://internal.example")), "RuntimeError"),
        (_raising(KeyError("username")), "KeyError"),
        (_raising(RecursionError()), "RecursionError"),
        (_raising(MemoryError()), "MemoryError"),
        (_raising(UnicodeEncodeError("utf-8", "\ud800", 0, 1, "secret-of-the-house")), "UnicodeEncodeError"),
        (lambda _: {"user": _Talkative()}, "TypeError"),
        (lambda _: {("a", "b"): 1}, "TypeError"),
        (lambda _: {"user": float("nan")}, "ValueError"),
        (lambda _: {"user": 1e400}, "ValueError"),
        (lambda _: None, "AnswerInvalid"),
        (lambda _: ["user"], "AnswerInvalid"),
        (lambda _: {"user": "x" * 6_000_000}, "AnswerInvalid"),
        (lambda _: {"user": '"' * 3_000_000}, "AnswerInvalid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@scenario("F18-internal-exception")
def test_internal_exception_is_told_to_nobody(route: Any, name: str, world: World, serve: Callable[..., Api]) -> None:
    """An exception's text may hold anything. The log gets its type and place; the client gets the request id."""
    api = serve(routes=[replace(each, call=route) if each.key == HELLO else each for each in TABLE])
    answer = api.call(http_event(HELLO, bearer(world.access()), claims=world.claims()), 500)
    assert answer.reason == "internal_error"
    assert answer.log["errorType"] == name
    assert "secret-of-the-house" not in json.dumps([answer.body, answer.log])


# RFC 7515, appendix A.2: the public key, and the JWS
A2_KEY = (
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs"
    "D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV"
    "MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
)
A2_TOKEN = (
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZ"
    "cAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-e"
    "OkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)
A5_TOKEN = (
    "eyJhbGciOiJub25lIn0."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
)
# RFC 7520, sections 3.3 and 4.1
BILBO = "bilbo.baggins@hobbiton.example"
BILBO_KEY = (
    "n4EPtAOCc9AlkeQHPzHStgAbgs7bTZLwUBZdR8_KuKPEHLd4rHVTeT-O-XV2jRojdNhxJWTDvNd7nqQ0VEiZQHz_AJmSCpMaJMRBSFKrKb2wqVwGU_Ns"
    "YOYL-QtiWN2lbzcEe6XC0dApr5ydQLrHqkHHig3RBordaZ6Aj-oBHqFEHYpPe7Tpe-OfVfHd1E6cS6M1FZcD1NNLYD5lFHpPI9bTwJlsde3uhGqC0ZCu"
    "EHg8lhzwOHrtIQbS0FVbb9k3-tVTU4fg_3L_vniUFAKwuCLqKnS2BYwdq_mzSnbLY7h_qixoR7jig3__kRhuaxwUkRz5iaiQkqgc5gHdrNP5zw"
)
BILBO_TOKEN = (
    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImJpbGJvLmJhZ2dpbnNAaG9iYml0b24uZXhhbXBsZSJ9."
    "SXTigJlzIGEgZGFuZ2Vyb3VzIGJ1c2luZXNzLCBGcm9kbywgZ29pbmcgb3V0IHlvdXIgZG9vci4gWW91IHN0ZXAgb250byB0aGUgcm9hZCwgYW5kIGlm"
    "IHlvdSBkb24ndCBrZWVwIHlvdXIgZmVldCwgdGhlcmXigJlzIG5vIGtub3dpbmcgd2hlcmUgeW91IG1pZ2h0IGJlIHN3ZXB0IG9mZiB0by4."
    "MRjdkly7_-oTPTS3AXP41iQIGKa80A0ZmTuV5MEaHoxnW2e5CZ5NlKtainoFmKZopdHM1O2U4mwzJdQx996ivp83xuglII7PNDi84wnB-BDkoBwA7818"
    "5hX-Es4JIwmDLJK3lfWRa-XtL0RnltuYv746iYTh_qHRD68BNt1uSNCrUCTJDt5aAE6x8wW1Kt9eRo4QPocSadnHXFxnt8Is9UzpERV0ePPQdLuW3IS_"
    "de3xyIrDaLGdjluPxUAhb6L2aXic1U12podGU0KLUQSE_oI-ZnmKJ3F4uOZDnd6QZWJushZ41Axf_fcIe8u9ipH84ogoree7vjbU5y18kDquDg"
)


def _verifier(kid: str, modulus: str) -> TokenVerifier:
    document = key_document([{"kty": "RSA", "kid": kid, "use": "sig", "n": modulus, "e": "AQAB"}])
    return TokenVerifier(usable_keys(document).__getitem__, "joe", frozenset({"client"}), frozenset({"access"}))


@scenario("B10-rfc-7515-a2")
def test_rfc_7515_a2_is_a_good_signature() -> None:
    """A known answer of another's making. The header has no key id, so the token as a whole is refused."""
    verifier = _verifier("a2", A2_KEY)
    text, _, signature = A2_TOKEN.rpartition(".")
    key = verifier._signing_key("a2")
    assert tokens._RS256.verify(text.encode(), key, tokens._decoded(signature))
    assert not tokens._RS256.verify(f"{text}x".encode(), key, tokens._decoded(signature))
    with pytest.raises(HeaderInvalid):
        verifier.verify(A2_TOKEN, 1_300_819_000)


@scenario("B10-rfc-7515-a5")
def test_rfc_7515_a5_is_refused(world: World, api: Api) -> None:
    """The RFC's own unsecured JWS."""
    with pytest.raises(TokenMalformed):
        _verifier("a2", A2_KEY).verify(A5_TOKEN, 1_300_819_000)
    api.call(http_event(HELLO, bearer(A5_TOKEN), claims=world.claims()), 401)


@scenario("B10-rfc-7520-4.1")
def test_rfc_7520_4_1_is_a_good_signature() -> None:
    """Its payload is prose: past the signature, the token fails for that, and with another payload before."""
    verifier = _verifier(BILBO, BILBO_KEY)
    with pytest.raises(TokenMalformed):
        verifier.verify(BILBO_TOKEN, 1_300_819_000)
    header, payload, signature = BILBO_TOKEN.split(".")
    with pytest.raises(SignatureInvalid):
        verifier.verify(f"{header}.{encoded(decoded(payload) + b'.')}.{signature}", 1_300_819_000)
