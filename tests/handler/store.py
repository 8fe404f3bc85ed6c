"""DynamoDB's wire protocol, and Cognito's, as far as revocations need them, on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from handler import aws
from tests.proof.listener import Listener, Reply, Request

TABLE_NAME = "revocations-1a2b3c4"
VARIABLES = {
    "REVOCATION_TABLE": TABLE_NAME,
    "REVOCATION_DELAY_SECONDS": "10",
    "REVOCATION_ON_FAILURE": "refuse",
}
CREDENTIALS = {
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


@dataclass
class Store:
    """The table: its items by subject, and what was asked. `ill` is an answer to give instead.

    `calls` are all calls by action. `out` is Cognito's answer to a sign-out.
    """

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ill: Callable[[], Reply] | None = None
    out: Callable[[], Reply] = lambda: said({})

    def answer(self, request: Request) -> Reply:
        action = str(request.header("X-Amz-Target")).partition(".")[2]
        self.calls.append((action, json.loads(request.body)))
        if action == "AdminUserGlobalSignOut":
            return self.out()
        if action == "UpdateItem":
            return self.ill() if self.ill else said({})
        assert action == "BatchGetItem"
        ((table, asked),) = json.loads(request.body)["RequestItems"].items()
        assert table == TABLE_NAME
        self.asked.append(asked)
        if self.ill is not None:
            return self.ill()
        subjects = [key["subject"]["S"] for key in asked["Keys"]]
        return said({"Responses": {table: [self.items[each] for each in subjects if each in self.items]}})

    def put(self, subject: str, **moments: object) -> None:
        """Keep an entry. A number becomes DynamoDB's; anything else stands as it is given."""
        shown = {name: {"N": str(value)} if isinstance(value, int) else value for name, value in moments.items()}
        self.items[subject] = {"subject": {"S": subject}, **shown}


def said(members: object, status: int = 200) -> Reply:
    return status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(members)


def error(code: str, status: int = 400) -> Callable[[], Reply]:
    return lambda: said(
        {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "secret-of-the-house"}, status
    )


@contextmanager
def reached(patch: pytest.MonkeyPatch, url: str) -> Iterator[None]:
    """Have boto3, which reads the process's environment, find DynamoDB at `url`."""
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": url}.items():
        patch.setenv(name, value)
    aws._new_client.cache_clear()
    yield
    aws._new_client.cache_clear()


@contextmanager
def running(patch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store that the function reaches."""
    store = Store()
    with Listener(store.answer) as listener, reached(patch, listener.url):
        yield store
