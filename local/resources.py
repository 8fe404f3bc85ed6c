"""The resources that a run has made in the emulator, and their description in a file, for the next run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from stacks.mappings import MAPPINGS, Endpoint
from stacks.mappings.mapping import parameters_of

Made = dict[tuple[str, str], "Resource"]  # by type and name
_ARCHIVE = "archive:"  # before an archive's path, in a file


@dataclass
class Resource:
    """A resource in the emulator: the program's inputs, the parameters sent, its id and computed outputs."""

    given: dict[str, Any]
    sent: dict[str, Any]
    id: str
    computed: dict[str, Any]


def described(made: Made, endpoint: str) -> dict[str, Any]:
    """Return the resources of an emulator at `endpoint` as values that JSON has."""
    resources = [
        [type_, name, _plain(each.given), each.id, each.computed] for (type_, name), each in list(made.items())
    ]
    return {"endpoint": endpoint, "resources": resources}


def restored(saved: Mapping[str, Any], emulator: Endpoint) -> Made:
    """Return the resources that `described` gave, in an emulator that is now at another endpoint.

    A type that the table of mappings no longer has is left out, and an archive that is gone counts as changed.
    """
    made: Made = {}
    for type_, name, inputs, *outputs in saved["resources"]:
        if type_ in MAPPINGS:
            given = _with_archives(inputs)
            sent = parameters_of(MAPPINGS[type_], name, given, emulator.region)
            id_, computed = _moved(outputs, saved["endpoint"], emulator.endpoint)
            made[type_, name] = Resource(given, sent, id_, computed)
    return made


def comparable(value: Any) -> Any:
    """Return the value with archives replaced by their path, whose name has a digest of their content."""
    if isinstance(value, pulumi.FileArchive):
        return value.path
    return {key: comparable(member) for key, member in value.items()} if isinstance(value, Mapping) else value


def _plain(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _ARCHIVE + value.path if isinstance(value, pulumi.FileArchive) else value for key, value in inputs.items()
    }


def _with_archives(inputs: Mapping[str, Any]) -> dict[str, Any]:
    given = {}
    for key, value in inputs.items():
        path = value.removeprefix(_ARCHIVE) if isinstance(value, str) and value.startswith(_ARCHIVE) else None
        if path is None:
            given[key] = value
        elif Path(path).is_file():
            given[key] = pulumi.FileArchive(path)
    return given


def _moved(value: Any, before: str, now: str) -> Any:
    """Return the value with the emulator's address of now: its port may be another one in each run."""
    if isinstance(value, Mapping):
        return {key: _moved(member, before, now) for key, member in value.items()}
    if isinstance(value, list):
        return [_moved(member, before, now) for member in value]
    return value.replace(before, now, 1) if isinstance(value, str) and value.startswith(before) else value
