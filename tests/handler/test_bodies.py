"""Bodies that match their route's type, and refusals of all others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler import bodies, endpoint
from handler.errors import BodyInvalid, BodyMalformed
from handler.marks import Header, Length, Pattern, Range
from stacks import ROOT
from tests.handler import schema
from tests.handler.api import Api
from tests.handler.events import bearer, http_event
from tests.handler.signing import World
from tests.handler.table import ADD, ADMIN, HELLO, TABLE, Answered, Place, Thing
from tests.handler.test_properties import search

JSON = ("Content-Type", "application/json")
GOOD: dict[str, Any] = {"name": "a thing", "size": "m", "weight": 1, "new": True}


@dataclass(frozen=True)
class Counted:
    count: int


def posted(world: World, body: str | None, *headers: tuple[str, str], route: str = ADD) -> dict[str, Any]:
    return http_event(route, [*bearer(world.access()), *(headers or [JSON])], claims=world.claims(), body=body)


def text(**changes: Any) -> str:
    return json.dumps({**GOOD, **changes})


# What is accepted


def test_body_reaches_the_function_as_its_type(world: World, api: Api) -> None:
    """The function has nothing left to check; and a creation says that it is one."""
    assert api.call(posted(world, text()), 201).body == {"name": "a thing"}
    made = bodies.read(Thing, text(tags=["a", "bcd"], place={"city": "Bonn"}, size=44, weight=0.5, count=3, note=None))
    assert made == Thing("a thing", 44, 0.5, new=True, tags=["a", "bcd"], place=Place("Bonn", 0), count=3)


def test_default_of_one_body_is_not_the_next_ones() -> None:
    """A list that two requests share leaks from one caller to another."""
    first, second = bodies.read(Thing, text()), bodies.read(Thing, text())
    first.tags.append("x")
    assert second.tags == []


def test_number_is_the_number_whatever_its_spelling() -> None:
    """JSON has one kind of number: JavaScript writes 1, others 1.0."""
    made = bodies.read(Thing, '{"name":"a","size":44.0,"weight":1,"new":false,"count":3e0}')
    assert (made.count, type(made.count), made.size, made.weight, type(made.weight)) == (3, int, 44, 1.0, float)


def test_base64_is_decoded(world: World, api: Api) -> None:
    """API Gateway encodes a body whose media type it does not know as text."""
    event = posted(world, b64encode(text(note="Zoë 🦊").encode()).decode())
    api.call(event, 400)
    api.call({**event, "isBase64Encoded": True}, 201)


@pytest.mark.parametrize(
    "media", ["application/json", "Application/JSON", "application/json;charset=utf-8", "application/json ; x=y"]
)
def test_media_type_is_json_in_any_spelling(media: str, world: World, api: Api) -> None:
    """RFC 9110 8.3.1: the type is case-insensitive and may have parameters."""
    api.call(posted(world, text(), ("Content-Type", media)), 201)


# What is refused


def test_refusal_names_the_field_and_its_rule(world: World, api: Api) -> None:
    """A form shows the message beside the input; the words are the type's and never the sender's."""
    answer = api.call(posted(world, text(tags=["a", "secret-of-the-sender"])), 400)
    assert answer.reason == "body_invalid"
    assert answer.body["message"] == "Bad Request"
    assert (answer.body["field"], answer.body["rule"]) == ("tags[1]", "have 1 to 3 characters")


def refused(body: str) -> tuple[str, str]:
    with pytest.raises((BodyInvalid, BodyMalformed)) as caught:
        bodies.read(Thing, body)
    return caught.value.field, caught.value.rule


@pytest.mark.parametrize(
    ("changes", "where", "rule"),
    [
        ({"name": 5}, "name", "be a string"),
        ({"name": None}, "name", "be a string"),
        ({"name": ["a"]}, "name", "be a string"),
        ({"name": ""}, "name", "have 1 to 30 characters"),
        ({"name": "a" * 31}, "name", "have 1 to 30 characters"),
        ({"name": "A"}, "name", "be lower-case letters and spaces"),
        ({"name": "a\n"}, "name", "be lower-case letters and spaces"),
        ({"note": "\ud800"}, "note", "be Unicode text"),
        ({"size": "l"}, "size", "be one of s, m, 44"),
        ({"size": True}, "size", "be one of s, m, 44"),
        ({"size": []}, "size", "be one of s, m, 44"),
        ({"size": {}}, "size", "be one of s, m, 44"),
        ({"weight": "1"}, "weight", "be a number"),
        ({"weight": True}, "weight", "be a number"),
        ({"weight": 1.6}, "weight", "be from 0 to 1.5"),
        ({"weight": -1}, "weight", "be from 0 to 1.5"),
        ({"new": 1}, "new", "be true or false"),
        ({"new": "true"}, "new", "be true or false"),
        ({"count": True}, "count", "be an integer"),
        ({"count": 1.5}, "count", "be an integer"),
        ({"count": "1"}, "count", "be an integer"),
        ({"tags": "ab"}, "tags", "be a list"),
        ({"tags": {"0": "a"}}, "tags", "be a list"),
        ({"tags": None}, "tags", "be a list"),
        ({"tags": ["a", "b", "c"]}, "tags", "have at most 2 items"),
        ({"tags": ["a", 5]}, "tags[1]", "be a string"),
        ({"place": []}, "place", "be an object"),
        ({"place": {}}, "place.city", "be given"),
        ({"place": {"city": "Bonn", "x": 1}}, "place", "have no member but city, floor"),
        ({"place": {"city": "Bonn", "floor": 41}}, "place.floor", "be from -2 to 40"),
        ({"places": [{"city": "Bonn"}, {"city": ""}]}, "places[1].city", "have 1 to 5 characters"),
        ({"places": [[]]}, "places[0]", "be an object"),
        ({"sender-s-own-name": 1}, "", "have no member but name, size, weight, new, tags, place, places, note, count"),
    ],
)
def test_value_of_another_type_is_refused(changes: dict[str, Any], where: str, rule: str) -> None:
    """Nothing is converted, cut or ignored: the client learns of its mistake."""
    assert refused(text(**changes)) == (where, rule)


@pytest.mark.parametrize("name", ["name", "size", "weight", "new"])
def test_member_without_a_default_must_be_given(name: str) -> None:
    """An absent member and a null are different things, and neither is an empty string."""
    assert refused(json.dumps({key: value for key, value in GOOD.items() if key != name})) == (name, "be given")


@pytest.mark.parametrize("body", ["[]", "1", '"x"', "null", "true", "[{}]"])
def test_body_that_is_no_object_is_refused(body: str) -> None:
    """The whole body has no name: the field is empty."""
    assert refused(body) == ("", "be an object")


DEEP = 40_000
HOSTILE = {
    "empty-object-cut": "{",
    "words": "not json",
    "blank": " ",
    "two-texts": "{}{}",
    "trailing-comma": '{"name":"a",}',
    "comment": '{"name":"a"}//',
    "single-quotes": "{'name':'a'}",
    "repeated-member": '{"name":"a","name":"b"}',
    "repeated-member-by-escape": '{"name":"a","n\\u0061me":"b"}',
    "repeated-member-inside": '{"place":{"city":"a","city":"b"}}',
    "nan": '{"weight":NaN}',
    "infinity": '{"weight":-Infinity}',
    "infinite-number": '{"weight":1e999}',
    "unsafe-integer": '{"count":9007199254740993}',
    "negative-unsafe-integer": '{"count":-9007199254740993}',
    "huge-integer": '{"count":' + "9" * 100_000 + "}",
    "leading-zero": '{"count":01}',
    "hexadecimal": '{"count":0x1}',
    "full-width-digits": '{"count":\uff11}',
    "nested-arrays": "[" * DEEP + "]" * DEEP,
    "nested-arrays-open": "[" * DEEP,
    "nested-objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "nested-just-too-deep": '{"note":' + "[" * 32 + "]" * 32 + "}",
    "raw-nul": '{"note":"\0"}',
    "raw-line-feed": '{"note":"\n"}',
    "raw-surrogate": '{"note":"\ud800"',
    "byte-order-mark": "\ufeff" + text(),
    "no-break-space": "\u00a0" + text(),
    "quotes-without-end": "[" * 40 + '"\\' * DEEP,
}


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("form", ["{}", "{}.0", "{}.000000", "{}e0"])
def test_integer_ends_where_parsers_begin_to_differ(sign: str, form: str) -> None:
    """RFC 7493 2.2: 2^53 - 1, in every spelling."""
    most = 2**53 - 1
    assert bodies.read(Counted, f'{{"count":{sign}{form.format(most)}}}').count == int(f"{sign}{most}")
    for beyond in (most + 1, most + 2, 10**30):
        with pytest.raises((BodyInvalid, BodyMalformed)):
            bodies.read(Counted, f'{{"count":{sign}{form.format(beyond)}}}')


@pytest.mark.parametrize(
    "number",
    ["1e308", "0.99999999999999999999", "1.00000000000000000001", "4503599627370497.75", "9007199254740991.25"],
)
def test_number_that_is_no_integer_does_not_become_one(number: str) -> None:
    """A parser in floating point would round it to one."""
    with pytest.raises((BodyInvalid, BodyMalformed)):
        bodies.read(Counted, f'{{"count":{number}}}')


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_text_that_is_no_strict_json_is_refused(body: str, world: World, api: Api) -> None:
    """Two parsers must not be able to read two different bodies; and none of them may break the function."""
    started = time.process_time()
    answer = api.call(posted(world, body), 400)
    assert time.process_time() - started < 0.5
    assert answer.reason == "body_malformed"
    assert (answer.body["field"], answer.body["rule"]) == ("", "be JSON in UTF-8 without repeated members")


def test_nesting_within_the_limit_is_read() -> None:
    """The limit counts brackets that nest, not brackets that follow each other or stand in a string."""
    assert refused('{"name":' + "[" * 31 + "]" * 31 + "}") == ("name", "be a string")
    assert bodies.read(Thing, text(note='[{"\\' * 50, tags=[])).note == '[{"\\' * 50
    assert len(bodies.read(Thing, text(places=[{"city": "Bonn"}] * 100)).places) == 100


@pytest.mark.parametrize("body", ["!!!!", "e30", "e30=x", "e3\n0=", "e30=\n", "//79", "AAA=", "4pi"])
def test_broken_base64_is_refused(body: str, world: World, api: Api) -> None:
    """Not base64 to the letter, or not UTF-8 beneath."""
    event = {**posted(world, body), "isBase64Encoded": True}
    assert api.call(event, 400).reason == "body_malformed"


@pytest.mark.parametrize(
    "raw", [text().encode("utf-16"), text().encode("utf-8-sig"), b'{"note":"\xff"}', b'{"note":"\xed\xa0\x80"}', b"\0"]
)
def test_other_encodings_are_refused(raw: bytes, world: World, api: Api) -> None:
    """RFC 8259 8.1: UTF-8, and no byte order mark."""
    event = {**posted(world, b64encode(raw).decode()), "isBase64Encoded": True}
    assert api.call(event, 400).reason == "body_malformed"


@pytest.mark.parametrize("body", [None, ""])
def test_missing_body_is_refused(body: str | None, world: World, api: Api) -> None:
    """A route that creates something creates nothing from nothing."""
    assert api.call(posted(world, body), 400).reason == "body_malformed"


@pytest.mark.parametrize("body", [5, [], {}, True])
def test_event_whose_body_is_no_text_is_refused(body: Any, world: World, api: Api) -> None:
    """API Gateway sends a string; a direct invocation can send anything."""
    assert api.call({**posted(world, None), "body": body}, 400).reason == "event_invalid"


@pytest.mark.parametrize(
    "media",
    [
        *("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", "application/jsonx"),
        *("application/merge-patch+json", "text/plain;application/json", "application/json,text/plain", "", "*/*"),
    ],
)
def test_other_media_type_is_415(media: str, world: World, api: Api) -> None:
    """A page of another origin may send a form or plain text without asking first; it must not be read as JSON."""
    assert api.call(posted(world, text(), ("Content-Type", media)), 415).reason == "media_type_unsupported"
    assert api.call(posted(world, text(), ("X-Other", media)), 415).reason == "media_type_unsupported"


def test_body_beyond_the_limit_is_413(world: World, api: Api) -> None:
    """It is refused unread."""
    assert api.call(posted(world, " " * (endpoint.BODY_LIMIT + 1)), 413).reason == "body_too_large"
    api.call(posted(world, text() + " " * (endpoint.BODY_LIMIT - len(text()))), 201)


def test_right_is_checked_before_the_body(world: World, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller without the right learns nothing of the route's body, and costs no parsing."""
    monkeypatch.setattr(bodies, "read", None)
    api = serve(routes=[replace(route, groups=("admin",)) for route in TABLE if route.key == ADD])
    for body in ("{", text(), " " * (endpoint.BODY_LIMIT + 1)):
        api.call(http_event(ADD, [JSON], claims={}, body=body), 401)
        api.call(http_event(ADD, [*bearer(world.forged()), JSON], claims={}, body=body), 401)
    assert api.call(posted(world, "{"), 403).reason == "group_missing"


@pytest.mark.parametrize("key", [HELLO, ADMIN])
def test_route_without_a_request_type_takes_no_body(key: str, world: World, api: Api) -> None:
    """A client would believe that an ignored body was read."""
    event = posted(world, text(), route=key)
    claims = {"cognito:groups": ["admin"]}
    event["headers"]["authorization"] = f"Bearer {world.access(**claims)}"
    assert api.call(event, 400).reason == "body_unexpected"


# Types


@dataclass
class Thawed:
    name: str


@dataclass(frozen=True)
class Endless:
    more: list[Endless]


def holding(form: Any) -> type:
    return dataclass(frozen=True)(type("Made", (), {"__annotations__": {"name": form}}))


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        (dict[str, str], "Made.name: a body's form must be"),
        (tuple[str, ...], "must be one that"),
        (set[str], "must be one that"),
        (list, "must be one that"),
        (bytes, "must be one that"),
        (object, "must be one that"),
        (Any, "must be one that"),
        (None, "must be one that"),
        (int | str, "must be one that"),
        (int | str | None, "must be one that"),
        (Answered, "must be one that"),
        (Literal[True], "strings and integers"),
        (Annotated[str, "a word"], "must have a mark"),
        (Annotated[str, Range(0, 1)], "must have a mark"),
        (Annotated[bool, Range(0, 1)], "must have a mark"),
        (Annotated[int, Length(0, 1)], "must have a mark"),
        (Annotated[list[str], Pattern("a", "be a")], "must have a mark"),
        (Annotated[str | None, Length(0, 1)], "must have a mark"),
        (Annotated[str, Length(2, 1)], "least before most"),
        (Annotated[int, Range(2, 1)], "least before most"),
        (Thawed, "frozen dataclass"),
        (Endless, "Made.name: Endless.more: Endless must not contain itself"),
    ],
)
def test_form_that_cannot_be_checked_is_refused(form: Any, rule: str) -> None:
    """A mark that looks like a rule and checks nothing is worse than none."""
    with pytest.raises(ValueError, match=rule):
        bodies.reader(holding(form))


def test_what_reads_bodies_is_imported_when_one_comes() -> None:
    """Or every cold start would pay for it, also that of a function that reads none."""
    code = "import sys, handler.app; print(sorted(name for name in sys.modules if name.startswith('handler.')))"
    environment = {**os.environ, "AWS_LAMBDA_FUNCTION_NAME": "api"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )
    late = {"bodies", "parameters", "texts", "etags", "revocation"}
    assert "handler.routes" in done.stdout
    assert not [name for name in late if f"'handler.{name}'" in done.stdout]


# Agreement with the published schema

values = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(["s", "m", "l", 44, "a", "a thing", "Bonn", "", "\n", 1.0, -2, 40, 41])
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["city", "floor", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
cities = st.sampled_from(["Bonn", "Ulm", "", "Potsdam"])
places = st.fixed_dictionaries({"city": cities}, optional={"floor": st.integers(-3, 41)})
things = st.fixed_dictionaries(
    {
        "name": st.text("ab ", min_size=1, max_size=4),
        "size": st.sampled_from(["s", "m", 44, 44.0]),
        "weight": st.floats(0, 1.5) | st.integers(0, 1),
        "new": st.booleans(),
    },
    optional={"tags": st.lists(st.text("aé🦊", min_size=1, max_size=3), max_size=2), "count": st.integers(-9, 9)},
)
changes = st.dictionaries(
    st.sampled_from([*Thing.__dataclass_fields__, "x"]), values, max_size=1
) | st.fixed_dictionaries(
    {},
    optional={
        "name": st.text("aA\n", max_size=2) | st.just("a" * 31),
        "tags": st.lists(st.text("aé🦊", max_size=4), max_size=3),
        "place": places | st.none(),
        "places": st.lists(places, max_size=3),
        "note": st.text(max_size=3) | st.none(),
    },
)


def test_reader_and_schema_agree() -> None:
    """Clients are generated from the schema: what it admits the function must, and nothing else."""
    met = Counter[bool]()

    @search
    @given(st.builds(lambda thing, change: {**thing, **change}, things, changes) | values)
    def agree(value: Any) -> None:
        try:
            bodies.read(Thing, json.dumps(value))
            accepted = True
        except BodyInvalid:
            accepted = False
        assert accepted == schema.validator(Thing).is_valid(value)
        met[accepted] += 1

    agree()
    assert min(met[True], met[False]) > 0.1 * met.total()  # a search that only ever meets refusals proves half


def test_marks_of_two_kinds_are_never_one() -> None:
    """`typing` keeps an optional type by equality: the first of two equal marks would stand for both."""
    assert (Annotated[str, Length(1, 5)] | None) != (Annotated[str, Range(1, 5)] | None)
    assert len({Length(1, 5), Range(1, 5), Pattern("a", "b"), Header("a")}) == 4
    assert Length(1, 5) == Length(1, 5)
