"""The released contract, `released.json`, and the program's current one, evaluated without AWS."""

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
from handler import routes as table
from stacks.command_line import CommandError
from stacks.plan import plan_of

RELEASED = Path(__file__).parent / "released.json"
STACK = "prod"  # the promise to front ends is production's; the other stacks run the same program
# Placeholders for the outputs that differ by environment; all other outputs follow from the program.
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
    """Read the released contract. CommandError if there is none."""
    try:
        found: dict[str, Any] = json.loads(RELEASED.read_text())
    except (OSError, ValueError):
        raise CommandError(
            f"contract/{RELEASED.name} must hold the released contract; write it with: make contract-release"
        ) from None
    return found


def version() -> str:
    """Return the released version."""
    return str(released()["contractVersion"])


def program_outputs() -> dict[str, Any]:
    """Evaluate the program without AWS; return its outputs, with placeholders for those of an environment."""
    try:
        outputs = plan_of(STACK).outputs
    except CommandError as error:
        raise CommandError(f"the program must evaluate to know its contract, got: {error}") from None
    return {
        name: _placed(value, _PLACEHOLDERS.get(name)) for name, value in outputs.items() if name not in FOR_OPERATORS
    }


def since_release(before: Mapping[str, Any], outputs: Mapping[str, Any]) -> list[Change]:
    """Return the changes from the released contract to this checkout's outputs and routes."""
    return changes.between(before, {"outputs": allowed(outputs), **described(table.ROUTES)}, list(outputs))


def write(outputs: Mapping[str, Any], version: str, path: Path | None = None) -> None:
    """Write the released contract."""
    (path or RELEASED).write_text(as_json(contract(outputs, version, table.ROUTES)), encoding="utf-8")


def _placed(value: Any, placeholder: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(placeholder, Mapping):
        return {name: placeholder.get(name, below) for name, below in value.items()}
    return value if placeholder is None else placeholder
