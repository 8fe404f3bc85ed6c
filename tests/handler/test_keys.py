"""Signing keys against every failure of their endpoint, on a real misbehaving server on loopback.

The faults by number: J01 slow, J02 dripping, J03 another status, J04 no document, J05 a document of another shape,
J06 one that breaks parsers, J07 a malformed key among good ones, J08 rotation, J09 too large, J10 a redirect,
J11 TLS, J12 no connection, J13 an ambiguous or unsuitable key.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, redirect_stdout, suppress
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handler import fetch as fetching
from handler import keys
from handler.errors import Cause, KeysUnavailable, KeyUnknown
from handler.fetch import FetchFailed, fetch_within_deadline
from handler.keys import SigningKeys, usable_keys
from proof.attack.tokens import encoded, jwk
from tests.handler.api import Api, key_document
from tests.handler.events import bearer, http_event
from tests.handler.jwks_server import (
    FOREVER,
    RESET,
    Authority,
    JwksServer,
    Script,
    answer,
    chunked,
    dripped,
    endless,
    plays,
    unanswered_port,
    unused_port,
)
from tests.handler.signing import World
from tests.handler.table import HELLO

PRIVATE = [rsa.generate_private_key(65537, 2048) for _ in range(3)]
OLD, NEW, OTHER = (key.public_key() for key in PRIVATE)
QUICK = 0.12  # seconds; the deadline of tests that wait for it
SLACK = 3  # seconds; on a busy machine threads start late, and a fault without a deadline would never end


def document(*members: Any) -> bytes:
    return json.dumps({"keys": list(members)}).encode()


GOOD = document(jwk(OLD, "old"))
ROTATED = document(jwk(NEW, "new"))
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
UNCHUNKED = STREAM + b"\r\n"  # no length: the body ends with the connection
MEGABYTE = b" " * 1_048_576
BOMB = gzip.compress(MEGABYTE * 40)  # 40 kB: the cap on the body alone lets it in


class Clock:
    """Seconds since the epoch, set by the test."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.asked = threading.Event()

    def __call__(self) -> float:
        self.asked.set()
        return self.now


class Endpoint:
    """A `fetch` that records its calls. It returns `body`, raises it, or fetches the real address if it is None.

    It takes `seconds` of the clock's.
    """

    def __init__(self, clock: Clock, body: bytes | FetchFailed | None) -> None:
        self.body = body
        self.asked: list[float] = []
        self.seconds = 0.0
        self._clock = clock

    def __call__(self, url: str) -> bytes:
        self.asked.append(self._clock())
        self._clock.now += self.seconds
        if isinstance(self.body, FetchFailed):
            raise self.body
        return fetch_within_deadline(url) if self.body is None else self.body


DEAD = FetchFailed(cause="unreachable")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def endpoint(clock: Clock) -> Endpoint:
    return Endpoint(clock, GOOD)


@pytest.fixture
def signing_keys(clock: Clock, endpoint: Endpoint) -> SigningKeys:
    return SigningKeys("http://127.0.0.1/", fetch=endpoint, clock=clock)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "DEADLINE", QUICK)


def unavailable(signing_keys: SigningKeys, key_id: str = "old") -> Cause:
    with pytest.raises(KeysUnavailable) as caught:
        signing_keys.get(key_id)
    return caught.value.cause


def unknown(signing_keys: SigningKeys, key_id: str) -> None:
    with pytest.raises(KeyUnknown):
        signing_keys.get(key_id)


def cause_of(url: str) -> Cause:
    with pytest.raises(FetchFailed) as caught:
        fetch_within_deadline(url)
    return caught.value.cause


@contextmanager
def within_deadline() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < fetching.DEADLINE + SLACK


def exchanges() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "signing-keys"]


def assert_no_exchange_is_left() -> None:
    for thread in exchanges():
        thread.join(fetching.DEADLINE + SLACK)
    assert exchanges() == []


ANSWERS: dict[str, tuple[Script, Cause]] = {
    "J01-slow-first-byte": (plays(FOREVER), "timeout"),
    "J01-stops-after-the-headers": (plays(answer(b"", length=900), FOREVER), "timeout"),
    "J01-stops-within-the-body": (plays(answer(GOOD)[:-20], FOREVER), "timeout"),
    "J02-body-dripped": (lambda: dripped(answer(GOOD), len(answer(b"")) + 4), "timeout"),
    "J02-headers-dripped": (lambda: dripped(answer(GOOD, *(f"X-{n}: 1" for n in range(90))), 17), "timeout"),
    "J02-status-line-dripped": (lambda: dripped(answer(GOOD)), "timeout"),
    "J02-chunks-dripped": (lambda: dripped(chunked(*[("1", b" ")] * 500), 47), "timeout"),
    "J02-trailers-dripped": (lambda: dripped(chunked(("2", b"{}"), ("0", b"x: 1\r\n" * 500)), 47), "timeout"),
    **{
        f"J03-{status[:3]}": (plays(answer(GOOD, status=status)), "status")
        for status in ("500 Oops", "502 Bad Gateway", "503 Busy", "429 Too Many", "404 No", "401 No", "206 Some")
    },
    "J04-html": (plays(answer(b"<!doctype html><title>Sign in</title>", "Content-Type: text/html")), "document"),
    "J04-empty-body": (plays(answer(b"")), "document"),
    "J04-no-content": (plays(b"HTTP/1.1 204 No Content\r\n\r\n"), "status"),
    "J04-truncated-by-length": (plays(answer(GOOD, length=len(GOOD) + 1)), "document"),
    "J04-truncated-chunk": (plays(chunked((f"{len(GOOD) + 1:x}", GOOD))[:-2]), "document"),
    "J04-last-chunk-missing": (plays(chunked((f"{len(GOOD):x}", GOOD))), "document"),
    "J04-truncated-stream": (plays(UNCHUNKED + GOOD[:-1]), "document"),
    "J04-not-http": (plays(b"SSH-2.0-OpenSSH_9.6\r\n"), "document"),
    "J04-closed-without-answer": (plays(), "unreachable"),
    "J04-reset-without-answer": (plays(RESET), "unreachable"),
    "J04-reset-within-the-body": (plays(answer(GOOD)[:-20], 0.05, RESET), "unreachable"),
    "J04-two-documents": (plays(answer(GOOD + GOOD)), "document"),
    **{
        f"J05-{name}": (plays(answer(body)), "document")
        for name, body in {
            "list": b"[]",
            "string": b'"keys"',
            "number": b"5",
            "null": b"null",
            "no-keys": b"{}",
            "keys-null": b'{"keys": null}',
            "keys-object": json.dumps({"keys": {"0": jwk(OLD, "old")}}).encode(),
            "keys-empty": b'{"keys": []}',
            "keys-unusable": document(None, {}, jwk(OLD, "old", use="enc")),
            "keys-too-many": document(*(jwk(OLD, f"old{n}") for n in range(keys.KEYS_MOST + 1))),
        }.items()
    },
    "J06-bad-utf-8": (plays(answer(GOOD.replace(b'"old"', b'"\xff\xfe"'))), "document"),
    "J06-utf-16": (plays(answer(GOOD.decode().encode("utf-16"))), "document"),
    "J06-byte-order-mark": (plays(answer(b"\xef\xbb\xbf" + GOOD)), "document"),
    "J06-nested": (plays(answer(b'{"keys":' + b"[" * 60_000)), "document"),
    "J06-nested-objects": (plays(answer(b'{"keys":' * 7_000 + b"1" + b"}" * 7_000)), "document"),
    "J06-long-integer": (plays(answer(b'{"keys":' + b"9" * 60_000 + b"}")), "document"),
    "J09-length-of-80-megabytes": (lambda: endless(answer(b"", length=80 << 20), MEGABYTE, 80), "too_large"),
    "J09-endless-stream": (lambda: endless(UNCHUNKED, MEGABYTE, 80), "too_large"),
    "J09-one-chunk-of-80-megabytes": (lambda: endless(chunked() + b"5000000\r\n", MEGABYTE, 80), "too_large"),
    "J09-endless-chunks": (lambda: endless(chunked(), b"10000\r\n" + b" " * 65_536 + b"\r\n", 1_280), "too_large"),
    "J09-chunk-of-minus-1": (lambda: endless(chunked() + b"-1\r\n", MEGABYTE, 80), "too_large"),
    "J09-one-byte-too-many": (plays(answer(GOOD + b" " * (fetching.BODY_LIMIT + 1 - len(GOOD)))), "too_large"),
    "J09-gzip": (plays(answer(gzip.compress(GOOD), "Content-Encoding: gzip")), "document"),
    "J09-gzip-bomb": (plays(answer(BOMB, "Content-Encoding: gzip")), "document"),
    "J09-gzip-unannounced": (plays(answer(gzip.compress(GOOD))), "document"),
    "J09-gzip-as-transfer-encoding": (
        plays(STREAM + b"Transfer-Encoding: gzip\r\n\r\n" + gzip.compress(GOOD)),
        "document",
    ),
    "J09-headers-of-80-megabytes": (lambda: endless(STREAM, b"X: " + b"x" * 60_000 + b"\r\n", 1_280), "too_large"),
    "J09-header-line-of-80-megabytes": (lambda: endless(STREAM + b"X: ", MEGABYTE, 80), "document"),
    "J09-endless-100-continue": (lambda: endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 99, 10**6), "too_large"),
    "J10-redirect": (plays(answer(b"", "Location: https://example.com/", status="302 Found")), "redirect"),
}
BEFORE_TLS: dict[str, tuple[Script, Cause]] = {
    "J11-plain-http-server": (plays(answer(GOOD)), "tls"),
    "J11-no-handshake": (plays(FOREVER), "timeout"),
    "J11-handshake-dripped": (lambda: dripped(b"\x16\x03\x03\x40\x00" + bytes(16_384)), "timeout"),
    "J11-handshake-closed": (plays(), "tls"),
}
CERTIFICATES: dict[str, dict[str, Any]] = {
    "J11-expired": {"days": -1},
    "J11-wrong-host": {"host": "cognito-idp.us-east-1.amazonaws.com"},
    "J11-self-signed": {"signed_by_itself": True},
    "J11-unknown-authority": {},
}
UNREACHABLE = ("J12-refused", "J12-no-such-name", "J12-no-way-out")
SLOW = ("J01", "J02", "J11-no-handshake", "J11-handshake-dripped", "J12-no-way-out")


def no_such_name(*_: object, **__: object) -> None:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.fixture(params=[*ANSWERS, *BEFORE_TLS, *CERTIFICATES, *UNREACHABLE])
def ill(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[str, Cause]]:
    """The address of an endpoint with one of the faults, and the cause that the log must show."""
    fault: str = request.param
    if fault.startswith(SLOW):
        monkeypatch.setattr(fetching, "DEADLINE", QUICK)
    with ExitStack() as stack:
        if fault in ANSWERS:
            script, cause = ANSWERS[fault]
            yield stack.enter_context(JwksServer(script)).url, cause
        elif fault in BEFORE_TLS:
            script, cause = BEFORE_TLS[fault]
            yield stack.enter_context(JwksServer(script)).url.replace("http:", "https:"), cause
        elif fault in CERTIFICATES:
            authority = Authority(tmp_path)
            if fault != "J11-unknown-authority":
                monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
            tls = authority.server(**CERTIFICATES[fault])
            yield stack.enter_context(JwksServer(plays(answer(GOOD)), tls=tls)).url, "tls"
        elif fault == "J12-refused":
            yield f"http://127.0.0.1:{unused_port()}/", "unreachable"
        elif fault == "J12-no-such-name":
            monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
            yield "https://cognito-idp.invalid/", "unreachable"
        else:
            yield f"https://127.0.0.1:{stack.enter_context(unanswered_port())}/", "unreachable"


def test_cold_fault_is_unavailable_in_time_once_and_never_cached(ill: tuple[str, Cause], clock: Clock) -> None:
    """A 401 would make clients discard good sessions; a retry per request would prolong the outage."""
    url, cause = ill
    endpoint = Endpoint(clock, None)
    signing_keys = SigningKeys(url, fetch=endpoint, clock=clock)
    with within_deadline():
        assert unavailable(signing_keys) == cause
    assert unavailable(signing_keys) == cause
    assert len(endpoint.asked) == 1

    assert_no_exchange_is_left()
    endpoint.body = GOOD
    clock.now += keys.BACKOFF_FIRST
    assert signing_keys.get("old") == OLD


def test_stale_key_is_served_through_the_fault(ill: tuple[str, Cause], clock: Clock) -> None:
    """An outage of an hour must not sign everybody out: known keys stay in use."""
    url, cause = ill
    endpoint = Endpoint(clock, GOOD)
    signing_keys = SigningKeys(url, fetch=endpoint, clock=clock)
    key = signing_keys.get("old")
    endpoint.body = None
    clock.now += keys.SOFT_AGE
    with within_deadline():
        assert signing_keys.get("old") is key
    assert signing_keys.get("old") is key
    assert unavailable(signing_keys, "new") == cause
    assert len(endpoint.asked) == 2


# One fetch


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(plays(answer(GOOD)), id="length"),
        pytest.param(plays(UNCHUNKED + GOOD), id="until-closed"),
        pytest.param(plays(chunked((f"{len(GOOD):x}", GOOD), ("0", b""))), id="one-chunk"),
        pytest.param(plays(chunked(*(("1", bytes([byte])) for byte in GOOD), ("0", b""))), id="many-chunks"),
        pytest.param(plays(answer(GOOD + b" " * (fetching.BODY_LIMIT - len(GOOD)))), id="longest"),
        pytest.param(lambda: dripped(answer(GOOD), len(answer(GOOD)) - 5), id="dripped-a-little"),
        pytest.param(plays(answer(GOOD, "Content-Type: text/plain", "Content-Encoding: identity")), id="odd-headers"),
    ],
)
def test_healthy_answer_in_any_framing_gives_its_keys(script: Script) -> None:
    """The tests of faults prove nothing if a sound answer fails as well."""
    with JwksServer(script) as server:
        assert usable_keys(fetch_within_deadline(server.url)) == {"old": OLD}
        assert server.heads == [
            f"GET /pool/.well-known/jwks.json HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
            "Accept-Encoding: identity\r\nAccept: application/json\r\nConnection: close\r\n\r\n".encode()
        ]
    assert_no_exchange_is_left()


def test_trusted_certificate_gives_its_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The TLS faults differ from this by one property each."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    with JwksServer(plays(answer(GOOD)), tls=authority.server()) as server:
        assert fetch_within_deadline(server.url) == GOOD


@pytest.mark.parametrize("deadline", [0.1, 0.4])
def test_deadline_is_read_when_a_fetch_begins(deadline: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadline fixed at import would leave every test of it without meaning."""
    monkeypatch.setattr(fetching, "DEADLINE", deadline)
    with JwksServer(plays(FOREVER)) as server:
        started = time.monotonic()
        assert cause_of(server.url) == "timeout"
        assert deadline <= time.monotonic() - started < deadline + SLACK
        assert_no_exchange_is_left()


def test_limits_are_within_what_the_gateway_does() -> None:
    """The handler must not trust a key longer than the gateway, nor outwait the caller of an ill endpoint."""
    assert 1 <= fetching.DEADLINE <= 2
    assert 64_000 <= fetching.BODY_LIMIT < fetching.ANSWER_LIMIT <= 150_000
    assert 300 <= keys.SOFT_AGE <= 900
    assert keys.SOFT_AGE < keys.HARD_AGE <= 7_200
    assert 1 < keys.COOLDOWN <= KeysUnavailable.retry_after  # a client that waits as told meets another fetch
    assert 1 <= keys.BACKOFF_FIRST < keys.BACKOFF_MOST <= 30


@pytest.mark.parametrize("fault", [name for name in ANSWERS if name.startswith("J09")])
def test_memory_is_bounded(fault: str) -> None:
    """A function has 128 MB; an answer of 80 MB, or one that unpacks to it, must not take the environment down."""
    with JwksServer(ANSWERS[fault][0]) as server:
        tracemalloc.start()
        try:
            with pytest.raises(FetchFailed):
                usable_keys(fetch_within_deadline(server.url))
            assert tracemalloc.get_traced_memory()[1] < 1_000_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("target", ["J10-other-host", "J10-other-port", "J10-no-scheme", "J10-loop"])
def test_redirect_is_never_followed(target: str, status: str) -> None:
    """Who can make the endpoint redirect would otherwise choose the keys that every token is checked by."""
    with JwksServer(plays(answer(GOOD))) as elsewhere, JwksServer(plays()) as server:
        location = {
            "J10-other-host": f"http://localhost:{elsewhere.port}/",
            "J10-other-port": elsewhere.url,
            "J10-no-scheme": f"//127.0.0.1:{elsewhere.port}/",
            "J10-loop": server.url,
        }[target]
        server.script = plays(answer(GOOD, f"Location: {location}", status=status))
        assert cause_of(server.url) == "redirect"
        assert elsewhere.connections == 0
        assert server.connections == 1


def test_j10_redirect_from_https_to_http_is_never_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anyone on the way can answer over plain HTTP."""
    authority = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    with JwksServer(plays(answer(GOOD))) as elsewhere:
        script = plays(answer(b"", f"Location: {elsewhere.url}", status="301 Moved"))
        with JwksServer(script, tls=authority.server()) as server:
            assert cause_of(server.url) == "redirect"
        assert elsewhere.connections == 0


@pytest.mark.usefixtures("quick")
def test_j12_name_resolution_that_hangs_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver retries for half a minute and no socket's timeout limits it; Lambda bills every second."""
    released = threading.Event()

    def hangs(*_: object, **__: object) -> None:
        released.wait(5)
        no_such_name()

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    try:
        with within_deadline():
            assert cause_of("https://cognito-idp.invalid/") == "unreachable"
    finally:
        released.set()
    assert_no_exchange_is_left()


def test_j12_name_that_resolves_too_late_is_not_waited_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """An abandoned exchange must end at its next step, not begin a second deadline."""
    monkeypatch.setattr(fetching, "DEADLINE", 0.4)
    resolve, released = socket.getaddrinfo, threading.Event()

    def late(*where: Any, **how: Any) -> Any:
        released.wait(5)
        return resolve(*where, **how)

    with JwksServer(plays(FOREVER)) as server:
        monkeypatch.setattr(socket, "getaddrinfo", late)
        cause_of(server.url)
        released.set()
        started = time.monotonic()
        assert_no_exchange_is_left()
        assert time.monotonic() - started < 0.3


def test_j12_dead_address_leaves_time_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name has several addresses so that one may be dead; waiting for it all the time would make them one."""
    monkeypatch.setattr(fetching, "DEADLINE", 0.6)
    with JwksServer(plays(answer(GOOD))) as server, unanswered_port() as dead:

        def both(*_: object, **__: object) -> list[Any]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in (dead, server.port)]

        monkeypatch.setattr(socket, "getaddrinfo", both)
        assert fetch_within_deadline(server.url) == GOOD


def test_system_without_threads_leaves_stale_keys_in_use(
    signing_keys: SigningKeys, endpoint: Endpoint, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exhausted system is no reason to turn a good token down: it is one more way to fail to fetch."""

    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    signing_keys.get("old")
    endpoint.body = None
    clock.now += keys.SOFT_AGE
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    assert signing_keys.get("old") == OLD
    assert unavailable(signing_keys, "new") == "unreachable"


def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that a stray variable names would see, and could answer, the request for the keys."""
    with JwksServer(plays(answer(ROTATED))) as proxy, JwksServer(plays(answer(GOOD))) as server:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.base)
            monkeypatch.setenv(name.lower(), proxy.base)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert fetch_within_deadline(server.url) == GOOD
        assert proxy.connections == 0


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_garbled_answer_is_a_failed_fetch_and_nothing_else(data: st.DataObject) -> None:
    """What http.client was not written for must not end in a 500, nor in a traceback on the log."""
    sound = data.draw(st.sampled_from([answer(GOOD), chunked((f"{len(GOOD):x}", GOOD), ("0", b"")), UNCHUNKED + GOOD]))
    start = data.draw(st.integers(0, len(sound)))
    end = data.draw(st.integers(start, min(len(sound), start + 40)))
    odd = st.sampled_from(
        [b"\r\n", b"\n", b"\0", b"-1", b"0x10", b"1_0", b"9" * 5_000, b":", b" ", b"\xb2", b"\xff" * 99]
    )
    garbled = sound[:start] + data.draw(st.binary(max_size=20) | odd) + sound[end:]
    with JwksServer(plays(garbled)) as server:
        with suppress(FetchFailed):
            fetch_within_deadline(server.url)
        assert_no_exchange_is_left()


# One document

GOOD_JWK = jwk(OLD, "old")


def member(**changes: Any) -> dict[str, Any]:
    return jwk(NEW, "bad") | changes


def with_modulus(modulus: int) -> dict[str, Any]:
    return member(n=encoded(modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")))


def elliptic() -> dict[str, Any]:
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (encoded(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": "bad", "use": "sig", "alg": "ES256"}


BAD_MEMBERS: dict[str, Callable[[], Any]] = {
    "J07-null": lambda: None,
    "J07-string": lambda: "bad",
    "J07-number": lambda: 5,
    "J07-list": lambda: [member()],
    "J07-empty": dict,
    "J07-kid-missing": lambda: {name: value for name, value in member().items() if name != "kid"},
    "J07-kid-null": lambda: member(kid=None),
    "J07-kid-list": lambda: member(kid=["bad"]),
    "J07-kid-empty": lambda: member(kid=""),
    "J07-kid-long": lambda: member(kid="k" * 257),
    "J07-kty-list": lambda: member(kty=["RSA"]),
    "J07-kty-missing": lambda: {name: value for name, value in member().items() if name != "kty"},
    "J07-n-not-base64": lambda: member(n="!!!"),
    "J07-n-not-ascii": lambda: member(n="\ud800"),
    "J07-n-number": lambda: member(n=5),
    "J07-n-null": lambda: member(n=None),
    "J07-n-empty": lambda: member(n=""),
    "J07-n-zeros": lambda: member(n="A" * 342),
    "J07-n-missing": lambda: {name: value for name, value in member().items() if name != "n"},
    "J07-e-number": lambda: member(e=65537),
    "J07-e-list": lambda: member(e=["AQAB"]),
    "J07-alg-list": lambda: member(alg=["RS256"]),
    "J07-alg-null": lambda: member(alg=None),
    "J07-use-object": lambda: member(use={"sig": True}),
    "J07-key-ops-string": lambda: member(key_ops="verify"),
    "J13-use-enc": lambda: member(use="enc"),
    "J13-use-empty": lambda: member(use=""),
    "J13-alg-rs512": lambda: member(alg="RS512"),
    "J13-alg-none": lambda: member(alg="none"),
    "J13-key-ops-sign": lambda: member(key_ops=["verify", "sign"]),
    "J13-oct": lambda: {"kty": "oct", "k": "c2VjcmV0", "kid": "bad", "use": "sig", "alg": "RS256"},
    "J13-ec": elliptic,
    "J13-ec-as-rs256": lambda: elliptic() | {"alg": "RS256", "n": GOOD_JWK["n"], "e": "AQAB"},
    "J13-1024-bits": lambda: jwk(rsa.generate_private_key(65537, 1024).public_key(), "bad"),  # noqa: S505 - the point
    "J13-2047-bits": lambda: with_modulus(NEW.public_numbers().n >> 1 | 1),
    "J13-6144-bits": lambda: with_modulus(math.prod(key.public_numbers().n for key in (OLD, NEW, OTHER))),
    "J13-e-1": lambda: member(e="AQ"),
    "J13-e-3": lambda: member(e="Aw"),
    "J13-e-even": lambda: member(e="AQAA"),
    "J13-e-padded": lambda: member(e="AAEAAQ"),
    "J13-private": lambda: member(d="AQAB"),
}


@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in BAD_MEMBERS.items()])
def test_bad_member_is_left_out_and_the_rest_is_used(make: Callable[[], Any]) -> None:
    """One broken key must not sign everybody out, and must never verify anything."""
    with JwksServer(plays(answer(document(make(), GOOD_JWK)))) as server:
        signing_keys = SigningKeys(server.url)
        assert signing_keys.get("old") == OLD
        unknown(signing_keys, "bad")
    assert usable_keys(document(GOOD_JWK, make())) == {"old": OLD}


@pytest.mark.parametrize(
    "twin",
    [
        pytest.param(jwk(NEW, "old"), id="J13-other-key"),
        pytest.param(GOOD_JWK, id="J13-same-key"),
        pytest.param({"kty": "oct", "k": "c2VjcmV0", "kid": "old"}, id="J13-oct"),
        pytest.param(jwk(NEW, "old", use="enc"), id="J13-other-use"),
        pytest.param({"kid": "old"}, id="J13-nothing-else"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_key_id_that_stands_twice_is_left_out(twin: Mapping[str, Any], first: bool) -> None:
    """No rule says which of the two is meant; the first or the last would let an intruder's key take its place."""
    pair = [twin, GOOD_JWK] if first else [GOOD_JWK, twin]
    with JwksServer(plays(answer(document(*pair, jwk(OTHER, "other"))))) as server:
        signing_keys = SigningKeys(server.url)
        assert signing_keys.get("other") == OTHER
        unknown(signing_keys, "old")
    with pytest.raises(FetchFailed):
        usable_keys(document(*pair))


def test_same_key_under_two_ids_is_usable_by_both() -> None:
    """Only the id is ambiguous where it stands twice, never the key."""
    assert usable_keys(document(GOOD_JWK, jwk(OLD, "copy"))) == {"old": OLD, "copy": OLD}


@pytest.mark.parametrize("absent", ["use", "alg"])
def test_optional_member_may_be_absent(absent: str) -> None:
    """RFC 7517 makes both optional; the filter is on what they say."""
    reduced = {name: value for name, value in GOOD_JWK.items() if name != absent}
    assert usable_keys(document(reduced)) == {"old": OLD}


def test_largest_sound_key_is_usable() -> None:
    """The bound on size must not be felt before 4,096 bits."""
    four = with_modulus(OLD.public_numbers().n * NEW.public_numbers().n)
    assert usable_keys(document(four)).keys() == {"bad"}


def test_document_full_of_small_members_is_refused_at_once() -> None:
    """Ten thousand members fit into the body's limit; what looks at each pair of them would run for seconds."""

    def seconds(members: int) -> float:
        body = b'{"keys":[' + b",".join([b"{}"] * members) + b"]}"
        started = time.thread_time()
        with pytest.raises(FetchFailed):
            usable_keys(body)
        return time.thread_time() - started

    few, many = (min(seconds(members) for _ in range(3)) for members in (1_000, 20_000))
    assert many < 100 * few  # twenty times as many take about twenty times as long; each pair, four hundred times


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["RSA", "sig", "RS256", "AQAB"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
NAMES = "kty kid use alg key_ops e n d p q dp dq qi oth k crv x y x5c".split()  # noqa: SIM905 - one line
TEXTS = (
    st.text()
    | st.text("ABCxyz019-_=+/!", max_size=700)
    | st.sampled_from([GOOD_JWK["n"], GOOD_JWK["n"][:-1], "A", "AQ"])
)


@st.composite
def hostile_jwks(draw: st.DrawFn) -> dict[str, Any]:
    """A sound key with some members replaced, removed or added."""
    hostile = dict(GOOD_JWK)
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=4)):
        hostile[name] = draw(JSON | TEXTS)
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=1)):
        hostile.pop(name, None)
    return hostile


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(hostile_jwks() | JSON, max_size=3))
def test_hostile_key_never_raises_anything_else(members: list[Any]) -> None:
    """An unforeseen exception would be a 500 for every good token."""
    with suppress(FetchFailed):
        for key in usable_keys(document(*members)).values():
            assert key.key_size >= 2048
            assert key.public_numbers().e == 65537


@settings(max_examples=100, deadline=None)
@given(
    st.binary() | JSON.map(json.dumps).map(str.encode) | JSON.map(lambda value: json.dumps({"keys": value}).encode())
)
def test_hostile_document_never_raises_anything_else(body: bytes) -> None:
    """The body comes from the network: no sequence of bytes may end in a 500."""
    with pytest.raises(FetchFailed):
        usable_keys(body)


# When to fetch

Step = tuple[float, bytes | FetchFailed | None, str, object]
BOTH = document(jwk(OLD, "old"), jwk(NEW, "new"))
DAY = 86_400
# Each step: seconds later (or earlier: a clock that is set), what the endpoint answers from then on (None: as before),
# the key id that is asked for ("": a prefetch), and what comes of it: a key, KeyUnknown, or why keys are unavailable.
# The number is that of all fetches.
SEQUENCES: dict[str, tuple[list[Step], int]] = {
    "routine refresh is one fetch": (
        [(0, None, "old", OLD), *[(wait, None, "old", OLD) for wait in (keys.SOFT_AGE - 1, 1) * 2]],
        3,
    ),
    "J08 new key is found at once, and an id that is gone after the cooldown": (
        [
            (0, None, "", None),
            (0, ROTATED, "new", NEW),
            (0, None, "old", "cooldown"),
            (keys.COOLDOWN, None, "old", KeyUnknown),
        ],
        3,
    ),
    "J08 new key is found right after the first fetch, which is not one for an unknown id": (
        [(0, None, "old", OLD), (0, ROTATED, "new", NEW)],
        2,
    ),
    "J08 new key is found right after a routine refresh": (
        [(0, None, "old", OLD), (keys.SOFT_AGE, None, "old", OLD), (0, ROTATED, "new", NEW)],
        3,
    ),
    "J08 withdrawn key is gone with the next routine refresh": (
        [
            (0, None, "old", OLD),
            (keys.SOFT_AGE - 1, ROTATED, "old", OLD),
            *[(wait, None, "old", KeyUnknown) for wait in (1, 0)],  # the second looks once more, as any unknown id
            (0, None, "old", "cooldown"),
            (0, None, "new", NEW),
        ],
        3,
    ),
    "J08 good token in the cooldown is not called bad, and found after it": (
        [
            (0, None, "", None),
            (60, None, "made-up", KeyUnknown),
            (0, BOTH, "new", "cooldown"),
            (keys.COOLDOWN - 0.25, None, "new", "cooldown"),
            (0.25, None, "new", NEW),
        ],
        3,
    ),
    "J08 id is not proven unknown if the look failed": (
        [
            (0, None, "", None),
            (0, FetchFailed(cause="status"), "new", "status"),
            (0, None, "old", OLD),
            (keys.BACKOFF_FIRST, GOOD, "new", KeyUnknown),
        ],
        3,
    ),
    "prefetch spares the first request a fetch": ([(0, None, "", None), (0, None, "old", OLD)], 1),
    "prefetch that fails is harmless": (
        [(0, DEAD, "", None), (0, None, "", None), (keys.BACKOFF_FIRST, GOOD, "old", OLD)],
        2,
    ),
    "clock set back does not stretch the back-off": (
        [
            (0, FetchFailed(60), "old", "unreachable"),
            (-30, None, "old", "unreachable"),
            (60, GOOD, "", None),
            (-30, None, "old", OLD),
        ],
        4,
    ),
    "clock set back does not stretch the cooldown": (
        [(0, None, "", None), (0, DEAD, "new", "unreachable"), (-3_600, GOOD, "", None), (0, ROTATED, "new", NEW)],
        4,
    ),
    **{
        f"clock set back by {back} s does not stretch the age of keys": (
            [(0, None, "old", OLD), (-back, None, "old", OLD), (-back, DEAD, "old", "unreachable")],
            3,
        )
        for back in (1, keys.HARD_AGE, 10**9)
    },
    "clock set forward, or a thawed environment, costs one fetch": (
        [(0, None, "old", OLD), (30 * DAY, None, "old", OLD), (0, None, "old", OLD)],
        2,
    ),
}


@pytest.mark.parametrize(("steps", "fetches"), SEQUENCES.values(), ids=SEQUENCES)
def test_sequence(steps: list[Step], fetches: int, signing_keys: SigningKeys, endpoint: Endpoint, clock: Clock) -> None:
    """Users of good tokens stay signed in, made-up ids cost little, and the endpoint is spared."""
    for seconds, body, key_id, outcome in steps:
        clock.now += seconds
        endpoint.body = endpoint.body if body is None else body
        if key_id == "":
            signing_keys.prefetch()
        elif outcome is KeyUnknown:
            unknown(signing_keys, key_id)
        elif isinstance(outcome, str):
            assert unavailable(signing_keys, key_id) == outcome
        else:
            assert signing_keys.get(key_id) == outcome
    assert len(endpoint.asked) == fetches


def test_j08_stale_key_is_not_believed_beyond_the_hard_age(
    signing_keys: SigningKeys, endpoint: Endpoint, clock: Clock
) -> None:
    """Whoever can keep the endpoint down must not be able to keep a withdrawn key alive with it."""
    signing_keys.get("old")
    endpoint.body = DEAD
    clock.now += keys.HARD_AGE - 1
    assert signing_keys.get("old") == OLD
    clock.now += 1
    assert unavailable(signing_keys) == "unreachable"
    clock.now += 10 * keys.HARD_AGE
    assert unavailable(signing_keys) == "unreachable"
    endpoint.body = GOOD
    clock.now += keys.BACKOFF_MOST
    assert signing_keys.get("old") == OLD


def test_j08_cooldown_begins_with_the_fetch(signing_keys: SigningKeys, endpoint: Endpoint, clock: Clock) -> None:
    """Counted from its end, a slow endpoint would make a fresh key wait longer than the Retry-After of its 503."""
    signing_keys.prefetch()
    endpoint.seconds = 1
    unknown(signing_keys, "made-up")
    endpoint.body = ROTATED
    clock.now += keys.COOLDOWN - 1.25
    assert unavailable(signing_keys, "new") == "cooldown"
    clock.now += 0.25
    assert signing_keys.get("new") == NEW


def test_j08_flood_of_unknown_ids_costs_one_fetch_per_cooldown(
    signing_keys: SigningKeys, endpoint: Endpoint, clock: Clock
) -> None:
    """Key ids are free to invent: the endpoint must not feel how many come. Only what a fetch proved is a 401."""
    signing_keys.prefetch()
    proven = 0
    for number in range(1_000):
        with pytest.raises((KeyUnknown, KeysUnavailable)) as refused:
            signing_keys.get(f"made-up-{number}")
        proven += refused.type is KeyUnknown
        assert signing_keys.get("old") == OLD
        clock.now += 0.0625
    floods = endpoint.asked[1:]
    assert len(floods) == proven == math.ceil(62.5 / keys.COOLDOWN)
    assert all(later - earlier == keys.COOLDOWN for earlier, later in pairwise(floods))


def test_j08_fetch_that_began_before_the_request_proves_nothing() -> None:
    """Its answer may be older than the key: only a later one shows that the id is made up."""
    asked, released = threading.Event(), threading.Event()

    def fetch(_: str) -> bytes:
        asked.set()
        assert released.wait(5)
        return GOOD

    read = Clock()  # the second request has come when it reads the clock
    signing_keys = SigningKeys("", fetch=fetch, clock=read)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(signing_keys.get, "made-up")
        assert asked.wait(5)
        read.asked.clear()
        second = pool.submit(signing_keys.get, "new")
        assert read.asked.wait(5)
        released.set()
        assert isinstance(first.exception(5), KeyUnknown)
        assert isinstance(second.exception(5), KeysUnavailable)


def test_back_off_doubles_to_its_most_and_ends_with_success(
    signing_keys: SigningKeys, endpoint: Endpoint, clock: Clock
) -> None:
    """Every environment that asks an ill endpoint again at once helps to keep it ill."""
    endpoint.body = DEAD
    while len(endpoint.asked) < 9:
        unavailable(signing_keys)
        clock.now += 0.25
    waits = [later - earlier for earlier, later in pairwise(endpoint.asked)]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]

    endpoint.body = GOOD
    clock.now += keys.BACKOFF_MOST
    signing_keys.get("old")
    endpoint.body = DEAD
    clock.now += keys.HARD_AGE
    unavailable(signing_keys)
    clock.now += keys.BACKOFF_FIRST
    unavailable(signing_keys)
    assert len(endpoint.asked) == 12


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("17", 17),
        ("0", keys.BACKOFF_FIRST),
        ("120", 120),
        ("99999", keys.RETRY_AFTER_MOST),
        ("9" * 5_000, keys.RETRY_AFTER_MOST),
        ("-17", keys.BACKOFF_FIRST),
        ("1e3", keys.BACKOFF_FIRST),
        ("17, 17", keys.BACKOFF_FIRST),
        ("Wed, 21 Oct 2099 07:28:00 GMT", keys.BACKOFF_FIRST),
        ("\xb2", keys.BACKOFF_FIRST),
        ("", keys.BACKOFF_FIRST),
    ],
)
@pytest.mark.parametrize("status", [pytest.param("429 Many", id="J03-429"), pytest.param("503 Busy", id="J03-503")])
def test_retry_after_is_honoured_within_reason(status: str, value: str, wait: float, clock: Clock) -> None:
    """An endpoint may ask for quiet, but a slip of its pen must not switch the API off for a day."""
    busy = answer(b"", status=status).replace(b"\r\n", f"\r\nRetry-After: {value}\r\n".encode("latin-1"), 1)
    with JwksServer(plays(busy)) as server:
        signing_keys = SigningKeys(server.url, clock=clock)
        assert unavailable(signing_keys) == "status"
        clock.now += wait - 0.5
        unavailable(signing_keys)
        assert server.connections == 1
        clock.now += 0.5
        unavailable(signing_keys)
        assert server.connections == 2


# Threads


def in_threads(count: int, call: Callable[[], Any]) -> list[Any]:
    """Return the results of `count` simultaneous calls, with the type of an exception in its place."""
    together = threading.Barrier(count)

    def one(_: int) -> Any:
        together.wait(5)
        try:
            return call()
        except (KeysUnavailable, KeyUnknown) as refused:
            return type(refused)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_cold_threads_share_one_fetch() -> None:
    """Fifty requests on a cold start must not be fifty fetches."""
    with JwksServer(lambda: [0.1, answer(GOOD)]) as server:
        signing_keys = SigningKeys(server.url)
        assert in_threads(50, lambda: signing_keys.get("old")) == [OLD] * 50
        assert server.connections == 1


@pytest.mark.usefixtures("quick")
def test_cold_threads_share_one_failure() -> None:
    """Nor may fifty requests wait for an ill endpoint one after the other."""
    with JwksServer(plays(FOREVER)) as server:
        signing_keys = SigningKeys(server.url, clock=lambda: 0.0)  # on a busy machine the back-off would end meanwhile
        with within_deadline():
            assert in_threads(50, lambda: signing_keys.get("old")) == [KeysUnavailable] * 50
        assert server.connections == 1


def test_first_request_shares_the_prefetch() -> None:
    """A request during a fetch waits for it and does not start another."""
    with JwksServer(lambda: [0.1, answer(GOOD)]) as server, ThreadPoolExecutor(1) as pool:
        signing_keys = SigningKeys(server.url)
        prefetch = pool.submit(signing_keys.prefetch)
        assert server.arrived.wait(5)
        assert signing_keys.get("old") == OLD
        prefetch.result(5)
        assert server.connections == 1


def test_threads_that_lack_a_key_share_one_fetch(clock: Clock) -> None:
    """A rotation meets every thread in the same moment."""
    with JwksServer(plays(answer(GOOD))) as server:
        signing_keys = SigningKeys(server.url, clock=clock)
        signing_keys.prefetch()
        server.script = lambda: [0.1, answer(ROTATED)]
        assert in_threads(20, lambda: signing_keys.get("new")) == [NEW] * 20
        assert server.connections == 2


def test_threads_with_a_stale_key_share_one_fetch(clock: Clock) -> None:
    """The second thread with the old set finds the new one and does not fetch again."""
    endpoint = Endpoint(clock, GOOD)
    overtaken = False

    def asked_between() -> float:  # the clock is asked once the set has been read: here another thread is faster
        nonlocal overtaken
        if clock.now > started and not overtaken:
            overtaken = True
            assert signing_keys.get("old") == OLD
        return clock()

    started = clock.now
    signing_keys = SigningKeys("", fetch=endpoint, clock=asked_between)
    signing_keys.get("old")
    clock.now += keys.SOFT_AGE
    assert signing_keys.get("old") == OLD
    assert overtaken
    assert len(endpoint.asked) == 2


@pytest.mark.parametrize("age", [0, keys.SOFT_AGE], ids=["fresh", "stale"])
def test_cached_key_never_waits_for_a_fetch(age: float, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread waits for an ill endpoint; that must not become everybody's wait."""
    monkeypatch.setattr(fetching, "DEADLINE", 1)
    with JwksServer(plays(answer(GOOD))) as server, ThreadPoolExecutor(1) as pool:
        signing_keys = SigningKeys(server.url, clock=clock)
        signing_keys.prefetch()
        clock.now += age
        server.script = plays(FOREVER)
        server.arrived.clear()
        hanging = pool.submit(signing_keys.get, "old" if age else "unknown")
        assert server.arrived.wait(5)
        started = time.monotonic()
        assert [signing_keys.get("old") for _ in range(100)] == [OLD] * 100
        assert time.monotonic() - started < 0.5
        assert not hanging.done()
        server.close()
        assert hanging.exception(5) is None if age else isinstance(hanging.exception(5), KeysUnavailable)


def test_thread_that_waits_too_long_for_another_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever holds up the thread that fetches, the others answer in time."""
    monkeypatch.setattr(fetching, "DEADLINE", -0.4)  # and half a second beyond it
    released, asked = threading.Event(), threading.Event()

    def fetch(_: str) -> bytes:
        asked.set()
        released.wait(5)
        return GOOD

    signing_keys = SigningKeys("", fetch=fetch)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(signing_keys.get, "old")
        assert asked.wait(5)
        assert unavailable(signing_keys) == "timeout"
        released.set()
        assert slow.result(5) == OLD


# Through the handler


def call(api: Api, token: str) -> int:
    """The status of an answer; the log line goes nowhere."""
    with redirect_stdout(io.StringIO()):
        status: int = api.app.handle(http_event(HELLO, bearer(token), claims={}), None)["statusCode"]
    return status


def strangers(world: World) -> Iterator[str]:
    """Tokens without end, each well formed and with a key id of its own."""
    for number in count():
        yield f"{world.unsigned(world.header(kid=f'made-up-{number}'))}.AAAA"


def assert_good_tokens_survive_a_flood(
    world: World, api: Api, pause: Callable[[], None], *, known_absent: bool
) -> None:
    good, flood = world.access(), strangers(world)
    for _ in range(1_000):
        assert call(api, next(flood)) == (401 if known_absent else 503)
        assert call(api, good) == 200
        pause()


@pytest.mark.parametrize("pause", [0.05, 1], ids=["fresh", "stale"])
def test_flood_at_a_dead_endpoint_never_touches_good_tokens(pause: float, world: World, clock: Clock) -> None:
    """An outage that an attacker makes worse must stay invisible to signed-in users."""
    endpoint = Endpoint(clock, key_document(world.jwks()))
    api = Api(world, keys=SigningKeys("", fetch=endpoint, clock=clock))
    api.app.service().keys.prefetch()
    endpoint.body = DEAD

    def passes() -> None:
        clock.now += pause

    assert_good_tokens_survive_a_flood(world, api, passes, known_absent=False)
    gaps = [later - earlier for earlier, later in pairwise(endpoint.asked[1:])]
    assert all(gap >= wait for gap, wait in zip(gaps, (1, 2, 4, 8, 16, *[30] * 99), strict=False))
    assert len(gaps) >= 5
