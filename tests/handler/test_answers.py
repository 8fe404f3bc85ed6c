"""Answers of routes: statuses, headers, entity tags, and the failures that a route declares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from handler import etags
from handler.errors import StorageUnavailable
from handler.route import Answer
from handler.route_errors import NotFound
from tests.handler.api import PLAIN, Api
from tests.handler.events import bearer, http_event
from tests.handler.signing import World
from tests.handler.table import HEALTH, HELLO, MAKE, PART, REMOVE, TABLE, ThingMissing
from tests.handler.test_bodies import JSON, text

ROUTES = {route.key: route for route in TABLE}


def event(world: World, key: str, target: str, **headers: str) -> dict[str, Any]:
    pairs = [*bearer(world.access()), JSON, *((name.replace("_", "-"), value) for name, value in headers.items())]
    body = text() if key == MAKE else None
    return http_event(key, pairs, claims=world.claims(), request=f"{key.split(maxsplit=1)[0]} {target}", body=body)


def test_location_is_relative_to_the_request(world: World, api: Api) -> None:
    """So that it holds below a custom domain's base path, and on a machine where the API is not at the root."""
    answer = api.call(event(world, MAKE, "/things/7/parts"), 201)
    assert answer.headers == {**PLAIN, "Location": "../../things/7/parts/1", "ETag": '"v-7"'}


def test_answer_without_content_has_neither_body_nor_type(world: World, api: Api) -> None:
    """RFC 9110, 15.3.5."""
    assert api.call(event(world, REMOVE, "/things/7"), 204).headers == {"Cache-Control": "no-store"}


@pytest.mark.parametrize(
    ("reply", "declared"),
    [
        (Answer({"name": "x"}, location="/things/7"), ()),
        (Answer({"name": "x"}, etag="v1"), ("Location",)),
        (Answer({"name": "x"}), ("Location",)),
        ({"name": "x"}, ("Location",)),
        (Answer({"name": "x"}, location="/things/7", etag="v1"), ("Location",)),
        *(
            (Answer({"name": "x"}, location=location), ("Location",))
            for location in ("/a\r\nSet-Cookie: x=1", "//evil.example", "https://evil.example/", "a", "", "/a b", "/a/")
        ),
        *((Answer({"name": "x"}, etag=etag), ("ETag",)) for etag in ('a"b', "a\r\nX: y", "", "\u00fc", "a" * 129)),
    ],
)
def test_header_that_is_not_declared_or_not_valid_is_not_sent(
    reply: Any, declared: tuple[str, ...], world: World, serve: Any
) -> None:
    """Clients build on what is declared; a text of a user in a header could end it and begin another."""
    route = replace(ROUTES[HELLO], call=lambda _: reply, answer_headers=declared)
    answer = serve(routes=[route]).call(event(world, HELLO, "/hello"), 500)
    assert answer.log["errorType"] == "AnswerInvalid"


# Entity tags and caches


def test_unchanged_answer_is_not_sent_again(world: World, api: Api) -> None:
    """304 carries the headers that a cache updates its copy with, and no body (RFC 9110, 15.4.5)."""
    first = api.call(event(world, PART, "/things/a/parts/1"), 200)
    tag = first.headers["ETag"]
    assert (first.headers["Cache-Control"], first.headers["Vary"]) == ("private, no-cache", "Authorization")
    for condition in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = api.call(event(world, PART, "/things/a/parts/1", If_None_Match=condition), 304)
        assert again.headers == {name: value for name, value in first.headers.items() if name != "Content-Type"}
    for condition in ('"other"', tag.strip('"'), ""):
        api.call(event(world, PART, "/things/a/parts/1", If_None_Match=condition), 200)
    assert api.call(event(world, PART, "/things/a/parts/2"), 200).headers["ETag"] != tag


def test_one_users_copy_is_not_shown_to_the_next(world: World, serve: Any) -> None:
    """A browser keeps answers by URL and the headers that Vary names: after a change of users it must ask anew."""
    routes = [replace(ROUTES[key], max_age=60) for key in (HELLO, HEALTH)]
    answer = serve(routes=routes).call(event(world, HELLO, "/hello"), 200)
    assert (answer.headers["Cache-Control"], answer.headers["Vary"]) == ("private, max-age=60", "Authorization")
    assert serve(routes=routes).call(http_event(HEALTH), 200).headers["Cache-Control"] == "public, max-age=60"


def test_change_is_never_answered_from_a_copy(world: World, api: Api) -> None:
    """If-None-Match on a request that changes something is a condition, not a question (RFC 9110, 13.1.2)."""
    api.call(event(world, MAKE, "/things/7/parts", If_None_Match="*"), 201)


@pytest.mark.parametrize(
    ("condition", "strong", "weak"),
    [
        ('"v1"', True, True),
        ('"v0","v1"', True, True),
        ('"v0" , W/"v1"', False, True),
        ("*", True, True),
        ('"v,1", "v1"', True, True),
        ('"v1', False, False),
        ("v1", False, False),
        ('"V1"', False, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_condition_names_a_version(condition: str | None, strong: bool, weak: bool) -> None:
    """If-Match compares strongly, or two users' changes could meet; If-None-Match weakly (RFC 9110, 8.8.3.2)."""
    assert etags.matches(condition, "v1") is strong
    assert etags.matches(condition, "v1", weak=True) is weak


# Failures


def test_declared_failure_has_its_own_status_code_and_text(world: World, api: Api) -> None:
    """A client can tell it from the gateway's and the function's refusals by its code."""
    answer = api.call(event(world, REMOVE, "/things/8"), 404)
    assert answer.body == {**answer.body, "message": "There is no such thing", "code": "thing_missing"}
    assert answer.log == {**answer.log, "reason": "thing_missing", "level": "WARNING"}
    assert api.call(event(world, REMOVE, "/things/7", If_Match='"old"'), 412).body["code"] == "precondition_failed"
    assert api.call(event(world, MAKE, "/things/taken/parts"), 409).body["code"] == "thing_taken"


def test_undeclared_failure_is_an_unforeseen_one(world: World, api: Api) -> None:
    """The contract would lack it. The log says which one it was, and where it was raised."""
    answer = api.call(event(world, REMOVE, "/things/taken"), 500)
    assert answer.reason == "internal_error"
    assert answer.log["errorType"] == "ThingTaken"
    assert answer.log["errorPlace"].startswith("remove:")


@pytest.mark.parametrize("declared", [(NotFound,), ()])
def test_declaring_a_kind_does_not_declare_its_members(declared: tuple[Any, ...], world: World, serve: Any) -> None:
    """Each code is in the contract, or is not sent."""

    def fail(_: Any) -> Any:
        raise ThingMissing

    route = replace(ROUTES[HELLO], call=fail, errors=declared)
    serve(routes=[route]).call(event(world, HELLO, "/hello"), 500)


def test_text_of_an_exception_never_leaves(world: World, serve: Any) -> None:
    """Arguments of an error may hold anything; the answer has the fixed text of its type."""

    def fail(_: Any) -> Any:
        raise ThingMissing("hidden-secret-text")

    route = replace(ROUTES[HELLO], call=fail, errors=(ThingMissing,))
    answer = serve(routes=[route]).call(event(world, HELLO, "/hello"), 404)
    assert "hidden" not in str(answer)


def test_route_may_say_that_its_storage_is_unavailable(world: World, serve: Any) -> None:
    """503 is every route's: it needs no declaration."""

    def fail(_: Any) -> Any:
        raise StorageUnavailable("timeout")

    serve(routes=[replace(ROUTES[HELLO], call=fail)]).call(event(world, HELLO, "/hello"), 503)
