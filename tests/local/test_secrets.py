"""Secrets by reference, from the emulator's Secrets Manager and Parameter Store."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from handler import aws, secrets
from local.emulator import CREDENTIALS, Emulator
from local.provider import client
from stacks import ROOT


@pytest.fixture(autouse=True)
def environment(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What Lambda sets, and two references."""
    emulator.wait_until_ready()
    for key, value in {**CREDENTIALS, "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": emulator.endpoint}.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("SECRET_PAYMENT_KEY", "secure-api/payment")
    monkeypatch.setenv("SECRET_GREETING", "/secure-api/greeting")
    monkeypatch.setattr(secrets, "_fetched", {})
    aws._new_client.cache_clear()
    yield
    aws._new_client.cache_clear()


@pytest.fixture(scope="module", autouse=True)
def stored(emulator: Emulator) -> None:
    emulator.wait_until_ready()
    manager = client(emulator.endpoint, "us-east-1", "secretsmanager")
    manager.create_secret(Name="secure-api/payment", SecretString="hush")
    store = client(emulator.endpoint, "us-east-1", "ssm")
    store.put_parameter(Name="/secure-api/greeting", Value="Hello!", Type="SecureString")


def test_secret_is_what_secrets_manager_holds() -> None:
    """By the name that settings give it, wherever it stands."""
    assert secrets.secret("PAYMENT_KEY") == "hush"


def test_parameter_comes_decrypted() -> None:
    """A SecureString as it is stored would be a key that opens nothing."""
    assert secrets.secret("GREETING") == "Hello!"


def test_rotated_secret_is_in_use_after_five_minutes(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not asked for by every call before that: both services count calls, and one charges for them."""
    now = 1000.0
    monkeypatch.setattr(secrets.time, "time", lambda: now)
    assert secrets.secret("PAYMENT_KEY") == "hush"
    manager = client(emulator.endpoint, "us-east-1", "secretsmanager")
    manager.put_secret_value(SecretId="secure-api/payment", SecretString="hush hush")

    now += 299
    assert secrets.secret("PAYMENT_KEY") == "hush"
    now += 1
    assert secrets.secret("PAYMENT_KEY") == "hush hush"
    manager.put_secret_value(SecretId="secure-api/payment", SecretString="hush")


def test_unnamed_secret_is_refused_by_name() -> None:
    """A mistyped one must not become a value."""
    with pytest.raises(LookupError, match="secretReferences must name PAYMENT"):
        secrets.secret("PAYMENT")


def test_boto3_is_imported_only_when_a_secret_is_fetched() -> None:
    """It would triple the cold start of a function that reads none."""
    code = "import sys, handler.app, handler.secrets; print('boto3' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert answer.stdout == "False\n"
