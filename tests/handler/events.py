"""HTTP API events in payload format 2.0, in the shape API Gateway sends them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

Pairs = Iterable[tuple[str, str]]

API_ID = "a1b2c3d4e5"
DOMAIN = f"{API_ID}.execute-api.us-east-1.amazonaws.com"


def http_event(
    route: str,
    headers: Pairs = (),
    *,
    claims: Mapping[str, Any] | None = None,
    request: str = "",
    body: str | None = None,
) -> dict[str, Any]:
    """The event of one request that API Gateway matched to `route`.

    `headers` are pairs as a client sends them, repeated names and all; `request` is the method and target on the wire
    where it is not the route's own; `claims` are those of the JWT authorizer's context, None for a route without one.
    """
    method, _, target = (request or route).partition(" ")
    path, _, query = target.partition("?")
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route,
        "rawPath": path,
        "rawQueryString": query,
        "headers": _joined(headers),
        "requestContext": {
            "accountId": "123456789012",
            "apiId": API_ID,
            "domainName": DOMAIN,
            "domainPrefix": API_ID,
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.7",
                "userAgent": "test",
            },
            "requestId": secrets.token_urlsafe(11) + "=",
            "routeKey": route,
            "stage": "$default",
            "time": "22/Nov/2025:20:44:00 +0000",
            "timeEpoch": 1763844240000,
        },
        "isBase64Encoded": False,
    }
    cookies = event["headers"].pop("cookie", None)
    if cookies:
        event["cookies"] = cookies.split("; ")
    if query:
        pairs = parse_qsl(query, keep_blank_values=True)
        event["queryStringParameters"] = {name: ",".join(v for n, v in pairs if n == name) for name, _ in pairs}
    segments = zip(route.partition(" ")[2].split("/"), path.split("/"), strict=False)
    names = {name[1:-1]: unquote(given) for name, given in segments if name.startswith("{")}
    if names:
        event["pathParameters"] = names
    if claims is not None:
        texts = {name: _as_text(value) for name, value in claims.items()}
        event["requestContext"]["authorizer"] = {"jwt": {"claims": texts, "scopes": None}}
    if body is not None:
        event["body"] = body
    return event


def bearer(token: str) -> Pairs:
    return [("Authorization", f"Bearer {token}")]


def _joined(headers: Pairs) -> dict[str, str]:
    joined = {"host": DOMAIN, "user-agent": "test", "x-forwarded-proto": "https"}
    for name, value in headers:
        before = joined.get(name.lower())
        joined[name.lower()] = value if before is None else f"{before},{value}"
    return joined


def _as_text(value: Any) -> str:
    """Every claim is a string in the authorizer's context; a list loses its quotes and commas: [a b]."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return f"[{' '.join(map(_as_text, value))}]"
    return json.dumps(value)
