"""The handler as API Gateway meets it, with test keys behind it, and what must hold for every answer it gives."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Self, get_args
from unittest import mock

from handler import app
from handler.errors import Cause, StorageCause
from handler.keys import SigningKeys
from handler.routes import ROUTES
from tests.handler import schema
from tests.handler.signing import World

MESSAGES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
PLAIN = {"Content-Type": "application/json", "Cache-Control": "no-store"}
# RFC 6750 section 3: no error code where no bearer token was sent, none on a 403 that no other token would mend
CHALLENGES = {
    "token_missing": "Bearer",
    "scheme_unsupported": "Bearer",
    "scope_missing": 'Bearer error="insufficient_scope"',
    "user_required": None,
    "group_missing": None,
}
BODY_REASONS = {"body_malformed", "body_invalid"}
LOG_ALWAYS = {"timestamp", "level", "requestId", "routeKey", "status", "durationMs"}
LOG_SOMETIMES = {"reason", "cause", "errorType", "errorPlace", "variable", "subject"}
REQUEST_ID = re.compile(r"[\w=+/-]{1,64}", re.ASCII)
_READ = ("AWS_", "COGNITO_", "LOG_", "NOTES_")
CONTEXT = SimpleNamespace(aws_request_id="7d1c5f3a-0b1e-4d52-9a53-0123456789ab")


def key_document(members: list[Mapping[str, Any]]) -> bytes:
    return json.dumps({"keys": members}).encode()


@dataclass(frozen=True)
class Answer:
    """A checked answer: what the client sees, and the line that was logged (empty if the log level left it out)."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    log: dict[str, Any]

    @property
    def reason(self) -> str | None:
        return self.log.get("reason")


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """These variables, and none that the function could read beside them. Leaves the others alone: they are many."""
    before = {name: value for name, value in os.environ.items() if name.startswith(_READ)}
    for name in before:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
        os.environ.update(before)


class Api:
    """`lambda_handler` with its environment set and a key set of the test's own. A context manager.

    Every Service that the handler makes gets its own key cache, unless `keys` shares one. `fetched` lists the addresses
    that key sets were asked of.
    """

    def __init__(
        self,
        world: World,
        *,
        environment: Mapping[str, str] | None = None,
        jwks: list[Mapping[str, Any]] | None = None,
        fetch: Callable[[str], bytes] | None = None,
        keys: SigningKeys | None = None,
    ) -> None:
        self.fetched: list[str] = []
        self.jwks_url = f"{world.issuer}/.well-known/jwks.json"
        document = key_document(jwks or world.jwks())
        self._fetch = fetch or (lambda _: document)
        self._keys = keys
        self._environment = {
            "AWS_REGION": world.region,
            "COGNITO_USER_POOL_ID": world.pool_id,
            "COGNITO_CLIENT_IDS": world.client_id,
            **(environment or {}),
        }
        self._undo = ExitStack()

    def _fetched(self, url: str) -> bytes:
        self.fetched.append(url)
        return self._fetch(url)

    def _signing_keys(self, url: str) -> SigningKeys:
        assert url == self.jwks_url
        return self._keys or SigningKeys(url, fetch=self._fetched)

    def __enter__(self) -> Self:
        self._undo.enter_context(_environment(self._environment))
        self._undo.enter_context(mock.patch.object(app, "SigningKeys", self._signing_keys))
        app.service.cache_clear()
        self._undo.callback(app.service.cache_clear)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def call(self, event: Any, *expected: int, context: Any = CONTEXT, lines: int = 1) -> Answer:
        """The answer to `event`, whose status must be one of `expected`, after every check that holds for all."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            response = app.lambda_handler(event, context)

        assert set(response) == {"statusCode", "headers", "body"}
        status, headers, text = response["statusCode"], response["headers"], response["body"]
        assert status in expected, f"{status} {text} {out.getvalue()}"
        body = json.loads(text)
        log = _logged(out.getvalue(), err.getvalue(), lines)
        _check_log(log, status)
        if status < 400:
            assert headers == PLAIN
            schema.validator(app._BY_KEY[event["routeKey"]].response).validate(body)
        else:
            where = {key: body.pop(key) for key in ("field", "rule") if log.get("reason") in BODY_REASONS}
            assert body == {"message": MESSAGES[status], "requestId": _request_id(event, context)}
            assert all(isinstance(said, str) for said in where.values())
            body |= where
            assert not log or headers == _headers(status, log)
        _check_silence(event, text, out.getvalue())
        assert set(self.fetched) <= {self.jwks_url}
        return Answer(status, headers, body, log)


def _logged(out: str, err: str, lines: int) -> dict[str, Any]:
    assert err == ""
    assert out.count("\n") == lines
    assert len(out) < 400 * max(lines, 1)
    assert out.isascii()
    if not lines:
        assert out == ""
        return {}
    assert out.endswith("\n")
    log = json.loads(out)
    assert isinstance(log, dict)
    return log


def _check_log(log: dict[str, Any], status: int) -> None:
    if not log:
        return
    assert log.keys() >= LOG_ALWAYS
    assert log.keys() <= LOG_ALWAYS | LOG_SOMETIMES
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", log["timestamp"])
    if "subject" in log:  # a hash, and only of somebody who was let in
        assert status < 400
        assert re.fullmatch(r"[0-9a-f]{16}", log["subject"])
    good = status < 400 and "cause" not in log
    assert log["level"] == ("INFO" if good else "ERROR" if status >= 500 else "WARNING")
    assert REQUEST_ID.fullmatch(log["requestId"])
    assert log["routeKey"] is None or log["routeKey"] in {route.key for route in ROUTES}
    assert log["status"] == status
    assert log["durationMs"] >= 0
    assert ("reason" in log) == (status >= 400)
    assert re.fullmatch("[a-z_]+", log.get("reason", "none"))
    assert "cause" in log or status != 503
    assert "cause" not in log or status in {200, 503}  # a 200 by a stale key tells why it could not be read again
    assert log.get("cause", "status") in {*get_args(Cause), *get_args(StorageCause)}


def _headers(status: int, log: dict[str, Any]) -> dict[str, str]:
    headers = dict(PLAIN)
    if status in {401, 403}:
        challenge = CHALLENGES.get(log["reason"], 'Bearer error="invalid_token"')
        if challenge is not None:
            headers["WWW-Authenticate"] = challenge
    if status == 503:
        headers["Retry-After"] = "5"
    return headers


def _request_id(event: Any, context: Any) -> str:
    request_context = event.get("requestContext") if isinstance(event, dict) else None
    for candidate in (
        request_context.get("requestId") if isinstance(request_context, dict) else None,
        getattr(context, "aws_request_id", None),
    ):
        if isinstance(candidate, str) and REQUEST_ID.fullmatch(candidate):
            return candidate
    return "unknown"


def _check_silence(event: Any, body: str, out: str) -> None:
    """Nothing that came in from the client goes out again: not a segment of a token, not a cookie, not a parameter."""
    if not isinstance(event, dict):
        return
    sent = json.dumps([event.get(name) for name in ("headers", "cookies", "rawQueryString", "body")])
    for piece in re.findall(r"[A-Za-z0-9_-]{12,}", sent[:100_000]):
        assert piece not in out
        assert piece not in body
