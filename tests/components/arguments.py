"""Arguments of components from flat names, so that a test says only the field that it is about."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from components.arguments import annotations_of, typed, without_none

T = TypeVar("T")


def arguments(type_: type[T], **flat: Any) -> T:
    """Make the arguments of a component; the fields of its groups may stand beside its own."""
    hints = annotations_of(type_)
    made: dict[str, Any] = {}
    for each in fields(type_):  # type: ignore[arg-type]
        group = without_none(hints[each.name])
        if each.name in flat:
            made[each.name] = flat.pop(each.name)
        elif is_dataclass(group) and (members := {one.name for one in fields(group)} & flat.keys()):
            made[each.name] = {name: flat.pop(name) for name in members}
    assert not flat, f"{type_.__name__} has no {', '.join(flat)}"
    return typed(type_, made)
