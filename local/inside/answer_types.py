"""Hold a value against a route's response type: the forms that `handler.bodies` reads, and TypedDicts of them."""

from __future__ import annotations

import math
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

_hints = lru_cache(maxsize=None)(lambda kind: get_type_hints(kind, include_extras=True))


def mismatch(value: Any, form: Any, place: str = "the answer") -> str:
    """Return the first difference in words, as `items[0].id is None, not str`, or an empty string."""
    origin, arguments = get_origin(form), get_args(form)
    if origin in (Annotated, NotRequired, Required):
        return mismatch(value, arguments[0], place)
    if origin is Literal:
        return "" if value in arguments else f"{place} is {value!r}, not one of {', '.join(map(repr, arguments))}"
    if origin in (Union, UnionType):
        found = [mismatch(value, each, place) for each in arguments]
        return "" if "" in found else found[0]
    if origin is list or origin is dict:
        return _container(value, origin, arguments, place)
    if form in (str, int, float, bool, NoneType):
        return _scalar(value, form, place)
    return _object(value, form, place)


def _scalar(value: Any, form: type, place: str) -> str:
    if form is float and isinstance(value, int | float) and not isinstance(value, bool):
        return "" if math.isfinite(value) else f"{place} is {value}, which JSON does not have"
    right = isinstance(value, form) and not (form is int and isinstance(value, bool))
    return "" if right else f"{place} is {_named(value)}, not {form.__name__}"


def _container(value: Any, origin: Any, arguments: tuple[Any, ...], place: str) -> str:
    if not isinstance(value, origin):
        return f"{place} is {_named(value)}, not {origin.__name__}"
    members: Any = value.items() if origin is dict else enumerate(value)
    return next(filter(None, (mismatch(each, arguments[-1], f"{place}[{key!r}]") for key, each in members)), "")


def _object(value: Any, form: Any, place: str) -> str:
    if not isinstance(value, dict):
        return f"{place} is {_named(value)}, not {form.__name__}"
    hints = _hints(form)
    missing = [name for name in hints if name not in value and _required(form, name, hints[name])]
    unknown = [name for name in value if name not in hints]
    if missing or unknown:
        return (
            f"{place} {'lacks' if missing else 'has the undeclared member'} {', '.join(map(str, missing or unknown))}"
        )
    prefix = "" if place == "the answer" else f"{place}."
    return next(filter(None, (mismatch(each, hints[name], f"{prefix}{name}") for name, each in value.items())), "")


def _required(form: Any, name: str, hint: Any) -> bool:
    if get_origin(hint) in (NotRequired, Required):
        return get_origin(hint) is Required
    return name in form.__required_keys__


def _named(value: Any) -> str:
    return "None" if value is None else f"of the type {type(value).__name__}"
