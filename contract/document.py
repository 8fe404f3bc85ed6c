"""The contract itself: a stack's public outputs, the addresses that follow from them, and the routes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from contract import VERSION, ContractError
from contract.outputs import check, endpoints, public, sign_out_url
from handler.routes import ROUTES, Route
from proof import access


def contract(outputs: Mapping[str, Any], routes: Sequence[Route] = ROUTES, version: str = VERSION) -> dict[str, Any]:
    """The document, which fits contract.schema.json. ContractError if the outputs do not, or are of other routes."""
    known = public(outputs)
    _check_routes(known["routes"], routes)
    document = {
        "$schema": "contract.schema.json",
        "contractVersion": version,
        "outputs": known,
        "endpoints": endpoints(known),
        "signOutUrl": sign_out_url(known),
        "routes": [_route(route) for route in routes],
        "schemas": {},
    }
    check(document)
    return document


def operation_id(key: str) -> str:
    """A route's name in generated code: `getHello` for GET /hello, `getNotesById` for GET /notes/{id}."""
    method, _, path = key.partition(" ")
    parts = [f"By-{part[1:-1]}" if part.startswith("{") else part for part in path.split("/") if part]
    words = [word for part in parts for word in re.split(r"[^A-Za-z0-9]+", part) if word]
    return method.lower() + "".join(word[0].upper() + word[1:] for word in words)


def _route(route: Route) -> dict[str, Any]:
    method, _, path = route.key.partition(" ")
    return {
        "key": route.key,
        "method": method,
        "path": path,
        "operationId": operation_id(route.key),
        "summary": route.summary,
        "who": access.of(route).who,
        "public": route.public,
        "scopes": list(route.scopes),
        "groups": list(route.groups),
        "request": None,
        "status": 200,
        "response": None,
    }


def _check_routes(deployed: Sequence[str], routes: Sequence[Route]) -> None:
    """A deployed stack may be of another commit, and a contract that names its routes wrongly is worse than none."""
    ours = [route.key for route in routes]
    missing, unknown = sorted(set(ours) - set(deployed)), sorted(set(deployed) - set(ours))
    if missing or unknown:
        said = [f"lacks {', '.join(missing)}"] if missing else []
        said += [f"has {', '.join(unknown)} besides"] if unknown else []
        raise ContractError(
            f"the stack must have this checkout's routes, but {' and '.join(said)}; check out the commit that it runs"
        )
