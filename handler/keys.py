"""The pool's signing keys: filtered, cached, and served stale while the endpoint fails.

A key id is proven unknown, and refused (`KeyUnknown`, 401), if a fetch that began after the request came does not
find it. Otherwise nothing is proven, and the refusal is `KeysUnavailable` (503): a 401 would make clients discard good
sessions.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK, PyJWTError

from handler import fetch as fetching
from handler.errors import Cause, KeysUnavailable, KeyUnknown, Refused
from handler.fetch import Exchange, FetchFailed, fetch_within_deadline
from handler.frozen import frozen

KEYS_MOST = 10  # members of a key set; Cognito has two, twice that while it rotates them
SOFT_AGE = 600  # seconds until a key set is fetched again
HARD_AGE = 7_200  # seconds until a key set is no longer trusted; the gateway caches keys as long
COOLDOWN = 5  # seconds between two fetches because of unknown key ids; not longer than the Retry-After of a 503
BACKOFF_FIRST, BACKOFF_MOST = 1, 30  # seconds without a fetch after a failed one, doubling
RETRY_AFTER_MOST = 120  # seconds; the longest Retry-After that is obeyed


@frozen
class KeySet:
    """The usable keys of one successful fetch by key id, its time in seconds since the epoch, and its number."""

    keys: dict[str, RSAPublicKey]
    fetched_at: float
    number: int


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
        self._set = KeySet({}, float("-inf"), 0)
        self._begun = 0  # fetches
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
        """Return the key. KeyUnknown if a set lacks it that was fetched for this call, else KeysUnavailable."""
        begun, known = self._begun, self._set
        key = known.keys.get(key_id)
        age = self._clock() - known.fetched_at
        if key is not None and 0 <= age < SOFT_AGE:
            return key
        if key is not None and 0 <= age < HARD_AGE:
            return self._renewed(key_id, known, begun)
        return self._sought(key_id, known, begun)

    def prefetch(self, early: Exchange | None = None) -> None:
        """Fetch ahead of the first request, or take what `early` fetches. The first request reports a failure."""
        with self._refreshing:
            if self._may_fetch(self._clock()):
                self._refresh(early if early and early.url == self._url else None)

    def _renewed(self, key_id: str, stale: KeySet, begun: int) -> RSAPublicKey:
        """Return the key after a refresh, or the stale key while another thread fetches or the endpoint fails."""
        if self._refreshing.acquire(blocking=False):
            try:
                if self._set is stale and self._may_fetch(self._clock()):
                    self._refresh()
            finally:
                self._refreshing.release()
        key = self._set.keys.get(key_id)
        if key is None:  # another thread's fetch, or this one's, found it withdrawn
            raise self._lacking(begun)
        return key

    def _sought(self, key_id: str, seen: KeySet, begun: int) -> RSAPublicKey:
        """Return a key that is not in the cache, or too old, after one fetch that all waiting threads share."""
        if not self._refreshing.acquire(timeout=fetching.DEADLINE + 0.5):
            raise KeysUnavailable("timeout")
        try:
            if self._set is seen:  # nobody fetched while this thread waited
                self._refresh_for_unknown()
            if not 0 <= self._clock() - self._set.fetched_at < HARD_AGE:
                raise KeysUnavailable(self._cause)
            key = self._set.keys.get(key_id)
            if key is None:
                raise self._lacking(begun)
            return key
        finally:
            self._refreshing.release()

    def _lacking(self, begun: int) -> Refused:
        """Return the refusal of a key id that the set lacks. `begun` fetches had begun when the request came."""
        if self._set.number > begun:
            return KeyUnknown()
        return KeysUnavailable(self._cause if self._failures else "cooldown")

    def _refresh_for_unknown(self) -> None:
        now = self._clock()
        # Only fetches because of unknown ids count, so a flood of made-up ids costs one fetch per cooldown. The first
        # fetch and a routine refresh do not count, so that a rotation right after them is found at once. After a
        # failure, the back-off alone decides.
        current = 0 <= now - self._set.fetched_at < HARD_AGE
        if current and not self._failures and 0 <= now - self._unknown_at < COOLDOWN:
            return
        if self._may_fetch(now):
            if current:
                self._unknown_at = now
            self._refresh()

    def _may_fetch(self, now: float) -> bool:
        return not 0 <= now - self._failed_at < self._quiet  # a clock that was set back does not extend it

    def _refresh(self, early: Exchange | None = None) -> None:
        self._begun += 1
        try:
            keys = usable_keys(early.result() if early else self._fetch(self._url))
        except FetchFailed as failed:
            self._failures += 1
            wait = min(BACKOFF_MOST, BACKOFF_FIRST * 2 ** min(self._failures - 1, 10))
            self._quiet = max(wait, min(failed.retry_after, RETRY_AFTER_MOST))
            self._failed_at = self._clock()
            self._cause = failed.cause
        else:
            self._failures = 0
            self._quiet = 0
            self._set = KeySet(keys, self._clock(), self._begun)


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
