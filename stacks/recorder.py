"""Record what a component or the whole program would register, without creating anything.

Every resource is checked against the AWS call that `stacks.mappings` has for it: required parameters, types,
enumerations, patterns and limits, from AWS's own service models. Pulumi's mocks alone accept any value. A recording is
plain data, returned once everything has settled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest import mock

import botocore.session
from botocore.model import Shape
from botocore.validate import ParamValidator
from pulumi.runtime import mocks, rpc

from components import bundle
from stacks import ROOT, engine
from stacks.command_line import CommandError
from stacks.engine import Stack, stack_names
from stacks.invokes import answer
from stacks.mappings import Deployed, ResourceMapping, mapped
from stacks.mappings.mapping import DEPLOYED_ACCOUNT, parameters_of, without_floats
from stacks.resource import Resource

PROJECT = "secure-serverless-api"
REGION = "eu-central-1"
ACCOUNT = DEPLOYED_ACCOUNT
STACKS = stack_names()

_STACK_TYPE = "pulumi:pulumi:Stack"


@dataclass(frozen=True, kw_only=True)
class RecordedResource(Resource):
    """One registration: also its outputs, with computed ones, and in `needs` the URNs that it depends on."""

    urn: str
    parent: str
    id: str
    custom: bool
    outputs: Mapping[str, Any]
    needs: frozenset[str]
    secret_inputs: frozenset[str]
    ignores: frozenset[str]
    deletes_first: bool

    @property
    def kind(self) -> str:
        """The type's last part: `UserPool` of `aws:cognito/userPool:UserPool`."""
        return self.type.rpartition(":")[2]


@dataclass
class Recording:
    """The registrations of a program: its resources, each component's outputs by URN, and the stack's outputs.

    `packages` has the arguments of each `bundle.build`: source folder, target and cache folder.
    """

    resources: list[RecordedResource] = field(default_factory=list)
    registered: dict[str, dict[str, Any]] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    secret_outputs: set[str] = field(default_factory=set)
    packages: list[tuple[Path, bundle.Target, Path]] = field(default_factory=list)

    def all(self, kind: str) -> list[RecordedResource]:
        return [resource for resource in self.resources if resource.kind == kind]

    def one(self, kind: str, name: str | None = None) -> RecordedResource:
        """Return the only resource of its kind, or the one of that name. AssertionError if there is not exactly one."""
        found = [resource for resource in self.all(kind) if name in {None, resource.name}]
        assert len(found) == 1, f"{kind} {name or ''} must be there once, got {[each.name for each in found]}"
        return found[0]

    def waits_for(self, resource: RecordedResource, other: RecordedResource) -> bool:
        """Return whether `resource` depends on `other`, directly or through other resources."""
        by_urn = {each.urn: each for each in self.resources}
        pending, seen = [resource.urn], set[str]()
        while pending:
            needs = by_urn[pending.pop()].needs - seen
            seen |= needs
            pending.extend(needs)
        return other.urn in seen


class _Recorder(engine.Monitor):
    """A monitor that keeps every registration."""

    def __init__(self, resources: mocks.Mocks) -> None:
        super().__init__(resources)
        self.recording = Recording()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's name for it
        response = super().RegisterResource(request)
        if request.type != _STACK_TYPE:
            inputs = rpc.deserialize_properties(request.object)
            self.recording.resources.append(
                RecordedResource(
                    type=request.type,
                    name=request.name,
                    urn=response.urn,
                    parent=request.parent,
                    id=response.id,
                    custom=request.custom,
                    protect=request.protect,
                    inputs=without_floats(engine.unwrapped(inputs)),
                    outputs=without_floats(rpc.deserialize_properties(response.object)),
                    needs=frozenset(request.dependencies),
                    secret_inputs=_secrets_of(inputs),
                    ignores=frozenset(request.ignoreChanges),
                    deletes_first=request.deleteBeforeReplace,
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the engine's name for it
        outputs = without_floats(rpc.deserialize_properties(request.outputs))
        if _STACK_TYPE in request.urn.split("::"):
            self.recording.secret_outputs |= _secrets_of(outputs)
        else:
            _refuse_unresolved(request.urn, outputs)
            if request.urn in self.recording.registered:
                raise CommandError(f"{request.urn} must register its outputs once")
            self.recording.registered[request.urn] = outputs
        return super().RegisterResourceOutputs(request)


def _secrets_of(values: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(key for key, value in values.items() if rpc.is_rpc_secret(value))


def record(create: Callable[[], object], stack: Stack | None = None) -> Recording:
    """Return what `create` registers. CommandError if the program or AWS's models refuse anything."""
    stack = stack or Stack(PROJECT, "test", {"aws:region": REGION})

    def program() -> None:
        create()

    recorder = _Recorder(engine.Resources(partial(_create, stack.region), partial(answer, account=ACCOUNT)))
    with ThreadPoolExecutor(1) as thread:  # with a short call stack, which Pulumi takes down for each resource
        thread.submit(copy_context().run, engine.run, stack, recorder, program).result()
    recording = recorder.recording
    recording.outputs = without_floats(recorder.outputs)
    _refuse_unresolved("the stack", recording.outputs)
    return recording


def record_program(stack: Stack, more: Callable[[], object] = lambda: None) -> Recording:
    """Return what the whole program registers for `stack`, and `more` after it. Its packages are not built."""
    packages: list[tuple[Path, bundle.Target, Path]] = []

    def build(source: Path, target: bundle.Target, cache: Path, report: object = None) -> Path:  # noqa: ARG001 - as the real one
        packages.append((source, target, cache))
        return Path(__file__)  # any file: nothing here opens it as a zip

    def create() -> None:
        engine.run_file(ROOT / "__main__.py")
        more()

    with mock.patch.object(bundle, "build", build):  # building takes seconds, and nothing here reads the package
        recording = record(create, stack)
    recording.packages = packages
    return recording


def deployed(name: str, **changes: str) -> Stack:
    """Return the stack as `pulumi up` passes it to the program, with changed settings: its package is for Lambda."""
    stack = Stack.load(name)
    changed = {f"{stack.project}:{key}": value for key, value in {"packagePlatform": "lambda", **changes}.items()}
    return replace(stack, config={**stack.config, **changed})


@cache
def program(name: str) -> Recording:
    """Return the recording of the whole program for a stack file. It is made once: do not change it."""
    return record_program(deployed(name))


def _create(region: str, type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the id and outputs that AWS would give. CommandError if its service model refuses the call."""
    mapping, given = mapped(type_, name, inputs)
    _refuse_unresolved(f"{type_} ({name})", given)
    resource = Deployed(name, given, region)
    refusals = list(_refusals(mapping, parameters_of(mapping, resource.physical_name, given, region)))
    if refusals:
        raise CommandError(f"{type_} ({name}) is refused: {'; '.join(refusals)}")
    id_, computed = mapping.deployed(resource)
    return id_, {**given, **computed}


@cache
def _service_model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _refusals(mapping: ResourceMapping, parameters: Mapping[str, Any]) -> Iterator[str]:
    model = _service_model(mapping.service)
    operation = next(name for name in model.operation_names if botocore.xform_name(name) == mapping.call)
    shape = model.operation_model(operation).input_shape
    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        yield " ".join(report.generate_report().split())
    else:
        yield from _unfit(shape, parameters, operation)


def _unfit(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Check what botocore leaves to the service: enumerations, patterns, maximum lengths and numbers."""
    match shape.type_name:
        case "structure" if not shape.is_document_type:
            for key, member in value.items():
                yield from _unfit(shape.members[key], member, f"{path}.{key}")
        case "map":
            for key, member in value.items():
                yield from _unfit(shape.key, key, f"{path}.{key}")
                yield from _unfit(shape.value, member, f"{path}.{key}")
        case "list":
            for index, member in enumerate(value):
                yield from _unfit(shape.member, member, f"{path}[{index}]")
        case "string":
            yield from _unfit_text(shape, value, path)
    size = len(value) if hasattr(value, "__len__") else value
    if "max" in shape.metadata and size > shape.metadata["max"]:
        yield f"{path} must be at most {shape.metadata['max']}, got {size}"


def _unfit_text(shape: Shape, value: str, path: str) -> Iterator[str]:
    pattern = shape.metadata.get("pattern", "")
    if shape.enum and value not in shape.enum:
        yield f"{path} must be one of {', '.join(shape.enum)}, got {value}"
    if path == "CreateUserPoolDomain.Domain":
        value = value.replace(".", "-")  # the model's pattern fits a prefix; a custom domain has dots
    if pattern and "\\p" not in pattern and not re.fullmatch(pattern, value):  # Python's re has no \\p{L}
        yield f"{path} must match {pattern}, got {value}"


def _refuse_unresolved(where: str, value: Any) -> None:
    """Refuse Pulumi's sentence that stands in a string into which an Output was formatted."""
    if "Calling __str__ on an Output" in repr(value):
        raise CommandError(f"{where} must join outputs with Output.concat, got an Output as a string")
