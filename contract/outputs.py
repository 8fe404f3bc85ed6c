"""The outputs that front ends may see: an allow-list, which is the contract's JSON Schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from stacks.command_line import CommandError

SCHEMA = Path(__file__).parent / "contract.schema.json"
FOR_OPERATORS = frozenset({"release", "revocation"})  # outputs for the deployment's tools, not for front ends
_SECRET = "[secret]"  # noqa: S105 - what the Pulumi CLI prints in place of a secret output
_SECRET_MARK = "4dabf18193072939515e22adb298388d"  # noqa: S105 - the member by which Pulumi's own files tell a secret
_SECRET_NAME = re.compile(r"secret|password|credential|private_?key|api_?key|tokens?$", re.IGNORECASE)


@cache
def schema() -> Mapping[str, Any]:
    """Return the contract's JSON Schema."""
    parsed: dict[str, Any] = json.loads(SCHEMA.read_text())
    return parsed


def public(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs that front ends may see. CommandError for one that does not have its declared shape.

    No error quotes a value: a value of the wrong shape may be a secret in the wrong place.
    """
    picked = allowed(outputs)
    for path in _paths(picked):
        if path[-1] == _SECRET or _SECRET_MARK in path:
            names = [name for name in path[:-1] if name != _SECRET_MARK]
            raise CommandError(f"output {_joined(names)} must be public, but the stack marks it as a secret")
    check(picked, "outputs")
    return picked


def allowed(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the outputs and members that the schema declares, without checking their values."""
    picked: dict[str, Any] = _picked(outputs, schema()["$defs"]["outputs"])
    return picked


def check(document: object, part: str | None = None) -> None:
    """Raise a CommandError that names member and rule, unless the contract, or a part of it, is valid by its schema."""
    whole = schema() if part is None else {**schema()["$defs"][part], "$defs": schema()["$defs"]}
    error = best_match(Draft202012Validator(whole).iter_errors(document))
    if error is not None:
        raise CommandError(_problem(error, "output" if part == "outputs" else "contract"))


def secrets_of(outputs: Mapping[str, Any]) -> Iterator[str]:
    """Yield every text inside an output with a secret's name: none of them may be in a file."""
    for path in _paths(outputs):
        *names, text = path
        if len(text) >= 8 and any(_SECRET_NAME.search(name) for name in names):
            yield text


def endpoints(outputs: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the endpoints of OpenID Connect and of Cognito's API; in a local run they are all the emulator's."""
    page, emulator = outputs["authDomain"], outputs.get("awsEndpointUrl")
    issuer, pool = outputs["issuer"], outputs["userPoolId"]
    return {
        **{
            name: page and f"{page}{path}"
            for name, path in (
                ("authorization", "/oauth2/authorize"),
                ("token", "/oauth2/token"),
                ("userInfo", "/oauth2/userInfo"),
                ("revocation", "/oauth2/revoke"),
                ("signOut", "/logout"),
            )
        },
        "keys": f"{emulator}/{pool}/.well-known/jwks.json" if emulator else f"{issuer}/.well-known/jwks.json",
        "userPools": emulator or issuer.removesuffix(f"/{pool}"),
    }


def sign_out_url(outputs: Mapping[str, Any]) -> str | None:
    """Return the URL that ends a browser's session: Cognito's LOGOUT endpoint, not OpenID Connect's."""
    page = outputs["authDomain"]
    query = {"client_id": outputs["userPoolClientId"], "logout_uri": outputs["signIn"]["logoutUrls"][0]}
    return page and f"{page}/logout?{urlencode(query)}"


def _picked(value: Any, shape: Mapping[str, Any]) -> Any:
    """Return the members that the schema declares, at every depth, and drop the others."""
    if "$ref" in shape:
        shape = schema()["$defs"][shape["$ref"].removeprefix("#/$defs/")]
    if isinstance(value, Mapping) and "properties" in shape:
        return {name: _picked(value[name], below) for name, below in shape["properties"].items() if name in value}
    if isinstance(value, float) and value.is_integer():
        return int(value)  # Pulumi has one kind of number
    return value


def _paths(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every text in a value, preceded by the names on its path."""
    if isinstance(value, str):
        yield (*above, value)
    elif isinstance(value, Mapping):
        for name, below in value.items():
            yield from _paths(below, (*above, name))
    elif isinstance(value, list | tuple):
        for below in value:
            yield from _paths(below, above)


def _joined(path: Iterable[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _problem(error: ValidationError, what: str) -> str:
    if error.validator == "required":
        missing = error.message.split("'")[1]
        place = _joined([*error.absolute_path, missing])
        return f"{what} {place} must be there; deploy this checkout to the stack"
    place = _joined(error.absolute_path)
    if error.validator == "additionalProperties":
        return f"{what} {place} must have the members of {SCHEMA.name} and no other"
    described = isinstance(error.schema, Mapping) and error.schema.get("description")
    rule = described or f"fit {SCHEMA.name} ({error.validator})"
    return f"{what} {place} must be {rule}" if described else f"{what} {place} must {rule}"
