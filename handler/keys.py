"""The pool's signing keys: fetched within a deadline, filtered, cached, and served stale while the endpoint fails.

A key id that is proven unknown is refused (`KeyUnknown`, 401). If keys are unavailable, nothing is proven, and the
refusal is `KeysUnavailable` (503): a 401 would make clients discard good sessions.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from io import BufferedReader, RawIOBase
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

from handler.errors import Cause, KeysUnavailable, KeyUnknown

DEADLINE = 1.5  # seconds for connecting, headers and body together; the gateway's fetch has the same limit
BODY_LIMIT = 65_536  # bytes; a Cognito key set is about 1 kB, the gateway reads 150,000 at most
ANSWER_LIMIT = 2 * BODY_LIMIT  # bytes with the status line, headers and chunk sizes
KEYS_MOST = 10  # members of a key set; Cognito has two, twice that while it rotates them
SOFT_AGE = 600  # seconds until a key set is fetched again
HARD_AGE = 7_200  # seconds until a key set is no longer trusted; the gateway caches keys as long
COOLDOWN = 10  # seconds between two fetches because of unknown key ids
BACKOFF_FIRST, BACKOFF_MOST = 1, 30  # seconds without a fetch after a failed one, doubling
RETRY_AFTER_MOST = 120  # seconds; the longest Retry-After that is obeyed


class FetchFailed(Exception):  # noqa: N818 - says what happened, as the refusals do
    """The key endpoint gave no usable key set. `retry_after` is its Retry-After in seconds, or 0."""

    def __init__(self, retry_after: float = 0, *, cause: Cause = "unreachable") -> None:
        super().__init__()
        self.retry_after = retry_after
        self.cause = cause


class KeySet(NamedTuple):
    """The usable keys of one successful fetch by key id, and its time in seconds since the epoch."""

    keys: dict[str, RSAPublicKey]
    fetched_at: float


class SigningKeys:
    """The keys of one pool, by key id. Threads may share it; they never fetch at the same time.

    `fetch` takes the URL and returns the body, or raises FetchFailed. `clock` returns seconds since the epoch: wall
    time, since monotonic time stops while a Lambda environment is frozen.
    """

    def __init__(
        self,
        url: str,
        *,
        fetch: Callable[[str], bytes] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._fetch = fetch or fetch_within_deadline
        self._clock = clock
        self._set = KeySet({}, float("-inf"))
        self._refreshing = threading.Lock()
        self._failures = 0  # consecutive
        self._failed_at = float("-inf")
        self._quiet = 0.0  # seconds without a fetch after the failure
        self._cause: Cause = "unreachable"
        self._unknown_at = float("-inf")  # when an unknown key id last caused a fetch

    @property
    def last_failure(self) -> Cause | None:
        """Why the last fetch failed, or None. Stale keys hide the failure from callers, not from the log."""
        return self._cause if self._failures else None

    def get(self, key_id: str) -> RSAPublicKey:
        """Return the key. KeyUnknown if the current set lacks it, KeysUnavailable if no current set can be fetched."""
        known = self._set
        key = known.keys.get(key_id)
        age = self._clock() - known.fetched_at
        if key is not None and 0 <= age < SOFT_AGE:
            return key
        if key is not None and 0 <= age < HARD_AGE:
            return self._renewed(key_id, known)
        return self._sought(key_id, known)

    def prefetch(self) -> None:
        """Fetch ahead of the first request. A failure is ignored: the first request reports it."""
        with self._refreshing:
            if self._may_fetch(self._clock()):
                self._refresh()

    def _renewed(self, key_id: str, stale: KeySet) -> RSAPublicKey:
        """Return the key after a refresh, or the stale key while another thread fetches or the endpoint fails."""
        if self._refreshing.acquire(blocking=False):
            try:
                if self._set is stale and self._may_fetch(self._clock()):
                    self._refresh()
            finally:
                self._refreshing.release()
        key = self._set.keys.get(key_id)
        if key is None:  # only a set that was fetched after this request came can lack it
            raise KeyUnknown
        return key

    def _sought(self, key_id: str, seen: KeySet) -> RSAPublicKey:
        """Return a key that is not in the cache, or too old, after one fetch that all waiting threads share."""
        if not self._refreshing.acquire(timeout=DEADLINE + 0.5):
            raise KeysUnavailable("timeout")
        try:
            if self._set is seen:  # nobody fetched while this thread waited
                self._refresh_for_unknown()
            if not 0 <= self._clock() - self._set.fetched_at < HARD_AGE:
                raise KeysUnavailable(self._cause)
            key = self._set.keys.get(key_id)
            if key is not None:
                return key
            if self._failures:  # the last fetch failed, so the id is not proven unknown
                raise KeysUnavailable(self._cause)
            raise KeyUnknown
        finally:
            self._refreshing.release()

    def _refresh_for_unknown(self) -> None:
        now = self._clock()
        # Only fetches because of unknown ids count, so a flood of made-up ids costs one fetch per cooldown. A routine
        # refresh does not count, so that a rotation right after it is found at once. After a failure, the back-off
        # alone decides.
        current = 0 <= now - self._set.fetched_at < HARD_AGE
        if current and not self._failures and 0 <= now - self._unknown_at < COOLDOWN:
            return
        if self._may_fetch(now):
            self._unknown_at = now
            self._refresh()

    def _may_fetch(self, now: float) -> bool:
        return not 0 <= now - self._failed_at < self._quiet  # a clock that was set back does not extend it

    def _refresh(self) -> None:
        try:
            keys = usable_keys(self._fetch(self._url))
        except FetchFailed as failed:
            self._failures += 1
            wait = min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** min(self._failures - 1, 10))
            self._quiet = max(wait, min(failed.retry_after, RETRY_AFTER_MOST))
            self._failed_at = self._clock()
            self._cause = failed.cause
        else:
            self._failures = 0
            self._quiet = 0
            self._set = KeySet(keys, self._clock())


def usable_keys(body: bytes) -> dict[str, RSAPublicKey]:
    """Return the RS256 signing keys of a JWKS document, by key id. Raise FetchFailed if it holds none.

    A malformed, short or unsuitable key is left out, and the rest is used. A key id that occurs twice is left out too:
    no rule says which of the two keys is meant.
    """
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise FetchFailed(cause="document") from None
    members = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(members, list) or len(members) > KEYS_MOST:
        raise FetchFailed(cause="document")
    ids = [jwk["kid"] for jwk in members if isinstance(jwk, dict) and isinstance(jwk.get("kid"), str)]
    keys: dict[str, RSAPublicKey] = {}
    for jwk in members:
        if _is_signing_key(jwk) and ids.count(jwk["kid"]) == 1:
            key = _public_key(jwk)
            if key is not None:
                keys[jwk["kid"]] = key
    if not keys:
        raise FetchFailed(cause="document")
    return keys


def _is_signing_key(jwk: object) -> bool:
    return (
        isinstance(jwk, dict)
        and isinstance(jwk.get("kid"), str)
        and 0 < len(jwk["kid"]) <= 256
        and jwk.get("kty") == "RSA"
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", "RS256") == "RS256"
        and jwk.get("key_ops", ["verify"]) == ["verify"]
        and jwk.get("e") == "AQAB"  # 65537, the exponent of every Cognito key; refuses 1 and even ones
        and isinstance(jwk.get("n"), str)
        and len(jwk["n"]) <= 683  # 4,096 bits; Cognito's have 2,048, and a longer key slows every check
        and "d" not in jwk
    )


def _public_key(jwk: dict[str, Any]) -> RSAPublicKey | None:
    try:
        key = PyJWK(jwk, "RS256").key
    except (PyJWTError, ValueError, TypeError):
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:  # RFC 7518 3.3
        return None
    return key


def fetch_within_deadline(url: str) -> bytes:
    """Return the body at `url`, of BODY_LIMIT bytes at most, within DEADLINE seconds. FetchFailed otherwise.

    Follows no redirect, uses no proxy, decodes no content encoding, and always verifies TLS. The exchange runs in a
    thread because name resolution has no timeout. A thread that is left behind ends at its next step.
    """
    exchange = _Exchange(url)
    try:
        exchange.start()
    except RuntimeError:  # the system cannot start another thread
        raise FetchFailed from None
    exchange.join(DEADLINE)
    outcome = exchange.outcome  # read once: the exchange may end at any moment
    if isinstance(outcome, FetchFailed):
        raise outcome
    return outcome


class _Exchange(threading.Thread):
    """A single HTTP GET, run in a thread.

    `outcome` holds the body or the failure. Until the thread finishes, it holds the failure to report on timeout.
    """

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True, name="signing-keys")
        self.outcome: bytes | FetchFailed = FetchFailed(cause="unreachable")
        self._url = urlsplit(url)
        self._until = time.monotonic() + DEADLINE

    def run(self) -> None:
        try:
            self.outcome = self._body()
        except FetchFailed as failed:
            self.outcome = failed
        except TimeoutError:
            pass  # the outcome already holds the failure of the current step
        except ssl.SSLError:
            self.outcome = FetchFailed(cause="tls")
        except OSError:  # no such name, no route, refused, reset
            self.outcome = FetchFailed(cause="unreachable")
        except (HTTPException, ValueError):  # not HTTP, or cut short
            self.outcome = FetchFailed(cause="document")

    def _body(self) -> bytes:
        plain = self._url.scheme == "http"  # handler.settings accepts http for a loopback address only
        host = self._url.hostname or ""
        address = (host, self._url.port or (80 if plain else 443))
        with socket.create_connection(address, DEADLINE / 3) as sock:  # a dead address leaves time for the next one
            self.outcome = FetchFailed(cause="timeout")
            sock.settimeout(DEADLINE)
            if plain:
                return self._answer(sock)
            with ssl.create_default_context().wrap_socket(sock, server_hostname=host) as secure:
                return self._answer(secure)

    def _answer(self, sock: socket.socket) -> bytes:
        connection = HTTPConnection(self._url.netloc)
        connection.sock = _Bounded(sock, self._until)
        connection.request("GET", self._url.path, headers={"Accept": "application/json", "Connection": "close"})
        response = connection.getresponse()
        if response.status != 200:
            cause: Cause = "redirect" if 300 <= response.status < 400 else "status"
            raise FetchFailed(_seconds(response.getheader("Retry-After", "")), cause=cause)
        body = response.read(BODY_LIMIT + 1)
        if len(body) > BODY_LIMIT:
            raise FetchFailed(cause="too_large")
        if response.length:  # bytes are missing
            raise FetchFailed(cause="document")
        return body


class _Bounded(RawIOBase):
    """A socket for HTTPConnection with a limit of ANSWER_LIMIT bytes and a deadline in monotonic time.

    A socket's timeout starts again with every read, so an answer in single bytes never exceeds it. And http.client
    trusts the lengths of an answer: for a chunk of -1 bytes it reads to the end, whatever was asked for.
    """

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._until = until
        self._received = 0
        self.sendall = sock.sendall

    def makefile(self, _mode: str) -> BufferedReader:
        return BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self._received >= ANSWER_LIMIT:
            raise FetchFailed(cause="too_large")
        self._sock.settimeout(left)
        size = self._sock.recv_into(buffer)
        self._received += size
        return size

    def close(self) -> None:
        """Do nothing: HTTPConnection calls this when the answer begins, and the caller closes the socket."""


def _seconds(value: str) -> float:
    return float(value) if value.isascii() and value.isdigit() else 0
