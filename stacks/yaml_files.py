"""Pulumi's YAML files, read as its CLI reads them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import yaml

from stacks.command_line import CommandError


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # ten times as fast with libyaml
    """Loads plain values as the CLI does: `off`, `no`, `1:30`, `010` and dates are texts, and no key stands twice."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, Any]]]] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if twice := next((key for place, key in enumerate(keys) if key in keys[:place] and key != "<<"), None):
            raise yaml.constructor.ConstructorError(None, None, f"the key {twice} twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


for _tag, _pattern, _first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", "<<", "<"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), list(_first))


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the file's mapping, an empty one if it holds something else. CommandError if it is not YAML."""
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - it extends a safe one
        json.dumps(content, default=str, skipkeys=True)  # ValueError where an alias contains itself
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise CommandError(f"{path.name} must be YAML, got: {' '.join(str(error).split())}") from None
    return content if isinstance(content, dict) else {}
