"""Read a request's JSON body into the dataclass that its route declares.

The type is the only rule: members that it does not name are refused. The OpenAPI document is written from the same
type. A type may use these forms:

- a frozen dataclass: an object with these members and no others. A member with a default may be omitted;
- `str`, `bool`, `float`, and `int`, a number without a fraction (`1.0` is an integer, `true` is not);
- `datetime`: a time in UTC as RFC 3339 writes it;
- `Literal[...]` of strings and integers;
- `list[X]`, and `X | None` if null is allowed;
- `Annotated[X, ...]` with marks of `handler.marks`: a `str` with `Length` and `Pattern`, a `list` with `Length`, a
  number with `Range`. `TEXT` and `LINE` are patterns for text that people type, in several lines and in one. `Uuid` is
  a `str` with its pattern.

Any other form raises ValueError when the type is first used; a test does so for every route. A response is a
`TypedDict` of the same forms, with nested TypedDicts instead of dataclasses, and `NotRequired` for optional members.
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64
from collections.abc import Callable
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate
from math import isfinite
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from handler.errors import BodyInvalid, BodyMalformed
from handler.frozen import is_frozen
from handler.marks import Length, Pattern, Range
from handler.strict_json import no_constant, unique_members

NESTING_MOST = 32  # levels of arrays and objects; the parser's own limit depends on the Python version
INTEGER_MOST = 2**53 - 1  # RFC 7493 2.2: parsers differ in how they read larger integers
TIME_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|\+00:00)"
TIME_RULE = "be a time in UTC, as 2026-11-22T20:44:00Z"

Body = TypeVar("Body")
Reader = Callable[[Any], Any]

# Matches a whole string, so that a bracket inside it does not count; also without its end, or the search is quadratic.
# Compiled at first use: few requests have many brackets.
_BRACKET = r'"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|[\[{\]}]'
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


def read(kind: Callable[..., Body], body: str, *, base64: bool = False) -> Body:
    """Return the body as an instance of `kind`. Raises BodyMalformed or BodyInvalid, which never quote the body."""
    instance: Body = reader(kind)(_parsed(_decoded(body) if base64 else body))
    return instance


@cache
def reader(kind: Any) -> Reader:
    """Return the function that turns a JSON value into an instance of `kind`. ValueError for an unknown form."""
    return _object(kind, ())


# From text to a value: I-JSON (RFC 7493)


def _decoded(body: str) -> str:
    try:
        return a2b_base64(body, strict_mode=True).decode()
    except ValueError:  # not base64, or not UTF-8
        raise BodyMalformed from None


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(number := int(digits)) > INTEGER_MOST:
        raise ValueError(digits)
    return number


def _float(digits: str) -> float:
    if not isfinite(number := float(digits)):
        raise ValueError(digits)
    if len(digits) > 15 and number.is_integer() and abs(number) <= INTEGER_MOST and not _is_exactly(digits, number):
        raise ValueError(digits)  # 0.99999999999999999999 would be read as the integer 1
    return number


def _is_exactly(digits: str, number: float) -> bool:
    from decimal import Decimal  # noqa: PLC0415 - few bodies have such a number

    return Decimal(digits) == number


_parse = json.JSONDecoder(
    object_pairs_hook=unique_members, parse_constant=no_constant, parse_int=_integer, parse_float=_float
).decode


def _parsed(text: str) -> Any:
    if text.count("[") + text.count("{") > NESTING_MOST:
        steps = (_STEPS.get(piece[0], 0) for piece in re.findall(_BRACKET, text))
        if max(accumulate(steps), default=0) > NESTING_MOST:
            raise BodyMalformed
    try:
        return _parse(text)
    except (ValueError, RecursionError):
        raise BodyMalformed from None


# From a value to an instance


def _object(kind: Any, within: tuple[Any, ...]) -> Reader:
    if not is_frozen(kind):
        raise ValueError(f"a body must be a frozen dataclass, got {kind!r}")
    if kind in within:
        raise ValueError(f"{kind.__name__} must not contain itself: its bodies would have no limit")
    hints = get_type_hints(kind, include_extras=True)
    readers = {field.name: _named(kind, field.name, hints[field.name], (*within, kind)) for field in fields(kind)}
    needed = {field.name for field in fields(kind) if field.default is field.default_factory is MISSING}
    only = f"have no member but {', '.join(readers)}"

    def read_object(value: Any) -> Any:
        if type(value) is not dict:
            raise BodyInvalid("be an object")
        if not value.keys() <= readers.keys():
            raise BodyInvalid(only)
        members = {}
        for name, read_member in readers.items():
            if name in value:
                try:
                    members[name] = read_member(value[name])
                except BodyInvalid as wrong:
                    raise wrong.within(name) from None
            elif name in needed:
                raise BodyInvalid("be given", name)
        return kind(**members)

    return read_object


def _named(kind: type, name: str, form: Any, within: tuple[Any, ...]) -> Reader:
    try:
        return _reader(form, within)
    except ValueError as error:
        raise ValueError(f"{kind.__name__}.{name}: {error}") from None


def _reader(form: Any, within: tuple[Any, ...]) -> Reader:
    origin, arguments = get_origin(form), get_args(form)
    if origin is Annotated:
        return marked(_reader(arguments[0], within), arguments[0], arguments[1:])
    if origin is Literal:
        return _literal(arguments)
    if origin in (Union, UnionType) and len(arguments) == 2 and NoneType in arguments:
        inner = _reader(next(each for each in arguments if each is not NoneType), within)
        return lambda value: None if value is None else inner(value)
    if origin is list:
        return list_of(_reader(arguments[0], within))
    if form in _SCALARS:
        return _SCALARS[form]
    if is_dataclass(form):
        return _object(form, within)
    raise ValueError(f"a body's form must be one that handler/bodies.py names, got {form!r}")


def list_of(read_item: Reader) -> Reader:
    """Return a reader of lists, whose refusal names the item."""

    def read_list(value: Any) -> list[Any]:
        if type(value) is not list:
            raise BodyInvalid("be a list")
        items = []
        for index, item in enumerate(value):
            try:
                items.append(read_item(item))
            except BodyInvalid as wrong:
                raise wrong.within(f"[{index}]") from None
        return items

    return read_list


def _literal(allowed: tuple[Any, ...]) -> Reader:
    if not {type(each) for each in allowed} <= {str, int}:
        raise ValueError(f"a Literal must hold strings and integers, got {allowed!r}")
    rule = f"be one of {', '.join(map(str, allowed))}"

    def read_literal(value: Any) -> Any:
        value = _whole(value)
        if type(value) not in {str, int} or value not in allowed:
            raise BodyInvalid(rule)
        return value

    return read_literal


def marked(read_value: Reader, form: Any, marks: tuple[Any, ...]) -> Reader:
    """Return a reader that also checks the marks of `form`. ValueError for a mark that does not belong to it."""
    for mark in marks:
        read_value = _checked(read_value, *_check(form, mark))
    return read_value


def _checked(read_value: Reader, holds: Callable[[Any], bool], rule: str) -> Reader:
    def read_checked(value: Any) -> Any:
        value = read_value(value)
        if not holds(value):
            raise BodyInvalid(rule)
        return value

    return read_checked


def _check(form: Any, mark: Any) -> tuple[Callable[[Any], bool], str]:
    """Return a predicate for values of `form`, and its rule in words."""
    if isinstance(mark, Length | Range):
        least, most = mark.least, mark.most  # looked up once, and not for every value
        if least > most:
            raise ValueError(f"{mark} must have least before most")
    if isinstance(mark, Length) and (form is str or get_origin(form) is list):
        unit = "characters" if form is str else "items"
        amount = f"{least} to {most}" if least else f"at most {most}"
        return lambda value: least <= len(value) <= most, f"have {amount} {unit}"
    if isinstance(mark, Range) and form in (int, float):
        return lambda value: least <= value <= most, f"be from {least} to {most}"
    if isinstance(mark, Pattern) and form is str:
        whole = re.compile(mark.expression).fullmatch
        return lambda value: whole(value) is not None, mark.rule
    raise ValueError(f"{form!r} must have a mark that handler/bodies.py names for it, got {mark!r}")


def _whole(value: Any) -> Any:
    """Turn 1.0 and 1e0 into 1: JSON has one kind of number (JSON Schema, validation, 6.1.1).

    Beyond INTEGER_MOST a float stands for several integers, so it is none.
    """
    return int(value) if type(value) is float and abs(value) <= INTEGER_MOST and value.is_integer() else value


def _read_string(value: Any) -> str:
    if type(value) is not str:
        raise BodyInvalid("be a string")
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can escape it, UTF-8 cannot hold it
        raise BodyInvalid("be Unicode text") from None
    return value


def _read_boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise BodyInvalid("be true or false")
    return value


def _read_integer(value: Any) -> int:
    value = _whole(value)
    if type(value) is not int:  # not isinstance: True is an int
        raise BodyInvalid("be an integer")
    return value


def _read_number(value: Any) -> float:
    if type(value) not in (int, float):
        raise BodyInvalid("be a number")
    return float(value)


def read_time(value: Any) -> datetime:
    """Read a time in UTC (RFC 3339). Clients write its zone in two ways: JavaScript as Z, Python as +00:00."""
    with suppress(ValueError):  # no such day, or a leap second
        if type(value) is str and re.fullmatch(TIME_PATTERN, value):
            return datetime.fromisoformat(value)
    raise BodyInvalid(TIME_RULE)


_SCALARS: dict[Any, Reader] = {
    str: _read_string,
    bool: _read_boolean,
    int: _read_integer,
    float: _read_number,
    datetime: read_time,
}
