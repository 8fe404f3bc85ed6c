"""Keep other people's web pages out of the emulator.

The emulator answers every Host and every Origin, and takes AWS calls in requests that a browser sends without asking
first (a POST of text/plain). With that, any page that the developer visits could replace the function's code, wipe the
stack, or, by DNS rebinding, read the user pool's administration. The guard lets through:

- programs (the SDKs, curl, the function), which send neither Origin nor Sec-Fetch-Site;
- the API, which answers browsers by the gateway's own CORS configuration, as on AWS;
- the user pool's endpoints for browsers, from origins that the stack allows;
- the sign-in page, opened in a tab of its own, and its form.

It runs inside the emulator's process (local/serve.py), and needs the standard library only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Any, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_API_PATH = re.compile(r"/_aws/execute-api/[^/]+/")
_API_NAME = re.compile(r"([a-f0-9]{8})\.execute-api\.localhost")
_SIGN_IN_PAGES = {"/oauth2/authorize", "/oauth2/idpresponse", "/logout"}
_SIGN_IN_FORMS = {"/login", "/oauth2/login"}
_BROWSER_ENDPOINTS = re.compile(
    r"/oauth2/(?:token|revoke|user[iI]nfo)|/[\w-]+/\.well-known/(?:jwks\.json|openid-configuration)"
)
_TARGET = "AWSCognitoIdentityProviderService."
# Cognito's operations that take no AWS signature: those of users, not of administrators (`authtype` in its model).
BROWSER_OPERATIONS = frozenset(
    {
        "AssociateSoftwareToken",
        "ChangePassword",
        "CompleteWebAuthnRegistration",
        "ConfirmDevice",
        "ConfirmForgotPassword",
        "ConfirmSignUp",
        "DeleteUser",
        "DeleteUserAttributes",
        "DeleteWebAuthnCredential",
        "ForgetDevice",
        "ForgotPassword",
        "GetDevice",
        "GetTokensFromRefreshToken",
        "GetUser",
        "GetUserAttributeVerificationCode",
        "GetUserAuthFactors",
        "GlobalSignOut",
        "InitiateAuth",
        "ListDevices",
        "ListWebAuthnCredentials",
        "ResendConfirmationCode",
        "RespondToAuthChallenge",
        "RevokeToken",
        "SetUserMFAPreference",
        "SetUserSettings",
        "SignUp",
        "StartWebAuthnRegistration",
        "UpdateAuthEventFeedback",
        "UpdateDeviceStatus",
        "UpdateUserAttributes",
        "VerifySoftwareToken",
        "VerifyUserAttribute",
    }
)
_EXPOSED = b"x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"  # as Cognito
_HEADER_NAMES = re.compile(r"[\w, -]*", re.ASCII)


class Refused(Exception):  # noqa: N818 - the refusal is the message
    """The request may not reach the emulator. The text is the answer's message."""


@dataclass(frozen=True)
class Request:
    """The parts of a request that the guard reads. `headers` has each header's values by its name in lower case."""

    method: str
    path: str
    query: bytes
    headers: dict[str, list[str]]

    @classmethod
    def of(cls, scope: Scope) -> Request:
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        return cls(scope["method"], scope["path"], scope.get("query_string", b""), headers)

    def one(self, name: str) -> str:
        """Return the header's value, or an empty string. Refused if it is there twice: the emulator joins them."""
        values = self.headers.get(name, [])
        if len(values) > 1:
            raise Refused(f"the header {name} must be there once")
        return values[0] if values else ""

    @property
    def is_from_a_page(self) -> bool:
        """Whether a browser sent the request for a page. `none` is an address that a person typed."""
        return "origin" in self.headers or self.one("sec-fetch-site") not in {"", "none"}


class Guard:
    """An ASGI application in front of the emulator's. `origins` returns the origins that the stack allows."""

    def __init__(self, app: Application, port: int, origins: Callable[[], set[str]]) -> None:
        self._app = app
        self._port = port
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:  # the stack has no WebSocket
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request.of(scope)
        try:
            api_id = self._api_of_host(request.one("host"))
            if not request.is_from_a_page:
                await self._app(scope, receive, _with_cors(send, ""))
                return
            if api_id is not None:  # by its path, which only the API answers
                scope = _at_path(scope, f"/_aws/execute-api/{api_id}", f"127.0.0.1:{self._port}")
            if _API_PATH.match(scope["path"]):
                await self._app(scope, receive, send)
                return
            allowed = self._allowed_origin(request)
        except Refused as refusal:
            await _answer(send, 403, [], json.dumps({"message": str(refusal)}).encode())
            return
        if request.method == "OPTIONS":
            await _answer(send, 204, _preflight(request, allowed), b"")
        else:
            await self._app(scope, receive, _with_cors(send, allowed))

    def _api_of_host(self, host: str) -> str | None:
        """Return the API's id from its local name; None for the emulator's. Refused for any other Host."""
        name, _, port = host.lower().rpartition(":") if re.search(r":\d+$", host) else (host.lower(), "", "80")
        if port == str(self._port):
            if name in {"127.0.0.1", "localhost", "[::1]"}:
                return None
            if match := _API_NAME.fullmatch(name):
                return match[1]
        raise Refused(f"Host must be 127.0.0.1:{self._port} or localhost:{self._port}")

    def _allowed_origin(self, request: Request) -> str:
        """Return the origin that may read the answer, empty for a sign-in page. Refused if pages may not send this."""
        origin, site = request.one("origin"), request.one("sec-fetch-site")
        if not origin:
            if request.method == "GET" and request.path in _SIGN_IN_PAGES and _opens_a_tab(request):
                return ""
        elif request.path in _SIGN_IN_FORMS:
            if origin == f"http://{request.one('host')}" and site in {"", "same-origin"}:
                return ""
        elif origin in self._origins() and _is_for_browsers(request):
            return origin
        raise Refused(
            "a web page must be one of the stack's allowedOrigins or callbackUrls, and may not make AWS calls"
        )


def _opens_a_tab(request: Request) -> bool:
    """Return whether the page is opened as a whole, not in a frame or as a script. Older browsers do not say."""
    return request.one("sec-fetch-dest") in {"", "document"}


def _is_for_browsers(request: Request) -> bool:
    if _BROWSER_ENDPOINTS.fullmatch(request.path):
        return True
    if request.path != "/" or request.query or "authorization" in request.headers:
        return False
    if request.method == "OPTIONS":
        return True
    service, _, operation = request.one("x-amz-target").partition(_TARGET)
    return request.method == "POST" and service == "" and operation in BROWSER_OPERATIONS


def _preflight(request: Request, origin: str) -> Headers:
    names = request.one("access-control-request-headers")
    allowed = names if _HEADER_NAMES.fullmatch(names) else ""
    return [
        (b"access-control-allow-origin", origin.encode()),
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", allowed.encode()),
        (b"vary", b"Origin"),
    ]


def _with_cors(send: Send, origin: str) -> Send:
    """Replace the emulator's CORS headers, which allow every origin, by those for `origin`, or by none."""
    cors: Headers = []
    if origin:
        cors += [(b"access-control-allow-origin", origin.encode()), (b"vary", b"Origin")]
        cors += [(b"access-control-expose-headers", _EXPOSED)]

    async def send_with_cors(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            others = [each for each in message["headers"] if not bytes(each[0]).lower().startswith(b"access-control-")]
            message = {**message, "headers": [*others, *cors]}
        await send(message)

    return send_with_cors


def _at_path(scope: Scope, prefix: str, host: str) -> Scope:
    headers = [(name, host.encode() if name.lower() == b"host" else value) for name, value in scope["headers"]]
    raw = scope.get("raw_path")
    moved = {"path": prefix + scope["path"], "headers": headers}
    return {**scope, **moved, **({"raw_path": prefix.encode() + raw} if raw else {})}


async def _answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    headers = [*headers, (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def allowed_origins(pools: Iterable[dict[str, Any]], apis: Iterable[dict[str, Any]]) -> set[str]:
    """Return the origins of the app clients' callback and logout URLs, and those of the APIs' CORS configurations.

    The pools and APIs are the emulator's own records.
    """
    origins = {origin for api in apis for origin in (api.get("corsConfiguration") or {}).get("allowOrigins", [])}
    for pool in pools:
        for client in list(pool["_clients"].values()):
            for url in [*(client.get("CallbackURLs") or []), *(client.get("LogoutURLs") or [])]:
                parts = urlsplit(url)
                if parts.scheme in {"http", "https"}:
                    origins.add(f"{parts.scheme}://{parts.netloc}")
    return origins - {"*", "null"}
