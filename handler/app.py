"""The Lambda entry point: route, verify, authorise, respond; the one place where errors become status codes."""

from __future__ import annotations

import hmac
import json
import os
import re
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from handler import bodies, logs
from handler.errors import (
    AuthorizerMissing,
    BodyMalformed,
    BodyRefused,
    BodyTooLarge,
    BodyUnexpected,
    EventInvalid,
    GroupMissing,
    InternalError,
    KeysUnavailable,
    MediaTypeUnsupported,
    Refused,
    RouteUnknown,
    SchemeUnsupported,
    ScopeMissing,
    StorageUnavailable,
    TokenMissing,
    UserRequired,
)
from handler.keys import SigningKeys
from handler.routes import ROUTES, Caller, Request, Route
from handler.settings import Settings, SettingsError
from handler.tokens import TokenVerifier

BODY_LIMIT = 262_144  # characters as delivered, base64 included

_BY_KEY = {route.key: route for route in ROUTES}
_KEY_SHAPE = re.compile(r"[A-Z]+ /[^\s]*", re.ASCII)
_REQUEST_ID = re.compile(r"[\w=+/-]{1,64}", re.ASCII)
_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store"}
_encode = json.JSONEncoder(separators=(", ", ": ")).encode


class Service:
    """Everything that lives as long as the execution environment."""

    def __init__(self, settings: Settings) -> None:
        self.log_level = settings.log_level
        self._salt = settings.subject_salt.encode()
        self.keys = SigningKeys(settings.jwks_url)
        self.verifier = TokenVerifier(self.keys, settings.issuer, settings.client_ids, settings.token_uses)

    def remarks(self, caller: Caller) -> dict[str, str]:
        """What the log says besides: a hash of who called, if there is a salt; and what ails the key endpoint.

        A request answered with a stale key succeeds, and somebody must still see it before the key is too old.
        """
        trouble = self.keys.trouble
        remarks: dict[str, str] = {} if trouble is None else {"cause": trouble}
        if self._salt:
            remarks["subject"] = hmac.digest(self._salt, caller.sub.encode(), "sha256").hex()[:16]
        return remarks


_making = threading.Lock()


def current_service() -> Service:
    """`service()`, for threads that may come at once: its cache alone would let each of them make one."""
    with _making:
        return service()


@cache
def service() -> Service:
    """The one Service of this environment, made from its variables at first use; SettingsError if they are wrong."""
    return Service(Settings.from_environment(os.environ))


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one HTTP API event (payload format 2.0) with `statusCode`, `headers` and `body`. Never raises."""
    started = time.perf_counter()
    request_id = _request_id(event, context)
    route_key = None
    try:
        route = _route(event)
        route_key = route.key
        caller = None if route.public else _authorised(route, event)
        response = _answer(route, event, caller)
        more = {} if caller is None else service().remarks(caller)  # a public route answers without settings, too
    except Refused as refused:
        return _refusal(refused, request_id, route_key, started)
    except Exception as error:  # noqa: BLE001 - the edge: whatever it is, the client gets a fixed 500
        return _refusal(InternalError(), request_id, route_key, started, error)
    level = "WARNING" if "cause" in more else "INFO"
    logs.write(_threshold(), level, request_id, route_key, response["statusCode"], _elapsed(started), **more)
    return response


def _answer(route: Route, event: dict[str, Any], caller: Caller | None) -> dict[str, Any]:
    reply = route.call(Request(event, caller, _body(route, event)))
    return {"statusCode": route.status, "headers": dict(_HEADERS), "body": _encode(reply)}


def _route(event: Any) -> Route:
    if not isinstance(event, dict) or event.get("version") != "2.0":
        raise EventInvalid
    key = event.get("routeKey")
    if not isinstance(key, str) or not isinstance(event.get("requestContext"), dict):
        raise EventInvalid
    route = _BY_KEY.get(key)
    if route is None:
        raise RouteUnknown if _KEY_SHAPE.fullmatch(key) else EventInvalid
    return route


def _authorised(route: Route, event: dict[str, Any]) -> Caller:
    """The caller, if the token and the route's rules allow. Identity comes from the token, never from the event."""
    authorizer = event["requestContext"].get("authorizer")
    jwt = authorizer.get("jwt") if isinstance(authorizer, dict) else None
    if not isinstance(jwt, dict) or not isinstance(jwt.get("claims"), dict):
        raise AuthorizerMissing
    caller = current_service().verifier.verify(_bearer_token(event.get("headers")), time.time())
    if route.scopes:
        if caller.scopes.isdisjoint(route.scopes):
            raise ScopeMissing
    elif caller.username is None:
        raise UserRequired
    if route.groups and caller.groups.isdisjoint(route.groups):
        raise GroupMissing
    return caller


def _bearer_token(headers: object) -> str:
    """The token of `Authorization: Bearer <token>`: any case of the scheme, exactly one space.

    Payload 2.0 lower-cases header names and joins repeated ones with a comma, which no token contains.
    """
    value = headers.get("authorization") if isinstance(headers, dict) else None
    if not isinstance(value, str) or not value:
        raise TokenMissing
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer":
        raise SchemeUnsupported
    if not token:
        raise TokenMissing
    return token


def _body(route: Route, event: dict[str, Any]) -> Any:
    """The body as the route's request type; None where there is none.

    One that is sent where none is taken is refused, so that nobody believes it was read.
    """
    body, kind = event.get("body"), route.request
    if body is None or body == "":
        if kind is not None:
            raise BodyMalformed
        return None
    if not isinstance(body, str):
        raise EventInvalid
    if len(body) > BODY_LIMIT:
        raise BodyTooLarge
    if kind is None:
        raise BodyUnexpected
    if _media_type(event.get("headers")) != "application/json":  # a web page of another origin cannot send it unasked
        raise MediaTypeUnsupported
    return bodies.read(kind, body, base64=event.get("isBase64Encoded") is True)


def _media_type(headers: object) -> str | None:
    value = headers.get("content-type") if isinstance(headers, dict) else None
    return value.partition(";")[0].strip().lower() if isinstance(value, str) else None


def _refusal(
    refused: Refused, request_id: str, route_key: str | None, started: float, error: Exception | None = None
) -> dict[str, Any]:
    headers = dict(_HEADERS)
    if refused.challenge is not None:
        headers["WWW-Authenticate"] = refused.challenge
    if refused.retry_after is not None:
        headers["Retry-After"] = str(refused.retry_after)
    level = "ERROR" if refused.status >= 500 else "WARNING"
    more = _place(error) if error is not None else {}
    if isinstance(refused, KeysUnavailable | StorageUnavailable):
        more = {"cause": refused.cause}
    elapsed = _elapsed(started)
    logs.write(_threshold(), level, request_id, route_key, refused.status, elapsed, reason=refused.reason, **more)
    body = {"message": refused.message, "requestId": request_id}
    if isinstance(refused, BodyRefused):
        body |= {"field": refused.field, "rule": refused.rule}
    return {"statusCode": refused.status, "headers": headers, "body": _encode(body)}


def _place(error: Exception) -> Mapping[str, str]:
    """Where an unforeseen error rose and what type it has; its text may hold anything, so it stays out."""
    if isinstance(error, SettingsError):
        return {"errorType": "SettingsError", "variable": error.variable}
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""
    return {"errorType": type(error).__name__, "errorPlace": place}


def _threshold() -> str:
    """The log level, or DEBUG until the settings are known: a public route needs none, and broken ones must be seen."""
    return service().log_level if service.cache_info().currsize else "DEBUG"


def _request_id(event: Any, context: Any) -> str:
    """API Gateway's id of the request, which its access log has too; else Lambda's."""
    request_context = event.get("requestContext") if isinstance(event, dict) else None
    request_id = request_context.get("requestId") if isinstance(request_context, dict) else None
    if not isinstance(request_id, str) or not _REQUEST_ID.fullmatch(request_id):
        request_id = getattr(context, "aws_request_id", None)
    return request_id if isinstance(request_id, str) and _REQUEST_ID.fullmatch(request_id) else "unknown"


def _elapsed(started: float) -> float:
    return (time.perf_counter() - started) * 1000


if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:  # only Lambda sets it; initialising has the whole processor
    with suppress(Exception):  # a failure here would fail the cold start, public routes too; the first request meets it
        service().keys.prefetch()
