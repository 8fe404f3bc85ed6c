"""Cognito's endpoint for revoking refresh tokens (`/oauth2/revoke`), which the emulator lacks beside its API call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

Application = Callable[..., Awaitable[None]]


def with_revocation(app: Application, cognito: Any) -> Application:
    """Wrap the emulator's ASGI application. As in Cognito, a client sends `token` and `client_id` as a form."""

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("POST", "/oauth2/revoke"):
            await app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        form = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        claims = cognito._token_claims(form.get("token", ""))
        status = 200 if claims.get("client_id") == form.get("client_id") else 400
        if status == 200:
            cognito._revoke_token({"Token": form["token"]})
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if status == 200 else b'{"error":"invalid_request"}'})

    return application
