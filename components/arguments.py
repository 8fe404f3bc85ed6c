"""Checks of a component's arguments: of one field, rules across fields, and how both are reported.

A field states its own checks in its metadata, a module states its rules across fields as functions. A rule names the
fields that it reads as its parameters. Settings use the same checks and rules, so each of them has one home.
"""

import dataclasses
import enum
import inspect
import json
import re
import typing
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, dataclass
from functools import cache
from types import UnionType
from typing import Any, TypeVar, dataclass_transform

import pulumi


class Key(str):
    """A key of a mapping within a path, which keeps its spelling; every other string is the name of a field."""

    __slots__ = ()


Path = tuple[str | int, ...]
"""The place of a value: field names, list indexes and mapping keys, from the outside to the inside."""


@dataclass(frozen=True)
class Set:
    """A fix: give the argument at `path` this value."""

    path: Path
    value: object


@dataclass(frozen=True)
class Remove:
    """A fix: leave the argument at `path` out."""

    path: Path


Fix = Set | Remove | str  # a string says it in words


@dataclass(frozen=True)
class Problem:
    """An argument that breaks a rule. The rule reads after "must"; `value` is None where it must not be shown."""

    path: Path
    rule: str
    value: object = None
    fix: Fix | None = None

    def __str__(self) -> str:
        got = "" if self.value is None else f", got {_shown(self.value)}"
        return f"{written(self.path)} must {self.rule}{got}{_remedy(self.fix)}"


class ArgumentsError(ValueError):
    """Arguments of which no component can be made. `problems` has all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


Check = Callable[[Any], Iterator[tuple[Path, str]]]
"""Yield the place within the value, and the rule, of everything in it that is wrong."""
Rule = Callable[..., Iterator[Problem]]
"""Yield a problem for each way in which the arguments that its parameters name do not fit each other."""


def checked(*checks: Check, example: object = None, secret: bool = False) -> dict[str, Any]:
    """Return the metadata of a field: its checks, a valid example, and whether its value must never be shown."""
    return {"checks": checks, "example": example, "secret": secret}


def between(low: int, high: int) -> Check:
    """Return a check for a number from `low` to `high`, both included."""

    def check(value: int) -> Iterator[tuple[Path, str]]:
        if not low <= value <= high:
            yield (), f"be {low} to {high}"

    return check


def matching(pattern: str, rule: str, *, empty: bool = False) -> Check:
    """Return a check for a text that the whole pattern matches or, with `empty`, for no text at all."""

    def check(value: str) -> Iterator[tuple[Path, str]]:
        if not (empty and not value) and not re.fullmatch(pattern, value):
            yield (), f"{rule}, or be empty" if empty else rule

    return check


def sized(low: int, high: int, unit: str = "entries") -> Check:
    """Return a check for a text, list or mapping with `low` to `high` characters or entries."""

    def check(value: Any) -> Iterator[tuple[Path, str]]:
        if not low <= len(value) <= high:
            least = f"at least {low}" if low and len(value) < low else f"at most {high}"
            yield (), f"have {least} {unit}"

    return check


def distinct(value: Sequence[Any]) -> Iterator[tuple[Path, str]]:
    """Check that no entry of a list stands twice."""
    for index, each in enumerate(value):
        if each in value[:index]:
            yield (index,), "not repeat an entry"


def each_entry(*checks: Check) -> Check:
    """Return a check for a list or mapping whose entries all pass these checks."""

    def check(value: Any) -> Iterator[tuple[Path, str]]:
        entries: Iterable[tuple[str | int, Any]] = (
            ((Key(key), member) for key, member in value.items()) if isinstance(value, Mapping) else enumerate(value)
        )
        for place, member in entries:
            for one in checks:
                yield from (((place, *path), rule) for path, rule in one(member))

    return check


def keys(*checks: Check) -> Check:
    """Return a check for a mapping whose keys all pass these checks."""

    def check(value: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
        for key in value:
            for one in checks:
                yield from (((Key(key), *path), rule) for path, rule in one(key))

    return check


def predicate(holds: Callable[[Any], bool], rule: str) -> Check:
    """Return a check for a value for which the function returns true."""

    def check(value: Any) -> Iterator[tuple[Path, str]]:
        if not holds(value):
            yield (), rule

    return check


def validate(args: Any, *rules: Rule, **also: object) -> None:
    """Raise ArgumentsError unless each field passes its checks and each rule holds. `also` are further arguments."""
    problems = [
        problem for field in dataclasses.fields(args) for problem in field_problems(field, vars(args)[field.name])
    ]
    broken = {problem.path[0] for problem in problems}
    problems += rule_problems(rules, {key: value for key, value in {**vars(args), **also}.items() if key not in broken})
    if problems:
        raise ArgumentsError(problems)


def field_problems(field: "dataclasses.Field[Any]", value: object) -> Iterator[Problem]:
    """Yield what the checks of the field say about the value. An Output is not known yet, so it passes."""
    if isinstance(value, pulumi.Output):
        return
    for check in field.metadata.get("checks", ()):
        for place, rule in check(value):
            fix = _fix(field, place, value)
            is_name = isinstance(fix, Remove) and isinstance(place[-1], Key)  # the path shows it already
            shown = None if field.metadata["secret"] or is_name else _at(value, place)
            yield Problem((field.name, *place), rule, shown, fix)


def rule_problems(rules: Iterable[Rule], values: Mapping[str, object]) -> list[Problem]:
    """Return what the rules say. A rule is skipped if an argument that it reads is not among `values`."""
    return [
        problem
        for rule in rules
        if (names := _parameters(rule)) <= values.keys()
        for problem in rule(**{name: values[name] for name in names})
    ]


@cache
def _parameters(rule: Rule) -> frozenset[str]:
    return frozenset(inspect.signature(rule).parameters)


def _fix(field: "dataclasses.Field[Any]", place: Path, value: Any) -> Fix | None:
    """Return the fix that changes the wrong member alone: give it the example's value, or remove it."""
    example = field.metadata.get("example")
    if example is None:
        return None
    if isinstance(example, list) and place:
        path = (field.name, place[0])
        return Remove(path) if example[0] in value else Set(path, example[0])
    if isinstance(example, Mapping) and place and isinstance(place[0], Key):
        key, *inner = place
        member = next(iter(example.values()))
        named = [where for check in field.metadata["checks"] for where, _ in check({**value, key: member})]
        if any(where[:1] == (key,) for where in named):
            return Remove((field.name, key))  # its name is wrong
        if not inner:
            return Set((field.name, key), member)
        whole: Path = (field.name, *place)
        return Remove(whole) if member[0] in value[key] else Set(whole, member[0])
    return Set((field.name,), example)


def _at(value: Any, place: Path) -> object:
    for step in place:
        if isinstance(value, Mapping):
            if step not in value:
                return step
            value = value[step]
        else:
            value = value[step] if isinstance(step, int) else getattr(value, step)
    return value


T = TypeVar("T")


def typed(type_: type[T], given: Any) -> T:
    """Return `given`, or the arguments that it holds if it is a mapping, as programs in other languages send it.

    Raise ArgumentsError for a member that is missing or unknown, and for a value of the wrong type.
    """
    if not isinstance(given, Mapping):
        return typing.cast("T", given)
    value, problems = converted(type_, given)
    if problems:
        raise ArgumentsError(problems)
    return typing.cast("T", value)


def converted(  # noqa: PLR0911 - one line for each form of a type
    annotation: Any, value: Any, path: Path = (), name_of: Callable[[str], str] = str
) -> tuple[Any, list[Problem]]:
    """Return the value in the type of the annotation, and everything about its shape that is wrong.

    `name_of` turns the name of a field into the key under which a mapping holds it.
    """
    if isinstance(value, pulumi.Output | pulumi.Asset | pulumi.Archive) or annotation is Any:
        return value, []
    if value is None and type(None) in typing.get_args(annotation):
        return None, []
    annotation = without_none(annotation)
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if dataclasses.is_dataclass(annotation):
        return _object(typing.cast("type", annotation), value, path, name_of)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        allowed = [member.value for member in annotation]
        wrong = [] if value in allowed else [Problem(path, f"be one of {', '.join(map(str, allowed))}", value)]
        return (value if wrong else annotation(value)), wrong
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(inner[-1], value, path, name_of)
    if origin is not None and issubclass(origin, Sequence):
        return _list(inner[0], value, path, name_of)
    if annotation is int and isinstance(value, float) and value.is_integer():
        value = int(value)  # Pulumi's wire format has one kind of number
    if annotation in _NAMES and (type(value) is not annotation):
        return value, [Problem(path, f"be {_NAMES[annotation]}", value)]
    return value, []


_NAMES: Mapping[object, str] = {str: "a text", int: "a whole number", bool: "true or false"}


def without_none(annotation: Any) -> Any:
    """Return the plain type of `pulumi.Input[T]` and of `T | None`, which is `T`."""
    if typing.get_origin(annotation) not in {typing.Union, UnionType}:
        return annotation
    return next(each for each in typing.get_args(annotation) if each is not type(None) and not _is_deferred(each))


def _is_deferred(annotation: Any) -> bool:
    """Return whether this is the Awaitable or the Output of `pulumi.Input[T]`."""
    return isinstance(annotation, typing.ForwardRef) or typing.get_origin(annotation) in {Awaitable, pulumi.Output}


def _object(type_: type, value: Any, path: Path, name_of: Callable[[str], str]) -> tuple[Any, list[Problem]]:
    if isinstance(value, type_):
        return value, []
    if isinstance(value, str):  # as `pulumi config set --path 'key[0]' '{…}'` writes an object
        with suppress(ValueError):
            value = json.loads(value)
    if not isinstance(value, Mapping):
        return value, [Problem(path, "be an object", value)]
    problems: list[Problem] = []
    members: dict[str, Any] = {}
    hints = annotations_of(type_)
    names = {name_of(field.name): field for field in dataclasses.fields(type_)}
    problems += [
        Problem((*path, Key(key)), f"be one of {', '.join(sorted(names))}", None, Remove((*path, Key(key))))
        for key in sorted(map(str, value.keys() - names.keys()))
    ]
    for key, field in names.items():
        if value.get(key) is not None:
            members[field.name], wrong = converted(hints[field.name], value[key], (*path, field.name), name_of)
            problems += wrong
        elif field.default is MISSING and field.default_factory is MISSING:
            problems.append(Problem((*path, field.name), "be set", None, None))
    if problems:
        return value, problems
    try:
        return type_(**members), []
    except ArgumentsError as error:
        return value, [
            dataclasses.replace(each, path=(*path, *each.path), fix=_below(path, each.fix)) for each in error.problems
        ]


@cache
def annotations_of(type_: type) -> Mapping[str, Any]:
    """Return the annotation of each field of a dataclass.

    `typing.get_type_hints` alone cannot be used: `pulumi.Input[T]` holds a name that only Pulumi's own module knows.
    """
    found: dict[str, Any] = {}
    for each in reversed(type_.__mro__):
        found |= inspect.get_annotations(each)
    return typing.get_type_hints(type_) if any(isinstance(each, str) for each in found.values()) else found


def _below(path: Path, fix: Fix | None) -> Fix | None:
    return dataclasses.replace(fix, path=(*path, *fix.path)) if isinstance(fix, Set | Remove) else fix


def _list(item: Any, value: Any, path: Path, name_of: Callable[[str], str]) -> tuple[Any, list[Problem]]:
    if not isinstance(value, list | tuple):
        return value, [Problem(path, "be a list", value)]
    pairs = [converted(item, each, (*path, index), name_of) for index, each in enumerate(value)]
    return [each for each, _ in pairs], [problem for _, wrong in pairs for problem in wrong]


def _mapping(member: Any, value: Any, path: Path, name_of: Callable[[str], str]) -> tuple[Any, list[Problem]]:
    if not isinstance(value, Mapping):
        return value, [Problem(path, "be an object", value)]
    pairs = {key: converted(member, each, (*path, Key(key)), name_of) for key, each in value.items()}
    problems = [problem for _, wrong in pairs.values() for problem in wrong]
    return {key: each for key, (each, _) in pairs.items()}, problems


def written(path: Path, name_of: Callable[[str], str] = str) -> str:
    """Return the path as a person writes it, as `app_clients[0].scopes`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
            continue
        name = step if isinstance(step, Key) else name_of(step)
        text += name if not text else f".{name}" if re.fullmatch(r"[\w-]+", name) else f'["{name}"]'
    return text


def _shown(value: object) -> str:
    return value if isinstance(value, str) and value else json.dumps(value, default=str)


def _remedy(fix: Fix | None) -> str:
    match fix:
        case Set(path, value):
            return f" (set {written(path)} to {_shown(value)})"
        case Remove(path):
            return f" (remove {written(path)})"
        case str():
            return f" ({fix})"
        case _:
            return ""


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field,))
def frozen(type_: type[T]) -> type[T]:
    """Make a dataclass whose fields are given by name and never change.

    It compares by identity. A frozen dataclass would be the same, but what Python generates for fifty of them is an
    eighth of the program's time beyond its imports. Pulumi's analyzer takes a field with a default for required unless
    its type has `| None`, so that is added.
    """
    made = dataclass(kw_only=True, eq=False, repr=False)(type_)
    made.__setattr__ = _set_once  # type: ignore[method-assign]  # one for all classes
    made.__delattr__ = _refuse_deletion  # type: ignore[method-assign]  # likewise
    annotations = made.__annotations__
    for field in dataclasses.fields(made):  # type: ignore[arg-type]  # mypy does not see that it is a dataclass by now
        inherited_or_text = isinstance(annotations.get(field.name, ""), str)
        if not inherited_or_text and not (field.default is field.default_factory is MISSING):
            annotations[field.name] = annotations[field.name] | None
    return made


def _set_once(self: object, name: str, value: object) -> None:
    if name in vars(self):
        raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _refuse_deletion(_: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
