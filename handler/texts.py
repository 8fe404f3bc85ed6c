"""Turn the text of a parameter into a value. Each value has one spelling; `handler.parameters` lists them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from handler.bodies import INTEGER_MOST, list_of, marked, read_time
from handler.errors import BodyInvalid

Place = Literal["path", "query", "header"]
Reader = Callable[[str], Any]

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,15}", re.ASCII).fullmatch
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{0,15}[1-9])?", re.ASCII).fullmatch
_SEGMENT = re.compile(r"(?!\.{1,2}$)[^/\\%\x00-\x1f\x7f\ud800-\udfff]+").fullmatch  # no half of a surrogate pair


def plain(form: Any) -> Any:
    """Return a form without its marks."""
    while get_origin(form) is Annotated:
        form = get_args(form)[0]
    return form


def reader(form: Any, place: Place) -> Callable[[Any], Any]:
    """Return the function that reads a text, or for a `list` form a list of texts. ValueError for an unknown form.

    The function raises BodyInvalid, with an item's place in a list as the field.
    """
    origin, arguments = get_origin(form), get_args(form)
    if origin is Annotated:
        return marked(reader(arguments[0], place), arguments[0], arguments[1:])
    if origin in (Union, UnionType) and len(arguments) == 2 and NoneType in arguments:
        return reader(next(each for each in arguments if each is not NoneType), place)
    if origin is Literal:
        return _literal(arguments)
    if origin is list:
        return list_of(reader(arguments[0], place))
    if form is str:
        return {"path": _read_segment, "query": _read_text, "header": _read_header}[place]
    if form in _SCALARS:
        return _SCALARS[form]
    raise ValueError(f"a parameter's form must be one that handler/parameters.py names, got {form!r}")


def _literal(allowed: tuple[Any, ...]) -> Reader:
    if not {type(each) for each in allowed} <= {str, int}:
        raise ValueError(f"a Literal must hold strings and integers, got {allowed!r}")
    by_text = {str(each): each for each in allowed}
    rule = f"be one of {', '.join(by_text)}"

    def read_literal(text: str) -> Any:
        if text not in by_text:
            raise BodyInvalid(rule)
        return by_text[text]

    return read_literal


def _read_text(text: str) -> str:
    return text


def _read_segment(text: str) -> str:
    if not _SEGMENT(text):
        raise BodyInvalid("be one path segment")
    return text


def _read_header(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise BodyInvalid("be printable ASCII")
    return text


def _read_boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise BodyInvalid("be true or false")
    return text == "true"


def _read_integer(text: str) -> int:
    if not _INTEGER(text) or abs(number := int(text)) > INTEGER_MOST:
        raise BodyInvalid("be an integer")
    return number


def _read_number(text: str) -> float:
    if not _NUMBER(text) or text == "-0":
        raise BodyInvalid("be a number")
    return float(text)


_SCALARS: Mapping[Any, Reader] = {bool: _read_boolean, int: _read_integer, float: _read_number, datetime: read_time}
