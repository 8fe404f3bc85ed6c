"""What is wrong with a configuration, in words that mend it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from typing import NamedTuple, get_origin

import pulumi
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails


class SettingsError(pulumi.RunError):
    """The configuration of this stack cannot be deployed. The text has a line for each problem, and its remedy."""

    @classmethod
    def of(cls, stack: str, problems: Sequence[Problem]) -> SettingsError:
        """One problem is one line; several stand below each other, under a heading."""
        if len(problems) == 1:
            return cls(f"stack {stack} must change {problems[0]}")
        return cls(
            "\n".join([f"stack {stack} must change {len(problems)} settings:", *(f"  {each}" for each in problems)])
        )


class Problem(NamedTuple):
    """`<key>: must <rule>, got <value> (<remedy>)`; without a value where none was given."""

    key: str
    rule: str
    value: object
    remedy: str

    def __str__(self) -> str:
        got = "" if self.value is None else f", got {json.dumps(self.value)}"
        return f"{self.key}: must {self.rule}{got} ({self.remedy})"


def refused(key: str, rule: str, value: object, better: object) -> Problem:
    """A value that breaks a rule, mended with `pulumi config set`."""
    return Problem(key, rule, value, f"set it with: {set_command(key, better)}")


def removed(key: str, rule: str) -> Problem:
    """A value that breaks a rule, mended by doing without it."""
    path = "--path " if "[" in key or "." in key else ""
    return Problem(key, rule, None, f"remove it with: pulumi config rm {path}{shlex.quote(key)}")


def set_command(key: str, value: object) -> str:
    """What to type to give a key, or one item of a list (`key[0]`), this value."""
    text = shlex.quote(value if isinstance(value, str) else json.dumps(value))
    path = "--path " if "[" in key or "." in key else ""
    # What begins with a hyphen would be taken for an option.
    return f"pulumi config set {path}{shlex.quote(key)} {'-- ' if text.startswith('-') else ''}{text}"


def unknown(key: str) -> Problem:
    """A key that no group has; the default of the one that was meant would be in force, in silence."""
    return Problem(key, "be a key that docs/configuration.md lists", None, f"remove it with: pulumi config rm {key}")


def missing(key: str, field: FieldInfo) -> Problem:
    """A key without a safe default that the stack does not set."""
    return Problem(key, "be set", None, f"set it with: {_example(key, (), field)}")


def of_field(key: str, detail: ErrorDetails, field: FieldInfo) -> Problem:
    """What the model says of one value."""
    path = [part for part in detail["loc"] if part != "[key]"]  # which pydantic adds where a name is wrong
    place = key + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    rule = re.sub(r"^(Value error, |\w+ should )", "", detail["msg"])
    rule = rule if rule.startswith(("be ", "not ", "have ", "match ")) else f"be right: {rule}"
    value = None if is_secret(field) else detail["input"]
    return Problem(place, rule, value, f"set it with: {_example(key, path, field)}")


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is one that must be encrypted, and is never shown."""
    return isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("secret") is True


def in_plain(key: str, field: FieldInfo) -> Problem:
    """A secret that stands in the stack's file for everybody to read."""
    return Problem(key, "be a Pulumi secret, and stands in plain", None, f"set it with: {_example(key, (), field)}")


def _example(key: str, path: Sequence[int | str], field: FieldInfo) -> str:
    example = field.examples[0] if field.examples else field.default
    if get_origin(field.annotation) is list:
        return set_command(f"{key}[{path[0] if path else 0}]", example)
    if is_secret(field):
        if isinstance(example, str):
            return f"pulumi config set --secret {key} {example}"
        name, made_up = next(iter(example.items()))
        return f"pulumi config set --secret --path {shlex.quote(f'{key}.{name}')} {made_up}"
    return set_command(key, example)
