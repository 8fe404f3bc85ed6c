"""Reads a request's JSON body into the dataclass that its route declares.

The type is the whole rule: what it does not name is refused. The OpenAPI document is made of the very same type, by
`typing.get_type_hints(kind, include_extras=True)`. These are its forms:

- a frozen dataclass: an object with these members and no other; one with a default may be left out;
- `str`, `bool`, `float`, `int` (a number without a fraction, however it is spelled; true is none);
- `Literal[...]` of strings and integers;
- `list[X]`; and `X | None`, where null may stand;
- `Annotated[X, ...]` of a `str` with `Length` and `Pattern`, of a `list` with `Length`, of a number with `Range`.

Any other form is a ValueError where the type is first used; a test asks it of every route. A response is a `TypedDict`
of the same forms, nested TypedDicts instead of dataclasses, with `NotRequired` for a member that may be missing.
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from itertools import accumulate
from math import isfinite
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from handler.errors import BodyInvalid, BodyMalformed

NESTING_MOST = 32  # arrays and objects in one another; the parser's own limit differs from one Python to the next
INTEGER_MOST = 2**53 - 1  # RFC 7493 2.2: beyond it, two parsers read two numbers

Body = TypeVar("Body")
Reader = Callable[[Any], Any]

# A string is matched whole, so that a bracket in it counts for nothing; ended or not, else the search were quadratic.
# Compiled at its first use: few cold starts are a request with many brackets.
_BRACKET = r'"[^"\\]*(?:\\[\s\S][^"\\]*)*"?|[\[{\]}]'
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}


class Length(NamedTuple):
    """How many characters (Unicode code points) a string has, or items a list."""

    least: int
    most: int


class Range(NamedTuple):
    """The least and the greatest value of a number, both allowed."""

    least: float
    most: float


class Pattern(NamedTuple):
    """What a whole string matches, and that rule in words: `must <rule>`.

    `expression` means the same in Python and in ECMA 262, so it names characters, not classes of them; no flags.
    """

    expression: str
    rule: str


def read(kind: Callable[..., Body], body: str, *, base64: bool = False) -> Body:
    """The body as an instance of `kind`. Raises BodyMalformed or BodyInvalid, which quote nothing of it."""
    made: Body = reader(kind)(_parsed(_decoded(body) if base64 else body))
    return made


@cache
def reader(kind: Any) -> Reader:
    """What makes an instance of a dataclass of a JSON value; made at its first use. ValueError for a form unknown."""
    return _object(kind, ())


# From text to a value: I-JSON (RFC 7493), so that no two parsers can read it in two ways


def _decoded(body: str) -> str:
    try:
        return a2b_base64(body, strict_mode=True).decode()
    except ValueError:  # not base64, or not UTF-8
        raise BodyMalformed from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BodyMalformed
    return members


def _no_constant(_: str) -> NoReturn:
    raise BodyMalformed  # NaN and Infinity are Python's, not JSON's


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(number := int(digits)) > INTEGER_MOST:
        raise BodyMalformed
    return number


def _float(digits: str) -> float:
    if not isfinite(number := float(digits)):
        raise BodyMalformed
    return number


_parse = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer, parse_float=_float
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
    made = getattr(kind, "__dataclass_params__", None)
    if made is None or not made.frozen:
        raise ValueError(f"a body must be a frozen dataclass, got {kind!r}")
    if kind in within:
        raise ValueError(f"{kind.__name__} must not hold itself: its bodies would have no bound")
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
        return _marked(_reader(arguments[0], within), arguments[0], arguments[1:])
    if origin is Literal:
        return _literal(arguments)
    if origin in (Union, UnionType) and len(arguments) == 2 and NoneType in arguments:
        inner = _reader(next(each for each in arguments if each is not NoneType), within)
        return lambda value: None if value is None else inner(value)
    if origin is list:
        return _list(_reader(arguments[0], within))
    if form in _SCALARS:
        return _SCALARS[form]
    if is_dataclass(form):
        return _object(form, within)
    raise ValueError(f"a body's form must be one that handler/bodies.py names, got {form!r}")


def _list(read_item: Reader) -> Reader:
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


def _marked(read_value: Reader, form: Any, marks: tuple[Any, ...]) -> Reader:
    checks = [_check(form, mark) for mark in marks]

    def read_marked(value: Any) -> Any:
        value = read_value(value)
        for holds, rule in checks:
            if not holds(value):
                raise BodyInvalid(rule)
        return value

    return read_marked


def _check(form: Any, mark: Any) -> tuple[Callable[[Any], bool], str]:
    """What holds for a value of `form`, and the rule in words."""
    if isinstance(mark, Length | Range) and mark.least > mark.most:
        raise ValueError(f"{mark} must have its least first")
    if isinstance(mark, Length) and (form is str or get_origin(form) is list):
        unit = "characters" if form is str else "items"
        amount = f"{mark.least} to {mark.most}" if mark.least else f"at most {mark.most}"
        return lambda value: mark.least <= len(value) <= mark.most, f"have {amount} {unit}"
    if isinstance(mark, Range) and form in (int, float):
        return lambda value: mark.least <= value <= mark.most, f"be from {mark.least} to {mark.most}"
    if isinstance(mark, Pattern) and form is str:
        whole = re.compile(mark.expression).fullmatch
        return lambda value: whole(value) is not None, mark.rule
    raise ValueError(f"{form!r} must be marked as handler/bodies.py says, got {mark!r}")


def _whole(value: Any) -> Any:
    """1.0 and 1e0 are 1: JSON has one kind of number (JSON Schema, validation, 6.1.1)."""
    return int(value) if type(value) is float and value.is_integer() else value


def _read_string(value: Any) -> str:
    if type(value) is not str:
        raise BodyInvalid("be a string")
    try:
        value.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can escape and nothing can store
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


_SCALARS: dict[Any, Reader] = {str: _read_string, bool: _read_boolean, int: _read_integer, float: _read_number}
