"""Group F: the place of the token in the request, and the way of the request to the route."""

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
NOTHING = sending(lambda _: ())
GOOD = sending(lambda stack: bearer(stack.access))


def transport_cases() -> Iterator[Case]:
    yield from _credentials()
    yield from _elsewhere()
    yield from _overrides()
    yield from _methods()
    yield from _paths()
    yield from _origins()
    yield from _bodies()


def _values(values: dict[str, str]) -> dict[str, MakeRequest]:
    """Return a request for each value of Authorization, in which TOKEN stands for a real token."""
    return {name: sending(_authorization(value)) for name, value in values.items()}


def _authorization(value: str) -> Callable[[TargetStack], Headers]:
    return lambda stack: (("Authorization", value.replace("TOKEN", stack.access) if "TOKEN" in value else value),)


def _header(name: str, way: Callable[[str], str]) -> Callable[[TargetStack], Headers]:
    return lambda stack: ((name, way(stack.access)),)


def _constant(header: str, value: str) -> MakeRequest:
    return sending(lambda _: ((header, value),))


# Values of Authorization, in which TOKEN stands for a real token.
_NO_CREDENTIALS = {"empty": "", "bearer-alone": "Bearer", "bearer-and-space": "Bearer "}
_OTHER_SCHEMES = {
    "basic": "Basic YWxpY2U6c2VjcmV0LXBhc3N3b3Jk",
    "digest": 'Digest username="root"',
    "dpop": "DPoP TOKEN",
    "token": "Token TOKEN",
    "jwt": "JWT TOKEN",
    "bearer-colon": "Bearer: TOKEN",
    "bearer-equals": "Bearer=TOKEN",
}
_SCHEMES = {each: f"{each} TOKEN" for each in ("bearer", "BEARER", "bEaReR")}
_SPACE_BEFORE = {"leading-space": " Bearer TOKEN"}
_SPACE_AFTER = {"trailing-space": "Bearer TOKEN ", "trailing-tab": "Bearer TOKEN\t"}
_BESIDE_TOKEN = {
    "two-spaces": "Bearer  TOKEN",
    "second-word": "Bearer TOKEN b",
    "scheme-twice": "Bearer Bearer TOKEN",
    "parameters": 'Bearer TOKEN, realm="x"',
    "two-tokens": "Bearer TOKEN TOKEN",
}
_NO_SPACE = {"tab": "Bearer\tTOKEN", "nbsp": "Bearer\u00a0TOKEN"}
_BARE = {"bare-token": "TOKEN"}


def _credentials() -> Iterator[Case]:
    yield from requests("F00", "a real token: admitted as far as the user may", ACCEPTED, {"real-token": GOOD})
    yield from requests("F01", "no Authorization", "token_missing", {"no-authorization": NOTHING}, by="gateway")
    aws = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20251122/us-east-1/execute-api/aws4_request"
    # Space around a header's value is no part of it (RFC 9110 5.5): no server gets to see it.
    seen_without: dict[str, Any] = {"expected": (ADMITTED, 401)}
    for case_id, title, reason, prefix, values, fields in (
        ("F02", "Authorization without a token", "token_missing", "credentials-", _NO_CREDENTIALS, {}),
        ("F02", "Authorization of another scheme", "scheme_unsupported", "credentials-", _OTHER_SCHEMES, {}),
        # a signature of AWS's own kind that names nobody may be answered as one
        ("F02", "an AWS signature", "scheme_unsupported", "credentials-", {"aws4": aws}, {"expected": (401, 403)}),
        ("F03", "the scheme is case-insensitive", ACCEPTED, "scheme-", _SCHEMES, seen_without),
        ("F04", "space around the value", "token_malformed", "spacing-", _SPACE_AFTER, seen_without),
        ("F04", "space before the value", "scheme_unsupported", "spacing-", _SPACE_BEFORE, seen_without),
        ("F04", "something beside the token", "token_malformed", "spacing-", _BESIDE_TOKEN, MALFORMED),
        ("F04", "no space after the scheme", "scheme_unsupported", "spacing-", _NO_SPACE, MALFORMED),
        ("F05", "a token without a scheme, which the gateway takes", "scheme_unsupported", "", _BARE, {}),
    ):
        yield from requests(case_id, title, reason, _values(values), prefix, **fields)
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
    title = "a real token in the query"
    yield from requests("F07", title, "token_missing", queries, "query-", public=(200, 400))
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
            made, event = {f"{name}-unmatched": GOOD}, _as_route_key(trick)
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
    # 404: the sample of a path may name nothing
    fields: dict[str, Any] = {"expected": (400, 403, 404, 413, 415), "public": (200, 400, 413)}
    title = "a body that no route takes, a real token"
    yield from requests("F16", title, "body_unexpected", made, "body-", **fields)
    large = {"body-300-kB": _with_body((), b"x" * 300_000)}
    yield from requests("F16", "300 kB of body, a real token", "body_too_large", large, **fields)
    unasked = {"body-on-the-public-route": lambda *_: Request(body=b"{}")}
    yield from requests("F16", "a body on a public route", "body_unexpected", unasked, on="public", sent="event")
    unable = {"body-without-the-right": _without_the_right}
    title = "a body without the route's right: the right is asked for first"
    yield from requests("F16", title, "group_missing", unable, on="grouped", expected=(403,))


def _with_body(headers: Headers, body: bytes) -> MakeRequest:
    return lambda stack, _: Request(headers=(*bearer(stack.access), *headers), body=body)


def _without_the_right(stack: TargetStack, route: Access) -> Request:
    return Request(headers=bearer(stack.stranger_to(route).access), body=b"{}")
