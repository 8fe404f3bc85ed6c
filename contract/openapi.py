"""`openapi.json`: the routes in OpenAPI 3.1, with every response that the gateway and the function can give."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from contract.schema import PREFIX

_COMPONENTS = "#/components/schemas/"
_ABOUT = """Every route but the public ones requires an access token of the user pool: `Authorization: Bearer <token>`.
A route with several scopes or groups requires one of them. ID tokens are refused.

Refusals by the gateway have the body `{"message"}`, those by the function `{"message", "requestId"}`. After a refused
body or parameter there are also `in`, `field` and `rule`; a failure that a route declares has a `code`."""
_INFO = {
    "title": "Secure serverless API",
    "contact": {"name": "The team that deployed this stack"},
    "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
}
_JSON = "application/json"
_BODIES = {
    "Failure": {
        "type": "object",
        "description": "The body of a response that is not a success. The gateway's have no requestId.",
        "properties": {"message": {"type": "string"}, "requestId": {"type": "string"}},
        "required": ["message"],
    },
    "ValueFailure": {
        "type": "object",
        "description": "The value at `field` of `in` must `rule`. An empty `field` is the whole body or query.",
        "properties": {
            "message": {"type": "string"},
            "requestId": {"type": "string"},
            "in": {"enum": ["body", "path", "query", "header"]},
            "field": {"type": "string"},
            "rule": {"type": "string"},
        },
        "required": ["message"],
    },
}
_HEADERS = {
    "WWW-Authenticate": {
        "description": "`Bearer` and the reason why the token is refused (RFC 6750, section 3)",
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}},
    "Apigw-Requestid": {
        "description": "The gateway's id of the request, which is also in the logs",
        "schema": {"type": "string"},
    },
    "Cache-Control": {
        "description": "`no-store` unless the route may be cached: the response is for this caller only",
        "schema": {"type": "string"},
    },
    "Location": {
        "description": "The new item's URL, relative to the request's (RFC 9110, 10.2.2)",
        "schema": {"type": "string"},
    },
    "ETag": {
        "description": "The item's version; If-None-Match and If-Match name it (RFC 9110, 8.8.3)",
        "schema": {"type": "string"},
    },
}
# Status, name and headers of each refusal; `_WHY` has the descriptions.
_FAILURES: tuple[tuple[int, str, tuple[str, ...]], ...] = (
    (400, "BadRequest", ()),
    (401, "Unauthorized", ("WWW-Authenticate",)),
    (403, "Forbidden", ("WWW-Authenticate",)),
    (404, "NotFound", ()),
    (413, "PayloadTooLarge", ()),
    (415, "UnsupportedMediaType", ()),
    (429, "TooManyRequests", ()),
    (500, "InternalServerError", ()),
    (503, "ServiceUnavailable", ("Retry-After",)),
    (504, "GatewayTimeout", ()),
)
_WHY = {
    400: "A body or parameter is not expected or not valid; then `in`, `field` and `rule` name it and its rule.",
    401: "No token, or no valid access token for this API.",
    403: "A valid token without the scope or group that the route requires, or a machine's token on a route for users.",
    404: "No such route, or a path that can name nothing; then `in`, `field` and `rule` say why.",
    413: "The body is too long.",
    415: "The content type is not application/json.",
    429: "The route's throttle is exceeded.",
    500: "Unexpected error; find it in the logs by the request id.",
    503: "The function, the signing keys or the data store is unavailable.",
    504: "The function took too long.",
}


def document(contract: Mapping[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document of a contract."""
    paths: dict[str, dict[str, Any]] = {}
    schemes = _security_schemes(contract)
    for route in contract["routes"]:
        paths.setdefault(route["path"], {})[route["method"].lower()] = _operation(route, schemes)
    made = {
        "openapi": "3.1.0",
        "info": {**_INFO, "version": contract["contractVersion"], "description": _ABOUT},
        "servers": [{"url": contract["outputs"]["apiUrl"]}],
        "tags": [
            {"name": name, "description": f"Routes of {name}"}
            for name in sorted({_tag(route) for route in contract["routes"]})
        ],
        "paths": paths,
        "components": {
            "securitySchemes": schemes,
            "schemas": {**_without_defaults(contract["schemas"]), **_BODIES},
            "responses": {name: _failure(status, headers) for status, name, headers in _FAILURES},
            "headers": _HEADERS,
        },
    }
    return _moved(made)


def _operation(route: Mapping[str, Any], schemes: Mapping[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route["operationId"],
        "tags": [_tag(route)],
        "summary": route["summary"],
        "description": f"Who may call: {route['who']}.",
        "security": _security(route, schemes),
        "responses": _responses(route),
    }
    if route["groups"]:
        operation["x-groups"] = route["groups"]  # OpenAPI's security schemes have no groups
    if route["parameters"]:
        operation["parameters"] = route["parameters"]
    if route["request"]:
        operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": route["request"]}}}
    return operation


def _tag(route: Mapping[str, Any]) -> str:
    """Return the first part of the path: generators make a module of each tag, and viewers a chapter."""
    return str(route["path"].split("/")[1]) or "root"


def _security(route: Mapping[str, Any], schemes: Mapping[str, Any]) -> list[dict[str, list[str]]]:
    """Return the alternatives. One scope of several is enough, so each scope is an alternative.

    Only OAuth 2 schemes have scopes that linters and viewers can look up, so where there is one, a route with scopes
    names no other.
    """
    if route["public"]:
        return []
    if route["scopes"] and "signIn" in schemes:
        return [{"signIn": [scope]} for scope in route["scopes"]]
    return [{scheme: []} for scheme in schemes]


def _responses(route: Mapping[str, Any]) -> dict[str, Any]:
    names = ("Apigw-Requestid", "Cache-Control", *route["answerHeaders"])
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    success: dict[str, Any] = {"description": route["summary"], "headers": headers}
    if route["response"] and route["method"] != "HEAD":
        success["content"] = {_JSON: {"schema": route["response"]}}
    left_out = {401, 403} if route["public"] else set()
    left_out |= set() if route["request"] else {415}
    answers: dict[str, Any] = {str(route["status"]): success}
    if "ETag" in route["answerHeaders"] and route["method"] in {"GET", "HEAD"}:
        answers["304"] = {"description": "The client has this version, which If-None-Match names.", "headers": headers}
    for status, name, _ in _FAILURES:
        if status not in left_out:
            answers[str(status)] = {"$ref": f"#/components/responses/{name}"}
    for status in sorted({each["status"] for each in route["errors"]}):
        answers[str(status)] = _declared(route, status)
    return answers


def _declared(route: Mapping[str, Any], status: int) -> dict[str, Any]:
    """Return the response for the route's own failures of a status, beside those that the status has anyway."""
    own = [each for each in route["errors"] if each["status"] == status]
    schemas = [
        {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "requestId": {"type": "string"},
                "code": {"const": each["code"]},
            },
            "required": ["message", "requestId", "code"],
        }
        for each in own
    ]
    words = [f"{each['message']} (`{each['code']}`)." for each in own]
    if status == 404:
        schemas.append({"$ref": f"{_COMPONENTS}ValueFailure"})
        words.append(_WHY[404])
    return {
        "description": " ".join(words),
        "headers": {"Apigw-Requestid": {"$ref": "#/components/headers/Apigw-Requestid"}},
        "content": {_JSON: {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}},
    }


def _failure(status: int, headers: tuple[str, ...]) -> dict[str, Any]:
    body = "ValueFailure" if status in {400, 404} else "Failure"
    return {
        "description": _WHY[status],
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in (*headers, "Apigw-Requestid")},
        "content": {_JSON: {"schema": {"$ref": _COMPONENTS + body}}},
    }


def _security_schemes(contract: Mapping[str, Any]) -> dict[str, Any]:
    outputs, endpoints = contract["outputs"], contract["endpoints"]
    keys = str(endpoints["keys"])
    schemes: dict[str, Any] = {
        "openId": {
            "type": "openIdConnect",
            "openIdConnectUrl": keys.replace("jwks.json", "openid-configuration"),
            "description": "The pool's discovery document.",
        },
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": f"An access token issued by {outputs['issuer']} to client {outputs['userPoolClientId']}.",
        },
    }
    if endpoints["authorization"] is None:
        return schemes
    flow = {
        "authorizationUrl": endpoints["authorization"],
        "tokenUrl": endpoints["token"],
        "refreshUrl": endpoints["token"],
        "scopes": {scope: _meaning(contract, scope) for scope in outputs["signIn"]["scopes"]},
    }
    return {
        "signIn": {
            "type": "oauth2",
            "description": "The sign-in page: the code flow with PKCE (S256), without a client secret.",
            "flows": {"authorizationCode": flow},
            "x-usePkce": "SHA-256",
        },
        **schemes,
    }


def _meaning(contract: Mapping[str, Any], scope: str) -> str:
    summaries = [route["summary"] for route in contract["routes"] if scope in route["scopes"]]
    return "; ".join(summaries) or "OpenID Connect"


def _without_defaults(schema: Any) -> Any:
    """Return a schema without the defaults of its members: code generators make such members required."""
    if isinstance(schema, Mapping):
        return {
            name: {key: _without_defaults(each) for key, each in below.items()}
            if name == "properties"
            else _without_defaults(below)
            for name, below in schema.items()
            if name != "default"
        }
    return [_without_defaults(each) for each in schema] if isinstance(schema, list) else schema


def _moved(document: dict[str, Any]) -> dict[str, Any]:
    """Move the references from the contract's schemas to OpenAPI's components."""
    moved: dict[str, Any] = json.loads(json.dumps(document).replace(f'"{PREFIX}', f'"{_COMPONENTS}'))
    return moved
