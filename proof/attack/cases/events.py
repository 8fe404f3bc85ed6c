"""Group F: events that no client can bring about; the function is called with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from proof.attack.case import Case, MakeRequest, bearer, requests, sending
from proof.attack.cases.transport import GOOD, NOTHING, Event
from proof.attack.stack import TargetStack


def event_cases() -> Iterator[Case]:
    yield from _event_headers()
    yield from _foreign_events()
    yield from _authorizer()
    yield from _bodies()


def _event_with(**members: Any) -> Callable[[TargetStack, Event], Event]:
    return lambda _, event: {**event, **members}


def _events(
    case_id: str,
    title: str,
    reason: str,
    shapes: dict[str, Callable[[TargetStack, Event], Any]],
    prefix: str,
    make: MakeRequest = GOOD,
) -> Iterator[Case]:
    """Yield a case for each event that no client can bring about."""
    for name, shape in shapes.items():
        words = f"{title}: {name.replace('-', ' ')}"
        yield from requests(case_id, words, reason, {f"{prefix}{name}": make}, sent="event", event=shape)


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
    yield from _events("F08", "the token as in payload 1.0", "token_missing", doubled, "", NOTHING)


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
    senders = {"valid": GOOD, "forged": sending(lambda stack: bearer(stack.forged())), "no": NOTHING}
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


def _bodies() -> Iterator[Case]:
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
            yield from requests("F16", title, reason, {f"body-{name}": GOOD}, sent="event", event=event)
