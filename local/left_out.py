"""Leave out resources and inputs that have no mapping, with a loud line each, so that the rest of the program runs."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
from pulumi import _types

from stacks.mappings import MAPPINGS, Endpoint, Values

PAGE = "docs/resources.md"


class LeftOut:
    """Everything that a run leaves out. `say` gets one line for each, once."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._said: set[str] = set()

    @property
    def words(self) -> set[str]:
        """The words for each in `up`'s list."""
        return set(self._said)

    def known_inputs(self, type_: str, name: str, inputs: Values) -> dict[str, Any]:
        """Return the inputs that the type's mapping has."""
        mapping = MAPPINGS[type_]
        known = mapping.inputs.keys() | mapping.then.keys()
        if unknown := sorted(key for key, value in inputs.items() if value is not None and key not in known):
            self._leave_out(f"{', '.join(unknown)} of {type_} ({name})")
        return {key: value for key, value in inputs.items() if key in known}

    def placeholder(self, type_: str, name: str, inputs: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
        """Return an id and outputs in place of those of a resource whose type has no mapping.

        Each output that the program does not set has a value of its type, so that others may refer to it.
        """
        self._leave_out(f"{type_} ({name})")
        text = f"{name}-is-left-out"
        service = type_.split(":")[1].partition("/")[0]
        values: dict[Any, Any] = {str: text, bool: False, int: 0, float: 0.0}
        made = {key: values.get(kind) for key, kind in _outputs_of(type_).items()}
        if "arn" in made:
            made["arn"] = emulator.arn(service, text)
        given = {key: value for key, value in inputs.items() if value is not None}
        return text, {**{key: value for key, value in made.items() if value is not None}, **given}

    def _leave_out(self, what: str) -> None:
        if what not in self._said:
            self._said.add(what)
            self._say(f"  LEFT OUT  {what}: this run cannot make it, and goes on with placeholders; see {PAGE}")


def _outputs_of(type_: str) -> Mapping[str, Any]:
    """Return the outputs of a type, by the names on the wire, with the types that Pulumi's package declares."""
    package, module, kind = type_.split(":")
    module = module.partition("/")[0]
    try:
        found = importlib.import_module(f"pulumi_{package.replace('-', '_')}")
        if module != "index":
            found = getattr(found, {"lambda": "lambda_"}.get(module, module))
        resource: type[pulumi.Resource] = getattr(found, kind)
    except (ImportError, AttributeError):
        return {}
    return _types.resource_types(resource)
