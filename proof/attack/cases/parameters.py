"""Group P: path and query parameters, with a real token, to routes that only read, or to another user's item."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256

from proof.access import Access
from proof.attack.case import TOO_MUCH, Case, MakeRequest, Request, bearer, reads_only, requests
from proof.attack.stack import STRANGER, USER, CannotTestError, TargetStack
from proof.client import Answer

# 403: the right is asked for before the parameters
# 404: the sample of a path may name nothing
_REFUSED = (400, 403, 404)

_POLLUTION = {
    "user": "sub=root",
    "owner": "owner=root",
    "group": "cognito:groups=admin",
    "claims": "claims.sub=root",
    "token": "token_use=access",
    "prototype": "__proto__[user]=root",
    "brackets": "user[]=root",
    "method": "_method=DELETE",
    "callback": "callback=attack",
    "path-parameter": "id=root",
    "encoded-name": "%73ub=root",
    "same-name-twice": "sub=root&sub=nobody",
    "beside-semicolon": "x=1;sub=root",
}
_ENCODINGS = {
    "no-value": "sub",
    "no-name": "=root",
    "empty-pair": "x=1&&y=2",
    "not-utf-8": "x=%ff",
    "overlong-utf-8": "x=%c0%ae",
    "surrogate": "x=%ed%a0%80",
    "half-an-escape": "x=%2",
    "no-escape": "x=%zz",
    "nul-in-name": "x%00=1",
    "line-break": "x%0d%0aX-Evil:1=1",
    "encoded-twice": "%2573ub=root",
}
# Of a parameter that is a number, true or false.
_VALUES = {
    "word": "root",
    "empty": "",
    "leading-zero": "01",
    "plus": "%2B1",
    "exponent": "1e0",
    "huge": "9" * 400,
    "not-a-number": "NaN",
    "nul": "1%00",
    "space": "%201",
    "arabic-digit": "%D9%A1",
    "list": "1,1",
    "object": "%7B%7D",
    "twice": "1&{name}=1",
    "twice-encoded": "1&%{first:02x}{rest}=2",
    "in-capitals": "1&{capitals}=1",
}
# No item has such an id: each would be more than one segment of a path, or none.
_SEGMENTS = {
    "climb": "..%2f..%2fadmin",
    "climb-capital": "..%2F..%2Fadmin",
    "encoded-dots": "%2e%2e%2fadmin",
    "slash": "a%2fb",
    "backslash": "..%5c..%5cadmin",
    "nul": "a%00",
    "line-break": "a%0d%0aX-Evil:1",
    "delete": "a%7f",
    "encoded-twice": "..%252f..%252fadmin",
}


def parameter_cases() -> Iterator[Case]:
    queries: Mapping[str, tuple[str, Mapping[str, str]]] = {
        "P01": ("a query parameter that no route has", _POLLUTION),
        "P02": ("a query in a wrong encoding", _ENCODINGS),
    }
    for case_id, (title, values) in queries.items():
        made = {name: _query(value) for name, value in values.items()}
        yield from requests(
            case_id, title, "query_invalid", made, "query-", on="protected", expected=_REFUSED, judge=_not_done
        )
    # As long as servers in front of a function may refuse.
    long = {"query-9-kB": _query("x=" + "a" * 9_000)}
    statuses = (*_REFUSED, *TOO_MUCH["expected"])
    yield from requests("P02", "9 kB of query", "query_invalid", long, on="protected", expected=statuses)
    made = {name: _number(value) for name, value in _VALUES.items()}
    yield from requests(
        "P03", "a number in another form", "query_invalid", made, "number-", on="numbers", expected=_REFUSED
    )
    segments = {name: _segment(value) for name, value in _SEGMENTS.items()}
    yield from requests(
        "P04", "a path that is no segment", "path_invalid", segments, "path-", on="path", expected=_REFUSED
    )
    odd = {"overlong-utf-8": "..%c0%af..%c0%afadmin", "2-kB": "a" * 2_000, "wildcard": "*", "template": "%7Bid%7D"}
    made = {name: _segment(value) for name, value in odd.items()}
    statuses = (200, 204, *_REFUSED, 414)  # a route may have such an item
    yield from requests("P04", "an odd segment", None, made, "path-", on="path", expected=statuses)
    cursors: dict[str, Callable[[TargetStack, Access], str]] = {
        "made-up": lambda *_: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "empty": lambda *_: "",
        "not-base64": lambda *_: "%2A%2A%2A",
        "of-another-user": lambda stack, route: _cursor(stack, STRANGER, route.key),
        "of-another-route": lambda stack, route: _cursor(stack, USER, f"{route.key}/others"),
        "padded": lambda stack, route: f"{_cursor(stack, USER, route.key)}%3D",
    }
    made = {name: _page(make) for name, make in cursors.items()}
    yield from requests("P05", "a cursor", "query_invalid", made, "cursor-", on="protected", expected=_REFUSED)
    title, made = "another user's item, by its real id", {"item-of-another-user": _foreign_item}
    yield from requests("P06", title, None, made, on="owned", expected=(403, 404), by="function")


def _get(make: Callable[[TargetStack, Access], str | None]) -> MakeRequest:
    """Return a request with a real token and this query, for routes that only read and ignore no parameter."""

    def request(stack: TargetStack, route: Access) -> Request | None:
        query = make(stack, route) if reads_only(route) and not route.surface.open_query else None
        return None if query is None else Request(path=f"{_path(route)}?{query}", headers=bearer(stack.access))

    return request


def _query(text: str) -> MakeRequest:
    return _get(lambda *_: text)


def _page(make: Callable[[TargetStack, Access], str]) -> MakeRequest:
    return _get(lambda stack, route: f"after={make(stack, route)}")


def _number(text: str) -> MakeRequest:
    def query(_: TargetStack, route: Access) -> str | None:
        if not route.surface.numbers:
            return None
        name = route.surface.numbers[0]
        value = text.format(name=name, first=ord(name[0]), rest=name[1:], capitals=name.upper())
        return f"{name}={value}"

    return _get(query)


def _segment(value: str) -> MakeRequest:
    """Return a request with a real token and this first variable of the path, for routes that only read."""

    def request(stack: TargetStack, route: Access) -> Request | None:
        return Request(path=_path(route, value), headers=bearer(stack.access)) if reads_only(route) else None

    return request


def _path(route: Access, first: str = "1") -> str:
    """Return the route's path with `first` for its first variable, and 1, a text and a number, for the others."""
    return re.sub(r"{\w+}", "1", re.sub(r"{\w+}", lambda _: first, route.path, count=1))


def _cursor(stack: TargetStack, holder: str, route_key: str) -> str:
    """Return a cursor as `handler.pages` makes them: it holds no secret, so an attacker can."""
    position = "0"
    bound = "\0".join([route_key, str(stack.real(holder).claims["sub"]), position])
    return urlsafe_b64encode(sha256(bound.encode()).digest()[:12] + position.encode()).decode().rstrip("=")


def _foreign_item(stack: TargetStack, route: Access) -> Request | None:
    if not route.surface.owned or route.method not in {"GET", "DELETE"}:
        return None
    if route.path not in stack.items:
        raise CannotTestError("no other user could be given such an item")
    return Request(path=stack.items[route.path], headers=bearer(stack.access))


def _not_done(_: TargetStack, __: Access, answer: Answer) -> str:
    place = (answer.members or {}).get("in")
    if answer.status == 400 and answer.layer == "function" and place != "query":
        return f"the query must be refused, got a refusal of {place}"
    return ""
