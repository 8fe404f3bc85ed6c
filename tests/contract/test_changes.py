"""Changes between two contracts: each kind with its sentence, which is the command's output."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from contract.changes import Change, between, next_version

ROUTE: dict[str, Any] = {
    "key": "POST /notes",
    "summary": "Keeps a note",
    "who": "any signed-in user",
    "public": False,
    "scopes": [],
    "groups": [],
    "parameters": [
        {"name": "kind", "in": "query", "required": True, "schema": {"enum": ["note", "task"]}},
        {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 1, "maximum": 50}},
        {"name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"}},
    ],
    "answerHeaders": ["ETag"],
    "errors": [{"status": 409, "code": "note_taken", "message": "Taken"}],
    "request": {"$ref": "#/schemas/Draft"},
    "status": 201,
    "response": {"$ref": "#/schemas/Note"},
}
DRAFT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": "^a$"},
        "kind": {"enum": ["note", "task"]},
        "stars": {"type": "integer", "minimum": 0, "maximum": 5},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 0, "maxItems": 9},
        "due": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "author": {"$ref": "#/schemas/Author"},
    },
    "required": ["title"],
    "additionalProperties": False,
}
AUTHOR: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
    "additionalProperties": False,
}
NOTE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "kind": {"enum": ["note", "task"]},
        "stars": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "due": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "parent": {"$ref": "#/schemas/Note"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "required": ["id", "tags"],
}
HEALTH = {**ROUTE, "key": "GET /health", "public": True, "who": "public", "request": None}
HEALTH |= {"parameters": [], "answerHeaders": [], "errors": []}
BEFORE: dict[str, Any] = {
    "outputs": {
        "apiUrl": "https://api.example.com",
        "authDomain": "https://a.example.com",
        "scopes": ["api/a"],
        "signIn": {"mfa": "OFF", "passwordPolicy": {"minimumLength": 12}},
    },
    "routes": [ROUTE, HEALTH],
    "schemas": {"Draft": DRAFT, "Author": AUTHOR, "Note": NOTE},
}
BREAK, ADDITION = True, False


class Contract:
    """A copy of `BEFORE`, with one thing changed."""

    def __init__(self) -> None:
        self.made = copy.deepcopy(BEFORE)
        self.outputs = self.made["outputs"]
        self.notes, self.health = self.made["routes"]
        self.draft, self.author, self.note = (self.made["schemas"][name] for name in ("Draft", "Author", "Note"))
        self.parameters = self.notes["parameters"]
        self.kind, self.limit, self.match = self.parameters
        self.asked, self.told = self.draft["properties"], self.note["properties"]


def scoped(contract: Contract, *scopes: str) -> None:
    contract.notes["scopes"] = list(scopes)


# Each: what changes, the sentence, and whether something is lost.
OUTPUTS = [
    (lambda c: c.outputs.pop("apiUrl"), "output apiUrl is gone", BREAK),
    (lambda c: c.outputs.update(more="x"), "output more is new", ADDITION),
    (lambda c: c.outputs.update(apiUrl=["x"]), "output apiUrl is a list now, and was text", BREAK),
    (lambda c: c.outputs.update(authDomain=None), "output authDomain is null now, and was text", BREAK),
    (lambda c: c.outputs.update(apiUrl=True), "output apiUrl is true or false now, and was text", BREAK),
    (lambda c: c.outputs["signIn"].pop("mfa"), "output signIn.mfa is gone", BREAK),
    (lambda c: c.outputs["signIn"].update(more=1), "output signIn.more is new", ADDITION),
    (
        lambda c: c.outputs["signIn"]["passwordPolicy"].update(minimumLength="12"),
        "output signIn.passwordPolicy.minimumLength is text now, and was a number",
        BREAK,
    ),
]
ROUTES = [
    (lambda c: c.made["routes"].pop(0), "route POST /notes is gone", BREAK),
    (
        lambda c: c.made["routes"].append({**ROUTE, "key": "GET /new"}),
        "route GET /new is new (any signed-in user)",
        ADDITION,
    ),
    (
        lambda c: c.health.update(public=False, who="any signed-in user"),
        "GET /health needs sign-in now (any signed-in user)",
        BREAK,
    ),
    (lambda c: c.notes.update(public=True), "POST /notes is public now", ADDITION),
    (lambda c: scoped(c, "api/b", "api/a"), "POST /notes asks for scope api/a or api/b now", BREAK),
    (lambda c: c.notes.update(groups=["admin"]), "POST /notes asks for group admin now", BREAK),
    (lambda c: c.notes.update(status=200), "POST /notes answers 200 now, and answered 201", BREAK),
    (lambda c: c.notes.update(request=None), "POST /notes takes no body any more", BREAK),
    (lambda c: c.health.update(request=ROUTE["request"]), "GET /health needs a body now", BREAK),
    (lambda c: c.notes.update(response=None), "POST /notes: the response's type is no longer declared", BREAK),
]
PARAMETERS = [
    (lambda c: c.kind.update(required=False), "query parameter kind may be left out now", ADDITION),
    (lambda c: c.limit.update(required=True), "query parameter limit must be given now", BREAK),
    (lambda c: c.parameters.remove(c.limit), "query parameter limit is refused now", BREAK),
    (lambda c: c.parameters.append({**c.limit, "name": "after"}), "query parameter after is new", ADDITION),
    (
        lambda c: c.parameters.append({**c.kind, "name": "after"}),
        "query parameter after is new and must be given",
        BREAK,
    ),
    (lambda c: c.limit["schema"].update(maximum=20), "query parameter limit must be 20 at most now", BREAK),
    (lambda c: c.limit["schema"].update(maximum=99), "query parameter limit must be 99 at most now", ADDITION),
    (lambda c: c.kind["schema"]["enum"].append("idea"), 'query parameter kind may be "idea" now', ADDITION),
    (
        lambda c: c.kind.update(schema={"type": "integer"}),
        "query parameter kind is an integer now, and was one of fixed values",
        BREAK,
    ),
    (lambda c: c.match.update(required=True), "header If-Match must be given now", BREAK),
    (lambda c: c.parameters.remove(c.match), "header If-Match is refused now", BREAK),
]
ANSWERS = [
    (lambda c: c.notes["answerHeaders"].append("Location"), "POST /notes sends Location now", ADDITION),
    (lambda c: c.notes["answerHeaders"].clear(), "POST /notes no longer sends ETag", BREAK),
    (
        lambda c: c.notes["errors"].append({"status": 404, "code": "no_list", "message": "None"}),
        "POST /notes may fail with 404 no_list now",
        ADDITION,
    ),
    (lambda c: c.notes["errors"].clear(), "POST /notes never fails with note_taken any more", ADDITION),
    (
        lambda c: c.notes["errors"][0].update(status=410),
        "POST /notes: note_taken has the status 410 now, and had 409",
        BREAK,
    ),
]
REQUESTS = [
    (lambda c: c.draft["required"].append("kind"), "request field kind must be given now", BREAK),
    (lambda c: c.draft["required"].remove("title"), "request field title may be left out now", ADDITION),
    (lambda c: c.asked.pop("kind"), "request field kind is refused now", BREAK),
    (lambda c: c.asked.update(more={"type": "string"}), "request field more is new", ADDITION),
    (
        lambda c: (c.asked.update(more={"type": "string"}), c.draft["required"].append("more")),
        "request field more is new and must be given",
        BREAK,
    ),
    (lambda c: c.asked["kind"]["enum"].remove("task"), 'request field kind must not be "task" any more', BREAK),
    (lambda c: c.asked["kind"]["enum"].append("idea"), 'request field kind may be "idea" now', ADDITION),
    (
        lambda c: c.asked.update(kind={"type": "string"}),
        "request field kind is text now, and was one of fixed values",
        ADDITION,
    ),
    (
        lambda c: c.asked.update(title={"enum": ["a"]}),
        "request field title is one of fixed values now, and was text",
        BREAK,
    ),
    (
        lambda c: c.asked.update(stars={"type": "number", "minimum": 0, "maximum": 5}),
        "request field stars is a number now, and was an integer",
        ADDITION,
    ),
    (
        lambda c: c.asked.update(stars={"type": "string"}),
        "request field stars is text now, and was an integer",
        BREAK,
    ),
    (lambda c: c.asked["title"].update(maxLength=40), "request field title must have 40 characters at most now", BREAK),
    (
        lambda c: c.asked["title"].update(maxLength=99),
        "request field title must have 99 characters at most now",
        ADDITION,
    ),
    (lambda c: c.asked["title"].update(minLength=2), "request field title must have 2 characters at least now", BREAK),
    (
        lambda c: c.asked["title"].update(minLength=0),
        "request field title must have 0 characters at least now",
        ADDITION,
    ),
    (
        lambda c: c.asked["title"].pop("maxLength"),
        "request field title no longer must have 80 characters at most",
        ADDITION,
    ),
    (lambda c: c.asked["stars"].update(maximum=4), "request field stars must be 4 at most now", BREAK),
    (lambda c: c.asked["stars"].update(minimum=1), "request field stars must be 1 at least now", BREAK),
    (lambda c: c.asked["tags"].update(maxItems=3), "request field tags must have 3 items at most now", BREAK),
    (
        lambda c: c.asked["tags"]["items"].update(maxLength=3),
        "request field tags[] must have 3 characters at most now",
        BREAK,
    ),
    (
        lambda c: c.asked["title"].update(pattern="^b$", description="must be b"),
        "request field title must be b now",
        BREAK,
    ),
    (lambda c: c.asked["title"].pop("pattern"), "request field title may be any text now", ADDITION),
    (lambda c: c.asked.update(due={"type": "string"}), "request field due must not be null any more", BREAK),
    (
        lambda c: c.asked.update(author={"anyOf": [{"$ref": "#/schemas/Author"}, {"type": "null"}]}),
        "request field author may be null now",
        ADDITION,
    ),
    (
        lambda c: (c.author["properties"].update(mail={"type": "string"}), c.author["required"].append("mail")),
        "request field author.mail is new and must be given",
        BREAK,
    ),
]
RESPONSES = [
    (lambda c: c.told.pop("stars"), "response field stars is gone", BREAK),
    (lambda c: c.told.update(more={"type": "string"}), "response field more is new", ADDITION),
    (lambda c: c.note["required"].remove("id"), "response field id may be missing now", BREAK),
    (lambda c: c.note["required"].append("due"), "response field due is always there now", ADDITION),
    (lambda c: c.told.update(id={"type": "integer"}), "response field id is an integer now, and was text", BREAK),
    (
        lambda c: c.told.update(stars={"type": "number"}),
        "response field stars is a number now, and was an integer",
        BREAK,
    ),
    (
        lambda c: c.told.update(tags={"type": "string"}),
        "response field tags is text now, and was a list",
        BREAK,
    ),
    (
        lambda c: c.told["tags"].update(items={"type": "integer"}),
        "response field tags[] is an integer now, and was text",
        BREAK,
    ),
    (
        lambda c: c.told["counts"].update(additionalProperties={"type": "string"}),
        "response field counts{} is text now, and was an integer",
        BREAK,
    ),
    (lambda c: c.told["kind"]["enum"].remove("task"), 'response field kind is never "task" any more', BREAK),
    (lambda c: c.told["kind"]["enum"].append("idea"), 'response field kind may be "idea" now', BREAK),
    (
        lambda c: c.told.update(id={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        "response field id may be null now",
        BREAK,
    ),
    (lambda c: c.told.update(due={"type": "string"}), "response field due is never null now", ADDITION),
]
ALL = [
    *OUTPUTS,
    *ROUTES,
    *ANSWERS,
    *[(change, f"POST /notes: {text}", breaks) for change, text, breaks in [*PARAMETERS, *REQUESTS]],
]


def found(change: Any) -> list[Change]:
    contract = Contract()
    change(contract)
    return between(BEFORE, contract.made)


@pytest.mark.parametrize(("change", "text", "breaks"), ALL, ids=[text for _, text, _ in ALL])
def test_change_is_said_in_words(change: Any, text: str, *, breaks: bool) -> None:
    """The sentence tells a developer what a front end would lose."""
    assert found(change) == [Change(text=text, breaks=breaks)]


@pytest.mark.parametrize(("change", "text", "breaks"), RESPONSES, ids=[text for _, text, _ in RESPONSES])
def test_change_of_a_response_is_said_for_every_route_that_has_it(change: Any, text: str, *, breaks: bool) -> None:
    """Both routes answer a note, and a note's parent is a note."""
    assert found(change) == [
        Change(text=f"{key}: {text}", breaks=breaks) for key in ("POST /notes", "GET /health")
    ] or found(change) == [Change(text=f"{key}: {text}", breaks=breaks) for key in ("GET /health", "POST /notes")]


def test_renamed_output_is_guessed() -> None:
    """One output is gone and one is new: probably a rename."""
    contract = Contract()
    del contract.outputs["apiUrl"]
    said = between(BEFORE, contract.made, [*contract.outputs, "url"])

    assert said == [Change(text="output apiUrl is gone; it seems to be called url now", breaks=True)]


def test_scopes_that_change_are_weighed_by_who_is_refused() -> None:
    """A token needs one of the scopes: another scope opens a route, a missing one closes it."""
    before, after = Contract(), Contract()
    scoped(before, "api/a", "api/b")
    before.notes["groups"] = ["x"]

    def said(*scopes: str) -> list[tuple[str, bool]]:
        scoped(after, *scopes)
        return [(change.text, change.breaks) for change in between(before.made, after.made)]

    after.notes["groups"] = ["x", "y"]
    assert said("api/a") == [
        ("POST /notes is no longer open to scope api/b", BREAK),
        ("POST /notes is open to group y, too", ADDITION),
    ]
    after.notes["groups"] = []
    assert said("api/a", "api/b", "api/c") == [
        ("POST /notes is open to scope api/c, too", ADDITION),
        ("POST /notes no longer asks for group x", ADDITION),
    ]
    after.notes["groups"] = ["x"]
    assert said() == [
        ("POST /notes is closed to machines now: only a route with scopes is open to them", BREAK),
        ("POST /notes no longer asks for scope api/a or api/b", ADDITION),
    ]


def test_an_environments_values_and_words_are_no_change() -> None:
    """Values differ by stack, and summaries are not promised."""
    contract = Contract()
    contract.outputs["apiUrl"] = "https://other.example.com"
    contract.outputs["signIn"]["passwordPolicy"]["minimumLength"] = 20
    contract.outputs["scopes"] = []
    contract.notes["summary"] = "Other words"
    contract.draft["description"] = contract.told["id"]["description"] = "Other words"

    assert between(BEFORE, contract.made) == []


def test_renamed_type_is_no_change() -> None:
    """A type's name is not in the response."""
    contract = Contract()
    contract.made["schemas"]["NewDraft"] = contract.made["schemas"].pop("Draft")
    contract.notes["request"] = {"$ref": "#/schemas/NewDraft"}

    assert between(BEFORE, contract.made) == []


def test_breaks_come_first_and_decide_the_version() -> None:
    """Breaks come first for readers who stop early."""
    contract = Contract()
    contract.outputs["more"] = "x"
    contract.made["routes"].pop(0)
    changes = between(BEFORE, contract.made)

    assert [change.breaks for change in changes] == [True, False]
    assert next_version("1.4.2", changes) == "2.0.0"
    assert next_version("1.4.2", changes[1:]) == "1.5.0"
    assert next_version("1.4.2", []) == "1.4.2"
