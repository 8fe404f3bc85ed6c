"""How the problems of a configuration are reported: a line each, with the command that fixes it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import pulumi

from components.arguments import Path, Problem, Remove, Set, written


def key_of(name: str) -> str:
    """Return the key of the setting with this field name."""
    if name == "region":
        return "aws:region"
    first, *others = name.split("_")
    return first + "".join(each.capitalize() for each in others)


class SettingsError(pulumi.RunError):
    """The configuration of this stack cannot be deployed. The text has a line for each problem, and its remedy.

    `problems` has them as data.
    """

    def __init__(
        self,
        stack: str,
        problems: Sequence[Problem],
        names: AbstractSet[str] = frozenset(),
        secrets: AbstractSet[str] = frozenset(),
    ) -> None:
        lines = [line_of(each, names, secrets) for each in problems]
        head = f"stack {stack} must change"
        text = f"{head} {lines[0]}" if len(lines) == 1 else "\n  ".join([f"{head} {len(lines)} settings:", *lines])
        # `pulumi up --stack prod` does not select prod: without --stack the command would change another stack.
        super().__init__(re.sub(r"pulumi config (set|rm) ", rf"\g<0>--stack {stack} ", text))
        self.problems = tuple(problems)


def line_of(problem: Problem, names: AbstractSet[str] = frozenset(), secrets: AbstractSet[str] = frozenset()) -> str:
    """Return `<key>: must <rule>, got <value> (<remedy>)`, without a value where none was given.

    `names` are the names of fields, which a rule says as keys. `secrets` are the fields whose values must be encrypted.
    """
    got = "" if problem.value is None else f", got {json.dumps(problem.value, default=str, ensure_ascii=True)}"
    rule = re.sub(
        r"\b[a-z]+(?:_[a-z0-9]+)+\b", lambda found: key_of(found[0]) if found[0] in names else found[0], problem.rule
    )
    remedy = remedy_of(problem, secrets)
    return f"{written(problem.path, key_of)}: must {rule}{got}" + (f" ({remedy})" if remedy else "")


def remedy_of(problem: Problem, secrets: AbstractSet[str] = frozenset()) -> str:
    """Return what fixes the problem: a command to type, or words."""
    match problem.fix:
        case Set(path, value):
            return f"set it with: {set_command(path, value, secret=path[0] in secrets)}"
        case Remove(path):
            return f"remove it with: {remove_command(path)}"
        case None:
            return ""
        case words:
            return words


def set_command(path: Path, value: object, *, secret: bool = False) -> str:
    """Return the command that gives a setting, or a member of one, this value."""
    if isinstance(value, list) and len(value) == 1:
        path, value = (*path, 0), value[0]  # a list is set member by member
    if isinstance(value, dict) and secret:
        name, value = next(iter(value.items()))
        path = (*path, name)
    key = written(path, key_of)
    text = shlex.quote(value if isinstance(value, str) else json.dumps(value, default=str))
    options = f"{'--secret ' if secret else ''}{'--path ' if len(path) > 1 else ''}"
    # A value that begins with a hyphen would be taken for an option.
    return f"pulumi config set {options}{shlex.quote(key)} {'-- ' if text.startswith('-') else ''}{text}"


def remove_command(path: Path) -> str:
    """Return the command that removes a setting, or a member of one."""
    return f"pulumi config rm {'--path ' if len(path) > 1 else ''}{shlex.quote(written(path, key_of))}"
