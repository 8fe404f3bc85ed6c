"""What of a stack's outputs leaves for a front end: an allow-list, which is the contract's own schema."""

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
FOR_OPERATORS = frozenset({"release"})  # outputs that tools of the deployment read, and no front end
_SECRET = "[secret]"  # what the Pulumi CLI prints in place of a secret output  # noqa: S105
_SECRET_MARK = "4dabf18193072939515e22adb298388d"  # the member by which Pulumi's own files tell a secret  # noqa: S105
_SECRET_NAME = re.compile(r"secret|password|credential|private_?key|api_?key|tokens?$", re.IGNORECASE)


@cache
def schema() -> Mapping[str, Any]:
    """The contract's JSON Schema."""
    parsed: dict[str, Any] = json.loads(SCHEMA.read_text())
    return parsed


def public(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs that a front end may see, each of its declared shape. CommandError for one that cannot be right.

    No error quotes a value: one that does not fit may be a secret that stands in the wrong place.
    """
    picked = allowed(outputs)
    for path in _paths(picked):
        if path[-1] == _SECRET or _SECRET_MARK in path:
            names = [name for name in path[:-1] if name != _SECRET_MARK]
            raise CommandError(f"output {_joined(names)} must be public, but the stack marks it as a secret")
    check(picked, "outputs")
    return picked


def allowed(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs that the schema declares, and of those the members; right or wrong."""
    picked: dict[str, Any] = _picked(outputs, schema()["$defs"]["outputs"])
    return picked


def check(document: object, part: str | None = None) -> None:
    """CommandError, naming the member and its rule, unless the contract, or the named part, fits its schema."""
    whole = schema() if part is None else {**schema()["$defs"][part], "$defs": schema()["$defs"]}
    error = best_match(Draft202012Validator(whole).iter_errors(document))
    if error is not None:
        raise CommandError(_problem(error, "output" if part == "outputs" else "contract"))


def secrets_of(outputs: Mapping[str, Any]) -> Iterator[str]:
    """Every text below an output whose name says that it is secret: none of them may be in any file."""
    for path in _paths(outputs):
        *names, text = path
        if len(text) >= 8 and any(_SECRET_NAME.search(name) for name in names):
            yield text


def endpoints(outputs: Mapping[str, Any]) -> dict[str, str | None]:
    """OpenID Connect's endpoints and Cognito's own API, which on this machine are all the emulator's."""
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
    """Where a browser goes to end its session: Cognito's own way, not OpenID Connect's (LOGOUT endpoint)."""
    page = outputs["authDomain"]
    query = {"client_id": outputs["userPoolClientId"], "logout_uri": outputs["signIn"]["logoutUrls"][0]}
    return page and f"{page}/logout?{urlencode(query)}"


def _picked(value: Any, shape: Mapping[str, Any]) -> Any:
    """The members that the schema declares, at every depth; what it does not know is left behind."""
    if "$ref" in shape:
        shape = schema()["$defs"][shape["$ref"].removeprefix("#/$defs/")]
    if isinstance(value, Mapping) and "properties" in shape:
        return {name: _picked(value[name], below) for name, below in shape["properties"].items() if name in value}
    if isinstance(value, float) and value.is_integer():
        return int(value)  # Pulumi has one kind of number
    return value


def _paths(value: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every text in a value, after the names that lead to it."""
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
        return f"{what} {place} must be there; bring the stack up to date with this checkout"
    place = _joined(error.absolute_path)
    if error.validator == "additionalProperties":
        return f"{what} {place} must have the members of {SCHEMA.name} and no other"
    described = isinstance(error.schema, Mapping) and error.schema.get("description")
    rule = described or f"fit {SCHEMA.name} ({error.validator})"
    return f"{what} {place} must be {rule}" if described else f"{what} {place} must {rule}"
