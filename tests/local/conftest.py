"""One stack on the emulator for all tests here: what `make up` runs, in this process, so that it ends with it."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests

from local.deployment import Steps, bring_up
from local.emulator import Emulator
from local.users import Users, new_password
from stacks import ROOT
from stacks.engine import Stack
from tests.local import commands
from tests.own_program import imported_from, project


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with Emulator(0, "us-east-1", tmp_path_factory.mktemp("local")) as running:
        yield running


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the tests' own route table and settings."""
    return project(tmp_path_factory.mktemp("project") / "copy")


@pytest.fixture(scope="session")
def outputs(emulator: Emulator, checkout: Path) -> dict[str, Any]:
    """The stack's outputs, as a front end reads them from .local/outputs.json."""
    with imported_from(checkout):
        return bring_up(Stack.load("local", checkout), emulator, Steps(show=lambda _: None))


@pytest.fixture(scope="session")
def cognito(outputs: dict[str, Any]) -> Any:
    """boto3's own client, made as a stranger would make it: from the outputs alone."""
    return boto3.client(
        "cognito-idp",
        endpoint_url=outputs["awsEndpointUrl"],
        region_name=outputs["region"],
        aws_access_key_id="any",
        aws_secret_access_key="any",
    )


@pytest.fixture(scope="session")
def users(outputs: dict[str, Any]) -> Users:
    return Users(outputs, new_password())


@pytest.fixture
def username() -> str:
    """A user name that no other test has."""
    return f"user-{uuid.uuid4().hex[:12]}"


class Api:
    """The API, called the way a client calls it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str, token: str | None = None, **headers: str) -> requests.Response:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return requests.get(self.url + path, headers=headers, timeout=30)

    def delete(self, path: str, token: str) -> requests.Response:
        return requests.delete(self.url + path, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def post(self, path: str, token: str | None, body: Any, **headers: str) -> requests.Response:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return requests.post(self.url + path, headers=headers, json=body, timeout=30)


@pytest.fixture(scope="session")
def api(outputs: dict[str, Any]) -> Api:
    return Api(outputs["apiUrl"])


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A run's folder; whatever a test left running in it is ended."""
    path = tmp_path / "run"
    yield path
    subprocess.run(commands.local(path, "down"), cwd=ROOT, check=False, capture_output=True, timeout=commands.DEADLINE)
    assert commands.processes_in(path) == []


@pytest.fixture
def own_project(tmp_path: Path) -> Path:
    """A copy of the project to break."""
    return project(tmp_path / "project")
