"""Small immutable classes for the frame and for the types of routes.

A cold start defines dozens of classes and uses few of them. `@dataclass(frozen=True)` generates six methods for each.
`@frozen` shares the methods, and reads the fields when the class is first used.
"""

from __future__ import annotations

import threading
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")

_reading = threading.RLock()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: type[T]) -> type[T]:
    """Make a class as `@dataclass(frozen=True)` does, for use with `dataclasses` (`fields`, `asdict`, `replace`).

    A class that is made at each request may have an `__init__` of its own, which writes to `vars(self)`.
    """
    made: Any = kind
    made.__dataclass_fields__ = _FIELDS
    if "__init__" not in vars(kind):
        made.__init__ = _initialize_and_check if hasattr(kind, "__post_init__") else _initialize
    made.__setattr__ = _refuse_assignment
    made.__delattr__ = _refuse_deletion
    made.__eq__ = _equal
    made.__hash__ = _hash
    made.__repr__ = _representation
    return kind


def is_frozen(kind: Any) -> bool:
    """Whether `kind` is a class of `frozen`, or a frozen dataclass."""
    if not isinstance(kind, type):
        return False
    parameters = getattr(kind, "__dataclass_params__", None)
    return vars(kind).get("__setattr__") is _refuse_assignment or (parameters is not None and parameters.frozen)


class _Fields:
    """Stands for a class's `__dataclass_fields__` until they are first asked for."""

    def __get__(self, _: object, kind: type) -> dict[str, Field[Any]]:
        owner = next(each for each in kind.__mro__ if "__dataclass_fields__" in vars(each))
        with _reading:  # of two threads, the second would miss the defaults that the first has moved
            if vars(owner)["__dataclass_fields__"] is self:
                dataclass(init=False, repr=False, eq=False)(owner)
        found: dict[str, Field[Any]] = vars(owner)["__dataclass_fields__"]
        return found


_FIELDS = _Fields()


def _initialize(self: Any, *given: Any, **named: Any) -> None:
    declared = self.__dataclass_fields__
    if given:
        named |= _with_names(self, given, named)
    if named.keys() != declared.keys():
        for name, each in declared.items():
            if name not in named:
                named[name] = _default(self, each)
        if len(named) > len(declared):
            raise TypeError(f"{type(self).__name__} has no field {min(named.keys() - declared.keys())!r}")
    self.__dict__.update(named)


def _initialize_and_check(self: Any, *given: Any, **named: Any) -> None:
    _initialize(self, *given, **named)
    self.__post_init__()


def _with_names(self: Any, given: tuple[Any, ...], named: dict[str, Any]) -> dict[str, Any]:
    names = [each.name for each in fields(self) if not each.kw_only]
    if len(given) > len(names):
        raise TypeError(f"{type(self).__name__} takes {len(names)} values without a name, got {len(given)}")
    values = dict(zip(names, given, strict=False))
    if not named.keys().isdisjoint(values):
        raise TypeError(f"{type(self).__name__} got {min(named.keys() & values.keys())!r} twice")
    return values


def _default(self: object, declared: Field[Any]) -> Any:
    if declared.default is not MISSING:
        return declared.default
    if declared.default_factory is not MISSING:
        return declared.default_factory()
    raise TypeError(f"{type(self).__name__} needs a value for {declared.name!r}")


def _refuse_assignment(_: object, name: str, __: object) -> None:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deletion(_: object, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _values(self: Any) -> tuple[Any, ...]:
    return tuple(getattr(self, each.name) for each in fields(self))


def _equal(self: object, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: object) -> int:
    return hash(_values(self))


def _representation(self: Any) -> str:
    members = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in fields(self))
    return f"{type(self).__qualname__}({members})"
