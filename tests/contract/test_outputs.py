"""The outputs for front ends: an allow-list that no secret passes, wherever it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contract.__main__ import main
from contract.document import contract
from contract.outputs import FOR_OPERATORS, public, schema
from stacks.command_line import CommandError
from stacks.plan import plan_of
from tests.handler.table import HEALTH, TABLE

SECRET = "1q8f0" * 10 + "z"  # of the length and alphabet of an app client's secret


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value inside, containers included."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(below, (*path, key))


def put(value: Any, path: tuple[str | int, ...], new: object) -> None:
    for key in path[:-1]:
        value = value[key]
    value[path[-1]] = new


def write(outputs: dict[str, Any], folder: Path) -> int:
    source = folder / "outputs.json"
    source.write_text(json.dumps(outputs))
    return main(["--to", str(folder / "made"), "--outputs", str(source)])


def written(folder: Path) -> str:
    return "".join(
        path.read_text() for path in sorted((folder / "made").glob("*")) + sorted((folder / "made").glob(".*"))
    )


class TestSchema:
    def test_schema_is_a_schema(self) -> None:
        """An invalid schema would accept everything."""
        Draft202012Validator.check_schema(schema())

    def test_schema_knows_exactly_the_programs_outputs(self, outputs: dict[str, Any]) -> None:
        """A new output is left out of the contract until somebody decides that it is public."""
        exported = {*plan_of("prod").outputs, "appClientIds"} - FOR_OPERATORS
        declared = schema()["$defs"]["outputs"]["properties"].keys() - {"awsEndpointUrl"}

        assert not exported - declared, (
            f"add {exported - declared} to $defs.outputs in contract/contract.schema.json, if they are for front ends; "
            "else to FOR_OPERATORS in contract/outputs.py"
        )
        assert not declared - exported, f"__main__.py must export {declared - exported}"
        assert schema()["$defs"]["signIn"]["properties"].keys() == outputs["signIn"].keys()


class TestSecrets:
    @pytest.mark.parametrize(
        "where", ["appClientSecrets", "databasePassword", "clients", "internal", "SIGN_IN", "apiUrl2"]
    )
    def test_unknown_output_is_left_out(self, outputs: dict[str, Any], tmp_path: Path, where: str) -> None:
        """An output for operators must not reach front ends."""
        outputs[where] = {"first": {"clientId": "1abc", "clientSecret": SECRET}} if where == "clients" else SECRET

        assert write(outputs, tmp_path) == 0
        assert "callback" in written(tmp_path)
        assert SECRET not in written(tmp_path)

    @pytest.mark.parametrize("where", ["signIn", "signIn.passwordPolicy"])
    def test_unknown_member_is_left_out(self, outputs: dict[str, Any], tmp_path: Path, where: str) -> None:
        """An unknown member is left out as well."""
        inside = outputs
        for name in where.split("."):
            inside = inside[name]
        inside["clientSecret"] = SECRET

        assert write(outputs, tmp_path) == 0
        assert SECRET not in written(tmp_path)

    def test_secret_in_the_place_of_any_value_stops_it(
        self, outputs: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A secret in any public output stops the command, and no error quotes it."""
        tried = 0
        del outputs["appClientSecrets"]
        for path in list(places(outputs)):
            if "groups" in path and isinstance(path[-1], int):
                continue  # any text is a group's name; the next test holds those
            broken = json.loads(json.dumps(outputs))
            put(broken, path, SECRET)
            assert write(broken, tmp_path) == 1, path
            said = capsys.readouterr()
            assert SECRET not in said.err + said.out, path
            assert said.err.startswith("contract: output "), path
            tried += 1
        assert tried > 20
        assert not (tmp_path / "made").exists()

    def test_value_of_a_secret_output_is_found_wherever_it_comes_out(
        self, outputs: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Secrets of the stack are found even where any text is valid."""
        tried = 0
        for path in list(places(outputs)):
            if not isinstance(path[-1], int):
                continue
            broken = json.loads(json.dumps(outputs))
            put(broken, path, SECRET)
            broken["appClientSecrets"] = {"nightly": SECRET}
            assert write(broken, tmp_path) == 1, path
            assert SECRET not in capsys.readouterr().err, path
            tried += 1
        assert tried > 8
        assert not (tmp_path / "made").exists()

    @pytest.mark.parametrize(
        "text", ["AKIAIOSFODNN7EXAMPLE", "-----BEGIN-RSA", "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"]
    )
    def test_what_looks_secret_is_refused(self, outputs: dict[str, Any], tmp_path: Path, text: str) -> None:
        """Values that look like credentials are refused."""
        outputs["signIn"]["groups"] = [text]

        assert write(outputs, tmp_path) == 1
        assert not (tmp_path / "made").exists()

    @pytest.mark.parametrize(
        "marked", ["[secret]", {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}]
    )
    def test_output_marked_secret_is_refused(self, outputs: dict[str, Any], marked: object) -> None:
        """The CLI's placeholder and Pulumi's secret marker are both recognized."""
        for name in outputs.keys() - {"appClientSecrets"}:
            with pytest.raises(CommandError, match=rf"^output {name}"):
                public({**outputs, name: marked})


class TestRefusals:
    def test_missing_output(self, outputs: dict[str, Any]) -> None:
        """An older stack lacks an output; the remedy is a deployment."""
        del outputs["signIn"]
        with pytest.raises(CommandError, match=r"^output signIn must be there; deploy "):
            public(outputs)

    @pytest.mark.parametrize(
        "address",
        ["http://api.example.com", "https://ann:word@api.example.com", "https://a/?key=1", "api.example.com", "", None],
    )
    def test_address_that_tokens_must_not_go_to(self, outputs: dict[str, Any], address: object) -> None:
        """Front ends send their users' tokens to this URL."""
        with pytest.raises(CommandError, match=r"^output apiUrl must be .*https://"):
            public({**outputs, "apiUrl": address})

    @pytest.mark.parametrize(
        "endpoint", ["http://10.0.0.1:4566", "https://aws.example.com", "http://localhost.evil.com"]
    )
    def test_emulator_that_is_not_on_this_machine(self, outputs: dict[str, Any], endpoint: str) -> None:
        """Front ends send passwords to this URL."""
        with pytest.raises(CommandError, match="output awsEndpointUrl must be the emulator's address on this machine"):
            public({**outputs, "awsEndpointUrl": endpoint})

    def test_stack_of_another_commit(self, outputs: dict[str, Any]) -> None:
        """A contract from another table would have wrong routes."""
        outputs["routes"] = ["GET /gone" if key == HEALTH else key for key in outputs["routes"]]
        with pytest.raises(CommandError, match=r"lacks GET /health and has GET /gone .*check out its commit"):
            contract(outputs, "1.0.0", TABLE)
