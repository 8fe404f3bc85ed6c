"""JSON Schemas of the types that routes declare: the forms that `handler.bodies` reads, and TypedDicts of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

from handler.bodies import TIME_PATTERN, TIME_RULE
from handler.marks import Length, Pattern, Range
from handler.parameters import declared
from handler.route import Route
from stacks.command_line import CommandError

PREFIX = "#/schemas/"  # where the contract keeps what `Schemas` collects
_SCALARS = {str: "string", bool: "boolean", int: "integer", float: "number", NoneType: "null"}
# Names that api.ts and openapi.json use themselves.
_TAKEN = frozenset({"Failure", "ValueFailure", "RouteFailure", "Routes", "RouteKey"})
_OPTIONAL = (NotRequired, Required)


class Schemas:
    """Collect schemas by type name in `by_name`.

    A request's schema is closed: the function refuses unknown members. A response's is open: a new member does not
    break a client, unless the client refuses unknown members.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, dict[str, Any]] = {}
        self._kinds: dict[str, type] = {}

    def reference(self, kind: type | None) -> dict[str, str] | None:
        """Return a reference to a type's schema. CommandError for an unknown form, or two types of one name."""
        if kind is None:
            return None
        name = kind.__name__
        if name in _TAKEN:
            raise CommandError(f"a body's type must not be called {name}: the contract has one of that name")
        if self._kinds.setdefault(name, kind) is not kind:
            raise CommandError(f"the types of bodies must each have a name of their own, got {name} twice")
        if name not in self.by_name:
            self.by_name[name] = {}  # first, since a response's type may hold itself
            self.by_name[name] = self._object(kind)
        return {"$ref": PREFIX + name}

    def parameters(self, route: Route) -> list[dict[str, Any]]:
        """Return a route's parameters as OpenAPI names their members."""
        return [
            {
                "name": each.name,
                "in": each.place,
                "required": each.required,
                "schema": _without_null(self._schema(each.form))
                | ({} if each.required or each.default is None else {"default": each.default}),
            }
            for each in declared(route.parameters, route.key)
        ]

    def _object(self, kind: type) -> dict[str, Any]:
        hints = get_type_hints(kind, include_extras=True)
        if is_dataclass(kind):
            members = {field.name: field for field in fields(kind)}
            properties = {name: self._schema(hints[name]) | _default(field) for name, field in members.items()}
            required = [name for name, field in members.items() if _needed(field)]
            return {
                "type": "object",
                **_said(kind),
                "properties": properties,
                "required": required,
                "additionalProperties": False,
            }
        return {
            "type": "object",
            **_said(kind),
            "properties": {name: self._schema(hint) for name, hint in hints.items()},
            "required": [name for name, hint in hints.items() if _always_there(kind, name, hint)],
        }

    def _schema(self, form: Any) -> dict[str, Any]:  # noqa: PLR0911 - a table
        origin, arguments = get_origin(form), get_args(form)
        if form in _SCALARS:
            return {"type": _SCALARS[form]}
        if form is datetime:
            return {"type": "string", "format": "date-time"} | _pattern(TIME_PATTERN, TIME_RULE)
        if origin in _OPTIONAL:
            return self._schema(arguments[0])
        if origin is Annotated:
            return _marked(self._schema(arguments[0]), arguments[1:])
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in (Union, UnionType):
            return {"anyOf": [self._schema(each) for each in arguments]}
        if origin is list:
            return {"type": "array", "items": self._schema(arguments[0])}
        if origin is dict and arguments[0] is str:
            return {"type": "object", "additionalProperties": self._schema(arguments[1])}
        if is_dataclass(form) or hasattr(form, "__required_keys__"):
            return dict(self.reference(form) or {})
        raise CommandError(f"a body's form must be one that handler/bodies.py names, got {form!r}")


def _marked(schema: dict[str, Any], marks: tuple[Any, ...]) -> dict[str, Any]:
    for mark in marks:
        match mark:
            case Length():
                unit = "Length" if schema["type"] == "string" else "Items"
                schema |= {f"min{unit}": mark.least, f"max{unit}": mark.most}
            case Range():
                schema |= {"minimum": mark.least, "maximum": mark.most}
            case Pattern():
                schema |= _pattern(mark.expression, mark.rule)
            case _:
                raise CommandError(f"a body's marks must be Length, Range or Pattern, got {mark!r}")
    return schema


def _pattern(expression: str, rule: str) -> dict[str, str]:
    """Match the whole text, in ECMA 262 and in Python, whose $ also matches before a last line feed."""
    return {"pattern": rf"^(?:{expression})$(?![\s\S])", "description": f"must {rule}"}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter, which is left out instead of being null."""
    others = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return dict(others[0]) if others else schema


def _always_there(kind: type, name: str, hint: Any) -> bool:
    """Return whether a TypedDict requires the member; `__required_keys__` overlooks marks in postponed annotations."""
    if get_origin(hint) in _OPTIONAL:
        return get_origin(hint) is Required
    return name in getattr(kind, "__required_keys__", ())


def _needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _default(field: Field[Any]) -> dict[str, Any]:
    default = field.default_factory() if field.default_factory is not MISSING else field.default
    return {} if default is MISSING else {"default": default}


def _said(kind: type) -> Mapping[str, str]:
    """Return the type's docstring. A dataclass without one has its signature as docstring."""
    words = " ".join((kind.__doc__ or "").split())
    return {"description": words} if words and not words.startswith(f"{kind.__name__}(") else {}
