"""Revoked tokens: which they are is in a table, which is asked after a token's signature and claims hold.

The table's key is `subject`: `user#<sub>`, `session#<origin_jti>` or `client#<client_id>`. A token of that subject is
revoked if it was issued before the entry's `revokedBefore`, and its groups are stale if it was issued before
`groupsBefore`. Both are whole seconds since the epoch, as a token's `iat` is. `handler.revoking` writes the entries.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from handler import aws
from handler.errors import (
    GroupsStale,
    RevocationUnavailable,
    StorageCause,
    StorageUnavailable,
    TokenRevoked,
)
from handler.route import Caller
from handler.settings import RevocationSettings

MOST = 10_000  # entries of each cache, some 4 MB together
BACKOFF = 1  # seconds without a read after a failed one: a dead table must not cost each call its time-out

NEVER = float("-inf")

Identity = tuple[str, str, str | None]  # sub, client_id and session

_NUMBER = re.compile(r"\d{1,12}", re.ASCII)


class Entry(NamedTuple):
    """One entry of the table, in seconds since the epoch; 0 where nothing is revoked."""

    revoked_before: int
    groups_before: int


class Revocations:
    """The revocations that this environment knows of, and when it asked. Threads may share it.

    An answer counts for `delay` seconds from the moment of the question. A revocation that was seen is kept beyond
    that: for the tokens that it covers it never ends, and only a newer token needs the table again.
    """

    def __init__(self, settings: RevocationSettings) -> None:
        self._settings = settings
        # When the answer on a caller, with none of its subjects revoked, was asked for: most calls look here alone.
        self._clear: OrderedDict[Identity, float] = OrderedDict()
        self._asked: OrderedDict[str, float] = OrderedDict()  # when each subject was asked for, the oldest first
        self._revoked: OrderedDict[str, int] = OrderedDict()  # the revocations that were seen
        self._storing = threading.Lock()
        self._failed_at = NEVER
        self._cause: StorageCause = "failed"
        self.last_failure: StorageCause | None = None
        """Why the last token was let through without an answer of the table, or None."""

    def check(self, caller: Caller, now: float, *, fresh: bool = False) -> None:
        """Raise TokenRevoked for a revoked token, and with `fresh` GroupsStale for one with outdated groups.

        Ask the table for the subjects whose answer is `delay` seconds old, with `fresh` for all of them. If it cannot
        be read, raise RevocationUnavailable, unless the settings let the token through; never with `fresh`.
        """
        self.last_failure = None
        identity = (caller.sub, caller.client_id, caller.session)
        # A clock that was set back makes an answer no fresher.
        if not fresh and 0 <= now - self._clear.get(identity, NEVER) < self._settings.delay:
            return
        subjects = subjects_of(caller)
        self._refuse_revoked(subjects, caller)
        asked, delay = self._asked, self._settings.delay
        due = [each for each in subjects if fresh or not 0 <= now - asked.get(each, NEVER) < delay]
        try:
            entries = self._read(due, now) if due else {}
        except StorageUnavailable as failed:
            if fresh or not self._settings.allows_unchecked:
                raise RevocationUnavailable(failed.cause) from failed
            self.last_failure = failed.cause
            return
        self._refuse_revoked(subjects, caller)
        if fresh and any(each.groups_before > caller.issued_at for each in entries.values()):
            raise GroupsStale
        if self._revoked.keys().isdisjoint(subjects):
            with self._storing:
                _keep(self._clear, identity, min(asked.get(each, NEVER) for each in subjects))

    def _refuse_revoked(self, subjects: Iterable[str], caller: Caller) -> None:
        for each in subjects:
            if caller.issued_at < self._revoked.get(each, 0):
                raise TokenRevoked

    def _read(self, subjects: list[str], now: float) -> Mapping[str, Entry]:
        if 0 <= now - self._failed_at < BACKOFF:
            raise StorageUnavailable(self._cause)
        try:
            entries = read_entries(self._settings.table, subjects)
        except StorageUnavailable as failed:
            self._failed_at, self._cause = now, failed.cause
            raise
        with self._storing:
            for each in subjects:
                _keep(self._asked, each, now)
                if each in entries:
                    self._clear.clear()
                    _keep(self._revoked, each, max(entries[each].revoked_before, self._revoked.get(each, 0)))
        return entries


def subjects_of(caller: Caller) -> list[str]:
    """Return the subjects that a revocation of this caller's token may name."""
    subjects = [f"user#{caller.sub}", f"client#{caller.client_id}"]
    return subjects if caller.session is None else [*subjects, f"session#{caller.session}"]


def read_entries(table: str, subjects: Iterable[str], call: Callable[..., Any] = aws.call) -> dict[str, Entry]:
    """Return the entries of these subjects, 100 at most, in one read. StorageUnavailable if it fails."""
    asked = {
        "Keys": [{"subject": {"S": each}} for each in subjects],
        "ProjectionExpression": "subject, revokedBefore, groupsBefore",
        "ConsistentRead": True,  # a revocation of a moment ago counts
    }
    answer = call("dynamodb", "batch_get_item", RequestItems={table: asked})
    if answer.get("UnprocessedKeys"):
        raise StorageUnavailable("throttled")
    try:
        return {item["subject"]["S"]: _entry(item) for item in answer["Responses"][table]}
    except (KeyError, TypeError, ValueError):
        raise StorageUnavailable("malformed") from None


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(_moment(item.get("revokedBefore")), _moment(item.get("groupsBefore")))


def _moment(value: Mapping[str, str] | None) -> int:
    """Return an attribute's whole seconds, 0 without it. ValueError for any other: it may hide a revocation."""
    if value is None:
        return 0
    if not _NUMBER.fullmatch(value["N"]):
        raise ValueError
    return int(value["N"])


def _keep(cache: OrderedDict[Any, Any], key: object, value: float) -> None:
    """Put the value last, and drop the first one if the cache is full.

    A plain dict finds its first key by passing over those that were deleted before it.
    """
    cache[key] = value
    cache.move_to_end(key)
    if len(cache) > MOST:
        cache.popitem(last=False)
