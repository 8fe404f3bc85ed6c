"""The files of a contract: to add a format, write a module that returns its text and add a line to `rendered`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from contract import amplify, environment, oidc, openapi, typescript
from contract.outputs import SCHEMA
from stacks.command_line import CommandError

# No public value looks like one of these: an AWS access key id, a private key, a signed token.
_SECRET_SHAPES = re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN|\beyJ[\w-]{8,}\.[\w-]{8,}\.")


def rendered(contract: Mapping[str, Any]) -> dict[str, str | None]:
    """Return each file's text by name; None for a file that does not apply to this stack."""
    return {
        "contract.json": as_json(contract),
        "contract.schema.json": SCHEMA.read_text(),
        "oidc.json": as_json(oidc.settings(contract)) if contract["endpoints"]["authorization"] else None,
        "openapi.json": as_json(openapi.document(contract)),
        "api.ts": typescript.module(contract),
        "amplify_outputs.json": as_json(amplify.outputs(contract)),
        **{name: environment.text(contract, prefix) for name, prefix in environment.PREFIXES.items()},
    }


def write(files: Mapping[str, str | None], folder: Path, secrets: Iterable[str] = ()) -> None:
    """Write the files and remove those that are None. CommandError, before any is written, if one has a secret."""
    known = tuple(secrets)
    for name, text in files.items():
        if text is not None and (_SECRET_SHAPES.search(text) or any(secret in text for secret in known)):
            raise CommandError(f"{name} must hold no secret, but a value is one; rename or remove that output")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            if text is None:
                (folder / name).unlink(missing_ok=True)
            else:
                (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{folder} must be writable, got: {error.strerror}") from None


def as_json(value: object) -> str:
    """Format a JSON file."""
    return json.dumps(value, indent=2) + "\n"
