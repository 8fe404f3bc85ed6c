"""Record the API calls and what the functions write, in files that `up` and `local logs` read.

It runs inside the emulator's process (local/serve.py). The files are replaced when they are long: a day of calls must
not fill the disk. For the same reason the emulator's own list of log streams, one for each call, is cut.
"""

from __future__ import annotations

import json
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

CALLS, LOG = "requests.jsonl", "functions.log"
MOST_BYTES = 5_000_000  # of each file; one older file of this size stays
STREAMS = 2_000  # log streams that a log group of the emulator keeps, one for each call
_API = "/_aws/execute-api/"
_PATH_KEPT = 1_000  # characters; an attack's can have 60,000
_BODY_KEPT = 2_048  # bytes of a refusal, which has the request id
_MARK = "route: "  # of local/inside/sitecustomize.py
_LINES_KEPT = 60  # of a report
_REASONS_KEPT = 1_000  # of calls that are being answered

Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[..., Awaitable[None]]


class Recorder:
    """Writes a line of JSON for each API call, and each line that a function writes as it is, in order of time."""

    def __init__(self, folder: Path) -> None:
        self._calls, self._log = _File(folder / CALLS), _File(folder / LOG)
        self._told: OrderedDict[str, dict[str, Any]] = OrderedDict()  # by request id, until the call is recorded

    def close(self) -> None:
        self._log.close()
        self._calls.close()

    def recorded(self, app: Application, note: Callable[[str, str], object]) -> Application:
        """Wrap the emulator's ASGI application: record each API call, and note all other requests."""

        async def recorded(scope: dict[str, Any], receive: Any, send: Send) -> None:
            if scope["type"] != "http" or not scope["path"].startswith(_API):
                await app(scope, receive, send)
                if scope["type"] == "http":
                    headers = dict(scope["headers"])
                    note(scope["method"], headers.get(b"x-amz-target", b"").decode("latin-1"))
                return
            began, status, body = time.perf_counter(), 0, b""

            async def watched(message: dict[str, Any]) -> None:
                nonlocal status, body
                if message["type"] == "http.response.start":
                    status = message["status"]
                elif message["type"] == "http.response.body" and len(body) < _BODY_KEPT:
                    body += message.get("body", b"")[:_BODY_KEPT]
                await send(message)

            try:
                await app(scope, receive, watched)
            finally:
                request_id = _request_id(body) if status >= 400 else None
                call = {
                    "method": scope["method"],
                    "path": ("/" + scope["path"].removeprefix(_API).partition("/")[2])[:_PATH_KEPT],
                    "status": status,
                    "milliseconds": round((time.perf_counter() - began) * 1000, 1),
                    "requestId": request_id,
                    **self._told.pop(request_id or "", {}),
                }
                self._calls.handle(_record(json.dumps(call)))

        return recorded

    def watch_functions(self, functions: Any, logs: Any) -> None:
        """Have the emulator's modules for Lambda and CloudWatch Logs hand each call's lines to this recorder."""
        emit = functions._emit_lambda_logs

        def emitted(function: Any, request_id: str, text: str, *rest: Any, **options: Any) -> None:
            emit(function, request_id, text, *rest, **options)
            self.wrote(text)
            group = (function.get("config") or function).get("LoggingConfig", {}).get("LogGroup")
            streams = logs._log_groups.get(group, {}).get("streams", {})
            while len(streams) > STREAMS:
                streams.pop(next(iter(streams)), None)

        functions._emit_lambda_logs = emitted

    def wrote(self, text: str) -> None:
        """Record what a function wrote while it answered one call."""
        if not text:
            return
        self._log.handle(_record(text.rstrip("\n")))
        lines = text.splitlines()
        if report := _report(lines):
            self._calls.handle(_record(json.dumps({"report": report})))
        for line in lines:
            fields = _json(line)
            request_id, reason = fields.get("requestId"), fields.get("reason")
            if isinstance(request_id, str) and isinstance(reason, str):
                self._told[request_id] = {"reason": reason}
        while len(self._told) > _REASONS_KEPT:
            self._told.popitem(last=False)


class _File(RotatingFileHandler):
    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8", errors="replace")
        self.setFormatter(logging.Formatter("%(message)s"))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class's name
        """Leave the line out: a full disk must not fail the call."""


def _report(lines: list[str]) -> list[str]:
    """Return what local/inside reports of a route: its lines from the mark to the line of the request."""
    begin = next((number for number, line in enumerate(lines) if line.startswith(_MARK)), len(lines))
    end = next((number for number, line in enumerate(lines) if number > begin and line.startswith("{")), len(lines))
    return [line[:_PATH_KEPT] for line in lines[begin:end]][:_LINES_KEPT]


def _record(text: str) -> logging.LogRecord:
    return logging.LogRecord("local", logging.INFO, "", 0, text, None, None)


def _json(line: str) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _request_id(body: bytes) -> str | None:
    """Return the request id of a refusal by the function; a refusal by the gateway has none."""
    request_id = _json(body.decode(errors="replace")).get("requestId")
    return request_id if isinstance(request_id, str) else None
