"""A careful author's handler on PyJWT: keys ready by key id, every option of `decode` said, one log line."""

from __future__ import annotations

import json
import os
import time
from typing import Any
from urllib.request import urlopen

import jwt

_POOL_ID = os.environ["COGNITO_USER_POOL_ID"]
_ISSUER = f"https://cognito-idp.{os.environ['AWS_REGION']}.amazonaws.com/{_POOL_ID}"
_CLIENT_IDS = frozenset(os.environ["COGNITO_CLIENT_IDS"].split(","))
_TOKEN_USES = frozenset({"access"})
_REQUIRED = ["exp", "iat", "iss", "sub", "client_id", "token_use"]
_HEADERS = {"Content-Type": "application/json", "Cache-Control": "no-store"}
_ROUTES: dict[str, tuple[str, ...]] = {"GET /hello": (), "GET /reports": ("api/reports.read",)}

with urlopen(f"{os.environ['AWS_ENDPOINT_URL']}/{_POOL_ID}/.well-known/jwks.json") as _response:  # noqa: S310 - loopback
    _KEYS = {key.key_id: key for key in jwt.PyJWKSet.from_dict(json.load(_response)).keys}


def lambda_handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
    started = time.perf_counter()
    status, body = _answer(event)
    line = {
        "level": "INFO" if status < 400 else "WARNING",
        "requestId": event["requestContext"]["requestId"],
        "routeKey": event["routeKey"],
        "status": status,
        "durationMs": round((time.perf_counter() - started) * 1000, 2),
    }
    print(json.dumps(line))
    return {"statusCode": status, "headers": dict(_HEADERS), "body": json.dumps(body)}


def _answer(event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    scopes = _ROUTES.get(event["routeKey"])
    if scopes is None:
        return 404, {"message": "Not Found"}
    scheme, _, token = event["headers"].get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return 401, {"message": "Unauthorized"}
    try:
        claims = _verified(token)
    except (jwt.InvalidTokenError, ValueError):
        return 401, {"message": "Unauthorized"}
    if scopes and not set(scopes) & set(claims.get("scope", "").split()):
        return 403, {"message": "Forbidden"}
    return 200, {"message": "Hello, authenticated user!", "user": claims["username"]}


def _verified(token: str) -> dict[str, Any]:
    key = _KEYS.get(jwt.get_unverified_header(token).get("kid"))
    if key is None:
        raise jwt.InvalidTokenError("unknown key")
    claims = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        issuer=_ISSUER,
        options={"require": _REQUIRED, "verify_aud": False},
    )
    if claims["token_use"] not in _TOKEN_USES or claims["client_id"] not in _CLIENT_IDS:
        raise jwt.InvalidTokenError("another client or use")
    return claims
