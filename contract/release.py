"""The contract of the last release, `released.json`, and the program's own, evaluated without AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contract import changes
from contract.changes import Change
from contract.document import contract, described
from contract.files import as_json
from contract.outputs import FOR_OPERATORS, allowed
from stacks.command_line import CommandError
from stacks.plan import plan_of

RELEASED = Path(__file__).parent / "released.json"
STACK = "prod"  # what front ends are promised; the others have the same program
# What an environment has of its own, by output; everything else is the program's.
_PLACEHOLDERS: Mapping[str, Any] = {
    "apiUrl": "https://api.example.com",
    "region": "eu-central-1",
    "userPoolId": "eu-central-1_example",
    "userPoolClientId": "example",
    "issuer": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example",
    "authDomain": "https://example.auth.eu-central-1.amazoncognito.com",
    "signIn": {"callbackUrls": ["https://app.example.com/"], "logoutUrls": ["https://app.example.com/"]},
}


def released() -> dict[str, Any]:
    """The contract of the last release. CommandError if there is none."""
    try:
        found: dict[str, Any] = json.loads(RELEASED.read_text())
    except (OSError, ValueError):
        raise CommandError(
            f"{RELEASED.name} must hold the last release's contract; write it with: make contract-release"
        ) from None
    return found


def version() -> str:
    """The version that front ends see."""
    return str(released()["contractVersion"])


def program_outputs() -> dict[str, Any]:
    """The program's outputs for front ends, evaluated without AWS, with placeholders for what is an environment's."""
    try:
        outputs = plan_of(STACK).outputs
    except CommandError as error:
        raise CommandError(f"the program must evaluate to know its contract, got: {error}") from None
    return {
        name: _placed(value, _PLACEHOLDERS.get(name)) for name, value in outputs.items() if name not in FOR_OPERATORS
    }


def since_release(before: Mapping[str, Any], outputs: Mapping[str, Any]) -> list[Change]:
    """What changed from the last release to a program with these outputs and this checkout's routes."""
    return changes.between(before, {"outputs": allowed(outputs), **described()}, list(outputs))


def write(outputs: Mapping[str, Any], version: str, path: Path | None = None) -> None:
    """Make this the last release."""
    (path or RELEASED).write_text(as_json(contract(outputs, version=version)), encoding="utf-8")


def _placed(value: Any, placeholder: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(placeholder, Mapping):
        return {name: placeholder.get(name, below) for name, below in value.items()}
    return value if placeholder is None else placeholder
