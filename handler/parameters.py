"""Read a request's path, query and header parameters into the frozen dataclass that its route declares.

A field whose name is in the route's key is a path parameter, a field marked `Header("If-Match")` is a header, and any
other field is a query parameter. A field with a default may be omitted. Its type is one of the forms of
`handler.bodies` without objects; `list[X]` is a query parameter that may be repeated. Each value has one spelling:

- `int` as `-7`, `float` as `1.5` (no exponent, no trailing zero), `bool` as `true` or `false`;
- `datetime` as `2026-11-22T20:44:00Z`, with up to six decimals;
- a path parameter is one segment: no slash, no percent sign and no dots alone, however they were encoded;
- a header is printable ASCII.

The query is read from `rawQueryString`, because API Gateway joins repeated parameters with a comma, which a value may
hold as well. The path is taken as API Gateway decoded it, and never decoded again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from functools import cache, partial
from types import NoneType
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints
from urllib.parse import unquote_to_bytes

from handler import texts
from handler.errors import BodyInvalid, EventInvalid, HeaderValueInvalid, PathInvalid, QueryInvalid, ValueRefused
from handler.frozen import is_frozen
from handler.marks import Header

QUERY_LIMIT = 10_240  # characters; API Gateway quota for the request line and headers together
NO_QUERY = "have no parameter"

_REFUSALS: Mapping[texts.Place, type[ValueRefused]] = {
    "path": PathInvalid,
    "query": QueryInvalid,
    "header": HeaderValueInvalid,
}
_HEADER_NAME = "[A-Za-z][A-Za-z0-9-]{0,62}"
_HALF_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})").search
# The function reads them itself, or an OpenAPI document may not describe them (OpenAPI 3.1, Parameter Object).
_TAKEN = frozenset({"accept", "authorization", "content-length", "content-type", "cookie", "host", "if-none-match"})


class Parameter(NamedTuple):
    """A declared parameter: its name in the request, its field, where it is, and its type without `Header`."""

    name: str
    field: str
    place: texts.Place
    form: Any
    required: bool
    default: Any

    repeats: bool


Readers = Sequence[tuple[Parameter, Callable[[Any], Any]]]
Step = Callable[[Mapping[str, Any], dict[str, Any]], None]


@cache
def declared(kind: type | None, key: str) -> tuple[Parameter, ...]:
    """Return the parameters of a route's type. ValueError if type and key differ, or a form is unknown."""
    in_key = set(re.findall(r"\{(\w+)\}", key))
    if kind is None:
        found: tuple[Parameter, ...] = ()
    else:
        if not is_frozen(kind):
            raise ValueError(f"{key}: parameters must be a frozen dataclass, got {kind!r}")
        hints = get_type_hints(kind, include_extras=True)
        found = tuple(_parameter(each, hints[each.name], in_key) for each in fields(kind))
    missing = in_key - {each.name for each in found if each.place == "path"}
    if missing:
        raise ValueError(f"{key}: parameters must be a dataclass with the key's {', '.join(sorted(missing))}")
    for each in found:
        _check(key, each)
    return found


def _parameter(field: Any, form: Any, in_key: set[str]) -> Parameter:
    marks = get_args(form)[1:] if get_origin(form) is Annotated else ()
    header = next((mark.name for mark in marks if isinstance(mark, Header)), None)
    if header is not None:
        rest = tuple(mark for mark in marks if not isinstance(mark, Header))
        form = Annotated[(get_args(form)[0], *rest)] if rest else get_args(form)[0]
    place: texts.Place = "header" if header is not None else "path" if field.name in in_key else "query"
    default = field.default if field.default_factory is MISSING else field.default_factory()
    repeats = get_origin(texts.plain(form)) is list
    name = field.name if header is None else header
    return Parameter(name, field.name, place, form, default is MISSING, default, repeats)


def _check(key: str, one: Parameter) -> None:
    if one.place == "header" and (not re.fullmatch(_HEADER_NAME, one.name) or one.name.lower() in _TAKEN):
        raise ValueError(f"{key}: a header must have a name that the function does not use itself, got {one.name!r}")
    if one.place == "path" and not one.required:
        raise ValueError(f"{key}: path parameter {one.name} must have no default")
    if one.place != "query" and one.repeats:
        raise ValueError(f"{key}: {one.place} parameter {one.name} must be a single value")
    if not one.required and one.default is None and NoneType not in get_args(texts.plain(one.form)):
        raise ValueError(f"{key}: parameter {one.name} must be of a type that None belongs to, or have another default")
    try:
        texts.reader(one.form, one.place)
    except ValueError as error:
        raise ValueError(f"{key}: parameter {one.name}: {error}") from None


def reader(kind: type | None, key: str, *, open_query: bool = False) -> Callable[[Mapping[str, Any]], Any]:
    """Return the function that reads an event's parameters into an instance of `kind`, or into None without one.

    It raises PathInvalid, QueryInvalid or HeaderValueInvalid, which never quote the request. `open_query` ignores query
    parameters that `kind` lacks instead of refusing them.
    """
    if kind is None:
        return _nothing if open_query else _no_query
    makers: Mapping[texts.Place, Callable[[Readers], Step]] = {
        "path": _path,
        "query": partial(_query, open_query),
        "header": _headers,
    }
    by_place = {
        place: [(each, texts.reader(each.form, each.place)) for each in declared(kind, key) if each.place == place]
        for place in makers
    }
    steps = [make(by_place[place]) for place, make in makers.items() if place == "query" or by_place[place]]

    def read(event: Mapping[str, Any]) -> Any:
        values: dict[str, Any] = {}
        for step in steps:
            step(event, values)
        return kind(**values)

    return read


def _path(each: Readers) -> Step:
    def read(event: Mapping[str, Any], values: dict[str, Any]) -> None:
        segments = _mapping(event, "pathParameters")
        for one, read_one in each:
            values[one.field] = _value(one, read_one, segments.get(one.name))

    return read


def _headers(each: Readers) -> Step:
    names = [(one, one.name.lower(), read_one) for one, read_one in each]

    def read(event: Mapping[str, Any], values: dict[str, Any]) -> None:
        sent = _mapping(event, "headers")
        for one, name, read_one in names:
            if name in sent:
                values[one.field] = _value(one, read_one, sent[name])
            elif one.required:
                raise HeaderValueInvalid("be given", one.name)

    return read


def _query(open_query: bool, each: Readers) -> Step:
    known = {one.name for one, _ in each}
    only = f"have no parameter but {', '.join(one.name for one, _ in each)}" if each else NO_QUERY

    def read(event: Mapping[str, Any], values: dict[str, Any]) -> None:
        given = _pairs(event.get("rawQueryString"))
        if not open_query and not given.keys() <= known:
            raise QueryInvalid(only)
        for one, read_one in each:
            sent = given.get(one.name)
            if sent is None:
                if one.required:
                    raise QueryInvalid("be given", one.name)
            elif one.repeats:
                values[one.field] = _value(one, read_one, sent)
            elif len(sent) > 1:
                raise QueryInvalid("be given once", one.name)
            else:
                values[one.field] = _value(one, read_one, sent[0])

    return read


def _nothing(_: Mapping[str, Any]) -> None:
    return None


def _no_query(event: Mapping[str, Any]) -> None:
    if event.get("rawQueryString"):
        raise QueryInvalid(NO_QUERY)


def _mapping(event: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = event.get(name)
    if not isinstance(found, dict):
        raise EventInvalid
    return found


def _value(one: Parameter, read_one: Callable[[Any], Any], given: Any) -> Any:
    if not isinstance(given, list if one.repeats else str):
        raise EventInvalid
    try:
        return read_one(given)
    except BodyInvalid as wrong:
        raise _REFUSALS[one.place](wrong.rule, f"{one.name}{wrong.field}") from None


def _pairs(query: Any) -> dict[str, list[str]]:
    """Return the values of each name in a query (URL Standard, `application/x-www-form-urlencoded`), in order."""
    found: dict[str, list[str]] = {}
    if not query:
        return found
    if not isinstance(query, str):
        raise EventInvalid
    if len(query) > QUERY_LIMIT:
        raise QueryInvalid(f"have at most {QUERY_LIMIT} characters")
    escaped = "%" in query or "+" in query
    if not query.isascii() or (escaped and _HALF_ESCAPE(query)):
        raise QueryInvalid("be percent-encoded UTF-8")
    for pair in query.split("&"):
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise QueryInvalid("be pairs of a name and a value")
        if escaped:
            name, value = _unescaped(name), _unescaped(value)
        if name in found:
            found[name].append(value)
        else:
            found[name] = [value]
    return found


def _unescaped(text: str) -> str:
    if "%" not in text and "+" not in text:
        return text
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise QueryInvalid("be percent-encoded UTF-8") from None
