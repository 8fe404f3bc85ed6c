"""One stack on the emulator for all tests here, with a route table of the tests' own, and a way to break it."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.deployment import Steps, bring_up
from local.emulator import Emulator
from proof import access
from proof.__main__ import main
from proof.access import Table
from proof.aws import client_of
from proof.client import Client
from proof.target import Target, expected_of, of_outputs
from stacks import ROOT
from stacks.engine import Stack
from tests.handler.table import TABLE
from tests.own_program import imported_from, project


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with the tests' own route table and settings."""
    return project(tmp_path_factory.mktemp("program") / "copy")


@pytest.fixture(scope="session")
def outputs(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with Emulator(0, "us-east-1", tmp_path_factory.mktemp("proof")) as emulator:
        with imported_from(program):
            found = bring_up(Stack.load("local", program), emulator, Steps(show=lambda _: None))
        yield found


@pytest.fixture(scope="session")
def outputs_file(outputs: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("outputs") / "outputs.json"
    path.write_text(json.dumps(outputs))
    return path


@pytest.fixture(scope="session")
def target(outputs: dict[str, Any], program: Path) -> Target:
    return of_outputs(outputs, expected_of("local", program))


@pytest.fixture(scope="session")
def table() -> Table:
    return Table(routes=tuple(map(access.of, TABLE)), throttle=access.default_throttle(ROOT / "Pulumi.yaml"))


@pytest.fixture
def client(target: Target) -> Iterator[Client]:
    with Client(target) as bound:
        yield bound


class Breaker:
    """Changes the deployed stack behind the program's back, as a person with a console would; `undo` reverts it."""

    def __init__(self, target: Target) -> None:
        self._api_id = target.api_id
        self._gateway, self._lambda = client_of(target, "apigatewayv2"), client_of(target, "lambda")
        self._undo = contextlib.ExitStack()

    def undo(self) -> None:
        self._undo.close()

    def route(self, key: str, **changes: Any) -> None:
        route = next(item for item in self._gateway.get_routes(ApiId=self._api_id)["Items"] if item["RouteKey"] == key)
        where = {"ApiId": self._api_id, "RouteId": route["RouteId"]}
        before = {name: route.get(name, [] if name == "AuthorizationScopes" else "") for name in changes}
        self._gateway.update_route(**where, **changes)
        self._undo.callback(self._gateway.update_route, **where, **before)

    def new_route(self, key: str) -> None:
        like = self._gateway.get_routes(ApiId=self._api_id)["Items"][0]
        made = self._gateway.create_route(ApiId=self._api_id, RouteKey=key, Target=like["Target"])
        self._undo.callback(self._gateway.delete_route, ApiId=self._api_id, RouteId=made["RouteId"])

    def jwt(self, **changes: Any) -> None:
        authorizer = self._gateway.get_authorizers(ApiId=self._api_id)["Items"][0]
        where = {"ApiId": self._api_id, "AuthorizerId": authorizer["AuthorizerId"]}
        before = authorizer["JwtConfiguration"]
        self._gateway.update_authorizer(**where, JwtConfiguration={**before, **changes})
        self._undo.callback(self._gateway.update_authorizer, **where, JwtConfiguration=before)

    def cors(self, **changes: Any) -> None:
        before = self._gateway.get_api(ApiId=self._api_id)["CorsConfiguration"]
        self._gateway.update_api(ApiId=self._api_id, CorsConfiguration={**before, **changes})
        self._undo.callback(self._gateway.update_api, ApiId=self._api_id, CorsConfiguration=before)

    def function(self, source: str) -> None:
        """Replace the function's handler by this source."""
        name = self._lambda.list_functions()["Functions"][0]["FunctionName"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            files.writestr("handler/__init__.py", "")
            files.writestr("handler/app.py", source)
        made = self._lambda.update_function_code(FunctionName=name, ZipFile=archive.getvalue(), Publish=True)
        self._go_live(name, made["Version"])

    def without_variables(self, *names: str) -> None:
        """Take variables from the function's environment."""
        name = self._lambda.list_functions()["Functions"][0]["FunctionName"]
        before = self._lambda.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        left = {"Variables": {key: value for key, value in before.items() if key not in names}}
        whole = {"FunctionName": name, "Environment": {"Variables": before}}
        self._undo.callback(self._lambda.update_function_configuration, **whole)
        self._lambda.update_function_configuration(FunctionName=name, Environment=left)
        self._go_live(name, self._lambda.publish_version(FunctionName=name)["Version"])

    def _go_live(self, name: str, version: str) -> None:
        """Move the alias, which the API calls: its version answers, whatever the function's newest code is."""
        before = self._lambda.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
        self._lambda.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
        self._undo.callback(self._lambda.update_alias, FunctionName=name, Name="live", FunctionVersion=before)


@pytest.fixture
def breaker(target: Target) -> Iterator[Breaker]:
    made = Breaker(target)
    yield made
    made.undo()


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def proof(
    outputs_file: Path, program: Path, table: Table, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Return a function that runs a command on the stack and returns its exit status, output and errors."""
    monkeypatch.setattr(access, "current", lambda: table)

    def run(command: str, *arguments: str) -> tuple[int, str, str]:
        status = main([command, "--outputs", str(outputs_file), *arguments], program)
        said = capsys.readouterr()
        return status, said.out, said.err

    return run
