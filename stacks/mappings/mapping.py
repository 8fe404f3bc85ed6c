"""How a Pulumi type is made of AWS API calls, and the forms that its parameters take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stacks.command_line import CommandError

ACCOUNT = "000000000000"  # the emulator's only account

Values = Mapping[str, Any]
Parameter = str | Callable[[Any], dict[str, Any]]
Outputs = Callable[[Values, Values, "Endpoint"], tuple[str, dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class ResourceMapping:
    """How one Pulumi type is made, changed and removed.

    `inputs` maps an input to a parameter, or to a function that makes parameters of its value; `then` has the inputs
    with a call of their own. `outputs` makes the resource's id and its computed outputs of the call's answer, the
    parameters sent and the world around. `update` and `delete` take the same parameters, as far as AWS's model of the
    call has them, and the id as `identity`; what `update` cannot change, or a type without it, is made anew.
    """

    service: str
    call: str
    inputs: Mapping[str, Parameter]
    outputs: Outputs
    name: str | None = None  # the parameter that Pulumi would fill with a name of its own where the program gives none
    then: Mapping[str, Callable[[Any, Any, Values], object]] = field(
        default_factory=dict
    )  # their `sent` has the id too
    update: str | None = None
    delete: str | None = None
    identity: str | None = None  # the parameter of both that takes the id
    changes: Mapping[str, Callable[[Any, Values], object]] = field(
        default_factory=dict
    )  # parameters with a call of their own
    kept: bool = False  # never made anew: its users would be lost
    # Inputs that the emulator takes and does nothing with, each with what `up` says of it.
    without_effect: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""  # what `up` says is not there, of a type that the emulator has no call for; it is only checked
    renewed: Callable[[Any, Values], dict[str, Any]] | None = None  # computed outputs that a change brings anew


@dataclass(frozen=True)
class Endpoint:
    """Where resources are made."""

    endpoint: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{resource}"


def pascal(value: Any) -> Any:
    """Pulumi's camelCase keys as the PascalCase of most AWS APIs, at every depth."""
    if isinstance(value, Mapping):
        return {key[0].upper() + key[1:]: pascal(member) for key, member in value.items()}
    return [pascal(member) for member in value] if isinstance(value, list) else value


def nested(*path: str) -> Callable[[Any], dict[str, Any]]:
    """Put the value, its keys in PascalCase, at a path of parameters."""

    def place(value: Any) -> dict[str, Any]:
        placed: dict[str, Any] = pascal(value)
        for name in reversed(path):
            placed = {name: placed}
        return placed

    return place


def same(*names: str) -> dict[str, Parameter]:
    """Inputs whose parameter is their own name in PascalCase; a tag's name stays as it is."""
    return {name: "Tags" if name == "tags" else nested(name[0].upper() + name[1:]) for name in names}


def renamed(parameter: str, names: Mapping[str, str]) -> Callable[[Values], dict[str, Any]]:
    """An object whose members have other names in the API; CommandError for one that is not among `names`."""

    def place(value: Values) -> dict[str, Any]:
        unmapped = value.keys() - names.keys()
        if unmapped:
            raise CommandError(f"{parameter} has no mapping for {', '.join(sorted(unmapped))}")
        return {parameter: {names[key]: pascal(member) for key, member in value.items()}}

    return place


def tag_list(key: str = "Key", value: str = "Value") -> Callable[[Values], dict[str, Any]]:
    """Tags as a list of pairs, for the services that have no map of them."""
    return lambda tags: {"Tags": [{key: name, value: text} for name, text in tags.items()]}


def found(key: str) -> Outputs:
    """A resource whose id stands in the answer and that computes nothing else."""
    return lambda answer, _sent, _world: (str(answer[key]), {})


def known_by(*keys: str) -> Outputs:
    """A resource that is known by what was sent."""
    return lambda _answer, sent, _world: ("/".join(str(sent[key]) for key in keys), {})


def leave_as_made(_: Any, __: Values) -> None:
    """Tags are given when a resource is made. To change them AWS has other calls; here they stay until a restart."""


def parameters_of(mapping: ResourceMapping, name: str, inputs: Values) -> dict[str, Any]:
    """Return the parameters of the AWS call that makes a resource of these inputs."""
    parameters: dict[str, Any] = {} if mapping.name is None else {mapping.name: name}
    for key, value in inputs.items():
        place = mapping.inputs.get(key)
        if isinstance(place, str):
            parameters[place] = value
        elif place is not None:
            parameters = _merged(parameters, place(value))
    return parameters


def _merged(one: Any, other: Any) -> Any:
    """Two inputs may fill one parameter together: objects by their members, lists item by item."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {**one, **{key: _merged(one[key], value) if key in one else value for key, value in other.items()}}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_merged(*pair) for pair in zip(one, other, strict=True)]
    return other


def without_floats(value: Any) -> Any:
    """Return the value with whole floats as integers, and without nulls.

    Pulumi's wire format has one kind of number, which Python reads back as float; AWS's models ask for integers.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: without_floats(member) for key, member in value.items() if member is not None}
    return [without_floats(member) for member in value] if isinstance(value, list) else value
