"""Runs a component or the whole program on Pulumi's mocks, and records what it registers.

The embedded run's own engine evaluates it. Every resource is turned into the AWS call that `stacks/mappings` has for it
and held against AWS's service model, enumerations and patterns included: mocks alone take any value. Nothing is
handed back before everything has settled, so tests assert on plain data.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import runpy
from collections.abc import Callable, Iterator, Mapping
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
from stacks.engine import Stack, evaluate, stack_names
from stacks.mappings import MAPPINGS, ResourceMapping
from stacks.mappings.mapping import parameters_of, without_floats
from stacks.resource import Resource

PROJECT = "secure-serverless-api"
REGION = "eu-central-1"
ACCOUNT = "123456789012"
STACKS = stack_names()

_STACK_TYPE = "pulumi:pulumi:Stack"
_SUFFIX = "-3f9d2c1"  # Pulumi adds one to every name that the program leaves to it


@dataclass(frozen=True, kw_only=True)
class RecordedResource(Resource):
    """One registration. `inputs` as the program gave them, `outputs` with what AWS would compute, `needs` as URNs."""

    urn: str
    parent: str
    id: str
    custom: bool
    outputs: Mapping[str, Any]
    needs: frozenset[str]
    secret_inputs: frozenset[str]
    ignores: frozenset[str]

    @property
    def kind(self) -> str:
        return self.type.rpartition(":")[2]


@dataclass
class Recording:
    """What a program registered: resources, each component's outputs by URN, and the stack's own."""

    resources: list[RecordedResource] = field(default_factory=list)
    registered: dict[str, dict[str, Any]] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    secret_outputs: set[str] = field(default_factory=set)
    packages: list[tuple[Path, bundle.Target, Path]] = field(default_factory=list)

    def all(self, kind: str) -> list[RecordedResource]:
        return [resource for resource in self.resources if resource.kind == kind]

    def one(self, kind: str, name: str | None = None) -> RecordedResource:
        """The only resource of its kind, or the one of that name."""
        found = [resource for resource in self.all(kind) if name in {None, resource.name}]
        assert len(found) == 1, f"{kind} {name or ''} must be there once, got {[each.name for each in found]}"
        return found[0]

    def waits_for(self, resource: RecordedResource, other: RecordedResource) -> bool:
        """Whether `resource` is made only after `other`, through any number of steps."""
        by_urn = {each.urn: each for each in self.resources}
        pending, seen = [resource.urn], set[str]()
        while pending:
            needs = by_urn[pending.pop()].needs - seen
            seen |= needs
            pending.extend(needs)
        return other.urn in seen


class _Recorder(engine.Monitor):
    def __init__(self, recording: Recording, resources: mocks.Mocks) -> None:
        super().__init__(resources)
        self._recording = recording

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's name for it
        response = super().RegisterResource(request)
        if request.type != _STACK_TYPE:
            self._recording.resources.append(
                RecordedResource(
                    type=request.type,
                    name=request.name,
                    urn=response.urn,
                    parent=request.parent,
                    id=response.id,
                    custom=request.custom,
                    protect=request.protect,
                    inputs=without_floats(engine.unwrapped(rpc.deserialize_properties(request.object))),
                    outputs=without_floats(rpc.deserialize_properties(response.object)),
                    needs=frozenset(request.dependencies),
                    secret_inputs=frozenset(
                        key
                        for key, value in rpc.deserialize_properties(request.object).items()
                        if rpc.is_rpc_secret(value)
                    ),
                    ignores=frozenset(request.ignoreChanges),
                )
            )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - the engine's name for it
        outputs = without_floats(rpc.deserialize_properties(request.outputs))
        if _STACK_TYPE in request.urn.split("::"):
            self._recording.secret_outputs = {key for key, value in outputs.items() if rpc.is_rpc_secret(value)}
        else:
            _refuse_unresolved(request.urn, outputs)
            if request.urn in self._recording.registered:
                raise CommandError(f"{request.urn} must register its outputs once")
            self._recording.registered[request.urn] = outputs
        return super().RegisterResourceOutputs(request)


def record(create: Callable[[], object], stack: Stack | None = None) -> Recording:
    """What `create` registers, once all of it has settled. CommandError if anything is refused."""
    stack = stack or Stack(PROJECT, "test", {"aws:region": REGION})
    recording = Recording()

    def run(_: Path) -> None:
        # Of a program that fails, Pulumi leaves futures behind that nobody asks; the failure itself is raised below.
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        create()

    with (
        mock.patch.object(engine, "_run_program", side_effect=run),
        mock.patch.object(engine, "Monitor", partial(_Recorder, recording)),
    ):
        recording.outputs = without_floats(evaluate(stack, partial(_create, stack.region), ask=_answer))
    _refuse_unresolved("the stack", recording.outputs)
    return recording


def record_program(stack: Stack) -> Recording:
    """What the whole program registers for `stack`. Its package is not built; `packages` says what it asked for."""
    packages: list[tuple[Path, bundle.Target, Path]] = []

    def build(source: Path, target: bundle.Target, cache: Path) -> Path:
        packages.append((source, target, cache))
        return Path(__file__)  # any file: nobody opens it as a zip here

    with mock.patch.object(bundle, "build", build):
        recording = record(lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__"), stack)
    recording.packages = packages
    return recording


def deployed(name: str, **changes: str) -> Stack:
    """The stack as `pulumi up` would hand it to the program: with Lambda's package, not this machine's."""
    stack = Stack.load(name)
    changed = {f"{stack.project}:{key}": value for key, value in {"packagePlatform": "lambda", **changes}.items()}
    return replace(stack, config={**stack.config, **changed})


@cache
def program(name: str) -> Recording:
    """The recording of the whole program for a stack file; made once, to be read only."""
    return record_program(deployed(name))


def _create(region: str, type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The id and outputs that AWS would give; CommandError where its service model refuses the call."""
    kind = MAPPINGS.get(type_)
    if kind is None:
        raise CommandError(f"{type_} ({name}) must be mapped in stacks/mappings")
    given = {key: without_floats(value) for key, value in inputs.items() if value is not None}
    unmapped = given.keys() - kind.inputs.keys() - kind.then.keys()
    if unmapped:
        raise CommandError(f"{type_} ({name}) must map every input, got {', '.join(sorted(unmapped))}")
    _refuse_unresolved(f"{type_} ({name})", given)
    physical = given.get("name") or (f"{given['namePrefix']}3f9d2c1" if "namePrefix" in given else name + _SUFFIX)
    refusals = list(_refusals(kind, parameters_of(kind, physical, given)))
    if refusals:
        raise CommandError(f"{type_} ({name}) is refused: {'; '.join(refusals)}")
    id_, computed = _computed(type_.rpartition(":")[2], name, physical, given, region)
    return id_, {**given, **computed}


def _computed(  # noqa: C901, PLR0911, PLR0912 - a table
    kind: str, name: str, physical: str, given: Mapping[str, Any], region: str
) -> tuple[str, dict[str, Any]]:
    digest = hashlib.sha256(name.encode()).hexdigest()
    match kind:
        case "UserPool":
            id_ = f"{region}_{digest[:9]}"
            arn = f"arn:aws:cognito-idp:{region}:{ACCOUNT}:userpool/{id_}"
            return id_, {"name": physical, "arn": arn, "endpoint": f"cognito-idp.{region}.amazonaws.com/{id_}"}
        case "UserPoolClient":
            return digest[:26], {"name": physical, "clientSecret": digest if given.get("generateSecret") else ""}
        case "UserPoolDomain":
            own = {"cloudfrontDistribution": "d111.cloudfront.net", "cloudfrontDistributionZoneId": "Z2FDTNDATAQYW2"}
            return given["domain"], own if "certificateArn" in given else {}
        case "Role":
            return physical, {"name": physical, "arn": f"arn:aws:iam::{ACCOUNT}:role/{physical}"}
        case "LogGroup":
            return physical, {"name": physical, "arn": f"arn:aws:logs:{region}:{ACCOUNT}:log-group:{physical}"}
        case "Function":
            arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{physical}"
            version = "1" if given.get("publish") else "$LATEST"
            return physical, {"name": physical, "arn": arn, "invokeArn": _invoked(arn, region), "version": version}
        case "Alias":
            arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{given['functionName']}:{physical}"
            return f"{given['functionName']}/{physical}", {"arn": arn, "invokeArn": _invoked(arn, region)}
        case "MetricAlarm":
            return physical, {"name": physical, "arn": f"arn:aws:cloudwatch:{region}:{ACCOUNT}:alarm:{physical}"}
        case "CompositeAlarm":
            name = given["alarmName"]
            return name, {"arn": f"arn:aws:cloudwatch:{region}:{ACCOUNT}:alarm:{name}"}
        case "Topic":
            arn = f"arn:aws:sns:{region}:{ACCOUNT}:{physical}"
            return arn, {"arn": arn}
        case "Table":
            return physical, {"name": physical, "arn": f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{physical}"}
        case "Key":
            id_ = f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
            return id_, {"keyId": id_, "arn": f"arn:aws:kms:{region}:{ACCOUNT}:key/{id_}"}
        case "DomainName":
            target = {"targetDomainName": f"d-{digest[:10]}.execute-api.{region}.amazonaws.com"}
            target |= {"hostedZoneId": "Z1U9ULNL0V5AJ3", **given["domainNameConfiguration"]}
            return given["domainName"], {"domainNameConfiguration": target}
        case "Certificate":
            arn, domain = f"arn:aws:acm:{region}:{ACCOUNT}:certificate/{digest[:32]}", given["domainName"]
            proof = {"domainName": domain, "resourceRecordName": f"_{digest[:32]}.{domain}."}
            proof |= {"resourceRecordType": "CNAME", "resourceRecordValue": f"_{digest[32:]}.acm-validations.aws."}
            return arn, {"arn": arn, "domainValidationOptions": [proof]}
        case "Record":
            return digest[:7], {"fqdn": given["name"].rstrip(".")}
        case "Api":
            id_ = digest[:10]
            execution = f"arn:aws:execute-api:{region}:{ACCOUNT}:{id_}"
            endpoint = f"https://{id_}.execute-api.{region}.amazonaws.com"
            return id_, {"name": physical, "executionArn": execution, "apiEndpoint": endpoint}
        case _:
            return digest[:7], {}


def _invoked(function_arn: str, region: str) -> str:
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"


def _answer(question: str) -> dict[str, Any]:
    """What AWS would say of the account that the stack is deployed to."""
    if question != "aws:index/getCallerIdentity:getCallerIdentity":
        raise CommandError(f"{question} has no answer in stacks/recorder.py")
    return {"accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:user/deployer", "userId": "deployer"}


@cache
def _service_model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _refusals(kind: ResourceMapping, parameters: Mapping[str, Any]) -> Iterator[str]:
    operation = "".join(word.capitalize() for word in kind.call.split("_"))
    shape = _service_model(kind.service).operation_model(operation).input_shape
    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        yield " ".join(report.generate_report().split())
    else:
        yield from _unfit(shape, parameters, operation)


def _unfit(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """What botocore leaves to the service: enumerations, patterns, greatest lengths and numbers."""
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
        value = value.replace(".", "-")  # the model's pattern is a prefix's; one's own domain has dots
    if pattern and "\\p" not in pattern and not re.fullmatch(pattern, value):  # Python's re has no \\p{L}
        yield f"{path} must match {pattern}, got {value}"


def _refuse_unresolved(where: str, value: Any) -> None:
    """An Output formatted as a string leaves this sentence of Pulumi's behind."""
    if "Calling __str__ on an Output" in repr(value):
        raise CommandError(f"{where} must join outputs with Output.concat, got an Output as a string")
