"""JSON Schemas of route types, made apart from the code that reads bodies, so that the two can be held together."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints

from jsonschema import Draft202012Validator

from handler.marks import Length, Pattern

_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number"}


@cache
def validator(kind: type) -> Draft202012Validator:
    return Draft202012Validator(schema(kind))


def schema(form: Any) -> dict[str, Any]:
    origin, arguments = get_origin(form), get_args(form)
    if form in _NAMES:
        return {"type": _NAMES[form]}
    if origin is Annotated:
        made = schema(arguments[0])
        for mark in arguments[1:]:
            made |= _keywords(made["type"], mark)
        return made
    if origin is Literal:
        return {"enum": list(arguments)}
    if origin in (Union, UnionType):
        return {"anyOf": [{"type": "null"}, *(schema(each) for each in arguments if each is not NoneType)]}
    if origin is list:
        return {"type": "array", "items": schema(arguments[0])}
    return schema(arguments[0]) if origin is NotRequired else _object(form)


def _object(form: Any) -> dict[str, Any]:
    hints = get_type_hints(form, include_extras=True)
    if is_dataclass(form):
        required = [field.name for field in fields(form) if field.default is field.default_factory is MISSING]
    else:
        required = sorted(name for name in form.__required_keys__ if get_origin(hints[name]) is not NotRequired)
    members = {name: schema(hint) for name, hint in hints.items()}
    return {"type": "object", "properties": members, "required": required, "additionalProperties": False}


def _keywords(type_: str, mark: Any) -> dict[str, Any]:
    if isinstance(mark, Length):
        what = "Length" if type_ == "string" else "Items"
        return {f"min{what}": mark.least, f"max{what}": mark.most}
    if isinstance(mark, Pattern):  # Python's $ also matches before a last line feed
        return {"pattern": rf"^(?:{mark.expression})$(?![\s\S])"}
    return {"minimum": mark.least, "maximum": mark.most}
