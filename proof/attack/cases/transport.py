"""F: where the token stands, and how the request gets to the route."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from proof.access import Access
from proof.attack.case import NO_BODY, Case, Shot, admitted_case, bearer
from proof.attack.spellings import TOKEN_HEADERS
from proof.attack.world import World
from proof.client import Answer, Pairs
from proof.smoke import FOREIGN_ORIGIN, sample

Headers = Callable[[World], tuple[tuple[str, str], ...]]
_NOT_FOUND = (400, 401, 403, 404, 405, 501)


def transport_cases() -> Iterator[Case]:
    yield from _credentials()
    yield from _elsewhere()
    yield from _overrides()
    yield from _methods()
    yield from _paths()
    yield from _origins()
    yield from _bodies()


def _sent(id: str, name: str, title: str, headers: Headers, **more: Any) -> Case:  # noqa: A002 - the field's name
    return Case(id=id, name=name, title=title, shot=lambda world, _: Shot(headers=headers(world)), **more)


def _value(value: Callable[[str], str]) -> Headers:
    return lambda world: (("Authorization", value(world.access)),)


def _fixed(header: str, value: str) -> Headers:
    return lambda _: ((header, value),)


def _header(header: str, before: str) -> Headers:
    return lambda world: ((header, before + world.access),)


def _scheme(scheme: str) -> Headers:
    return lambda world: (("Authorization", f"{scheme} {world.access}"),)


def _query(name: str) -> Callable[[World, Access], Shot]:
    return lambda world, route: Shot(path=f"{sample(route)}?{name}={world.access}")


def _credentials() -> Iterator[Case]:
    yield admitted_case(
        "F00", "real-token", "a real token: admitted as far as the user may", lambda w: bearer(w.access), expected=()
    )
    yield _sent("F01", "no-authorization", "no Authorization header", lambda _: (), by="gateway")
    for name, text in {
        "empty": "",
        "bearer-alone": "Bearer",
        "bearer-and-space": "Bearer ",
        "basic": "Basic YWxpY2U6c2VjcmV0LXBhc3N3b3Jk",
        "digest": 'Digest username="root"',
        "aws4": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20251122/us-east-1/execute-api/aws4_request",
    }.items():
        yield _sent(
            "F02",
            f"credentials-{name}",
            f"Authorization: {name.replace('-', ' ')}",
            _fixed("Authorization", text),
            # a signature of AWS's own kind that names nobody may be answered as one
            expected=(401, 403) if name == "aws4" else (401,),
        )
    for name, make in {
        "dpop": lambda token: f"DPoP {token}",
        "token": lambda token: f"Token {token}",
        "jwt": lambda token: f"JWT {token}",
        "bearer-colon": lambda token: f"Bearer: {token}",
        "bearer-equals": lambda token: f"Bearer={token}",
    }.items():
        yield _sent("F02", f"credentials-{name}", f"a real token after {name.replace('-', ' ')}", _value(make))
    for scheme in ("bearer", "BEARER", "bEaReR"):
        yield admitted_case(
            "F03",
            f"scheme-{scheme}",
            f"scheme spelled {scheme}: it is case-insensitive",
            _scheme(scheme),
        )
    # Space around a header's value is no part of it (RFC 9110 5.5): no server gets to see it.
    for name, make in {
        "trailing-space": lambda token: f"Bearer {token} ",
        "trailing-tab": lambda token: f"Bearer {token}\t",
        "leading-space": lambda token: f" Bearer {token}",
    }.items():
        yield admitted_case("F04", f"spacing-{name}", f"Bearer with a {name.replace('-', ' ')}", _value(make))
    for name, make in {
        "two-spaces": lambda token: f"Bearer  {token}",
        "tab": lambda token: f"Bearer\t{token}",
        "second-word": lambda token: f"Bearer {token} b",
        "scheme-twice": lambda token: f"Bearer Bearer {token}",
        "nbsp": lambda token: f"Bearer\u00a0{token}",
        "parameters": lambda token: f'Bearer {token}, realm="x"',
        "two-tokens": lambda token: f"Bearer {token} {token}",
    }.items():
        yield _sent(
            "F04",
            f"spacing-{name}",
            f"Bearer with {name.replace('-', ' ')}",
            _value(make),
            expected=(400, 401),
            public=(200, 400),
        )
    yield _sent("F05", "bare-token", "the token without a scheme, which the gateway takes", _value(lambda token: token))
    pairs: dict[str, Headers] = {
        "real-and-forged": lambda world: (*bearer(world.access), *bearer(world.forged())),
        "forged-and-real": lambda world: (*bearer(world.forged()), *bearer(world.access)),
        "same-twice": lambda world: (*bearer(world.access), *bearer(world.access)),
        "real-and-basic": lambda world: (*bearer(world.access), ("authorization", "Basic eDp5")),
        "basic-and-real": lambda world: (("authorization", "Basic eDp5"), *bearer(world.access)),
        "real-and-empty": lambda world: (*bearer(world.access), ("AUTHORIZATION", "")),
    }
    for name, headers in pairs.items():
        yield _sent(
            "F06",
            f"two-headers-{name}",
            f"two Authorization headers: {name.replace('-', ' ')}",
            headers,
            expected=(400, 401),
            public=(200, 400),
        )


def _elsewhere() -> Iterator[Case]:
    for name in ("access_token", "token", "authorization", "Authorization", "jwt"):
        yield Case(
            id="F07",
            name=f"query-{name}",
            title=f"a real token in the query: {name}",
            shot=_query(name),
        )
    for header in TOKEN_HEADERS:
        yield _sent(
            "F07",
            header.lower(),
            f"a real token in {header}",
            _header(header, "access_token=" if header == "Cookie" else "Bearer "),
        )
    yield Case(
        id="F07",
        name="body",
        title="a real token in the body (RFC 6750 2.2)",
        shot=lambda world, _: Shot(
            headers=(("Content-Type", "application/x-www-form-urlencoded"),),
            body=f"access_token={world.access}".encode(),
        ),
        public=(200, 400),
    )


def _overrides() -> Iterator[Case]:
    for header, value in {
        "X-HTTP-Method-Override": "OPTIONS",
        "X-Method-Override": "OPTIONS",
        "X-HTTP-Method": "OPTIONS",
        "X-Original-URL": "/health",
        "X-Rewrite-URL": "/health",
        "X-Forwarded-Prefix": "/health",
        "X-Forwarded-Host": "attacker.example",
        "X-Forwarded-For": "127.0.0.1",
        "Forwarded": "for=127.0.0.1;host=attacker.example",
        "X-Amzn-Trace-Id": "Root=1-00000000-000000000000000000000000",
        "x-apigateway-event": "{}",
        "X-User": "root",
        "X-Amzn-Oidc-Identity": "root",
    }.items():
        yield _sent(
            "F12",
            header.lower(),
            f"{header}: {value[:20]}, without a token",
            _fixed(header, value),
        )


def _methods() -> Iterator[Case]:
    """Methods that the table does not have at this path. What may change something is sent without a token."""
    for method in ("HEAD", "TRACE", "OPTIONS", "PROPFIND", "FOO", "POST", "PUT", "PATCH", "DELETE"):
        sends_token = method not in {"POST", "PUT", "PATCH", "DELETE"}
        yield Case(
            id="F12",
            name=f"method-{method}",
            title=f"{method} where the table has no such route, {'a real' if sends_token else 'no'} token",
            shot=_other_method(method, sends_token=sends_token),
            # a plain OPTIONS is answered as a preflight would be
            expected=(*_NOT_FOUND, 204) if method == "OPTIONS" else _NOT_FOUND,
            public=(*_NOT_FOUND, 204) if method == "OPTIONS" else _NOT_FOUND,
            judge=_empty_success,
        )


def _other_method(method: str, *, sends_token: bool) -> Callable[[World, Access], Shot | None]:
    def shot(world: World, route: Access) -> Shot | None:
        if any((other.method, other.path) == (method, route.path) for other in world.table.routes):
            return None
        return Shot(method=method, headers=bearer(world.access) if sends_token else ())

    return shot


def _empty_success(_: World, __: Access, answer: Answer) -> str:
    return "a method without a route must not be answered with content" if answer.status < 300 and answer.body else ""


def _paths() -> Iterator[Case]:
    """Spellings of a protected path, without a token: whatever a layer makes of them, it must not be the route."""
    tricks: dict[str, Callable[[str, str], str]] = {
        "double-slash": lambda path, _: f"/{path}",
        "trailing-slash": lambda path, _: f"{path}/",
        "capitals": lambda path, _: path.upper(),
        "dot": lambda path, _: f"/.{path}",
        "dot-segment": lambda path, _: f"/x/..{path}",
        "encoded-dot-segment": lambda path, _: f"/x/%2e%2e{path}",
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
    for name, trick in tricks.items():
        yield Case(
            id="F13",
            name=f"path-{name}",
            title=f"path of the route: {name.replace('-', ' ')}, no token",
            shot=_path(trick),
            expected=(200, 400, 401, 403, 404, 405, 414),
            on="protected",
            judge=_only_public,
        )


def _path(trick: Callable[[str, str], str]) -> Callable[[World, Access], Shot]:
    return lambda world, route: Shot(path=trick(sample(route), _public_path(world)))


def _public_path(world: World) -> str:
    return next((route.path for route in world.table.routes if route.public and "{" not in route.path), "/health")


def _only_public(world: World, _: Access, answer: Answer) -> str:
    if answer.status == 200 and answer.body not in world.public_answers.values():
        return "answered without a token, and not what a public route answers"
    return ""


def _origins() -> Iterator[Case]:
    foreign = (FOREIGN_ORIGIN, "null", "http://localhost", "file://", "*")
    for origin in foreign:
        name = origin.replace("://", "-").replace("*", "star").strip("-")
        yield Case(
            id="F14",
            name=f"preflight-{name}",
            title=f"preflight from {origin}",
            shot=_preflight_from(origin),
            expected=(200, 204, 400, 403, 404),
            public=(200, 204, 400, 403, 404),
            judge=_allows_nobody,
        )
    yield Case(
        id="F14",
        name="preflight-alike",
        title="preflight from an origin that begins or ends like an allowed one",
        shot=_alike,
        expected=(200, 204, 400, 403, 404),
        public=(200, 204, 400, 403, 404),
        judge=_allows_nobody,
    )
    yield Case(
        id="F14",
        name="call-from-a-foreign-page",
        title=f"a call without a token by a page of {FOREIGN_ORIGIN}",
        shot=lambda _, __: Shot(headers=(("Origin", FOREIGN_ORIGIN),)),
        judge=_allows_nobody,
    )


def _preflight(route: Access, origin: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Origin", origin),
        ("Access-Control-Request-Method", route.method),
        ("Access-Control-Request-Headers", "authorization"),
    )


def _preflight_from(origin: str) -> Callable[[World, Access], Shot]:
    return lambda _, route: Shot(method="OPTIONS", headers=_preflight(route, origin))


def _alike(world: World, route: Access) -> Shot:
    expected = world.target.expected
    origin = expected.origins[0] if expected and expected.origins else "https://app.example.com"
    return Shot(method="OPTIONS", headers=_preflight(route, f"{origin}.foreign.example"))


def _allows_nobody(_: World, __: Access, answer: Answer) -> str:
    allowed = answer.header("access-control-allow-origin")
    if allowed:
        return f"a foreign page may read it: allowed is {allowed}"
    return "a preflight must not be answered with content" if answer.status == 204 and answer.body else ""


def _bodies() -> Iterator[Case]:
    def shot(headers: Headers, body: bytes) -> Callable[[World, Access], Shot]:
        return lambda world, _: Shot(headers=headers(world), body=body)

    json_type = ("Content-Type", "application/json")
    yield Case(
        id="F16",
        name="body-without-token",
        title="300 kB of body without a token: the token is asked for first",
        shot=shot(lambda _: (), b"x" * 300_000),
        public=(200, 400, 413),
    )
    refused = (400, 403, 413, 415)  # 403: the right is asked for before the body
    bodies: dict[str, tuple[Pairs, bytes]] = {
        "not-json": ((json_type,), NO_BODY),
        "prototype": ((json_type,), b'{"__proto__": {"user": "root"}}'),
        "event": ((json_type,), b'{"requestContext": {"authorizer": {"jwt": {"claims": {"sub": "root"}}}}}'),
        "binary": ((), bytes(range(256))),
        "300-kB": ((), b"x" * 300_000),
    }
    for name, (headers, body) in bodies.items():
        # Sent to routes that take a body too: it is of no route's type, so that none can act on it.
        def with_token(world: World, _: Access, headers: Pairs = headers, body: bytes = body) -> Shot:
            return Shot(headers=(*bearer(world.access), *headers), body=body)

        yield Case(
            id="F16",
            name=f"body-{name}",
            title=f"a body that no route takes ({name.replace('-', ' ')}), a real token",
            shot=with_token,
            expected=refused,
            public=(200, 400, 413),
        )
