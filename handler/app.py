"""The Lambda entry point: find the route, verify the token, check the rights, respond.

The only place where an error becomes a status code.
"""

from __future__ import annotations

# First: it fetches the signing keys while the other modules are imported.
from handler import early

# isort: split
import hmac
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from string import ascii_letters, digits
from typing import Any, TypeGuard

from handler import aws, logs
from handler.endpoint import Endpoint, encode
from handler.errors import (
    AuthorizerMissing,
    EventInvalid,
    GroupMissing,
    InternalError,
    Refused,
    RevocationUnavailable,
    RouteUnknown,
    SchemeUnsupported,
    ScopeMissing,
    TokenMissing,
    Unavailable,
    UserRequired,
    ValueRefused,
)
from handler.keys import SigningKeys
from handler.route import Caller, Route
from handler.route_errors import RouteError
from handler.routes import ROUTES
from handler.settings import Settings, SettingsError
from handler.tokens import TokenVerifier

_ROUTE_KEY = r"[A-Z]+ /[^\s]*"
_ID_CHARACTERS = f"{ascii_letters}{digits}_=+/-"
_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store"}


class Service:
    """The objects that live as long as the execution environment: settings, signing keys, token verifier."""

    def __init__(self, settings: Settings, signing_keys: Callable[[str], SigningKeys]) -> None:
        self.log_level = settings.log_level
        self._salt = settings.subject_salt.encode()
        self.keys = signing_keys(settings.jwks_url)
        self.verifier = TokenVerifier(
            self.keys.get, settings.issuer, settings.client_ids, settings.token_uses, settings.resources
        )
        self.revocations = None
        if settings.revocation:
            from handler.revocation import Revocations  # another function does not pay for it

            self.revocations = Revocations(settings.revocation)

    def log_fields(self, caller: Caller) -> dict[str, str]:
        """Return further fields of a success's log line: a salted hash of the caller, and what was not up to date.

        A request that is answered with a stale key succeeds; the log must show it before the key is too old. So does
        one that could not be held against the table of revocations, where the settings let it through.
        """
        failure = self.keys.last_failure
        fields: dict[str, str] = {} if failure is None else {"cause": failure}
        if self.revocations is not None and self.revocations.last_failure is not None:
            fields["unchecked"] = self.revocations.last_failure
        if self._salt:
            fields["subject"] = hmac.digest(self._salt, caller.sub.encode(), "sha256").hex()[:16]
        return fields


class App:
    """Answers the HTTP API events of one route table. Threads may share it.

    Settings are read from `environment` when the first protected route is called. Public routes work without them.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        environment: Mapping[str, str] = os.environ,
        signing_keys: Callable[[str], SigningKeys] = SigningKeys,
    ) -> None:
        self._routes = {route.key: route for route in routes}
        self._endpoints: dict[str, Endpoint] = {}  # made at a route's first request
        self._environment = environment
        self._signing_keys = signing_keys
        self._service: Service | None = None
        self._starting = threading.Lock()

    def service(self) -> Service:
        """Return the app's service, which the first call creates. SettingsError if the environment is wrong."""
        with self._starting:  # without it, threads that come at once would each create one, and fetch keys for it
            if self._service is None:
                self._service = Service(Settings.from_environment(self._environment), self._signing_keys)
            return self._service

    def handle(self, event: Any, context: Any) -> dict[str, Any]:
        """Answer one event (payload format 2.0) with `statusCode`, `headers` and `body`. Never raises."""
        started = time.perf_counter()
        request_id = _request_id(event, context)
        route = None
        fields: Mapping[str, str] = {}
        try:
            endpoint = self._endpoint(event)
            route = endpoint.route
            caller = None if route.public else self._authorize(route, event)
            response = endpoint.answer(event, caller)
            if caller is not None:
                fields = self.service().log_fields(caller)
            level = "WARNING" if "cause" in fields or "unchecked" in fields else "INFO"
        except Refused as refused:
            response, level, fields = _refused(refused, route, request_id)
        except Exception as error:  # noqa: BLE001 - the edge: the client gets a fixed 500, whatever the error is
            response = _refusal(InternalError(), request_id)
            level = "ERROR"
            fields = {"reason": InternalError.reason, **_error_location(error)}
        milliseconds = (time.perf_counter() - started) * 1000
        key = None if route is None else route.key
        logs.write(self._log_level(), level, request_id, key, response["statusCode"], milliseconds, **fields)
        return response

    def _endpoint(self, event: Any) -> Endpoint:
        if not isinstance(event, dict) or event.get("version") != "2.0":
            raise EventInvalid
        key = event.get("routeKey")
        if not isinstance(key, str) or not isinstance(event.get("requestContext"), dict):
            raise EventInvalid
        endpoint = self._endpoints.get(key)
        if endpoint is None:
            if key not in self._routes:
                raise RouteUnknown if re.fullmatch(_ROUTE_KEY, key, re.ASCII) else EventInvalid
            endpoint = self._endpoints[key] = Endpoint(self._routes[key])
        return endpoint

    def _authorize(self, route: Route, event: dict[str, Any]) -> Caller:
        """Return the caller if the token and the route's rules allow. Identity comes from the token alone."""
        authorizer = event["requestContext"].get("authorizer")
        jwt = authorizer.get("jwt") if isinstance(authorizer, dict) else None
        if not isinstance(jwt, dict) or not isinstance(jwt.get("claims"), dict):
            raise AuthorizerMissing
        service, now = self.service(), time.time()
        caller = service.verifier.verify(_bearer_token(event.get("headers")), now)
        if service.revocations is not None:
            service.revocations.check(caller, now, fresh=route.fresh)
        elif route.fresh:  # never less than the route says
            raise SettingsError("REVOCATION_TABLE", "be set while a route is fresh")
        if route.scopes:
            if caller.scopes.isdisjoint(route.scopes):
                raise ScopeMissing
        elif caller.username is None:
            raise UserRequired
        if route.groups and caller.groups.isdisjoint(route.groups):
            raise GroupMissing
        return caller

    def _log_level(self) -> str:
        """Return the log level, or DEBUG until settings are read: public routes need none, broken ones must show."""
        return "DEBUG" if self._service is None else self._service.log_level


def _bearer_token(headers: object) -> str:
    """Return the token of `Authorization: Bearer <token>`: the scheme in any case, exactly one space.

    Payload 2.0 lower-cases header names and joins repeated headers with a comma, which no token contains.
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


def _refused(refused: Refused, route: Route | None, request_id: str) -> tuple[dict[str, Any], str, Mapping[str, str]]:
    """Return the answer, the log level and the log's further fields of a refusal.

    An error that its route does not declare is not one of its promises, so it is an unforeseen one.
    """
    if isinstance(refused, RouteError) and (route is None or type(refused) not in route.errors):
        fields = {"reason": InternalError.reason, **_error_location(refused)}
        return _refusal(InternalError(), request_id), "ERROR", fields
    level = "ERROR" if refused.status >= 500 else "WARNING"
    return _refusal(refused, request_id), level, {"reason": refused.reason, **_cause(refused)}


def _refusal(refused: Refused, request_id: str) -> dict[str, Any]:
    headers = dict(_HEADERS)
    if refused.challenge is not None:
        headers["WWW-Authenticate"] = refused.challenge
    if refused.retry_after is not None:
        headers["Retry-After"] = str(refused.retry_after)
    body = {"message": refused.message, "requestId": request_id}
    if isinstance(refused, ValueRefused):
        body |= {"in": refused.place, "field": refused.field, "rule": refused.rule}
    elif isinstance(refused, RouteError):
        body["code"] = refused.reason
    return {"statusCode": refused.status, "headers": headers, "body": encode(body)}


def _cause(refused: Refused) -> Mapping[str, str]:
    if not isinstance(refused, Unavailable):
        return {}
    return {"unchecked" if isinstance(refused, RevocationUnavailable) else "cause": refused.cause}


def _error_location(error: Exception) -> Mapping[str, str]:
    """Return type and location of an unforeseen error. Its text may hold anything, so it is not logged."""
    if isinstance(error, SettingsError):
        return {"errorType": "SettingsError", "variable": error.variable}
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    location = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace is not None else ""
    return {"errorType": type(error).__name__, "errorPlace": location}


def _request_id(event: Any, context: Any) -> str:
    """Return API Gateway's id of the request, which is in its access log too; else Lambda's id."""
    request_context = event.get("requestContext") if isinstance(event, dict) else None
    request_id = request_context.get("requestId") if isinstance(request_context, dict) else None
    if not _is_id(request_id):
        request_id = getattr(context, "aws_request_id", None)
    return request_id if _is_id(request_id) else "unknown"


def _is_id(text: object) -> TypeGuard[str]:
    return isinstance(text, str) and 0 < len(text) <= 64 and not text.strip(_ID_CHARACTERS)  # nothing else is in it


_app = App(ROUTES)


def lambda_handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one HTTP API event (payload format 2.0) with `statusCode`, `headers` and `body`. Never raises."""
    return _app.handle(event, context)


if early.INITIALIZATION:
    with suppress(Exception):  # a failure would fail the cold start, public routes too; the first request reports it
        if _app.service().revocations is not None:
            aws.client("dynamodb")  # boto3 takes long to import
        prefetch = _app.service().keys.prefetch
        if early.SNAPSHOT:
            from snapshot_restore_py import register_after_restore

            register_after_restore(prefetch)
        else:
            prefetch(early.key_fetch)
