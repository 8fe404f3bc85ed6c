"""How a Pulumi resource type maps to AWS API calls, and functions that shape the calls' parameters."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from stacks.command_line import CommandError
from stacks.invokes import ACCOUNT

DEPLOYED_ACCOUNT = "123456789012"  # AWS's own example of an account id


class CannotChange(CommandError):  # noqa: N818 - what is refused, as the other refusals
    """A change that would take its data from a resource: only another resource can have it."""


Values = Mapping[str, Any]
Parameter = str | Callable[[Any], dict[str, Any]]
Outputs = Callable[[Values, Values, "Endpoint"], tuple[str, dict[str, Any]]]
PULUMI_SUFFIX = "-3f9d2c1"  # Pulumi adds a random one to each name that the program does not set


@dataclass(frozen=True)
class Endpoint:
    """The emulator's address and region."""

    endpoint: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{resource}"


@dataclass(frozen=True)
class Deployed:
    """A resource as a deployment would create it: made-up names and ids in the form that AWS gives them."""

    name: str
    inputs: Values
    region: str

    @property
    def physical_name(self) -> str:
        """The name in AWS: the program's, or the one that Pulumi generates."""
        if prefix := self.inputs.get("namePrefix") or self.inputs.get("bucketPrefix"):
            return f"{prefix}{PULUMI_SUFFIX[1:]}"
        return str(self.inputs.get("name") or self.inputs.get("bucket") or self.name + PULUMI_SUFFIX)

    @property
    def digest(self) -> str:
        """64 hexadecimal digits, always the same for a name. Generated ids are parts of it."""
        return hashlib.sha256(self.name.encode()).hexdigest()

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{DEPLOYED_ACCOUNT}:{resource}"


def generated_id(resource: Deployed) -> tuple[str, dict[str, Any]]:
    """Return a short id and no computed outputs."""
    return resource.digest[:7], {}


def named(service: str, prefix: str) -> Callable[[Deployed], tuple[str, dict[str, Any]]]:
    """Map a resource whose id is its name; its ARN ends in `prefix` and the name."""

    def outputs(resource: Deployed) -> tuple[str, dict[str, Any]]:
        name = resource.physical_name
        return name, {"name": name, "arn": resource.arn(service, prefix + name)}

    return outputs


@dataclass(frozen=True, kw_only=True)
class ResourceMapping:
    """How the emulator creates, changes and deletes resources of one Pulumi type, and what a deployment would output.

    A change that `update` and `changes` do not cover deletes the resource and creates it again.
    """

    service: str  # the boto3 client's name
    call: str  # the boto3 method that creates the resource
    # The parameter's name for each input, or a function from the input's value to parameters.
    inputs: Mapping[str, Parameter]
    # From the call's answer, the parameters sent and the emulator: the resource's id and computed outputs.
    outputs: Outputs
    # The same for a stack that is only recorded, where nothing is called (stacks/recorder.py).
    deployed: Callable[[Deployed], tuple[str, dict[str, Any]]] = generated_id
    # Parameters that follow from the region.
    regional: Callable[[str], dict[str, Any]] = lambda _: {}
    # The parameter that gets a generated name where the program sets none.
    name: str | None = None
    # Inputs that have a call of their own: a function of the client, the input's value and the parameters with the id.
    then: Mapping[str, Callable[[Any, Any, Values], object]] = field(default_factory=dict)
    # Methods that change and delete the resource. They get those parameters that AWS's model of the method has.
    update: str | None = None
    delete: str | None = None
    # The parameter of both that takes the resource's id.
    identity: str | None = None
    # Parameters whose change has a call of its own.
    changes: Mapping[str, Callable[[Any, Values], object]] = field(default_factory=dict)
    # Never delete the resource: these would be lost.
    kept: str = ""
    # The method that fails if such a resource does not exist.
    describe: str | None = None
    # Inputs that the emulator accepts and ignores, each with the words for it in `up`'s list.
    without_effect: Mapping[str, str] = field(default_factory=dict)
    # The words in `up`'s list for a type that the emulator lacks: its calls are checked and not sent.
    missing: str = ""
    # Computed outputs that a change renews.
    renewed: Callable[[Any, Values], dict[str, Any]] | None = None


def pascal(value: Any) -> Any:
    """Return the value with its keys in PascalCase, which most AWS APIs use, at every depth."""
    if isinstance(value, Mapping):
        return {key[0].upper() + key[1:]: pascal(member) for key, member in value.items()}
    return [pascal(member) for member in value] if isinstance(value, list) else value


def nested(*path: str) -> Callable[[Any], dict[str, Any]]:
    """Map an input to a member inside a parameter, by its path, with keys in PascalCase."""

    def place(value: Any) -> dict[str, Any]:
        placed: dict[str, Any] = pascal(value)
        for name in reversed(path):
            placed = {name: placed}
        return placed

    return place


def same(*names: str) -> dict[str, Parameter]:
    """Map inputs to the parameters of the same name in PascalCase. Keys of tags stay as they are."""
    return {name: "Tags" if name == "tags" else nested(name[0].upper() + name[1:]) for name in names}


def renamed(parameter: str, names: Mapping[str, str]) -> Callable[[Values], dict[str, Any]]:
    """Map an object whose members have other names in the API. CommandError for a member that `names` lacks."""

    def place(value: Values) -> dict[str, Any]:
        unmapped = value.keys() - names.keys()
        if unmapped:
            raise CommandError(f"{parameter} has no mapping for {', '.join(sorted(unmapped))}")
        return {parameter: {names[key]: pascal(member) for key, member in value.items()}}

    return place


def tag_list(key: str = "Key", value: str = "Value") -> Callable[[Values], dict[str, Any]]:
    """Map tags to a list of pairs, for services whose API has no map of tags."""
    return lambda tags: {"Tags": [{key: name, value: text} for name, text in tags.items()]}


def found(key: str) -> Outputs:
    """Map a resource whose id is in the answer under `key` and that has no computed outputs."""
    return lambda answer, _sent, _emulator: (str(answer[key]), {})


def known_by(*keys: str) -> Outputs:
    """Map a resource whose id consists of its parameters `keys`, joined with a slash."""
    return lambda _answer, sent, _emulator: ("/".join(str(sent[key]) for key in keys), {})


def leave_as_made(_: Any, __: Values) -> None:
    """Ignore a change of tags. AWS has further calls to change them; here they stay until a restart."""


def parameters_of(mapping: ResourceMapping, name: str, inputs: Values, region: str) -> dict[str, Any]:
    """Return the parameters of the AWS call that makes a resource of these inputs."""
    parameters = {**mapping.regional(region), **({} if mapping.name is None else {mapping.name: name})}
    for key, value in inputs.items():
        place = mapping.inputs.get(key)
        if isinstance(place, str):
            parameters[place] = value
        elif place is not None:
            parameters = _merged(parameters, place(value))
    return parameters


def _merged(one: Any, other: Any) -> Any:
    """Merge two inputs' values of one parameter: objects member by member, lists item by item."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return {**one, **{key: _merged(one[key], value) if key in one else value for key, value in other.items()}}
    if isinstance(one, list) and isinstance(other, list):
        pairs: Iterable[tuple[Any, Any]] = zip_longest(one, other, fillvalue={})
        return [_merged(*pair) for pair in pairs]
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
