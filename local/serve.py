"""ministack in a process of its own that ends with whoever started it, and says which API calls it answered.

Run as a script by `local.emulator`, outside this package: `serve.py REQUESTS_FILE`. Standard input is a pipe that
closes when the starter ends, however it ended. Each API call becomes one JSON line in REQUESTS_FILE.
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
_BODY_KEPT = 2_048  # bytes of a refusal, which holds the request id

Send = Callable[[dict[str, Any]], Awaitable[None]]


def _end_with_starter() -> None:
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)  # the function's workers too


def _recorded(app: Callable[..., Awaitable[None]], path: Path) -> Callable[..., Awaitable[None]]:
    """The ASGI application, with a line in the file at `path` for each API call."""
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
            "path": "/" + scope["path"].removeprefix(_API).partition("/")[2],
            "status": status,
            "milliseconds": round((time.perf_counter() - began) * 1000, 1),
            "requestId": _request_id(body) if status >= 400 else None,
        }
        lines.write(json.dumps(call) + "\n")

    return recorded


def _request_id(body: bytes) -> str | None:
    """The request id of a refusal by the function; the gateway's own have none."""
    try:
        content = json.loads(body)
    except ValueError:
        return None
    return content.get("requestId") if isinstance(content, dict) else None


if __name__ == "__main__":
    threading.Thread(target=_end_with_starter, daemon=True).start()
    # Behind the emulator's own: it is run by its path, so that this project's modules do not stand before those.
    sys.path.append(str(Path(__file__).resolve().parent.parent))
    from local import rotation

    rotation.install(ministack.services.cognito)
    ministack.app.app = _recorded(ministack.app.app, Path(sys.argv[1]))
    sys.argv = ["ministack"]  # it reads its own arguments
    ministack.app.main()
