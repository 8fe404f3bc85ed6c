"""The contract document: a stack's public outputs, the URLs that follow from them, and the routes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from contract.outputs import check, endpoints, public, sign_out_url
from contract.schema import Schemas
from handler.endpoint import cache_control
from handler.route import Route
from proof import access
from stacks.command_line import CommandError


def contract(outputs: Mapping[str, Any], version: str, routes: Sequence[Route]) -> dict[str, Any]:
    """Return the document, valid by contract.schema.json. CommandError for outputs that are not, or of other routes."""
    known = public(outputs)
    _check_routes(known["routes"], routes)
    document = {
        "$schema": "contract.schema.json",
        "contractVersion": version,
        "outputs": known,
        "endpoints": endpoints(known),
        "signOutUrl": sign_out_url(known),
        **described(routes),
    }
    check(document)
    return document


def described(routes: Sequence[Route]) -> dict[str, Any]:
    """Return the routes and the schemas of their bodies by name. CommandError for a type that has no schema."""
    schemas = Schemas()
    return {"routes": [_route(route, schemas) for route in routes], "schemas": schemas.by_name}


def operation_id(key: str) -> str:
    """Return a route's name in generated code: `getHello` for GET /hello, `getNotesById` for GET /notes/{id}."""
    method, _, path = key.partition(" ")
    parts = [f"By-{part[1:-1]}" if part.startswith("{") else part for part in path.split("/") if part]
    words = [word for part in parts for word in re.split(r"[^A-Za-z0-9]+", part) if word]
    return method.lower() + "".join(word[0].upper() + word[1:] for word in words)


def _route(route: Route, schemas: Schemas) -> dict[str, Any]:
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
        "parameters": schemas.parameters(route),
        "request": schemas.reference(route.request),
        "status": route.status,
        "response": schemas.reference(route.response),
        "answerHeaders": sorted(route.answer_headers),
        "cacheControl": cache_control(route),
        "errors": [{"status": each.status, "code": each.reason, "message": each.message} for each in route.errors],
    }


def _check_routes(deployed: Sequence[str], routes: Sequence[Route]) -> None:
    """Raise CommandError if the stack runs another commit's routes: its contract would be wrong."""
    ours = [route.key for route in routes]
    missing, unknown = sorted(set(ours) - set(deployed)), sorted(set(deployed) - set(ours))
    if missing or unknown:
        said = [f"lacks {', '.join(missing)}"] if missing else []
        said += [f"has {', '.join(unknown)} besides"] if unknown else []
        raise CommandError(
            f"the stack must have this checkout's routes, but {' and '.join(said)}; check out its commit"
        )
