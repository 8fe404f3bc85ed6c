"""Path, query and header parameters: one spelling for each value, and a refusal of everything else."""

from __future__ import annotations

from dataclasses import dataclass, field, make_dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler import parameters, texts
from handler.errors import BodyInvalid, EventInvalid, HeaderValueInvalid, PathInvalid, QueryInvalid, ValueRefused
from handler.marks import Header, Length, Range
from tests.handler.api import Api
from tests.handler.events import bearer, http_event
from tests.handler.signing import World
from tests.handler.table import HELLO, PART, TABLE, PartAt
from tests.handler.test_properties import search

READ = parameters.reader(PartAt, PART)


def event(target: str = "/things/a/parts/1", **headers: str) -> dict[str, Any]:
    return http_event(
        PART, [(name.replace("_", "-"), value) for name, value in headers.items()], request=f"GET {target}"
    )


def asked(query: str = "", path: str = "/things/a/parts/1", **headers: str) -> Any:
    return READ(event(f"{path}?{query}", **headers))


def refused(kind: type[ValueRefused], *request: str, **headers: str) -> tuple[str, str]:
    with pytest.raises(kind) as caught:
        asked(*request, **headers)
    return caught.value.field, caught.value.rule


# What is read


def test_parameters_reach_the_function_as_their_types() -> None:
    """The function has nothing left to convert or to check."""
    query = (
        "sort=3&tag=a%2Cb&tag=c&limit=50&ratio=-0.25&exact=true&since=2026-11-22T20:44:00.5Z"
        "&batch=7d1c5f3a-0b1e-4d52-9a53-0123456789ab"
    )
    assert asked(query, "/things/a%20b/parts/-7", x_trace="t,u") == PartAt(
        id="a b",
        number=-7,
        sort=3,
        tag=["a,b", "c"],
        limit=50,
        ratio=-0.25,
        exact=True,
        since=datetime(2026, 11, 22, 20, 44, 0, 500_000, UTC),
        batch="7d1c5f3a-0b1e-4d52-9a53-0123456789ab",
        trace="t,u",
    )


def test_left_out_parameter_has_its_default() -> None:
    """A list of one request is not the next one's."""
    first = asked()
    assert first == PartAt(id="a", number=1)
    first.tag.append("x")
    assert asked().tag == []


def test_time_may_have_either_spelling_of_its_zone() -> None:
    """JavaScript writes Z, Python +00:00, which a query must escape."""
    assert asked("since=2026-11-22T20:44:00%2B00:00").since == asked("since=2026-11-22T20:44:00Z").since


# The vendor's own examples of payload 2.0: repeated parameters, and cookies beside them ("Create AWS Lambda proxy
# integrations for HTTP APIs in API Gateway", AWS documentation).
@pytest.mark.parametrize(
    ("raw", "joined", "values"),
    [
        ("tag=value1&tag=value2", "value1,value2", ["value1", "value2"]),
        ("tag=value1%2Cvalue", "value1,value", None),
        ("tag=a%2Cb", "a,b", ["a,b"]),
        ("tag=a,b", "a,b", ["a,b"]),
        ("tag=a&tag=b", "a,b", ["a", "b"]),
        ("tag=a+b%20c", "a b c", ["a b c"]),
        ("tag=%C3%BC%F0%9F%A6%8A", "\u00fc\U0001f98a", ["\u00fc\U0001f98a"]),
        ("t%61g=x", "x", ["x"]),
    ],
)
def test_comma_in_a_value_is_no_boundary(raw: str, joined: str, values: list[str] | None) -> None:
    """API Gateway joins repeated values with a comma; only the raw query tells one from the other."""
    made = event(f"/things/a/parts/1?{raw}")
    assert made["queryStringParameters"] == {"tag": joined}
    if values is None:
        assert refused(QueryInvalid, raw) == ("tag[0]", "have 1 to 9 characters")
    else:
        assert READ(made).tag == values


# What is refused


@pytest.mark.parametrize(
    ("query", "where", "rule"),
    [
        ("limit=0", "limit", "be from 1 to 50"),
        *(
            (f"limit={text}", "limit", "be an integer")
            for text in ("01", "+1", "1.0", "1e0", "-0", "%201", "", "%D9%A1")
        ),
        ("limit=9007199254740992", "limit", "be an integer"),
        ("limit=9007199254740991", "limit", "be from 1 to 50"),
        *((f"ratio={text}", "ratio", "be a number") for text in ("1.50", ".5", "1.", "1e3", "NaN", "-0", "Infinity")),
        *((f"exact={text}", "exact", "be true or false") for text in ("True", "1", "", "yes", "TRUE")),
        *((f"sort={text}", "sort", "be one of up, down, 3") for text in ("Up", "3.0", "left", "")),
        *(
            (f"since={text}", "since", "be a time in UTC, as 2026-11-22T20:44:00Z")
            for text in ("2026-11-22", "2026-02-30T00:00:00Z", "2026-11-22T20:44:00", "2026-11-22t20:44:00z", "0")
        ),
        ("since=2026-11-22T20:44:00%2B01:00", "since", "be a time in UTC, as 2026-11-22T20:44:00Z"),
        ("batch=7D1C5F3A-0B1E-4D52-9A53-0123456789AB", "batch", "be a UUID in lower-case letters"),
        ("tag=a&tag=b&tag=c&tag=d", "tag", "have at most 3 items"),
        ("tag=a&tag=", "tag[1]", "have 1 to 9 characters"),
        ("limit=1&limit=1", "limit", "be given once"),
        ("limit=1&l%69mit=2", "limit", "be given once"),
        *(
            (text, "", "have no parameter but sort, tag, limit, ratio, exact, since, batch")
            for text in ("Limit=1", "limit%00=1", "limit[]=1", "id=b", "number=2", "trace=x", "x_trace=x", "%20limit=1")
        ),
        *((text, "", "be pairs of a name and a value") for text in ("limit", "&", "limit=1&", "=1", "limit=1;exact")),
        *((text, "", "be percent-encoded UTF-8") for text in ("tag=%", "tag=%2", "tag=%zz", "tag=%ff", "tag=\u00fc")),
        ("tag=" + "a" * 10_240, "", "have at most 10240 characters"),
    ],
)
def test_query_of_another_spelling_is_refused(query: str, where: str, rule: str) -> None:
    """What is dropped or guessed at here is understood in another way elsewhere: parameter pollution."""
    if query == "limit=1;exact":  # the semicolon is no separator (URL Standard)
        where, rule = "limit", "be an integer"
    assert refused(QueryInvalid, query) == (where, rule)


@pytest.mark.parametrize(
    ("path", "where", "rule"),
    [
        *(
            (f"/things/{text}/parts/1", "id", "be one path segment")
            for text in ("..%2f..%2fadmin", "a%2Fb", "%5c", "%00", "a%0d%0a", "%2e%2e", ".", "%2525", "a%7F")
        ),
        (f"/things/{'a' * 21}/parts/1", "id", "have 1 to 20 characters"),
        *((f"/things/a/parts/{text}", "number", "be an integer") for text in ("one", "01", "1.0", "%201", "1%00")),
    ],
)
def test_path_that_can_name_nothing_is_refused(path: str, where: str, rule: str) -> None:
    """A slash or dots that survive to the function would climb out of whatever it builds with them."""
    assert refused(PathInvalid, "", path) == (where, rule)


def test_path_is_not_decoded_again() -> None:
    """`%2541` is `%41` in an event, not A: API Gateway keeps an escaped percent sign, and nobody decodes twice."""
    made = event()
    made["pathParameters"]["id"] = "%41"
    with pytest.raises(PathInvalid):
        READ(made)


def test_half_of_a_surrogate_pair_is_no_segment() -> None:
    """No UTF-8 holds it, so a route could neither store nor send it."""
    made = event()
    made["pathParameters"]["id"] = "\ud800"
    with pytest.raises(PathInvalid):
        READ(made)


@pytest.mark.parametrize("value", ["a\tb", "\u00fc", "a\x00", "a\x7f"])
def test_header_is_printable_ascii(value: str) -> None:
    """Anything else has no encoding that both sides know (RFC 9110, 5.5)."""
    assert refused(HeaderValueInvalid, x_trace=value) == ("X-Trace", "be printable ASCII")


def test_parameter_without_a_default_must_be_given() -> None:
    """Of each kind."""
    kind = make_dataclass("At", [("who", str), ("key", Annotated[str, Header("Idempotency-Key")])], frozen=True)
    read = parameters.reader(kind, "POST /a")
    with pytest.raises(QueryInvalid) as query:
        read(http_event("POST /a"))
    with pytest.raises(HeaderValueInvalid) as header:
        read(http_event("POST /a", request="POST /a?who=x"))
    assert [(each.value.field, each.value.rule) for each in (query, header)] == [
        ("who", "be given"),
        ("Idempotency-Key", "be given"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        *({"rawQueryString": value} for value in (1, ["limit=1"], {"limit": "1"})),
        *({"pathParameters": value} for value in (None, "a", [], {}, {"id": "a"}, {"id": 1, "number": "1"})),
        {"pathParameters": {"id": ["a"], "number": "1"}},
        *({"headers": value} for value in (None, [], {"x-trace": 1}, {"x-trace": ["a"]})),
    ],
)
def test_event_that_api_gateway_never_sends_is_refused(change: dict[str, Any]) -> None:
    """A parameter of another type in an event is no request."""
    with pytest.raises(EventInvalid):
        READ({**event(), **change})


def test_refusal_names_parameter_and_rule_and_nothing_of_the_request(world: World, api: Api) -> None:
    """404 where the path names nothing; 400 for the others. `in` tells a parameter from a field of the body."""
    for target, status, where in (
        ("/things/a/parts/one", 404, ("path", "number", "be an integer")),
        ("/things/a/parts/1?limit=0", 400, ("query", "limit", "be from 1 to 50")),
        (
            "/things/a/parts/1?secret-name=1",
            400,
            ("query", "", "have no parameter but sort, tag, limit, ratio, exact,"),
        ),
    ):
        made = http_event(PART, bearer(world.access()), claims=world.claims(), request=f"GET {target}")
        body = api.call(made, status).body
        assert (body["in"], body["field"]) == where[:2]
        assert body["rule"].startswith(where[2])


def test_query_of_a_route_without_parameters_is_refused(world: World, serve: Any) -> None:
    """As a body is; a route that wants to ignore what others append says so."""
    made = http_event(HELLO, bearer(world.access()), claims=world.claims(), request="GET /hello?utm=1")
    assert serve().call(made, 400).body["rule"] == "have no parameter"
    lenient = [replace(route, open_query=True) for route in TABLE if route.key in {HELLO, PART}]
    assert serve(routes=lenient).call(made, 200)
    made = http_event(
        PART, bearer(world.access()), claims=world.claims(), request="GET /things/a/parts/1?utm=1&limit=2"
    )
    assert serve(routes=lenient).call(made, 200)


def test_right_is_checked_before_the_parameters(api: Api) -> None:
    """A caller without a token learns nothing of a route's parameters."""
    api.call(http_event(PART, claims={}, request="GET /things/a/parts/one?x"), 401)


# What a table may declare


@dataclass
class Thawed:
    id: str


def with_query(form: Any, **more: Any) -> type:
    return make_dataclass("At", [("q", form, field(**more)) if more else ("q", form)], frozen=True)


@pytest.mark.parametrize(
    ("kind", "key", "rule"),
    [
        (None, "GET /a/{id}", "must be a dataclass with the key's id"),
        (with_query(str), "GET /a/{id}", "must be a dataclass with the key's id"),
        (Thawed, "GET /a/{id}", "frozen dataclass"),
        (dict, "GET /a", "frozen dataclass"),
        (with_query(str, default="x"), "GET /a/{q}", "path parameter q must have no default"),
        (with_query(list[str]), "GET /a/{q}", "path parameter q must be a single value"),
        (with_query(Annotated[list[str], Header("X-A")]), "GET /a", "header parameter X-A must be a single value"),
        (with_query(str, default=None), "GET /a", "must be of a type that None belongs to"),
        (with_query(Annotated[int, Length(1, 2)]), "GET /a", "must have a mark"),
        (with_query(Annotated[str, Range(1, 2)]), "GET /a", "must have a mark"),
        *((with_query(form), "GET /a", "form must be one") for form in (dict, bytes, Any, int | str, tuple[str, ...])),
        (with_query(Literal[True]), "GET /a", "strings and integers"),
        *(
            (with_query(Annotated[str, Header(name)]), "GET /a", "must have a name that the function does not use")
            for name in ("Authorization", "cookie", "Content-Type", "If-None-Match", "", "X_Y", "X-A\r\n", "\u00fc")
        ),
    ],
)
def test_declaration_that_no_request_could_meet_is_refused(kind: Any, key: str, rule: str) -> None:
    """When the table is made, not when the first request comes."""
    with pytest.raises(ValueError, match=rule):
        parameters.declared(kind, key)


# One spelling


@pytest.mark.parametrize("form", [int, float, bool, Literal["a", 1]])
@search
@given(text=st.text("0123456789-+.eE truefalsNa_\u0661", max_size=6))
def test_no_value_has_two_spellings(form: Any, text: str) -> None:
    """Signatures, caches and logs compare texts: each accepted text is the one that its value is written as."""
    try:
        value = texts.reader(form, "query")(text)
    except BodyInvalid:
        return
    written = (
        str(value).lower()
        if isinstance(value, bool)
        else f"{value:.15f}".rstrip("0").rstrip(".")
        if form is float
        else str(value)
    )
    assert text == written
