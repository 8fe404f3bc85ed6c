"""A stack's outputs and settings, read with suspicion: tokens go where they say."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from proof.access import Throttle
from proof.target import Expected, expected_of, of_outputs, read
from stacks import ROOT
from stacks.command_line import CommandError

POOL = "eu-central-1_AbCdEf123"
OUTPUTS: dict[str, Any] = {
    "apiUrl": "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
    "region": "eu-central-1",
    "userPoolId": POOL,
    "userPoolClientId": "1client",
    "issuer": f"https://cognito-idp.eu-central-1.amazonaws.com/{POOL}",
    "authDomain": "https://secure-api-dev.auth.eu-central-1.amazoncognito.com",
    "scopes": ["api/reports.read"],
}


def arguments(path: Path | None = None, stack: str | None = None, settings: str | None = None) -> argparse.Namespace:
    return argparse.Namespace(outputs=path, stack=stack, settings=settings)


def test_deployed_stack_is_understood() -> None:
    """Addresses that are not in the outputs follow from those that are."""
    target = of_outputs({**OUTPUTS, "appClientIds": {"nightly": "2machine"}}, None)
    assert (target.api_id, target.client_ids, target.is_local) == ("a1b2c3d4e5", ("1client", "2machine"), False)
    assert target.keys_url == f"{OUTPUTS['issuer']}/.well-known/jwks.json"
    assert of_outputs({**OUTPUTS, "apiUrl": "https://api.example.com/"}, None).api_id is None
    assert of_outputs({**OUTPUTS, "authDomain": None}, None).sign_in_url is None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"apiUrl": "http://api.example.com"}, "apiUrl must be https://"),
        ({"apiUrl": "a1b2c3d4e5"}, "apiUrl must be the URL of a stack"),
        ({"apiUrl": "https://user@api.example.com"}, "apiUrl must be the URL of a stack"),
        ({"apiUrl": "https://api.example.com/?x"}, "apiUrl must be the URL of a stack"),
        ({"authDomain": "http://sign-in.example.com"}, "authDomain must be https://"),
        ({"issuer": "https://evil.example/pool"}, "issuer must be that of pool"),
        ({"issuer": OUTPUTS["issuer"] + "x"}, "issuer must be that of pool"),
        ({"awsEndpointUrl": "https://aws.example.com"}, "awsEndpointUrl must be on this machine"),
        ({"awsEndpointUrl": "http://localhost.example.com"}, "awsEndpointUrl must be"),
    ],
)
def test_address_that_a_token_must_not_go_to_is_refused(change: dict[str, str], said: str) -> None:
    """A mistyped file must cost a message, not a user's token; and the emulator's name opens no way around TLS."""
    with pytest.raises(CommandError, match=said):
        of_outputs({**OUTPUTS, **change}, None)


def test_settings_are_those_of_the_stack() -> None:
    """What the front end may be is the stack's own word, defaults included."""
    assert expected_of("local") == Expected(
        stack="local",
        origins=("http://localhost:5173",),
        callback_url="http://localhost:5173/",
        accept_id_tokens=False,
        throttle=Throttle(rate=50, burst=100),
    )


def test_settings_that_the_cli_wrote_as_text_are_read(tmp_path: Path) -> None:
    """`pulumi config set` writes text; a list or a boolean in it is meant as such."""
    (tmp_path / "Pulumi.yaml").write_text((ROOT / "Pulumi.yaml").read_text())
    values = {
        "secure-serverless-api:allowedOrigins": '["https://app.example.com"]',
        "secure-serverless-api:callbackUrls": ["https://app.example.com/"],
        "secure-serverless-api:acceptIdTokens": "true",
        "secure-serverless-api:throttleRate": "7",
    }
    (tmp_path / "Pulumi.prod.yaml").write_text(json.dumps({"config": values}))
    found = expected_of("prod", tmp_path)
    assert (found.origins, found.accept_id_tokens) == (("https://app.example.com",), True)
    assert found.throttle == Throttle(rate=7, burst=100)

    (tmp_path / "Pulumi.empty.yaml").write_text("{}")
    with pytest.raises(CommandError, match=r"Pulumi\.empty\.yaml must hold the stack's settings"):
        expected_of("empty", tmp_path)


def test_stack_of_a_local_run_is_found(tmp_path: Path) -> None:
    """The run knows which settings it came up with; without its word it is the usual one."""
    path = tmp_path / "outputs.json"
    local = {"apiUrl": "http://127.0.0.1:4566/_aws/execute-api/0123abcd", "awsEndpointUrl": "http://127.0.0.1:4566"}
    path.write_text(json.dumps({**OUTPUTS, **local}))
    target = read(arguments(path))
    assert (target.api_id, target.expected and target.expected.stack) == ("0123abcd", "local")
    assert target.keys_url == f"http://127.0.0.1:4566/{POOL}/.well-known/jwks.json"

    (tmp_path / "run.json").write_text('{"stack": "dev"}')
    found = read(arguments(path)).expected
    assert found is not None
    assert found.stack == "dev"


def test_settings_of_a_file_are_unknown_unless_named(tmp_path: Path) -> None:
    """Outputs do not say which stack they are of; a guess would prove the wrong thing."""
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps(OUTPUTS))
    assert read(arguments(path)).expected is None
    assert read(arguments(path, settings="dev")).expected == expected_of("dev")
    with pytest.raises(CommandError, match=r"--settings must be one of .*got nowhere"):
        read(arguments(path, settings="nowhere"))


def test_missing_outputs_are_one_line(tmp_path: Path) -> None:
    """The usual reason is that nothing runs; the line says how to start it."""
    with pytest.raises(CommandError, match="make up"):
        read(arguments(tmp_path / "none.json"))
