"""Clients of AWS: one of each service, made once, that give up before the function is ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from handler import aws, secrets


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    aws._new_client.cache_clear()
    yield
    aws._new_client.cache_clear()


def test_threads_make_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's default session is not safe to share while it creates a client."""
    making: list[str] = []
    together = threading.Barrier(8)

    def slow(service: str, **_: Any) -> object:
        making.append(service)
        time.sleep(0.05)  # another thread would come here meanwhile
        return object()

    def ask(_: int) -> object:
        together.wait(5)
        return aws.client("dynamodb")

    monkeypatch.setattr(boto3, "client", slow)
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1
    assert making == ["dynamodb"]


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager", "ssm"])
def test_client_gives_up_before_the_function_is_ended(service: str) -> None:
    """A function has 3 seconds at least; botocore alone would wait for minutes."""
    config = aws.client(service).meta.config
    assert config.retries["total_max_attempts"] * (config.connect_timeout + config.read_timeout) < 3
    assert aws.client(service).meta.region_name == "eu-west-1"


def test_secret_ages_while_the_environment_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Monotonic time stands still then. And a clock that was set back must not keep an old value."""
    now, values = 1_000_000.0, iter(["first", "second", "third"])
    monkeypatch.setenv("SECRET_TOKEN", "secure-api/token")
    monkeypatch.setattr(secrets, "_fetched", {})
    monkeypatch.setattr(secrets, "_fetch", lambda _: next(values))
    monkeypatch.setattr(secrets.time, "time", lambda: now)
    seen = []
    for passed in (0, 299, 1, -600, 299):
        now += passed
        seen.append(secrets.secret("TOKEN"))
    assert seen == ["first", "first", "second", "third", "third"]
