"""The pool's signing keys: fetched within a deadline, filtered, cached, and served while the endpoint is ill.

What is proven bad is refused (`KeyUnknown`, 401). What cannot be proven either way, because the keys cannot be had, is
`KeysUnavailable` (503): a 401 would make clients throw good sessions away.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

from handler.errors import KeysUnavailable, KeyUnknown

DEADLINE = 1.5  # seconds for connecting, headers and body together; the gateway's own fetch has the same limit
BODY_LIMIT = 65_536  # bytes; a Cognito key set is about 1 kB, the gateway reads 150,000 at most
SOFT_AGE = 600  # seconds until a key set is read again
HARD_AGE = 7_200  # seconds until it is no longer believed; the gateway keeps keys as long
COOLDOWN = 10  # seconds between two fetches that unknown key ids may cause
BACKOFF_FIRST, BACKOFF_MOST = 1, 30  # seconds without a fetch after a failed one, doubling
RETRY_AFTER_MOST = 120  # seconds; a longer Retry-After would outlast what callers wait for


class FetchFailed(Exception):  # noqa: N818 - says what happened, as the refusals do
    """The key endpoint gave no usable key set. `retry_after` is what it asked for, in seconds, or 0."""

    def __init__(self, retry_after: float = 0) -> None:
        super().__init__()
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class KeySet:
    """What one successful fetch brought: usable keys by key id, and when, in seconds since the epoch."""

    keys: dict[str, RSAPublicKey] = field(default_factory=dict)
    fetched_at: float = float("-inf")


class SigningKeys:
    """The keys of one pool, by key id. Safe to share between threads; one fetch at a time, whoever asks.

    `fetch` takes the URL and returns the body's bytes or raises FetchFailed; `clock` is seconds since the epoch (wall
    time: a frozen Lambda environment does not count monotonic time).
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
        self._set = KeySet()
        self._refreshing = threading.Lock()
        self._failures = 0
        self._retry_at = float("-inf")
        self._unknown_at = float("-inf")  # when an unknown key id last caused a fetch

    def get(self, key_id: str) -> RSAPublicKey:
        """The key of that id. KeyUnknown if a current set does not have it, KeysUnavailable if none can be had."""
        known = self._set
        key = known.keys.get(key_id)
        age = self._clock() - known.fetched_at
        if key is not None and 0 <= age < SOFT_AGE:
            return key
        if key is not None and 0 <= age < HARD_AGE:
            return self._renewed(key_id, key)
        return self._sought(key_id, known)

    def prefetch(self) -> None:
        """Fetch now, so that the first request need not; a failure is left for that request to meet."""
        with self._refreshing:
            if self._may_fetch(self._clock()):
                self._refresh()

    def _renewed(self, key_id: str, stale: RSAPublicKey) -> RSAPublicKey:
        """A stale key's successor, or the stale key while another thread is fetching or the endpoint is ill."""
        if not self._refreshing.acquire(blocking=False):
            return stale
        try:
            if not self._may_fetch(self._clock()) or not self._refresh():
                return stale
        finally:
            self._refreshing.release()
        return self._sought(key_id, self._set)

    def _sought(self, key_id: str, seen: KeySet) -> RSAPublicKey:
        """A key that the cache does not have, or no longer believes: one fetch, shared by all who wait for it."""
        if not self._refreshing.acquire(timeout=DEADLINE + 0.5):
            raise KeysUnavailable
        try:
            if self._set is seen:  # nobody fetched while this thread waited
                self._refresh_for_unknown()
            now = self._clock()
            if not 0 <= now - self._set.fetched_at < HARD_AGE:
                raise KeysUnavailable
            key = self._set.keys.get(key_id)
            if key is not None:
                return key
            if self._failures:  # the last fetch failed: nothing current shows this id absent
                raise KeysUnavailable
            raise KeyUnknown
        finally:
            self._refreshing.release()

    def _refresh_for_unknown(self) -> None:
        now = self._clock()
        # A routine refresh a second ago does not count: a rotation is seen at once. Only fetches that unknown ids
        # caused do, so a flood of made-up ids costs one fetch per cooldown.
        # After a failure the back-off decides alone.
        current = 0 <= now - self._set.fetched_at < HARD_AGE
        if current and not self._failures and 0 <= now - self._unknown_at < COOLDOWN:
            return
        if self._may_fetch(now):
            self._unknown_at = now
            self._refresh()

    def _may_fetch(self, now: float) -> bool:
        # A clock that was set back must not stretch the back-off.
        return not now < self._retry_at <= now + max(BACKOFF_MOST, RETRY_AFTER_MOST)

    def _refresh(self) -> bool:
        try:
            keys = usable_keys(self._fetch(self._url), self._set.keys)
        except FetchFailed as failed:
            self._failures += 1
            wait = min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** min(self._failures - 1, 10))
            self._retry_at = self._clock() + max(wait, min(failed.retry_after, RETRY_AFTER_MOST))
            return False
        self._failures = 0
        self._retry_at = float("-inf")
        self._set = KeySet(keys, self._clock())
        return True


def usable_keys(body: bytes, known: dict[str, RSAPublicKey]) -> dict[str, RSAPublicKey]:
    """The RS256 signing keys in a JWKS document, by key id; FetchFailed if it holds none.

    A key that is malformed, weak or for something else is left out and the rest is used. A key id that stands twice is
    left out too: no rule says which of the two is meant. Keys that `known` has already are not checked again.
    """
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise FetchFailed from None
    members = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(members, list):
        raise FetchFailed
    ids = [jwk["kid"] for jwk in members if isinstance(jwk, dict) and isinstance(jwk.get("kid"), str)]
    keys: dict[str, RSAPublicKey] = {}
    for jwk in members:
        if _is_signing_key(jwk) and ids.count(jwk["kid"]) == 1:
            key = _public_key(jwk, known.get(jwk["kid"]))
            if key is not None:
                keys[jwk["kid"]] = key
    if not keys:
        raise FetchFailed
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
        and len(jwk["n"]) <= 1366  # 8,192 bits
        and "d" not in jwk
    )


def _public_key(jwk: dict[str, Any], known: RSAPublicKey | None) -> RSAPublicKey | None:
    try:
        key = PyJWK(jwk, "RS256").key
    except (PyJWTError, ValueError, TypeError):
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < 2048:  # RFC 7518 3.3
        return None
    if known is not None and key == known:
        return known
    modulus = key.public_numbers().n
    return None if _is_prime(modulus) or _has_roca_fingerprint(modulus) else key


def _is_prime(modulus: int) -> bool:
    """Fermat's test to base 2. A prime modulus has no secret: whoever reads the key can sign with it."""
    return pow(2, modulus - 1, modulus) == 1


# The first primes for which a modulus of the flawed generator always falls into the subgroup that 65537 generates
# (Nemec et al., "The Return of Coppersmith's Attack", CVE-2017-15361). A sound key does so by chance once in 10^8.
_ROCA_PRIMES = [
    *(3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107),
    *(109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167),
]


def _has_roca_fingerprint(modulus: int) -> bool:
    return all(_in_subgroup(modulus % prime, prime) for prime in _ROCA_PRIMES)


def _in_subgroup(residue: int, prime: int) -> bool:
    power = 1
    for _ in range(prime - 1):
        if power == residue:
            return True
        power = power * 65537 % prime
    return False


def fetch_within_deadline(url: str) -> bytes:
    """The body at `url`, in DEADLINE seconds all told and BODY_LIMIT bytes; FetchFailed otherwise.

    Follows no redirect, asks no proxy, decodes no content encoding, and always verifies TLS. The exchange runs in a
    thread, since neither name resolution nor a dripping header obeys a socket's timeout.
    """
    exchange = _Exchange(url)
    exchange.start()
    exchange.join(DEADLINE)
    if exchange.is_alive():
        exchange.abandon()
        raise FetchFailed
    if exchange.body is None:
        raise FetchFailed(exchange.retry_after)
    return exchange.body


class _Exchange(threading.Thread):
    def __init__(self, url: str) -> None:
        super().__init__(daemon=True, name="signing-keys")
        self.body: bytes | None = None
        self.retry_after: float = 0
        parts = urlsplit(url)
        self._path = parts.path
        host = parts.hostname or ""
        self._connection: HTTPConnection
        if parts.scheme == "https":
            self._connection = HTTPSConnection(host, parts.port, timeout=DEADLINE, context=ssl.create_default_context())
        else:  # handler.settings lets plain http through for a loopback address only
            self._connection = HTTPConnection(host, parts.port, timeout=DEADLINE)

    def run(self) -> None:
        try:
            self._connection.request("GET", self._path, headers={"Accept": "application/json", "Connection": "close"})
            response = self._connection.getresponse()
            if response.status == 200 and response.getheader("Content-Encoding", "identity") == "identity":
                body = response.read(BODY_LIMIT + 1)
                if len(body) <= BODY_LIMIT and not response.length:  # a length left over is a body cut short
                    self.body = body
            elif response.status in {429, 503}:
                self.retry_after = _seconds(response.getheader("Retry-After", ""))
        except (OSError, HTTPException, ValueError, AttributeError):
            pass  # refused, reset, timed out, not HTTP, or closed by abandon(): no body, which says it all
        finally:
            self._connection.close()

    def abandon(self) -> None:
        """Cut the exchange short, so that the thread ends with it."""
        sock = self._connection.sock
        if sock is not None:
            with suppress(OSError):  # it may have ended by itself meanwhile
                sock.shutdown(socket.SHUT_RDWR)


def _seconds(value: str) -> float:
    return float(value) if value.isascii() and value.isdigit() and len(value) < 6 else 0
