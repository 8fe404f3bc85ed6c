"""Run ministack in a process of its own, which ends with its starter; guard it, and record the API calls.

`local.emulator` runs this file as a script, outside the package: `serve.py REQUESTS_FILE`. Standard input is a pipe
that closes when the starter ends. Each API call becomes one JSON line in REQUESTS_FILE.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import ministack.app
import ministack.services.cognito

_API = "/_aws/execute-api/"
_PATH_KEPT = 1_000  # characters; an attack's can have 60,000
_BODY_KEPT = 2_048  # bytes of a refusal, which has the request id

Send = Callable[[dict[str, Any]], Awaitable[None]]


def _end_with_starter() -> None:
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)  # with the functions' workers


def _recorded(app: Callable[..., Awaitable[None]], path: Path) -> Callable[..., Awaitable[None]]:
    """Wrap the ASGI application: append a line to the file at `path` for each API call."""
    lines = path.open("a", buffering=1)  # for the life of the process

    async def recorded(scope: dict[str, Any], receive: Any, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_API):
            await app(scope, receive, send)
            return
        began, status, body = time.perf_counter(), 0, b""

        async def watched(message: dict[str, Any]) -> None:
            nonlocal status, body
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and len(body) < _BODY_KEPT:
                body += message.get("body", b"")[:_BODY_KEPT]
            await send(message)

        await app(scope, receive, watched)
        call = {
            "method": scope["method"],
            "path": ("/" + scope["path"].removeprefix(_API).partition("/")[2])[:_PATH_KEPT],
            "status": status,
            "milliseconds": round((time.perf_counter() - began) * 1000, 1),
            "requestId": _request_id(body) if status >= 400 else None,
        }
        lines.write(json.dumps(call) + "\n")

    return recorded


def _request_id(body: bytes) -> str | None:
    """Return the request id of a refusal by the function; a refusal by the gateway has none."""
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content.get("requestId") if isinstance(content, dict) else None


def _allowed_origins() -> set[str]:
    """Return the origins that the stack's settings allow, as the emulator has them now."""
    gateway = sys.modules.get("ministack.services.apigateway")  # the emulator imports it with the first API
    apis = [api for _, api in gateway._apis.all_items()] if gateway else []
    pools = [pool for _, pool in ministack.services.cognito._user_pools.all_items()]
    return guard.allowed_origins(pools, apis)


if __name__ == "__main__":
    threading.Thread(target=_end_with_starter, daemon=True).start()
    # Last on the path, so that this project's modules do not hide the emulator's.
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    from local import guard, revocation_endpoint, rotation, sign_in_time

    rotation.install(ministack.services.cognito)
    sign_in_time.install(ministack.services.cognito)
    whole = revocation_endpoint.with_revocation(ministack.app.app, ministack.services.cognito)
    recorded = _recorded(whole, Path(sys.argv[1]))
    ministack.app.app = guard.Guard(recorded, int(os.environ["GATEWAY_PORT"]), _allowed_origins)
    sys.argv = ["ministack"]  # it reads its own arguments
    ministack.app.main()
