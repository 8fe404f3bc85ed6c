"""The handler as API Gateway calls it, with test keys behind it, and the checks that hold for each of its answers."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from itertools import count
from types import SimpleNamespace
from typing import Any, get_args

from handler.app import App
from handler.endpoint import cache_control
from handler.errors import Cause, StorageCause
from handler.keys import COOLDOWN, SigningKeys
from handler.route import Route
from tests.handler import schema
from tests.handler.signing import World
from tests.handler.table import TABLE

MESSAGES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    412: "Precondition Failed",
    413: "Payload Too Large",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
TYPE = {"Content-Type": "application/json"}
PLAIN = {**TYPE, "Cache-Control": "no-store"}
# RFC 6750 section 3: no error code where no bearer token was sent, none on a 403 that no other token would fix
CHALLENGES = {
    "token_missing": "Bearer",
    "scheme_unsupported": "Bearer",
    "scope_missing": 'Bearer error="insufficient_scope"',
    "user_required": None,
    "group_missing": None,
}
VALUE_REASONS = {
    "body_malformed": "body",
    "body_invalid": "body",
    "path_invalid": "path",
    "query_invalid": "query",
    "header_value_invalid": "header",
}
LOG_ALWAYS = {"timestamp", "level", "requestId", "routeKey", "status", "durationMs"}
LOG_SOMETIMES = {"reason", "cause", "errorType", "errorPlace", "variable", "subject", "unchecked"}
REQUEST_ID = re.compile(r"[\w=+/-]{1,64}", re.ASCII)
CONTEXT = SimpleNamespace(aws_request_id="7d1c5f3a-0b1e-4d52-9a53-0123456789ab")


def key_document(members: list[Mapping[str, Any]]) -> bytes:
    return json.dumps({"keys": members}).encode()


def patient_keys(fetch: Callable[[str], bytes]) -> SigningKeys:
    """Signing keys whose clock moves on by a cooldown with each look: every made-up key id is proven unknown."""
    return SigningKeys("", fetch=fetch, clock=count(0, COOLDOWN).__next__)


def variables(world: World) -> dict[str, str]:
    """The environment variables of a function that serves this pool."""
    return {"AWS_REGION": world.region, "COGNITO_USER_POOL_ID": world.pool_id, "COGNITO_CLIENT_IDS": world.client_id}


@dataclass(frozen=True)
class Answer:
    """A checked answer: the client's view, and the logged line (empty if the log level leaves it out)."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]
    log: dict[str, Any]

    @property
    def reason(self) -> str | None:
        return self.log.get("reason")


class Api:
    """The handler's `App` with a route table, an environment and a key set of the test's own.

    It has its own key cache, unless `keys` shares one. `environment` holds the function's variables, and a test may
    change it. `fetched` lists the addresses that key sets were requested from.
    """

    def __init__(
        self,
        world: World,
        *,
        routes: Iterable[Route] = TABLE,
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
        self.environment = {**variables(world), **(environment or {})}
        self._routes = {route.key: route for route in routes}
        self.app = App(self._routes.values(), self.environment, self._signing_keys)

    def _fetched(self, url: str) -> bytes:
        self.fetched.append(url)
        return self._fetch(url)

    def _signing_keys(self, url: str) -> SigningKeys:
        assert url == self.jwks_url
        return self._keys or SigningKeys(url, fetch=self._fetched)

    def call(self, event: Any, *expected: int, context: Any = CONTEXT, lines: int = 1) -> Answer:
        """Return the answer to `event`, after every check that holds for all. Its status must be one of `expected`."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            response = self.app.handle(event, context)

        assert set(response) == {"statusCode", "headers", "body"}
        status, headers, text = response["statusCode"], response["headers"], response["body"]
        assert status in expected, f"{status} {text} {out.getvalue()}"
        body = json.loads(text) if text else {}
        log = _logged(out.getvalue(), err.getvalue(), lines)
        _check_log(log, status, self._routes)
        if status < 400:
            _check_success(self._routes[event["routeKey"]], status, headers, body)
        else:
            self._check_refusal(status, body, log, _request_id(event, context))
            assert not log or headers == _headers(status, log)
        _check_silence(event, text, out.getvalue())
        assert set(self.fetched) <= {self.jwks_url}
        return Answer(status, headers, body, log)

    def _check_refusal(self, status: int, body: dict[str, Any], log: dict[str, Any], request_id: str) -> None:
        declared = {error.reason: error for route in self._routes.values() for error in route.errors}
        said = dict(body)
        if "code" in said:
            error = declared[said.pop("code")]
            assert (status, said.pop("message")) == (error.status, error.message)
            assert log.get("reason", error.reason) == error.reason
        else:
            assert said.pop("message") == MESSAGES[status]
        place = VALUE_REASONS.get(log.get("reason", ""))
        if place is not None:
            assert said.pop("in") == place
            assert all(isinstance(said.pop(name), str) for name in ("field", "rule"))
        assert said == {"requestId": request_id}


def _check_success(route: Route, status: int, headers: dict[str, str], body: dict[str, Any]) -> None:
    assert status in {route.status, 304}
    expected = {"Cache-Control": cache_control(route)}
    if status == 304 or route.response is None:
        assert body == {}
    else:
        schema.validator(route.response).validate(body)
        expected |= TYPE
    if expected["Cache-Control"] != "no-store" and not route.public:
        expected["Vary"] = "Authorization"
    assert headers.keys() == {*expected, *route.answer_headers}
    assert expected.items() <= headers.items()


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


def _check_log(log: dict[str, Any], status: int, keys: Iterable[str]) -> None:
    if not log:
        return
    assert log.keys() >= LOG_ALWAYS
    assert log.keys() <= LOG_ALWAYS | LOG_SOMETIMES
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", log["timestamp"])
    if "subject" in log:  # a hash, and only of an accepted caller
        assert status < 400
        assert re.fullmatch(r"[0-9a-f]{16}", log["subject"])
    good = status < 400 and not {"cause", "unchecked"} & log.keys()
    assert log["level"] == ("INFO" if good else "ERROR" if status >= 500 else "WARNING")
    assert REQUEST_ID.fullmatch(log["requestId"])
    assert log["routeKey"] is None or log["routeKey"] in set(keys)
    assert log["status"] == status
    assert log["durationMs"] >= 0
    assert ("reason" in log) == (status >= 400)
    assert re.fullmatch("[a-z_]+", log.get("reason", "none"))
    assert {"cause", "unchecked"} & log.keys() or status != 503
    assert log.get("unchecked", "failed") in get_args(StorageCause)
    assert "cause" not in log or status in {200, 201, 204, 304, 503}  # a 200 by a stale key logs why the key is stale
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
    """Nothing from the client goes out again: no segment of a token, no cookie, no parameter."""
    if not isinstance(event, dict):
        return
    sent = json.dumps([event.get(name) for name in ("headers", "cookies", "rawQueryString", "body")])
    for piece in re.findall(r"[A-Za-z0-9_-]{12,}", sent[:100_000]):
        assert piece not in out
        assert piece not in body
