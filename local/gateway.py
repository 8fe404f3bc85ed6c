"""Answer as API Gateway does where the emulator answers otherwise.

- A path with a slash at its end is another path, so it has no route: 404. The emulator takes it for the route without.
- A function that fails or runs out of time is 500 with a fixed message. The emulator says 502, and why.
- A request line with headers of more than 10,240 bytes is 431, a body of more than 10 MB is 413 (quotas of HTTP APIs).

It runs inside the emulator's process (local/serve.py), and needs the standard library only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[..., Awaitable[None]]

HEADERS_LIMIT, BODY_LIMIT = 10_240, 10 * 1024 * 1024  # bytes
_API_PATH = re.compile(r"/_aws/execute-api/[^/]+(/.*)")
_API_HOST = re.compile(r"[a-f0-9]+\.execute-api\.")


def as_on_aws(app: Application) -> Application:
    """Wrap the emulator's ASGI application."""

    async def corrected(scope: dict[str, Any], receive: Any, send: Send) -> None:
        path = _path(scope) if scope["type"] == "http" else None
        if path is None:
            await app(scope, receive, send)
        elif (refusal := _refusal(scope, path)) is not None:
            await _answer(send, *refusal)
        else:
            await app(scope, receive, _without_reasons(send))

    return corrected


def _path(scope: dict[str, Any]) -> str | None:
    """Return the path within the API, or None for a request to another service."""
    if match := _API_PATH.fullmatch(scope["path"]):
        return match[1]
    return scope["path"] if _API_HOST.match(_header(scope, b"host")) else None


def _refusal(scope: dict[str, Any], path: str) -> tuple[int, str] | None:
    line = len(scope["method"]) + len(path) + len(scope.get("query_string", b""))
    if line + sum(len(name) + len(value) for name, value in scope["headers"]) > HEADERS_LIMIT:
        return 431, "Request Header Fields Too Large"
    length = _header(scope, b"content-length")
    if length.isdecimal() and int(length) > BODY_LIMIT:
        return 413, "Request Entity Too Large"
    return (404, "Not Found") if path.endswith("/") and path != "/" else None


def _without_reasons(send: Send) -> Send:
    """Replace the answer to a function's failure, which has the failure in it, by API Gateway's."""
    held: dict[str, Any] | None = None
    body = b""

    async def replaced(message: dict[str, Any]) -> None:
        nonlocal held, body
        if message["type"] == "http.response.start" and message["status"] == 502:
            held = message
        elif held is not None and message["type"] == "http.response.body":
            body += message.get("body", b"")
            if not message.get("more_body"):
                if _is_failure(body):
                    await _answer(send, 500, "Internal Server Error")
                else:
                    await send(held)
                    await send({**message, "body": body})
        else:
            await send(message)

    return replaced


def _is_failure(body: bytes) -> bool:
    try:
        content = json.loads(body)
    except ValueError:
        return False
    return isinstance(content, dict) and "errorType" in content


def _header(scope: dict[str, Any], name: bytes) -> str:
    return next((value.decode("latin-1") for each, value in scope["headers"] if each.lower() == name), "")


async def _answer(send: Send, status: int, message: str) -> None:
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
