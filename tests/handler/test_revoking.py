"""Signing out everywhere: what is asked of Cognito and the table, in which order, and what the caller is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from handler import revoking
from handler.errors import StorageUnavailable
from handler.route import Caller
from tests.handler.store import TABLE_NAME, VARIABLES, Store, error, running

POOL, NOW = "us-east-1_Test12345", 1_800_000_000.25
CALLER = Caller("a-sub", "alice", "client", frozenset(), frozenset(), int(NOW) - 60, int(NOW) + 840, "a-session")
OUT = ("AdminUserGlobalSignOut", {"UserPoolId": POOL, "Username": "alice"})


@pytest.fixture(scope="module")
def _running() -> Iterator[Store]:
    with pytest.MonkeyPatch.context() as patch, running(patch) as store:
        patch.setenv("COGNITO_USER_POOL_ID", POOL)
        yield store


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the seconds that are waited for; the clock stands still."""
    seconds: list[float] = []
    monkeypatch.setattr(revoking.time, "time", lambda: NOW)
    monkeypatch.setattr(revoking.time, "sleep", seconds.append)
    return seconds


@pytest.fixture
def store(_running: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    _running.__init__()  # type: ignore[misc]
    return _running


def test_cognito_is_first_and_the_moment_is_waited_for(store: Store, waited: list[float]) -> None:
    """A token that is refreshed between the two would be newer than the entry, and live."""
    assert revoking.sign_out_everywhere(CALLER) == 10
    assert waited == [1.75]  # until the second that the entry names
    assert store.calls[0] == OUT
    ((action, update),) = store.calls[1:]
    assert (action, update["TableName"], update["Key"]) == ("UpdateItem", TABLE_NAME, {"subject": {"S": "user#a-sub"}})
    assert update["ExpressionAttributeNames"] == {"#moment": "revokedBefore"}
    before, expires = int(NOW) + 2, int(NOW) + 2 + revoking.KEPT
    assert update["ExpressionAttributeValues"] == {":before": {"N": str(before)}, ":expires": {"N": str(expires)}}
    assert update["ConditionExpression"] == "attribute_not_exists(#moment) OR #moment < :before"
    assert expires > CALLER.issued_at + 86_400, "the longest life of a token"


@pytest.mark.parametrize("where", ["out", "ill"])
def test_what_was_done_already_is_no_failure(where: str, store: Store, waited: list[float]) -> None:
    """The user is gone, or a later sign-out has written more: the tokens are out either way."""
    setattr(store, where, error("UserNotFoundException" if where == "out" else "ConditionalCheckFailedException"))
    assert revoking.sign_out_everywhere(CALLER) == 10
    assert len(store.calls) == 2
    assert waited


def test_failure_of_cognito_revokes_nothing(store: Store, waited: list[float]) -> None:
    """The client repeats it; an entry without Cognito's part would look like a sign-out that was none."""
    store.out = error("TooManyRequestsException")
    with pytest.raises(StorageUnavailable) as failed:
        revoking.sign_out_everywhere(CALLER)
    assert failed.value.cause == "throttled"
    assert {action for action, _ in store.calls} == {"AdminUserGlobalSignOut"}
    assert waited == []


def test_failure_of_the_table_is_told(store: Store, waited: list[float]) -> None:
    """Saying that it is done would be wrong for as long as the token lives."""
    store.ill = error("AccessDeniedException")
    with pytest.raises(StorageUnavailable) as failed:
        revoking.sign_out_everywhere(CALLER)
    assert failed.value.cause == "denied"
    assert waited == []


def test_without_a_table_the_caller_hears_how_long_tokens_live(
    store: Store, waited: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refreshing ends at once; the access token goes on."""
    monkeypatch.delenv("REVOCATION_TABLE")
    assert revoking.sign_out_everywhere(CALLER) == 840
    assert store.calls == [OUT]
    assert waited == []


@pytest.mark.parametrize("moment", ["revokedBefore", "groupsBefore"])
def test_moments_do_not_overwrite_each_other(moment: Any, store: Store) -> None:
    """A change of groups must not take a revocation back."""
    revoking.revoke(revoking.aws.call, TABLE_NAME, "user#a", 5, moment)
    ((_, update),) = store.calls
    assert update["UpdateExpression"] == "SET #moment = :before, expires = :expires"
    assert update["ExpressionAttributeNames"] == {"#moment": moment}
