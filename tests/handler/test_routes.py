"""Routes: their rules, and the shipped table's compliance with them."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, dataclass, make_dataclass
from typing import Any, TypedDict, get_type_hints

import pytest

from handler import bodies
from handler.errors import InternalError
from handler.route import Answer, Items, Request, Route, Throttle, table
from handler.route_errors import NotFound, RouteError
from handler.routes import ROUTES
from tests.handler import schema
from tests.handler.table import TABLE


class Item(TypedDict):
    id: str


@dataclass(frozen=True)
class NewItem:
    name: str


def route(key: str = "GET /items", **more: Any) -> Route:
    return Route(**{"key": key, "call": lambda _: {}, "summary": "A route", "response": Item, **more})


def test_route_is_protected_unless_it_says_otherwise() -> None:
    """Forgetting a word must close a route, not open it."""
    assert route().public is False


@pytest.mark.parametrize("one", ROUTES, ids=lambda one: one.key)
def test_route_explains_itself(one: Route) -> None:
    """The summary is what the OpenAPI document and the access report show."""
    assert 10 <= len(one.summary) <= 80
    assert not one.summary.endswith(".")


@pytest.mark.parametrize("one", [*ROUTES, *TABLE], ids=lambda one: one.key)
def test_types_of_every_route_are_of_known_forms(one: Route) -> None:
    """A form that cannot be checked must not get as far as a request."""
    hints = get_type_hints(one.call)
    returned = one.response or type(None)
    assert hints.pop("return") == (Answer[returned] if "Location" in one.answer_headers else returned)
    assert list(hints.values()) == [Request[one.request or None], *([one.parameters] if one.parameters else [])]
    if one.response is not None:
        schema.schema(one.response)
    if one.request is not None:
        bodies.reader(one.request)
        schema.schema(one.request)


@pytest.mark.parametrize(
    "key",
    [
        *("GET /", "GET /items", "POST /items", "PUT /items/{id}", "HEAD /items"),
        *("PATCH /items/{id}/lines/{line_id}", "DELETE /a.b/c-d/e_f/~g"),
    ],
)
def test_route_key_is_a_method_and_a_path(key: str) -> None:
    """API Gateway's own form."""
    at = make_dataclass("At", [(name, str) for name in re.findall(r"\{(\w+)\}", key)], frozen=True)
    assert route(key, parameters=at).key == key


@pytest.mark.parametrize(
    "key",
    [
        *(
            "ANY /items",
            "$default",
            "GET /{proxy+}",
            "GET /items/{id+}",
            "OPTIONS /items",
            "TRACE /items",
            "get /items",
        ),
        *("GET items", "GET  /items", "GET /items ", " GET /items", "GET /items\n", "GET\t/items", "GET"),
        *("GET /items//x", "GET /items/", "GET /*", "GET /items?x=1", "GET /items#x", "GET /%69tems", "GET /ïtems"),
        *("/items", "", "GET /{}", "GET /{a b}", "GET /x{id}"),
    ],
)
def test_catch_all_or_odd_route_key_is_refused(key: str) -> None:
    """What is not declared does not exist: a catch-all would make the table a lie."""
    with pytest.raises(ValueError, match="route key must be"):
        route(key)


@pytest.mark.parametrize("rights", [{"scopes": ("api/x",)}, {"groups": ("admin",)}])
def test_public_route_asks_for_nothing(rights: dict[str, Any]) -> None:
    """A public route with a scope is a contradiction that somebody would resolve the wrong way."""
    with pytest.raises(ValueError, match="public"):
        route(public=True, **rights)


@pytest.mark.parametrize("scope", ["api/reports.read", "a/b", "api/a:b", "my.api-1/!#[]~"])
def test_scope_is_resource_server_and_name(scope: str) -> None:
    """The form in which Cognito writes it into a token."""
    assert route(scopes=(scope,)).scopes == (scope,)


@pytest.mark.parametrize("scope", ["", "reports", "api/", "/read", "api/a b", "api/a\n", 'api/"', "api\\/x", "api/é"])
def test_scope_that_no_token_can_hold_is_refused(scope: str) -> None:
    """A scope that Cognito cannot issue closes the route for good; one with a space would match two."""
    with pytest.raises(ValueError, match="scope must be"):
        route(scopes=(scope,))


@pytest.mark.parametrize("group", ["", "a b", "[admin]", "admin\n", "a,b", "é", "x" * 129])
def test_group_that_logs_would_blur_is_refused(group: str) -> None:
    """The gateway writes groups as [a b]: a space or a bracket in a name makes two out of one."""
    with pytest.raises(ValueError, match="group must be"):
        route(groups=(group,))


def test_route_has_ten_scopes_at_most() -> None:
    """API Gateway's quota, met here rather than in the middle of a deployment."""
    scopes = tuple(f"api/{number}" for number in range(11))
    assert len(route(scopes=scopes[:10]).scopes) == 10
    with pytest.raises(ValueError, match="10 scopes"):
        route(scopes=scopes)


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (1, 0), (-1, 1), (1, -1), (0, 0)])
def test_throttle_of_zero_is_refused(rate: float, burst: int) -> None:
    """API Gateway reads 0 as "refuse everything"."""
    assert route(throttle=Throttle(0.5, 1)).throttle == Throttle(0.5, 1)
    with pytest.raises(ValueError, match="above 0"):
        route(throttle=Throttle(rate, burst))


@pytest.mark.parametrize("key", ["POST /items", "PUT /items/a", "PATCH /items/a"])
def test_route_declares_the_body_it_takes(key: str) -> None:
    """A frozen dataclass stays as it was checked."""
    assert route().request is None
    assert route(key, request=NewItem, status=201).request is NewItem


@pytest.mark.parametrize("key", ["GET /items", "HEAD /items", "DELETE /items"])
def test_body_where_it_has_no_meaning_is_refused(key: str) -> None:
    """RFC 9110 9.3: clients and caches on the way may drop it."""
    with pytest.raises(ValueError, match="POST, PUT or PATCH"):
        route(key, request=NewItem)


@pytest.mark.parametrize("request_type", [Item, dict, str, dataclass(type("Thawed", (), {})), NewItem("x")])
def test_request_is_a_frozen_dataclass(request_type: Any) -> None:
    """Anything else could be read in two ways, or changed after it was checked."""
    with pytest.raises(ValueError, match="frozen dataclass"):
        route("POST /items", request=request_type)


@pytest.mark.parametrize("response", [dict, str, NewItem])
def test_response_is_a_typed_dict(response: Any) -> None:
    """The published schema is made of it."""
    with pytest.raises(ValueError, match="TypedDict"):
        route(response=response)


def test_response_must_be_declared() -> None:
    """A route that does not say what it answers cannot be built on."""
    with pytest.raises(TypeError, match="response"):
        Route(key="GET /items", call=lambda _: {}, summary="A route")


@pytest.mark.parametrize("status", [100, 203, 301, 304, 400, 500])
def test_status_is_one_of_success(status: int) -> None:
    """A route function that fails raises a refusal."""
    assert [route(status=good).status for good in (200, 201, 202)] == [200, 201, 202]
    with pytest.raises(ValueError, match="200, 201, 202 or 204"):
        route(status=status)


def test_204_has_no_body_and_every_other_status_has_one() -> None:
    """A client waits for a body that is declared, and does not look for any other (RFC 9110, 15.3.5)."""
    assert route(status=204, response=None).response is None
    for wrong in ({"status": 204}, {"response": None}):
        with pytest.raises(ValueError, match="204 exactly if response is None"):
            route(**wrong)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ({"answer_headers": ("X-Other",)}, "answer_headers must be of ETag, Location"),
        ({"answer_headers": ("Set-Cookie",)}, "answer_headers must be of ETag, Location"),
        ({"max_age": 0}, "max_age must be 1 to"),
        ({"max_age": 31_536_001}, "max_age must be 1 to"),
        ({"key": "POST /items", "max_age": 60}, "on a GET or HEAD"),
        ({"errors": (RouteError,)}, "errors must be subclasses"),
        ({"errors": (InternalError,)}, "errors must be subclasses"),
        ({"errors": (NotFound, type("Again", (NotFound,), {}))}, "a reason of their own"),
    ],
)
def test_promise_that_no_client_could_use_is_refused(line: dict[str, Any], rule: str) -> None:
    """Headers, failures and caching are part of the contract: the table says them, or they do not exist."""
    with pytest.raises(ValueError, match=rule):
        route(**line)


@pytest.mark.parametrize(
    ("members", "rule"),
    [
        ({"reason": "Taken"}, "lower-case letters"),
        ({"reason": "x"}, "3 to 40"),
        ({"reason": "token_expired"}, "which the function uses itself"),
        ({"reason": "path_invalid"}, "which the function uses itself"),
        ({"message": ""}, "1 to 200"),
        ({"message": "line\nbreak"}, "printable"),
    ],
)
def test_error_has_a_code_of_its_own_and_a_text(members: dict[str, str], rule: str) -> None:
    """Alarms count the function's reason codes: a route's failure must not look like an attack."""
    with pytest.raises(ValueError, match=rule):
        route(errors=(type("Odd", (NotFound,), members),))


def test_route_key_stands_once() -> None:
    """Of two routes with one key the handler would call one and the gateway protect the other."""
    assert len(table(route("GET /a"), route("POST /a"))) == 2
    with pytest.raises(ValueError, match="GET /a"):
        table(route("GET /a"), route("GET /b"), route("GET /a", public=True))


def test_table_has_300_routes_at_most() -> None:
    """API Gateway's quota for one API."""
    many = [route(f"GET /{number}") for number in range(301)]
    assert len(table(*many[:300])) == 300
    with pytest.raises(ValueError, match="300 routes"):
        table(*many)


def test_route_cannot_be_changed_afterwards() -> None:
    """Code that could open a route at run time would make the table worth nothing."""
    with pytest.raises(FrozenInstanceError):
        route().public = True


@pytest.mark.parametrize("action", ["Scan", "BatchGetItem", "*", "query", ""])
def test_table_is_asked_for_item_by_item(action: str) -> None:
    """What reads the whole table reads every user's notes."""
    with pytest.raises(ValueError, match="items of a must be of DeleteItem, GetItem, PutItem, Query, UpdateItem, got"):
        route(items={Items("a"): (action,)})


def test_table_of_items_is_one_and_has_a_name() -> None:
    """Two routes that mean one table by different keys would each write what the other cannot read."""
    assert Items("user-notes").variable == "USER_NOTES_TABLE"
    with pytest.raises(ValueError, match="must be lower-case"):
        route(items={Items("Notes"): ("Query",)})
    same = route("GET /a", items={Items("a"): ("Query",)}), route("GET /b", items={Items("a"): ("GetItem",)})
    assert len(table(*same)) == 2
    with pytest.raises(ValueError, match="the same in every route"):
        table(*same, route("GET /c", items={Items("a", sort_key="time"): ("Query",)}))
