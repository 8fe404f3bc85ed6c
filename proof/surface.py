"""The parts of a route that an attack on its parameters aims at, read from the route's types."""

from __future__ import annotations

import json
from dataclasses import MISSING, dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from handler.route import Route


@dataclass(frozen=True, kw_only=True)
class Surface:
    """`numbers` are the single query parameters that are no text; `open_query` says whether unknown ones are ignored.

    `owned` says whether the route's items belong to a user each: their table's partition key is `owner`. `body` has the
    members that the route's request type requires; a pattern may still refuse it. `cache_control` is the answer's.
    """

    numbers: tuple[str, ...] = ()
    open_query: bool = False
    owned: bool = False
    body: bytes | None = None
    cache_control: str = "no-store"


def surface_of(route: Route) -> Surface:
    """Return the surface of a route of the program."""
    return Surface(
        numbers=_numbers(route),
        open_query=route.open_query,
        owned=bool(route.items) and all(items.partition_key == "owner" for items in route.items),
        body=None if route.request is None else json.dumps(_value(route.request)).encode(),
        cache_control=_cache_control(route),
    )


def _cache_control(route: Route) -> str:
    if route.max_age is not None:
        return f"{'public' if route.public else 'private'}, max-age={route.max_age}"
    return "private, no-cache" if route.reads and "ETag" in route.answer_headers else "no-store"


def _numbers(route: Route) -> tuple[str, ...]:
    hints = get_type_hints(route.parameters, include_extras=True) if route.parameters else {}
    found = []
    for name, form in hints.items():
        marks = get_args(form)[1:] if get_origin(form) is Annotated else ()
        is_query = f"{{{name}}}" not in route.key and not any(hasattr(mark, "name") for mark in marks)
        if is_query and _plain(form) in (bool, int, float):
            found.append(name)
    return tuple(found)


def _plain(form: Any) -> Any:
    """Return a form without its marks, and without the null beside it."""
    while True:
        others = [each for each in get_args(form) if each is not NoneType]
        if get_origin(form) is Annotated or (get_origin(form) in (Union, UnionType) and len(others) == 1):
            form = others[0]
        else:
            return form


def _value(form: Any, least: Any = None) -> Any:
    """Return the smallest value of a form. `least` is the lower limit of a length or of a range."""
    origin, arguments = get_origin(form), get_args(form)
    if origin is Annotated:
        return _value(arguments[0], next((mark.least for mark in arguments[1:] if hasattr(mark, "least")), None))
    if origin is Literal:
        return arguments[0]
    if origin in (Union, UnionType) and NoneType in arguments:
        return None
    if is_dataclass(form):
        hints = get_type_hints(form, include_extras=True)
        needed = [each.name for each in fields(form) if each.default is each.default_factory is MISSING]
        return {name: _value(hints[name]) for name in needed}
    if origin is list:
        return [_value(arguments[0]) for _ in range(int(least or 0))]
    return {str: "a" * int(least or 1), bool: False, int: least or 0, float: least or 0}.get(form)
