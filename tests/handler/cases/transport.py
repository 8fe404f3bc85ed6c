"""F: where the token stands, and what the event looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from proof.attack.spellings import TOKEN_HEADERS
from tests.handler.case import ADMIN, HEALTH, HELLO, Case, bearer, token_case
from tests.handler.events import Pairs
from tests.handler.signing import World

Event = dict[str, Any]


def transport_cases() -> Iterator[Case]:
    yield from _credentials()
    yield from _elsewhere()
    yield from _headers()
    yield from _foreign_events()
    yield from _authorizer()
    yield from _methods_and_paths()
    yield from _bodies()


def _header_value(value: Callable[[str], str]) -> Callable[[World], Pairs]:
    return lambda world: [("Authorization", value(world.access()))]


def _credentials() -> Iterator[Case]:
    yield Case(
        id="F01",
        name="no-authorization",
        title="no Authorization header",
        headers=lambda _: [],
        reason="token_missing",
    )
    for name, value, reason in (
        ("empty", lambda _: "", "token_missing"),
        ("bearer-alone", lambda _: "Bearer", "token_missing"),
        ("bearer-and-space", lambda _: "Bearer ", "token_missing"),
        ("basic", lambda _: "Basic YWxpY2U6c2VjcmV0LXBhc3N3b3Jk", "scheme_unsupported"),
        ("dpop", lambda token: f"DPoP {token}", "scheme_unsupported"),
        ("token", lambda token: f"Token {token}", "scheme_unsupported"),
        ("jwt", lambda token: f"JWT {token}", "scheme_unsupported"),
        ("bearer-colon", lambda token: f"Bearer: {token}", "scheme_unsupported"),
        ("bearer-equals", lambda token: f"Bearer={token}", "scheme_unsupported"),
    ):
        yield Case(
            id="F02",
            name=f"credentials-{name}",
            title=f"Authorization: {name.replace('-', ' ')}",
            headers=_header_value(value),
            reason=reason,
        )
    for scheme in ("bearer", "BEARER", "bEaReR"):
        yield Case(
            id="F03",
            name=f"scheme-{scheme}",
            title=f"scheme spelled {scheme}: it is case-insensitive",
            headers=_header_value(lambda token, scheme=scheme: f"{scheme} {token}"),
            reason=None,
            expected=(200,),
            layer="-",
            gateway=(200, 401),
        )
    for name, value, reason in (
        ("two-spaces", lambda token: f"Bearer  {token}", "token_malformed"),
        ("tab", lambda token: f"Bearer\t{token}", "scheme_unsupported"),
        ("trailing-space", lambda token: f"Bearer {token} ", "token_malformed"),
        ("leading-space", lambda token: f" Bearer {token}", "scheme_unsupported"),
        ("second-word", lambda token: f"Bearer {token} b", "token_malformed"),
        ("scheme-twice", lambda token: f"Bearer Bearer {token}", "token_malformed"),
        ("nbsp", lambda token: f"Bearer\u00a0{token}", "scheme_unsupported"),
        ("parameters", lambda token: f'Bearer {token}, realm="x"', "token_malformed"),
    ):
        yield Case(
            id="F04",
            name=f"spacing-{name}",
            title=f"Authorization: Bearer with {name.replace('-', ' ')}",
            headers=_header_value(value),
            reason=reason,
            unsendable=name == "nbsp",
            # space around a header's value is not part of it (RFC 9110 5.5): no server gets to see it
            gateway=(200, 401) if name in {"trailing-space", "leading-space"} else (),
        )
    yield Case(
        id="F05",
        name="bare-token",
        title="the token without a scheme, which the gateway takes",
        headers=_header_value(lambda token: token),
        reason="scheme_unsupported",
        layer="H",
    )
    for name, pairs in {
        "valid-and-evil": lambda world: [*bearer(world.access()), *bearer(world.forged())],
        "evil-and-valid": lambda world: [*bearer(world.forged()), *bearer(world.access())],
        "same-twice": lambda world: [*bearer(world.access())] * 2,
        "valid-and-basic": lambda world: [*bearer(world.access()), ("authorization", "Basic eDp5")],
    }.items():
        yield Case(
            id="F06",
            name=f"two-headers-{name}",
            title=f"two Authorization headers: {name.replace('-', ' ')}",
            headers=pairs,
            reason="token_malformed",
            layer="H",
            gateway=(400, 401),
        )


def _elsewhere() -> Iterator[Case]:
    for name in ("access_token", "token", "authorization", "Authorization"):
        yield Case(
            id="F07",
            name=f"query-{name}{'-capital' if name[0] == 'A' else ''}",
            title=f"token in the query: {name}",
            headers=lambda _: [],
            request=lambda world, name=name: f"GET /hello?{name}={world.access()}",
            reason="token_missing",
        )
    for header in TOKEN_HEADERS:
        yield Case(
            id="F07",
            name=header.lower(),
            title=f"token in {header}",
            headers=lambda world, header=header: [
                (header, f"access_token={world.access()}" if header == "Cookie" else f"Bearer {world.access()}")
            ],
            reason="token_missing",
        )
    yield Case(
        id="F07",
        name="body",
        title="token in the body (RFC 6750 2.2)",
        headers=lambda _: [("Content-Type", "application/x-www-form-urlencoded")],
        body=lambda world: f"access_token={world.access()}",
        reason="token_missing",
    )


def _headers() -> Iterator[Case]:
    shapes: dict[str, Callable[[str], Any]] = {
        "capital": lambda value: {"Authorization": value},
        "null": lambda _: None,
        "list": lambda value: ["authorization", value],
        "string": lambda value: f"authorization: {value}",
        "empty": lambda _: {},
        "value-list": lambda value: {"authorization": [value]},
        "value-object": lambda value: {"authorization": {"Bearer": value}},
        "value-number": lambda _: {"authorization": 5},
        "value-null": lambda _: {"authorization": None},
    }
    for name, shape in shapes.items():
        yield Case(
            id="F08",
            name=f"headers-{name}",
            title=f"event's headers: {name.replace('-', ' ')}",
            headers=_header_value(lambda token: f"Bearer {token}"),
            reason="token_missing",
            layer="H",
            event=lambda _, event, shape=shape: {**event, "headers": shape(event["headers"]["authorization"])},
        )
    yield Case(
        id="F08",
        name="headers-missing",
        title="event without headers",
        headers=lambda _: [],
        reason="token_missing",
        layer="H",
        event=lambda _, event: _less(event, "headers"),
    )
    yield Case(
        id="F08",
        name="multi-value-headers",
        title="the token in multiValueHeaders, as in payload 1.0",
        headers=lambda _: [],
        reason="token_missing",
        layer="H",
        event=lambda world, event: {**event, "multiValueHeaders": {"authorization": [f"Bearer {world.access()}"]}},
    )


def _less(event: Event, *names: str) -> Event:
    return {name: value for name, value in event.items() if name not in names}


def _version_1(world: World, event: Event) -> Event:
    headers = {"Authorization": f"Bearer {world.access()}"}
    return {
        "version": "1.0",
        "resource": "/hello",
        "path": "/hello",
        "httpMethod": "GET",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "authorizer": {"claims": dict(world.claims()), "scopes": None},
            "httpMethod": "GET",
            "path": "/hello",
            "requestId": event["requestContext"]["requestId"],
            "resourcePath": "/hello",
            "stage": "$default",
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _load_balancer(world: World, _: Event) -> Event:
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x"}
        },
        "httpMethod": "GET",
        "path": "/hello",
        "queryStringParameters": {},
        "headers": {"authorization": f"Bearer {world.access()}"},
        "body": "",
        "isBase64Encoded": False,
    }


def _foreign_events() -> Iterator[Case]:
    shapes: dict[str, Callable[[World, Event], Any]] = {
        "payload-1.0": _version_1,
        "rest-api": lambda world, event: _less(_version_1(world, event), "version"),
        "load-balancer": _load_balancer,
        "function-url": lambda _, event: {
            **event,
            "routeKey": "$default",
            "requestContext": {**event["requestContext"], "routeKey": "$default"},
        },
        "websocket": lambda world, _: {
            "requestContext": {"routeKey": "$connect", "eventType": "CONNECT", "connectionId": "x="},
            "headers": {"authorization": f"Bearer {world.access()}"},
        },
        "empty-object": lambda _, __: {},
        "empty-list": lambda _, __: [],
        "null": lambda _, __: None,
        "string": lambda _, __: "GET /hello",
        "number": lambda _, __: 5,
        "list-of-events": lambda _, event: [event],
        "sqs": lambda _, event: {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": str(event)}]},
        "eventbridge": lambda _, event: {
            "version": "0",
            "source": "aws.events",
            "detail-type": "Scheduled Event",
            "detail": event,
        },
        "version-missing": lambda _, event: _less(event, "version"),
        "version-number": lambda _, event: {**event, "version": 2.0},
        "version-2": lambda _, event: {**event, "version": "2"},
        "version-list": lambda _, event: {**event, "version": ["2.0"]},
        "route-key-missing": lambda _, event: _less(event, "routeKey"),
        "route-key-null": lambda _, event: {**event, "routeKey": None},
        "route-key-list": lambda _, event: {**event, "routeKey": [HELLO]},
        "route-key-object": lambda _, event: {**event, "routeKey": {HELLO: 1}},
        "context-missing": lambda _, event: _less(event, "requestContext"),
        "context-null": lambda _, event: {**event, "requestContext": None},
        "context-list": lambda _, event: {**event, "requestContext": [event["requestContext"]]},
        "context-string": lambda _, event: {**event, "requestContext": "authorizer"},
    }
    for name, shape in shapes.items():
        yield Case(
            id="F09",
            name=f"event-{name}",
            title=f"event: {name.replace('-', ' ')}",
            headers=lambda world: bearer(world.access()),
            reason="event_invalid",
            expected=(400,),
            layer="H",
            event=shape,
        )
    yield Case(
        id="F09",
        name="event-lambda-authorizer",
        title="event: a Lambda authorizer's request in format 2.0",
        headers=lambda world: bearer(world.access()),
        reason="authorizer_missing",
        layer="H",
        event=lambda _, event: {
            **_with_authorizer(event, None),
            "type": "REQUEST",
            "routeArn": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default/GET/hello",
            "identitySource": [event["headers"]["authorization"]],
        },
    )


def _with_authorizer(event: Event, authorizer: Any) -> Event:
    context = _less(event["requestContext"], "authorizer")
    return {**event, "requestContext": context if authorizer is None else {**context, "authorizer": authorizer}}


def _authorizer() -> Iterator[Case]:
    tokens: dict[str, Callable[[World], Pairs]] = {
        "valid": lambda world: bearer(world.access()),
        "forged": lambda world: bearer(world.forged()),
        "no": lambda _: [],
    }
    for name, pairs in tokens.items():
        yield Case(
            id="F10",
            name=f"authorizer-missing-{name}-token",
            title=f"no authorizer context, {name} token: the route lost its authorizer",
            headers=pairs,
            reason="authorizer_missing",
            layer="H",
            event=lambda _, event: _with_authorizer(event, None),
        )
    shapes: dict[str, Callable[[World], Any]] = {
        "empty": lambda _: {},
        "list": lambda world: [{"jwt": {"claims": world.claims()}}],
        "string": lambda _: "jwt",
        "jwt-null": lambda _: {"jwt": None},
        "jwt-empty": lambda _: {"jwt": {}},
        "jwt-list": lambda _: {"jwt": ["claims"]},
        "claims-null": lambda _: {"jwt": {"claims": None}},
        "claims-list": lambda world: {"jwt": {"claims": [world.claims()]}},
        "claims-string": lambda _: {"jwt": {"claims": "{}"}},
        "claims-beside-jwt": lambda world: {"claims": world.claims()},
        "lambda": lambda world: {"lambda": {"claims": world.claims()}},
        "iam": lambda _: {"iam": {"accountId": "123456789012", "userId": "AIDAEXAMPLE"}},
    }
    for name, shape in shapes.items():
        yield Case(
            id="F10",
            name=f"authorizer-{name}",
            title=f"authorizer context {name.replace('-', ' ')}, valid token",
            headers=lambda world: bearer(world.access()),
            reason="authorizer_missing",
            layer="H",
            event=lambda world, event, shape=shape: _with_authorizer(event, shape(world)),
        )
    yield Case(
        id="F10",
        name="authorizer-null",
        title="authorizer context null, valid token",
        headers=lambda world: bearer(world.access()),
        reason="authorizer_missing",
        layer="H",
        event=lambda _, event: {**event, "requestContext": {**event["requestContext"], "authorizer": None}},
    )


def _methods_and_paths() -> Iterator[Case]:
    for header in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        yield Case(
            id="F12",
            name=header.lower(),
            title=f"{header}: OPTIONS on a protected route, no token",
            headers=lambda _, header=header: [(header, "OPTIONS")],
            reason="token_missing",
        )
    for header in ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix"):
        yield Case(
            id="F12",
            name=header.lower(),
            title=f"{header}: /health on a protected route, no token",
            headers=lambda _, header=header: [(header, "/health")],
            reason="token_missing",
        )
    for method in ("HEAD", "TRACE", "OPTIONS", "CONNECT", "POST", "PROPFIND", "FOO"):
        yield Case(
            id="F12",
            name=f"method-{method.lower()}",
            title=f"{method} on a protected path, valid token",
            headers=lambda world: bearer(world.access()),
            route=f"{method} /hello",
            reason="route_unknown",
            expected=(404,),
            unsendable=method == "CONNECT",
            gateway=(400, 401, 403, 404, 405),
        )
    for name, path in {
        "double-slash": "//hello",
        "dot-segments": "/%2e%2e/health",
        "plain-dot-segments": "/hello/../health",
        "trailing-slash": "/hello/",
        "capital": "/Hello",
        "encoded-slash": "/health%2f..%2fhello",
        "parameters": "/hello;/health",
        "nul": "/hello%00/health",
        "stage": "/$default/hello",
        "fragment": "/hello%23/health",
        "2-kB": "/" + "a" * 2_000,
    }.items():
        # a client or the gateway may resolve the path to the public route's
        gateway = (200, 400, 401, 403, 404) if "health" in path else (400, 401, 403, 404, 414)
        yield Case(
            id="F13",
            name=f"path-{name}-as-hello",
            title=f"path {path[:32]}, matched to a protected route, no token",
            headers=lambda _: [],
            request=f"GET {path}",
            reason="token_missing",
            gateway=gateway,
        )
        yield Case(
            id="F13",
            name=f"path-{name}-unmatched",
            title=f"path {path[:32]} as the route key, valid token",
            headers=lambda world: bearer(world.access()),
            route=f"GET {path}",
            reason="route_unknown",
            expected=(404,),
            layer="H",
            event=lambda _, event: event,
        )
    yield Case(
        id="F13",
        name="path-protected-route-public",
        title="path of a protected route, matched to the public one: the public answer",
        headers=lambda _: [],
        request="GET /admin",
        route=HEALTH,
        reason=None,
        expected=(200,),
        layer="H",
        event=lambda _, event: event,
    )


def _bodies() -> Iterator[Case]:
    for name, body, encoded, status, reason in (
        ("not-json", "{not json", False, 400, "body_unexpected"),
        ("json", '{"user":"root"}', False, 400, "body_unexpected"),
        ("one-space", " ", False, 400, "body_unexpected"),
        ("bad-base64", "!!!not-base64!!!", True, 400, "body_unexpected"),
        ("base64", "eyJ1c2VyIjoicm9vdCJ9", True, 400, "body_unexpected"),
        ("at-the-limit", "x" * 262_144, False, 400, "body_unexpected"),
        ("over-the-limit", "x" * 262_145, False, 413, "body_too_large"),
        ("10-MB", "x" * 10_000_000, True, 413, "body_too_large"),
        ("surrogate", "\ud800", False, 400, "body_unexpected"),
        ("object", {"user": "root"}, False, 400, "event_invalid"),
        ("list", [], False, 400, "event_invalid"),
        ("number", 0, False, 400, "event_invalid"),
        ("false", False, False, 400, "event_invalid"),
    ):
        yield token_case(
            "F16",
            f"body-{name}",
            f"body on a route that takes none: {name.replace('-', ' ')}",
            World.access,
            reason,
            expected=(status,),
            layer="H",
            event=lambda _, event, body=body, encoded=encoded: {**event, "body": body, "isBase64Encoded": encoded},
        )
    yield Case(
        id="F16",
        name="body-without-token",
        title="body on a protected route, no token: the token is asked for first",
        headers=lambda _: [],
        body=lambda _: "x" * 300_000,
        reason="token_missing",
        layer="H",
    )
    yield Case(
        id="F16",
        name="body-sent",
        title="a body on the wire, valid token",
        headers=lambda world: [*bearer(world.access()), ("Content-Type", "application/json")],
        body=lambda _: "{not json",
        reason="body_unexpected",
        expected=(400,),
        layer="H",
    )
    yield Case(
        id="F16",
        name="body-on-the-public-route",
        title="a body on the public route",
        headers=lambda _: [],
        route=HEALTH,
        body=lambda _: "{}",
        reason="body_unexpected",
        expected=(400,),
        layer="H",
    )
    yield token_case(
        "F16",
        "body-without-the-right",
        "body on a route for a group, token without it: the right is asked for first",
        World.access,
        "group_missing",
        route=ADMIN,
        body=lambda _: "{}",
        expected=(403,),
        layer="H",
    )
