"""Call a route in this process, where a debugger can stop in it: the function's own code, with the stack's settings.

It takes the place of the gateway and of Lambda for one call. The token is checked as always, by the function; what the
gateway would refuse before is refused by the function, too.
"""

from __future__ import annotations

import base64
import json
import os
import time
import uuid
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from handler.route import Route
from local.emulator import CREDENTIALS
from local.provider import client, refusals_in_one_line
from stacks.command_line import CommandError


def call(
    outputs: Mapping[str, Any], method: str, target: str, token: str | None, body: str | None
) -> tuple[int, str, str]:
    """Return status, reason and body of the answer. CommandError if the table has no such route."""
    from handler.routes import ROUTES  # noqa: PLC0415 - an error in a route's module belongs to this command alone

    route = _matching(ROUTES, method, urlsplit(target).path)
    name = outputs["release"]["functions"][route.function]["function"]
    with refusals_in_one_line():
        lambda_ = client(outputs["awsEndpointUrl"], outputs["region"], "lambda")
        described = lambda_.get_function_configuration(FunctionName=name)
    os.environ.update(described.get("Environment", {}).get("Variables", {}))
    os.environ.update(CREDENTIALS, AWS_REGION=outputs["region"], AWS_ENDPOINT_URL=outputs["awsEndpointUrl"])
    from handler.app import lambda_handler  # noqa: PLC0415 - it reads the environment

    event = _event(route.key, method, target, token, body)
    answer = lambda_handler(event, SimpleNamespace(aws_request_id=event["requestContext"]["requestId"]))
    status = int(answer["statusCode"])
    return status, HTTPStatus(status).phrase, str(answer.get("body", ""))


def _matching(routes: Iterable[Route], method: str, path: str) -> Route:
    """Return the route that the gateway chooses: one without a parameter in a segment goes before one with it."""
    given = path.split("/")
    found = [
        route
        for route in routes
        for own_method, _, own_path in [route.key.partition(" ")]
        for segments in [own_path.split("/")]
        if own_method == method
        and len(segments) == len(given)
        and all(one == other or (one.startswith("{") and other) for one, other in zip(segments, given, strict=True))
    ]
    if not found:
        raise CommandError(
            f"{method} {path} must be a route of the table in handler/routes.py; list them with: make routes"
        )
    return min(found, key=lambda route: route.key.count("{"))


def _event(key: str, method: str, target: str, token: str | None, body: str | None) -> dict[str, Any]:
    """Return the gateway's event, payload format 2.0."""
    path, _, query = target.partition("?")
    headers = {"host": "localhost", "user-agent": "python -m local"}
    request: dict[str, Any] = {
        "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "local"},
        "requestId": uuid.uuid4().hex,
        "routeKey": key,
        "stage": "$default",
        "timeEpoch": int(time.time() * 1000),
    }
    event = {"version": "2.0", "routeKey": key, "rawPath": path, "rawQueryString": query, "isBase64Encoded": False}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in claims.items()}
        request["authorizer"] = {"jwt": {"claims": texts, "scopes": None}}
    if query:
        pairs = parse_qsl(query, keep_blank_values=True)
        event["queryStringParameters"] = {name: ",".join(v for n, v in pairs if n == name) for name, _ in pairs}
    names = zip(key.partition(" ")[2].split("/"), path.split("/"), strict=True)
    if parameters := {name.strip("{}"): unquote(value) for name, value in names if name.startswith("{")}:
        event["pathParameters"] = parameters
    if body is not None:
        headers["content-type"] = "application/json"
        event["body"] = body
    return {**event, "headers": headers, "requestContext": request}
