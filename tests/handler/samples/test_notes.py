"""Notes: whose they are, what DynamoDB is asked for, and what a client sees while it is ill. boto3 is the real one."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from handler import aws
from handler.bodies import read
from handler.errors import BodyInvalid
from handler.idempotency import HELD, Repeatable
from handler.route import Caller
from handler.route import Request as HandlerRequest
from handler.routes import ROUTES
from handler.samples import notes
from handler.samples.notes import NewNote
from proof.attack.tokens import ABSENT
from stacks import ROOT
from tests.handler import schema
from tests.handler.api import Answer, Api
from tests.handler.events import bearer, http_event
from tests.handler.signing import World
from tests.proof.listener import Listener, Reply, Request

ADD, LIST, SHOW, REMOVE = "POST /notes", "GET /notes", "GET /notes/{id}", "DELETE /notes/{id}"
ALICE, BOB = "aaaaaaaa-1111-4111-8111-111111111111", "bbbbbbbb-2222-4222-8222-222222222222"
GOOD = '{"text": "milk", "tags": ["shopping", "today"]}'
ENVIRONMENT = {
    "NOTES_TABLE": "notes-1a2b3c4",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
}


@dataclass
class Store:
    """DynamoDB's wire protocol, as far as notes need it. `ill` is an answer to give instead.

    `late` holds back the answers to writes of notes until it is set: they are stored, and time out.
    """

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    ill: Callable[[], Reply] | None = None
    late: threading.Event | None = None

    def answer(self, request: Request) -> Reply:
        action, asked = str(request.header("X-Amz-Target")).partition(".")[2], json.loads(request.body)
        self.calls.append((action, asked))
        if self.ill is not None:
            return self.ill()
        if action == "PutItem":
            return self.put(asked)
        if action == "Query":
            values = asked["ExpressionAttributeValues"]
            owned = [item for item in self.items if item["owner"] == values[":owner"]]
            found = [item for item in owned if item["id"]["S"] < values[":after"]["S"]]
            return said({"Items": found[: asked["Limit"]]})
        place = next((n for n, item in enumerate(self.items) if asked["Key"].items() <= item.items()), None)
        if place is None:
            return said({})
        if action == "DeleteItem":
            return said({"Attributes": self.items.pop(place)})
        return said({"Item": self.items[place]})

    def put(self, asked: dict[str, Any]) -> Reply:
        item = asked["Item"]
        old = next((each for each in self.items if all(each[name] == item[name] for name in ("owner", "id"))), None)
        if old is not None and "ConditionExpression" in asked:
            assert asked["ConditionExpression"] == "attribute_not_exists(#key) OR #expiry < :now"
            if int(old["expires"]["N"]) >= int(asked["ExpressionAttributeValues"][":now"]["N"]):
                failed = {"__type": "ConditionalCheckFailedException", "message": "The conditional request failed"}
                assert asked["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
                return said({**failed, "Item": old}, 400)
        if old is not None:
            self.items.remove(old)
        self.items.insert(0, item)
        if self.late is not None and "text" in item:
            self.late.wait()
        return said({})


def said(members: dict[str, Any], status: int = 200) -> Reply:
    return status, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(members)


def error(code: str, status: int = 400) -> Callable[[], Reply]:
    return lambda: said(
        {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "secret-of-the-house"}, status
    )


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def start(serve: Callable[..., Api], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Api]]:
    """Return a function that makes the handler with its table at an address. boto3 reads the process's environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    def start(url: str) -> Api:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", url)
        return serve(routes=ROUTES)

    aws._new_client.cache_clear()
    yield start
    aws._new_client.cache_clear()


@pytest.fixture
def api(start: Callable[[str], Api], store: Store) -> Iterator[Api]:
    """The handler with a table behind it."""
    with Listener(store.answer) as listener:
        yield start(listener.url)


def event(world: World, route: str, body: str | None = None, *, request: str = "", **claims: Any) -> dict[str, Any]:
    headers = [*bearer(world.access(**claims)), ("Content-Type", "application/json")]
    return http_event(route, headers, claims=world.claims(**claims), body=body, request=request)


def on(world: World, route: str, note: str, **claims: Any) -> dict[str, Any]:
    return event(world, route, request=f"{route.split(maxsplit=1)[0]} /notes/{note}", **claims)


def page(world: World, api: Api, query: str, *expected: int, **claims: Any) -> dict[str, Any]:
    return api.call(event(world, LIST, request=f"GET /notes?{query}", **claims), *(expected or (200,))).body


def added(world: World, api: Api, body: str = GOOD, **claims: Any) -> Answer:
    return api.call(event(world, ADD, body, **claims), 201)


def listed(world: World, api: Api, **claims: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.call(event(world, LIST, **claims), 200).body["notes"]
    return found


def test_note_is_kept_and_comes_back(world: World, api: Api) -> None:
    """What the answer shows is what is kept, to the letter, and is there at once."""
    text = "Zoë's “milk” 🦊\n\tsecond line"
    note = added(world, api, json.dumps({"text": text, "tags": ["a", "é"]}), sub=ALICE).body
    assert (note["text"], note["tags"]) == (text, ["a", "é"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", note["created"])
    assert listed(world, api, sub=ALICE) == [note]


def test_notes_are_their_owners(world: World, api: Api, store: Store) -> None:
    """The owner is the `sub` of the verified token: nothing in the request can name another."""
    for sub in (ALICE, BOB):
        added(world, api, json.dumps({"text": f"of {sub[:4]}"}), sub=sub)
    assert [note["text"] for note in listed(world, api, sub=ALICE)] == ["of aaaa"]
    assert [note["text"] for note in listed(world, api, sub=BOB)] == ["of bbbb"]
    assert [call["Item"]["owner"] for action, call in store.calls if action == "PutItem"] == [{"S": ALICE}, {"S": BOB}]
    asked = [call for action, call in store.calls if action == "Query"]
    assert [call["ExpressionAttributeValues"][":owner"]["S"] for call in asked] == [ALICE, BOB]
    assert {call["KeyConditionExpression"] for call in asked} == {"#owner = :owner AND #id < :after"}


def test_two_users_of_one_name_do_not_meet(world: World, api: Api) -> None:
    """A user name may be given again after its user is gone; a `sub` is not."""
    added(world, api, sub=ALICE, username="sam")
    assert listed(world, api, sub=BOB, username="sam") == []


def test_forged_context_names_no_other_owner(world: World, api: Api, store: Store) -> None:
    """Whoever may invoke the function directly writes what he likes into the authorizer's context."""
    for made, status in (
        (event(world, LIST, sub=ALICE), 200),
        (on(world, SHOW, f"{1:032x}", sub=ALICE), 404),
        (on(world, REMOVE, f"{1:032x}", sub=ALICE), 404),
    ):
        made["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = BOB
        api.call(made, status)
    assert store.calls[0][1]["ExpressionAttributeValues"][":owner"] == {"S": ALICE}
    assert [call["Key"]["owner"] for _, call in store.calls[1:]] == [{"S": ALICE}] * 2


def filled(store: Store, owner: str, count: int) -> None:
    for number in range(count):
        note: notes.Note = {"id": f"{number:032x}", "text": "x", "tags": [], "created": ""}
        store.items.insert(0, notes._item(owner, note))


def test_table_is_asked_for_one_page_newest_first(world: World, api: Api, store: Store) -> None:
    """Without a limit a user with many notes would have the function read until it times out."""
    filled(store, ALICE, notes.PAGE + 5)
    assert len(listed(world, api, sub=ALICE)) == notes.PAGE
    ((action, asked),) = store.calls
    assert (action, asked["Limit"], asked["ScanIndexForward"], asked["ConsistentRead"]) == ("Query", 51, False, True)
    assert asked["TableName"] == ENVIRONMENT["NOTES_TABLE"]
    assert "IndexName" not in asked


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6])
def test_pages_hold_every_note_once(count: int, world: World, api: Api, store: Store) -> None:
    """In order, and the last one says that it is the last."""
    filled(store, ALICE, count)
    found, query = [], "limit=2"
    while query:
        answer = page(world, api, query, sub=ALICE)
        found += [int(note["id"], 16) for note in answer["notes"]]
        query = f"limit=2&after={answer['next']}" if "next" in answer else ""
    assert found == list(reversed(range(count)))
    assert len(store.calls) == max(1, -(-count // 2))


def test_cursor_serves_its_owner_alone(world: World, api: Api, store: Store) -> None:
    """Nobody goes on in another user's list, and a made-up cursor is no way to look for ids."""
    for owner in (ALICE, BOB):
        filled(store, owner, 3)
    cursor = page(world, api, "limit=1", sub=ALICE)["next"]
    assert page(world, api, f"limit=1&after={cursor}", sub=ALICE)["notes"]
    store.calls.clear()
    for after, sub in (
        (cursor, BOB),
        (cursor[:-1], ALICE),
        (f"{cursor}A", ALICE),
        (f"{cursor}%3D", ALICE),
        (cursor.swapcase(), ALICE),
        ("x", ALICE),
        ("%C3%BC", ALICE),
        (f"{1:032x}", ALICE),
    ):
        refused = page(world, api, f"limit=1&after={after}", 400, sub=sub)
        assert (refused["in"], refused["field"], refused["rule"]) == (
            "query",
            "after",
            "be the cursor of an earlier page",
        )
    assert store.calls == []


def test_note_is_shown_and_deleted_by_its_owner_alone(world: World, api: Api, store: Store) -> None:
    """To everybody else it is as missing as one that never was: the answers differ in the request id alone."""
    answer = added(world, api, sub=ALICE)
    note = answer.body
    assert answer.headers["Location"] == f"notes/{note['id']}"
    assert api.call(on(world, SHOW, note["id"], sub=ALICE), 200).body == note
    for key in (SHOW, REMOVE):
        others, nobodys = (
            api.call(on(world, key, each, sub=BOB), 404).body | {"requestId": ""} for each in (note["id"], f"{1:032x}")
        )
        assert others == nobodys == {"message": "You have no such note", "code": "note_missing", "requestId": ""}
    asked = [call["Key"]["owner"]["S"] for action, call in store.calls[2:]]
    assert asked == [BOB] * 4
    api.call(on(world, REMOVE, note["id"], sub=ALICE), 204)
    assert api.call(on(world, SHOW, note["id"], sub=ALICE), 404).reason == "note_missing"
    assert store.items == []


@pytest.mark.parametrize("id_", ["..%2f..", "A" * 32, "0" * 31, "0" * 33, "%00", "0" * 31 + "%0a"])
@pytest.mark.parametrize("key", [SHOW, REMOVE])
def test_id_that_no_note_has_is_404_and_asks_no_table(key: str, id_: str, world: World, api: Api, store: Store) -> None:
    """It is not told from a missing note by its status."""
    assert api.call(on(world, key, id_), 404).reason == "path_invalid"
    assert store.calls == []


@pytest.mark.usefixtures("api")
def test_ids_sort_by_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sort key is what makes "newest first" cheap; two notes of one moment are two all the same."""
    now = time.time()
    alice = Caller(ALICE, "alice", "client", frozenset(), frozenset())
    made = []
    for later in (0.0, 0.0, 0.001, 1.0, 100_000.0):
        with monkeypatch.context() as clock:
            clock.setattr(notes.time, "time", lambda later=later: now + later)
            made.append(notes.add_note(HandlerRequest({}, alice, NewNote("x")), Repeatable()).body["id"])
    assert made[2:] == sorted(made[2:])
    assert max(made[:2]) < made[2]
    assert len(set(made)) == 5
    assert {len(each) for each in made} == {32}


@pytest.mark.parametrize("key", [ADD, LIST])
def test_machines_have_no_notes(key: str, world: World, api: Api, store: Store) -> None:
    """A client-credentials token names nobody; all users of a machine would share one owner."""
    made = event(world, key, GOOD if key == ADD else None, username=ABSENT)
    assert api.call(made, 403).reason == "user_required"
    assert store.calls == []


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"text": ""}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "a\0"}, "text"),
        ({"text": "a\x1b[2J"}, "text"),
        *(({"text": f"a{mark}b"}, "text") for mark in "\x7f\x80\x9b\x9f\u2028\u202a\u202e\u2066\u2069"),
        *(({"tags": [f"a{mark}b"]}, "tags[0]") for mark in "\t\x7f\x85\u2029\u202e\u2067"),
        ({"tags": ["x"] * 11}, "tags"),
        ({"tags": ["a", ""]}, "tags[1]"),
        ({"tags": ["x" * 31]}, "tags[0]"),
        ({"tags": ["a\n"]}, "tags[0]"),
        ({"owner": BOB}, ""),
        ({"id": "1"}, ""),
    ],
)
def test_note_that_is_none_is_refused(
    changes: dict[str, Any], where: str, world: World, api: Api, store: Store
) -> None:
    """Bounded, printable, and without a way to say whose it is; nothing of it reaches the table."""
    body = json.dumps({"text": "milk", **changes})
    assert api.call(event(world, ADD, body), 400).body["field"] == where
    assert store.calls == []
    assert not schema.validator(NewNote).is_valid(json.loads(body))


def test_largest_note_is_accepted() -> None:
    """The limits are inclusive, and count characters as a person does, not bytes."""
    body = json.dumps({"text": "🦊" * 2000, "tags": ["é" * 30] * 10})
    assert read(NewNote, body).text == "🦊" * 2000
    assert schema.validator(NewNote).is_valid(json.loads(body))
    with pytest.raises(BodyInvalid):
        read(NewNote, json.dumps({"text": "🦊" * 2001}))


# Requests that are repeated

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def repeated(world: World, api: Api, *expected: int, key: str = KEY, body: str = GOOD, **claims: Any) -> Answer:
    made = event(world, ADD, body, **claims)
    made["headers"]["idempotency-key"] = key
    return api.call(made, *(expected or (201,)))


def test_repeated_request_is_the_same_note(world: World, api: Api) -> None:
    """To the letter, with its address; members in another order are the same body."""
    first = repeated(world, api, sub=ALICE)
    other = json.dumps(dict(reversed(json.loads(GOOD).items())))
    again = repeated(world, api, body=other, sub=ALICE)
    assert (again.body, again.headers["Location"]) == (first.body, first.headers["Location"])
    assert listed(world, api, sub=ALICE) == [first.body]


def test_write_that_timed_out_and_was_stored_is_one_note_when_repeated(
    world: World, api: Api, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client is told to try again, and cannot know that the first attempt was kept."""
    monkeypatch.setattr(aws, "READ_TIMEOUT", 0.1)
    store.late = threading.Event()
    refused = repeated(world, api, 503, sub=ALICE)
    assert (refused.log["cause"], refused.headers["Retry-After"]) == ("timeout", "5")
    store.late.set()
    (kept,) = listed(world, api, sub=ALICE)
    assert repeated(world, api, sub=ALICE).body == kept
    assert listed(world, api, sub=ALICE) == [kept]


def test_note_that_was_never_stored_is_stored_when_repeated(world: World, api: Api, store: Store) -> None:
    """The key remembers the plan of the first request, not that it succeeded."""

    def first_alone() -> Reply:
        store.ill = error("InternalServerError", 500)
        return store.put(store.calls[-1][1])

    store.ill = first_alone
    repeated(world, api, 503, sub=ALICE)
    store.ill = None
    assert listed(world, api, sub=ALICE) == []
    made = repeated(world, api, sub=ALICE).body
    assert listed(world, api, sub=ALICE) == [made]


def test_key_is_its_callers(world: World, api: Api, store: Store) -> None:
    """Another user's key finds no note, and does not tell whether one exists."""
    first = repeated(world, api, sub=ALICE).body
    others = repeated(world, api, sub=BOB).body
    repeated(world, api, 422, body='{"text": "x"}', sub=BOB)
    assert others["id"] != first["id"]
    assert (listed(world, api, sub=ALICE), listed(world, api, sub=BOB)) == ([first], [others])
    assert [call["Item"]["owner"]["S"] for action, call in store.calls if action == "PutItem"] == [
        *[ALICE] * 2,
        *[BOB] * 3,
    ]


def test_key_of_another_body_is_refused(world: World, api: Api) -> None:
    """A client that reuses a key by mistake must hear of it, or it believes that the second note was kept."""
    first = repeated(world, api, sub=ALICE).body
    refused = repeated(world, api, 422, body='{"text": "bread"}', sub=ALICE)
    assert (refused.reason, refused.body["code"]) == ("idempotency_key_reused", "idempotency_key_reused")
    assert listed(world, api, sub=ALICE) == [first]


def test_key_is_remembered_for_a_day(world: World, api: Api, store: Store) -> None:
    """DynamoDB deletes what has expired some days later: what is still there counts no longer."""
    first = repeated(world, api, sub=ALICE).body
    (mark,) = (item for item in store.items if "plan" in item)
    assert abs(int(mark["expires"]["N"]) - time.time() - HELD) < 60
    mark["expires"] = {"N": str(int(time.time()) - 1)}
    second = repeated(world, api, sub=ALICE).body
    assert listed(world, api, sub=ALICE) == [second, first]


def test_different_keys_and_none_are_different_notes(world: World, api: Api) -> None:
    """Two notes may have one text."""
    made = [repeated(world, api, key=key, sub=ALICE).body["id"] for key in ("a", "b")]
    made += [added(world, api, sub=ALICE).body["id"] for _ in range(2)]
    assert {note["id"] for note in listed(world, api, sub=ALICE)} == set(made)
    assert len(set(made)) == 4


@pytest.mark.parametrize("key", ["", "x" * 256, "ü", "a\tb"])
def test_key_that_is_none_is_refused(key: str, world: World, api: Api, store: Store) -> None:
    """Rather than ignored: the client counts on it."""
    assert repeated(world, api, 400, key=key).body["field"] == "Idempotency-Key"
    assert store.calls == []


@pytest.mark.parametrize("old", [{}, {"plan": {"S": "x"}}, {"plan": {"M": {}}, "body": {"S": "x"}}])
def test_mark_of_another_form_is_503(old: dict[str, Any], world: World, api: Api, store: Store) -> None:
    """It is the table that is wrong, not the request."""
    failed = {"__type": "ConditionalCheckFailedException", "message": "", "Item": old}
    store.ill = lambda: said(failed, 400)
    assert repeated(world, api, 503).log["cause"] == "malformed"


# While the table is ill


@pytest.mark.parametrize("key", [ADD, LIST])
@pytest.mark.parametrize(
    ("code", "status", "cause"),
    [
        ("ProvisionedThroughputExceededException", 400, "throttled"),
        ("ThrottlingException", 400, "throttled"),
        ("RequestLimitExceeded", 400, "throttled"),
        ("AccessDeniedException", 400, "denied"),
        ("UnrecognizedClientException", 400, "denied"),
        ("ResourceNotFoundException", 400, "missing"),
        ("InternalServerError", 500, "failed"),
        ("ValidationException", 400, "failed"),
    ],
)
def test_failure_of_the_table_is_503(
    key: str, code: str, status: int, cause: str, world: World, api: Api, store: Store
) -> None:
    """A client may try again; the operator reads why, the client does not, and neither reads what AWS said."""
    store.ill = error(code, status)
    answer = api.call(event(world, key, GOOD if key == ADD else None), 503)
    assert (answer.reason, answer.log["cause"]) == ("storage_unavailable", cause)
    assert answer.headers["Retry-After"] == "5"
    assert "secret" not in json.dumps([answer.body, answer.log])
    assert len(store.calls) <= aws.ATTEMPTS


@pytest.mark.parametrize("key", [ADD, LIST])
@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("body", ["<html>Sign in</html>", "", "[]", '"Items"', '{"Items": "none"}', b"\xff\xfe"])
def test_answer_of_another_server_is_503(
    key: str, status: int, body: str | bytes, world: World, api: Api, store: Store
) -> None:
    """A proxy's page is not a stored note, and not a defect of the route either."""
    store.ill = lambda: (status, {"Content-Type": "text/html"}, body)
    answer = api.call(event(world, key, GOOD if key == ADD else None), 503)
    assert (answer.reason, answer.log["cause"]) == ("storage_unavailable", "failed")


@pytest.mark.parametrize("body", ["{}", "[]", '{"Items": "none"}', '{"Items": [5]}', "not json"])
def test_list_that_dynamodb_could_not_have_sent_is_503(body: str, world: World, api: Api, store: Store) -> None:
    """Whatever calls itself DynamoDB and is broken."""
    store.ill = lambda: (200, {"Content-Type": "application/x-amz-json-1.0"}, body)
    assert api.call(event(world, LIST), 503).log["cause"] == "failed"


def test_table_that_comes_back_serves_again(world: World, api: Api, store: Store) -> None:
    """A failure is not remembered."""
    store.ill = error("ThrottlingException")
    api.call(event(world, LIST), 503)
    store.ill = None
    assert listed(world, api) == []


def test_table_nobody_listens_at_is_unreachable(world: World, start: Callable[[str], Api]) -> None:
    """As in a VPC without an endpoint for DynamoDB."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    assert start(url).call(event(world, LIST), 503).log["cause"] == "unreachable"


def test_table_that_never_answers_is_given_up(
    world: World, start: Callable[[str], Api], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In less time than the least that a function may have, so that the client gets an answer of ours."""
    monkeypatch.setattr(aws, "READ_TIMEOUT", 0.05)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        api = start(f"http://127.0.0.1:{deaf.getsockname()[1]}")
        started = time.monotonic()
        assert api.call(event(world, LIST), 503).log["cause"] == "timeout"
        assert time.monotonic() - started < 1.5


@pytest.mark.parametrize("name", [None, "", "ab", "no spaces", "x" * 256, "a/b"])
def test_missing_table_name_is_told_to_the_operator(
    name: str | None, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable's name is in the log; and the other routes do not need it."""
    if name is None:
        monkeypatch.delenv("NOTES_TABLE")
    else:
        monkeypatch.setenv("NOTES_TABLE", name)
    answer = api.call(event(world, LIST), 500)
    assert (answer.log["errorType"], answer.log["variable"]) == ("SettingsError", "NOTES_TABLE")
    api.call(event(world, "GET /hello"), 200)


def test_client_is_made_once(world: World, api: Api, store: Store) -> None:
    """Making one costs tenths of a second, and a connection of its own."""
    for _ in range(3):
        listed(world, api)
    assert aws._new_client.cache_info().misses == 1
    assert len(store.calls) == 3


def test_other_routes_do_not_load_boto3() -> None:
    """It takes longer than everything else in a cold start."""
    code = "import sys, handler.app; print([name for name in sys.modules if name.startswith(('boto', 'urllib3'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "[]\n"
