"""JSON Schemas of the types that routes declare: they accept exactly the bodies that the function accepts."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest
from jsonschema import Draft202012Validator

from contract.document import described
from contract.schema import Schemas
from handler.bodies import read
from handler.errors import BodyInvalid
from handler.marks import Length, Pattern, Range
from handler.routes import ROUTES
from stacks.command_line import CommandError
from tests.handler import schema as apart


@dataclass(frozen=True)
class Author:
    """Who wrote it."""

    name: Annotated[str, Length(1, 20), Pattern("[a-z]+", "be small letters")]


@dataclass(frozen=True)
class Draft:
    title: Annotated[str, Length(1, 5)]
    author: Author
    kind: Literal["note", "task"] = "note"
    stars: Annotated[int, Range(0, 5)] = 0
    weight: float | None = None
    tags: Annotated[list[Annotated[str, Length(0, 3)]], Length(0, 2)] = field(default_factory=list)
    done: bool = False


class Page(TypedDict):
    items: list[Item]
    next: NotRequired[str | None]
    counts: dict[str, int]


class Item(TypedDict):
    id: str
    inner: NotRequired[Page]


def schema_of(kind: type) -> dict[str, Any]:
    schemas = Schemas()
    schemas.reference(kind)
    return schemas.by_name


def test_request_is_closed_and_says_every_bound() -> None:
    """Generated forms and clients refuse the same bodies as the function."""
    assert schema_of(Draft) == {
        "Draft": {
            "type": "object",
            "properties": {
                "title": {"type": "string", "minLength": 1, "maxLength": 5},
                "author": {"$ref": "#/schemas/Author"},
                "kind": {"enum": ["note", "task"], "default": "note"},
                "stars": {"type": "integer", "minimum": 0, "maximum": 5, "default": 0},
                "weight": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
                "tags": {
                    "type": "array",
                    "items": {"type": "string", "minLength": 0, "maxLength": 3},
                    "minItems": 0,
                    "maxItems": 2,
                    "default": [],
                },
                "done": {"type": "boolean", "default": False},
            },
            "required": ["title", "author"],
            "additionalProperties": False,
        },
        "Author": {
            "type": "object",
            "description": "Who wrote it.",
            "properties": {
                "name": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": 20,
                    "pattern": r"^(?:[a-z]+)$(?![\s\S])",
                    "description": "must be small letters",
                }
            },
            "required": ["name"],
            "additionalProperties": False,
        },
    }


def test_response_is_open_and_may_hold_itself() -> None:
    """A new member must not break clients."""
    assert schema_of(Page) == {
        "Page": {
            "type": "object",
            "properties": {
                "items": {"type": "array", "items": {"$ref": "#/schemas/Item"}},
                "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
            },
            "required": ["items", "counts"],
        },
        "Item": {
            "type": "object",
            "properties": {"id": {"type": "string"}, "inner": {"$ref": "#/schemas/Page"}},
            "required": ["id"],
        },
    }


BODIES = [
    ('{"title": "a", "author": {"name": "ann"}}', True),
    ('{"title": "a", "author": {"name": "ann"}, "weight": null, "stars": 5.0, "tags": ["", "abc"]}', True),
    ('{"title": "", "author": {"name": "ann"}}', False),
    (
        '{"author": {"name": "ann"}, "title": "' + "\\ud83d\\ude00" * 5 + '"}',
        True,
    ),
    ('{"title": "a"}', False),
    ('{"title": "a", "author": {"name": "ann\\n"}}', False),
    ('{"title": "a", "author": {"name": "ann"}, "more": 1}', False),
    ('{"title": "a", "author": {"name": "ann"}, "kind": "other"}', False),
    ('{"title": "a", "author": {"name": "ann"}, "stars": 6}', False),
    ('{"title": "a", "author": {"name": "ann"}, "stars": true}', False),
    ('{"title": "a", "author": {"name": "ann"}, "tags": ["a", "b", "c"]}', False),
    ('{"title": "a", "author": null}', False),
]


@pytest.mark.parametrize(("body", "fits"), BODIES)
def test_function_takes_what_the_schema_says(body: str, *, fits: bool) -> None:
    """The schema and the function must agree on every body."""
    whole = {"$ref": "#/schemas/Draft", "schemas": schema_of(Draft)}
    assert Draft202012Validator(whole).is_valid(json.loads(body)) is fits
    try:
        read(Draft, body)
    except BodyInvalid:
        assert not fits
    else:
        assert fits


def test_every_route_is_described_as_the_functions_own_tests_read_it() -> None:
    """The contract's schemas agree with those of the handler's tests."""
    schemas = described(ROUTES)["schemas"]
    for route in ROUTES:
        for kind in filter(None, (route.request, route.response)):
            mine, other = schemas[kind.__name__], apart.schema(kind)
            assert mine["properties"].keys() == other["properties"].keys(), kind
            assert sorted(mine["required"]) == sorted(other["required"]), kind


class Color(enum.Enum):
    RED = "red"


def test_type_that_cannot_be_described_is_refused() -> None:
    """A type without a schema must stop the contract."""
    with pytest.raises(CommandError, match=r"a body's form must be one that handler/bodies\.py names, got <enum"):
        schema_of(TypedDict("Odd", {"color": Color}))
    with pytest.raises(CommandError, match="marks must be Length, Range or Pattern, got 'words'"):
        schema_of(TypedDict("Odd", {"color": Annotated[str, "words"]}))
    with pytest.raises(CommandError, match="must not be called Failure"):
        schema_of(TypedDict("Failure", {"message": str}))
    schemas = Schemas()
    schemas.reference(TypedDict("Same", {"a": str}))
    with pytest.raises(CommandError, match="each have a name of their own, got Same twice"):
        schemas.reference(TypedDict("Same", {"a": str}))
