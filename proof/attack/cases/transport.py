"""Group F: where the token stands, how the request reaches the route, and what the function's event looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from proof.access import Access
from proof.attack.case import (
    ACCEPTED,
    ADMITTED,
    MALFORMED,
    NO_BODY,
    Case,
    MakeRequest,
    Request,
    bearer,
    requests,
    sending,
)
from proof.attack.spellings import TOKEN_HEADERS
from proof.attack.stack import TargetStack
from proof.client import Answer
from proof.smoke import FOREIGN_ORIGIN, preflight_headers, sample
from stacks.routes import public_route

Event = dict[str, Any]
Headers = tuple[tuple[str, str], ...]
_NOT_FOUND = (400, 401, 403, 404, 405, 501)
_NOTHING = sending(lambda _: ())
_GOOD = sending(lambda stack: bearer(stack.access))


def transport_cases() -> Iterator[Case]:
    yield from _credentials()
    yield from _elsewhere()
    yield from _overrides()
    yield from _methods()
    yield from _paths()
    yield from _origins()
    yield from _bodies()
    yield from _event_headers()
    yield from _foreign_events()
    yield from _authorizer()


def _values(ways: dict[str, Callable[[str], str]]) -> dict[str, MakeRequest]:
    """Return a request for each value of Authorization, made from a real token."""
    return {name: sending(_header("Authorization", way)) for name, way in ways.items()}


def _header(name: str, way: Callable[[str], str]) -> Callable[[TargetStack], Headers]:
    return lambda stack: ((name, way(stack.access)),)


def _constant(header: str, value: str) -> MakeRequest:
    return sending(lambda _: ((header, value),))


def _credentials() -> Iterator[Case]:
    yield from requests("F00", "a real token: admitted as far as the user may", ACCEPTED, {"real-token": _GOOD})
    yield from requests("F01", "no Authorization", "token_missing", {"no-authorization": _NOTHING}, by="gateway")
    for reason, values in {
        "token_missing": {"empty": "", "bearer-alone": "Bearer", "bearer-and-space": "Bearer "},
        "scheme_unsupported": {
            "basic": "Basic YWxpY2U6c2VjcmV0LXBhc3N3b3Jk",
            "digest": 'Digest username="root"',
            "aws4": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20251122/us-east-1/execute-api/aws4_request",
        },
    }.items():
        for name, value in values.items():
            made = {name: _constant("Authorization", value)}
            # a signature of AWS's own kind that names nobody may be answered as one
            expected = (401, 403) if name == "aws4" else (401,)
            title = f"Authorization: {name.replace('-', ' ')}"
            yield from requests("F02", title, reason, made, "credentials-", expected=expected)
    schemes = _values(
        {
            "dpop": lambda token: f"DPoP {token}",
            "token": lambda token: f"Token {token}",
            "jwt": lambda token: f"JWT {token}",
            "bearer-colon": lambda token: f"Bearer: {token}",
            "bearer-equals": lambda token: f"Bearer={token}",
        }
    )
    yield from requests("F02", "a real token after another scheme", "scheme_unsupported", schemes, "credentials-")
    spelled = _values(
        {
            "bearer": lambda token: f"bearer {token}",
            "BEARER": lambda token: f"BEARER {token}",
            "bEaReR": lambda token: f"bEaReR {token}",
        }
    )
    title, expected = "the scheme is case-insensitive", (ADMITTED, 401)
    yield from requests("F03", title, ACCEPTED, spelled, "scheme-", expected=expected)
    # Space around a header's value is no part of it (RFC 9110 5.5): no server gets to see it.
    outer: dict[str, dict[str, Callable[[str], str]]] = {
        "token_malformed": {
            "trailing-space": lambda token: f"Bearer {token} ",
            "trailing-tab": lambda token: f"Bearer {token}\t",
        },
        "scheme_unsupported": {"leading-space": lambda token: f" Bearer {token}"},
    }
    inner: dict[str, dict[str, Callable[[str], str]]] = {
        "token_malformed": {
            "two-spaces": lambda token: f"Bearer  {token}",
            "second-word": lambda token: f"Bearer {token} b",
            "scheme-twice": lambda token: f"Bearer Bearer {token}",
            "parameters": lambda token: f'Bearer {token}, realm="x"',
            "two-tokens": lambda token: f"Bearer {token} {token}",
        },
        "scheme_unsupported": {
            "tab": lambda token: f"Bearer\t{token}",
            "nbsp": lambda token: f"Bearer\u00a0{token}",
        },
    }
    for code, between in inner.items():
        made = _values(outer[code])
        yield from requests("F04", "space around the value", code, made, "spacing-", expected=expected)
        made = _values(between)
        yield from requests("F04", "something between scheme and token", code, made, "spacing-", **MALFORMED)
    bare = _values({"bare-token": lambda token: token})
    yield from requests("F05", "a token without a scheme, which the gateway takes", "scheme_unsupported", bare)
    basic = (("authorization", "Basic eDp5"),)
    pairs: dict[str, Callable[[TargetStack], Headers]] = {
        "real-and-forged": lambda stack: (*bearer(stack.access), *bearer(stack.forged())),
        "forged-and-real": lambda stack: (*bearer(stack.forged()), *bearer(stack.access)),
        "same-twice": lambda stack: bearer(stack.access) * 2,
        "real-and-basic": lambda stack: (*bearer(stack.access), *basic),
        "real-and-empty": lambda stack: (*bearer(stack.access), ("AUTHORIZATION", "")),
    }
    made = {name: sending(headers) for name, headers in pairs.items()}
    title = "two Authorization headers"
    yield from requests("F06", title, "token_malformed", made, "two-headers-", **MALFORMED)
    basic_first = {"basic-and-real": sending(lambda stack: (*basic, *bearer(stack.access)))}
    yield from requests("F06", title, "scheme_unsupported", basic_first, "two-headers-", **MALFORMED)


def _elsewhere() -> Iterator[Case]:
    def query(name: str) -> MakeRequest:
        return lambda stack, route: Request(path=f"{sample(route)}?{name}={stack.access}")

    queries = {name: query(name) for name in ("access_token", "token", "authorization", "Authorization", "jwt")}
    yield from requests("F07", "a real token in the query", "token_missing", queries, "query-")
    before = {name: "access_token=" if name == "Cookie" else "Bearer " for name in TOKEN_HEADERS}
    headers = {name.lower(): sending(_header(name, _after(words))) for name, words in before.items()}
    yield from requests("F07", "a real token in another header", "token_missing", headers)
    form = ("Content-Type", "application/x-www-form-urlencoded")
    body = {"body": lambda stack, _: Request(headers=(form,), body=f"access_token={stack.access}".encode())}
    yield from requests("F07", "a real token in the body (RFC 6750 2.2)", "token_missing", body, public=(200, 400))


def _after(words: str) -> Callable[[str], str]:
    return lambda token: words + token


def _overrides() -> Iterator[Case]:
    for header, value in {
        "X-HTTP-Method-Override": "OPTIONS",
        "X-Method-Override": "OPTIONS",
        "X-HTTP-Method": "OPTIONS",
        "X-Original-URL": None,
        "X-Rewrite-URL": None,
        "X-Forwarded-Prefix": None,
        "X-Forwarded-Host": "attacker.example",
        "X-Forwarded-For": "127.0.0.1",
        "Forwarded": "for=127.0.0.1;host=attacker.example",
        "X-Amzn-Trace-Id": "Root=1-00000000-000000000000000000000000",
        "x-apigateway-event": "{}",
        "X-User": "root",
        "X-Amzn-Oidc-Identity": "root",
    }.items():
        title = f"{header}: {value or 'the path of a public route'}, without a token"
        made = {header.lower(): sending(_override(header, value))}
        yield from requests("F12", title, "token_missing", made)


def _override(header: str, value: str | None) -> Callable[[TargetStack], Headers]:
    return lambda stack: ((header, _public_path(stack) if value is None else value),)


def _methods() -> Iterator[Case]:
    """Methods that the table does not have at this path. Those that may change something are sent without a token."""
    for method in ("HEAD", "TRACE", "OPTIONS", "PROPFIND", "FOO", "POST", "PUT", "PATCH", "DELETE", "CONNECT"):
        sends_token = method not in {"POST", "PUT", "PATCH", "DELETE"}
        # a plain OPTIONS is answered as a preflight would be
        statuses = (*_NOT_FOUND, 204) if method == "OPTIONS" else _NOT_FOUND
        yield from requests(
            "F12",
            f"{method} where the table has no such route, {'a real' if sends_token else 'no'} token",
            "route_unknown",
            {f"method-{method}": _other_method(method, sends_token=sends_token)},
            expected=statuses,
            public=statuses,
            judge=_empty_success,
            sent="event" if method == "CONNECT" else "live",
        )


def _other_method(method: str, *, sends_token: bool) -> MakeRequest:
    def make(stack: TargetStack, route: Access) -> Request | None:
        if any((other.method, other.path) == (method, route.path) for other in stack.table.routes):
            return None
        return Request(method=method, headers=bearer(stack.access) if sends_token else ())

    return make


def _empty_success(_: TargetStack, __: Access, answer: Answer) -> str:
    return "a method without a route must not be answered with content" if answer.status < 300 and answer.body else ""


def _paths() -> Iterator[Case]:
    """Spellings of a protected path without a token: whatever a layer makes of them, it must not be the route."""
    tricks: dict[str, Callable[[str, str], str]] = {
        "double-slash": lambda path, _: f"/{path}",
        "trailing-slash": lambda path, _: f"{path}/",
        "capitals": lambda path, _: path.upper(),
        "dot": lambda path, _: f"/.{path}",
        "dot-segment": lambda path, _: f"/x/..{path}",
        "encoded-dot-segment": lambda path, _: f"/x/%2e%2e{path}",
        "encoded-dot-segment-first": lambda path, _: f"/%2e%2e{path}",
        "after-public": lambda path, public: f"{public}/..{path}",
        "after-public-encoded": lambda path, public: f"{public}%2f..%2f{path.lstrip('/')}",
        "before-public": lambda path, public: f"{path}/..{public}",
        "encoded-letter": lambda path, _: f"/%{ord(path[1:2] or 'x'):02x}{path[2:]}",
        "twice-encoded-letter": lambda path, _: f"/%25{ord(path[1:2] or 'x'):02x}{path[2:]}",
        "encoded-slash": lambda path, _: f"/%2f{path.lstrip('/')}",
        "trailing-encoded-slash": lambda path, _: f"{path}%2f",
        "backslash": lambda path, _: path.replace("/", "\\"),
        "parameters": lambda path, public: f"{path};{public}",
        "nul": lambda path, public: f"{path}%00{public}",
        "newline": lambda path, public: f"{path}%0a{public}",
        "encoded-question-mark": lambda path, _: f"{path}%3f",
        "encoded-fragment": lambda path, public: f"{path}%23{public}",
        "query-with-public": lambda path, public: f"{path}?{public}",
        "suffix": lambda path, _: f"{path}.json",
        "stage": lambda path, _: f"/$default{path}",
        "overlong-dot": lambda path, _: f"/%c0%ae%c0%ae{path}",
        "2-kB": lambda path, _: f"{path}/{'a' * 2_000}",
    }
    spelled = {name: _spelled(trick) for name, trick in tricks.items()}
    expected = (200, 400, 401, 403, 404, 405, 414)
    title, fields = "the route's path in another spelling", {"expected": expected, "judge": _only_public}
    yield from requests("F13", f"{title}, no token", "token_missing", spelled, "path-", on="protected", **fields)
    for name, trick in tricks.items():
        if name not in {"query-with-public", "backslash"}:  # no route keys
            made, event = {f"{name}-unmatched": _GOOD}, _as_route_key(trick)
            yield from requests(
                "F13", f"{title} as the route key", "route_unknown", made, "path-", sent="event", event=event
            )
    confused = {"path-protected-route-public": lambda stack, _: Request(path=_protected_path(stack))}
    title = "a protected route's path, matched to a public route: the public answer"
    yield from requests("F13", title, ACCEPTED, confused, on="public", sent="event")


def _spelled(trick: Callable[[str, str], str]) -> MakeRequest:
    return lambda stack, route: Request(path=trick(sample(route), _public_path(stack)))


def _as_route_key(trick: Callable[[str, str], str]) -> Callable[[TargetStack, Event], Event]:
    return lambda stack, event: {**event, "routeKey": f"GET {trick(event['rawPath'], _public_path(stack))}"}


def _public_path(stack: TargetStack) -> str:
    route = public_route(stack.table.routes)
    return "/health" if route is None else route.path


def _protected_path(stack: TargetStack) -> str:
    return next(sample(route) for route in stack.table.routes if not route.public)


def _only_public(stack: TargetStack, _: Access, answer: Answer) -> str:
    if answer.status == 200 and answer.body not in stack.public_answers.values():
        return "answered without a token, and not what a public route answers"
    return ""


def _origins() -> Iterator[Case]:
    def from_origin(origin: str) -> MakeRequest:
        return lambda _, route: Request(method="OPTIONS", headers=preflight_headers(route, origin))

    def alike(stack: TargetStack, route: Access) -> Request:
        expected = stack.target.expected
        origin = expected.origins[0] if expected and expected.origins else "https://app.example.com"
        return Request(method="OPTIONS", headers=preflight_headers(route, f"{origin}.foreign.example"))

    origins = (FOREIGN_ORIGIN, "null", "http://localhost", "file://", "*")
    preflights: dict[str, MakeRequest] = {
        origin.replace("://", "-").replace("*", "star").strip("-"): from_origin(origin) for origin in origins
    }
    preflights["alike"] = alike  # begins like an allowed one
    statuses = (200, 204, 400, 403, 404)
    title, fields = "preflight from a foreign origin", {"expected": statuses, "public": statuses}
    yield from requests("F14", title, None, preflights, "preflight-", judge=_allows_nobody, **fields)
    foreign = {"call-from-a-foreign-page": _constant("Origin", FOREIGN_ORIGIN)}
    title = "a call without a token by a page of a foreign origin"
    yield from requests("F14", title, "token_missing", foreign, judge=_allows_nobody)


def _allows_nobody(_: TargetStack, __: Access, answer: Answer) -> str:
    allowed = answer.header("access-control-allow-origin")
    if allowed:
        return f"a foreign page may read it: allowed is {allowed}"
    return "a preflight must not be answered with content" if answer.status == 204 and answer.body else ""


def _bodies() -> Iterator[Case]:
    unasked_for: dict[str, MakeRequest] = {"body-without-token": lambda *_: Request(body=b"x" * 300_000)}
    title = "300 kB of body without a token: the token is asked for first"
    yield from requests("F16", title, "token_missing", unasked_for, public=(200, 400, 413))
    json_type = (("Content-Type", "application/json"),)
    bodies: dict[str, tuple[Headers, bytes]] = {
        "not-json": (json_type, NO_BODY),
        "prototype": (json_type, b'{"__proto__": {"user": "root"}}'),
        "event": (json_type, b'{"requestContext": {"authorizer": {"jwt": {"claims": {"sub": "root"}}}}}'),
        "binary": ((), bytes(range(256))),
    }
    # Sent to routes that take a body, too: it is of no route's type, so that none can act on it.
    made = {name: _with_body(headers, body) for name, (headers, body) in bodies.items()}
    # 403: the right is asked for before the body
    fields: dict[str, Any] = {"expected": (400, 403, 413, 415), "public": (200, 400, 413)}
    title = "a body that no route takes, a real token"
    yield from requests("F16", title, "body_unexpected", made, "body-", **fields)
    large = {"body-300-kB": _with_body((), b"x" * 300_000)}
    yield from requests("F16", "300 kB of body, a real token", "body_too_large", large, **fields)
    unasked = {"body-on-the-public-route": lambda *_: Request(body=b"{}")}
    yield from requests("F16", "a body on a public route", "body_unexpected", unasked, on="public", sent="event")
    unable = {"body-without-the-right": _without_the_right}
    title = "a body without the route's right: the right is asked for first"
    yield from requests("F16", title, "group_missing", unable, on="grouped", expected=(403,))
    texts: dict[str, dict[str, tuple[Any, bool]]] = {
        "body_unexpected": {
            "json": ('{"user":"root"}', False),
            "one-space": (" ", False),
            "bad-base64": ("!!!not-base64!!!", True),
            "base64": ("eyJ1c2VyIjoicm9vdCJ9", True),
            "at-the-limit": ("x" * 262_144, False),
            "surrogate": ("\ud800", False),
        },
        "body_too_large": {"over-the-limit": ("x" * 262_145, False), "10-MB": ("x" * 10_000_000, True)},
        "event_invalid": {
            "object": ({"user": "root"}, False),
            "list": ([], False),
            "number": (0, False),
            "false": (False, False),
        },
    }
    for reason, given in texts.items():
        for name, (text, encoded) in given.items():
            event = _event_with(body=text, isBase64Encoded=encoded)
            title = f"event's body: {name.replace('-', ' ')}"
            yield from requests("F16", title, reason, {f"body-{name}": _GOOD}, sent="event", event=event)


def _with_body(headers: Headers, body: bytes) -> MakeRequest:
    return lambda stack, _: Request(headers=(*bearer(stack.access), *headers), body=body)


def _without_the_right(stack: TargetStack, route: Access) -> Request:
    return Request(headers=bearer(stack.stranger_to(route).access), body=b"{}")


def _event_with(**members: Any) -> Callable[[TargetStack, Event], Event]:
    return lambda _, event: {**event, **members}


def _events(
    id: str,  # noqa: A002 - the field's name
    title: str,
    reason: str,
    shapes: dict[str, Callable[[TargetStack, Event], Any]],
    prefix: str,
    make: MakeRequest = _GOOD,
) -> Iterator[Case]:
    """Yield a case for each event that no client can bring about."""
    for name, shape in shapes.items():
        words = f"{title}: {name.replace('-', ' ')}"
        yield from requests(id, words, reason, {f"{prefix}{name}": make}, sent="event", event=shape)


def _event_headers() -> Iterator[Case]:
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
    events = {name: _with_headers(shape) for name, shape in shapes.items()}
    events["missing"] = lambda _, event: _less(event, "headers")
    yield from _events("F08", "event's headers", "token_missing", events, "headers-")
    doubled = {"multi-value-headers": lambda stack, event: {**event, "multiValueHeaders": _v1_headers(stack)}}
    yield from _events("F08", "the token as in payload 1.0", "token_missing", doubled, "", _NOTHING)


def _with_headers(shape: Callable[[str], Any]) -> Callable[[TargetStack, Event], Any]:
    return lambda _, event: {**event, "headers": shape(event["headers"]["authorization"])}


def _less(event: Event, *names: str) -> Event:
    return {name: value for name, value in event.items() if name not in names}


def _v1_headers(stack: TargetStack) -> dict[str, list[str]]:
    return {name.lower(): [value] for name, value in bearer(stack.access)}


def _payload_1(stack: TargetStack, event: Event) -> Event:
    path, context = event["rawPath"], event["requestContext"]
    return {
        "version": "1.0",
        "resource": path,
        "path": path,
        "httpMethod": "GET",
        "headers": dict(bearer(stack.access)),
        "multiValueHeaders": _v1_headers(stack),
        "queryStringParameters": None,
        "requestContext": {
            **{name: context[name] for name in ("accountId", "apiId", "requestId", "stage")},
            "authorizer": {"claims": stack.claims(), "scopes": None},
            "httpMethod": "GET",
            "path": path,
            "resourcePath": path,
        },
        "body": None,
        "isBase64Encoded": False,
    }


def _load_balancer(stack: TargetStack, event: Event) -> Event:
    group = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x"
    return {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": "GET",
        "path": event["rawPath"],
        "queryStringParameters": {},
        "headers": {name.lower(): value for name, value in bearer(stack.access)},
        "body": "",
        "isBase64Encoded": False,
    }


def _foreign_events() -> Iterator[Case]:
    shapes: dict[str, Callable[[TargetStack, Event], Any]] = {
        "payload-1.0": _payload_1,
        "rest-api": lambda stack, event: _less(_payload_1(stack, event), "version"),
        "load-balancer": _load_balancer,
        "function-url": lambda _, event: {
            **event,
            "routeKey": "$default",
            "requestContext": {**event["requestContext"], "routeKey": "$default"},
        },
        "websocket": lambda _, event: {
            "requestContext": {"routeKey": "$connect", "eventType": "CONNECT", "connectionId": "x="},
            "headers": event["headers"],
        },
        "empty-object": lambda *_: {},
        "empty-list": lambda *_: [],
        "null": lambda *_: None,
        "string": lambda _, event: event["routeKey"],
        "number": lambda *_: 5,
        "list-of-events": lambda _, event: [event],
        "sqs": lambda _, event: {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": str(event)}]},
        "eventbridge": lambda _, event: {
            "version": "0",
            "source": "aws.events",
            "detail-type": "Scheduled Event",
            "detail": event,
        },
        "version-missing": lambda _, event: _less(event, "version"),
        "version-number": _event_with(version=2.0),
        "version-2": _event_with(version="2"),
        "version-list": _event_with(version=["2.0"]),
        "route-key-missing": lambda _, event: _less(event, "routeKey"),
        "route-key-null": _event_with(routeKey=None),
        "route-key-list": lambda _, event: {**event, "routeKey": [event["routeKey"]]},
        "route-key-object": lambda _, event: {**event, "routeKey": {event["routeKey"]: 1}},
        "context-missing": lambda _, event: _less(event, "requestContext"),
        "context-null": _event_with(requestContext=None),
        "context-list": lambda _, event: {**event, "requestContext": [event["requestContext"]]},
        "context-string": _event_with(requestContext="authorizer"),
    }
    yield from _events("F09", "foreign event", "event_invalid", shapes, "event-")
    request = {
        "event-lambda-authorizer": lambda _, event: {
            **_with_authorizer(event),
            "type": "REQUEST",
            "routeArn": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default/GET/hello",
            "identitySource": [event["headers"]["authorization"]],
        }
    }
    yield from _events("F09", "a Lambda authorizer's request in format 2.0", "authorizer_missing", request, "")


def _with_authorizer(event: Event, **authorizer: Any) -> Event:
    return {**event, "requestContext": {**_less(event["requestContext"], "authorizer"), **authorizer}}


def _vouching(context: Callable[[dict[str, Any]], Any]) -> Callable[[TargetStack, Event], Any]:
    return lambda stack, event: _with_authorizer(event, authorizer=context(stack.claims()))


def _authorizer() -> Iterator[Case]:
    lost = {"authorizer-missing": lambda _, event: _with_authorizer(event)}
    senders = {"valid": _GOOD, "forged": sending(lambda stack: bearer(stack.forged())), "no": _NOTHING}
    for name, make in senders.items():
        title = f"no authorizer context, {name} token: the route lost its authorizer"
        shape = {f"authorizer-missing-{name}-token": lost["authorizer-missing"]}
        yield from _events("F10", title, "authorizer_missing", shape, "", make)
    contexts: dict[str, Callable[[dict[str, Any]], Any]] = {
        "null": lambda _: None,
        "empty": lambda _: {},
        "list": lambda claims: [{"jwt": {"claims": claims}}],
        "string": lambda _: "jwt",
        "jwt-null": lambda _: {"jwt": None},
        "jwt-empty": lambda _: {"jwt": {}},
        "jwt-list": lambda _: {"jwt": ["claims"]},
        "claims-null": lambda _: {"jwt": {"claims": None}},
        "claims-list": lambda claims: {"jwt": {"claims": [claims]}},
        "claims-string": lambda _: {"jwt": {"claims": "{}"}},
        "claims-beside-jwt": lambda claims: {"claims": claims},
        "lambda": lambda claims: {"lambda": {"claims": claims}},
        "iam": lambda _: {"iam": {"accountId": "123456789012", "userId": "AIDAEXAMPLE"}},
    }
    shapes = {name: _vouching(context) for name, context in contexts.items()}
    yield from _events("F10", "authorizer context, valid token", "authorizer_missing", shapes, "authorizer-")
