"""A stand-in for `pulumi-resource-aws`: makes the resources in the emulator, by the tables of the local run.

It behaves as the provider does where the provider differs from "send what is given": names with a random suffix,
inputs that force a replacement, and inputs that keep their value when they are left out (`kept.json`, from the
provider's published schema and source). The state is Pulumi's own; this process keeps nothing.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from concurrent import futures
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pulumi
from google.protobuf import empty_pb2, struct_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import rpc
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

sys.path.insert(0, str(Path(__file__).parents[2]))

from local.provider import Provider, Resource
from stacks.command_line import CommandError
from stacks.invokes import answer
from stacks.mappings import MAPPINGS, Deployed, mapped
from tests.engine.one_of_a_kind import Taken

_MARK = "4dabf18193072939515e22adb298388d"  # the key under which Pulumi marks secrets and archives
_MADE = "__made"  # what the emulator was sent, within the resource's outputs
# Inputs that the provider cannot change in place (ForceNew in terraform-provider-aws).
FORCES_REPLACEMENT: Mapping[str, frozenset[str]] = {
    "aws:acm/certificate:Certificate": frozenset({"domainName", "validationMethod"}),
    "aws:acm/certificateValidation:CertificateValidation": frozenset({"certificateArn", "validationRecordFqdns"}),
    "aws:apigatewayv2/api:Api": frozenset({"protocolType"}),
    "aws:apigatewayv2/apiMapping:ApiMapping": frozenset({"apiId", "domainName"}),
    "aws:apigatewayv2/authorizer:Authorizer": frozenset({"apiId"}),
    "aws:apigatewayv2/domainName:DomainName": frozenset({"domainName"}),
    "aws:apigatewayv2/integration:Integration": frozenset({"apiId", "integrationType", "payloadFormatVersion"}),
    "aws:apigatewayv2/route:Route": frozenset({"apiId"}),
    "aws:apigatewayv2/stage:Stage": frozenset({"apiId", "name"}),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": frozenset({"alarmName"}),
    "aws:cloudwatch/dashboard:Dashboard": frozenset({"dashboardName"}),
    "aws:cloudwatch/logGroup:LogGroup": frozenset({"name", "namePrefix"}),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": frozenset({"logGroupName", "name"}),
    "aws:cognito/identityProvider:IdentityProvider": frozenset({"providerName", "providerType", "userPoolId"}),
    "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration": frozenset({"userPoolId"}),
    "aws:cognito/managedLoginBranding:ManagedLoginBranding": frozenset({"clientId", "userPoolId"}),
    "aws:cognito/resourceServer:ResourceServer": frozenset({"identifier", "userPoolId"}),
    "aws:cognito/riskConfiguration:RiskConfiguration": frozenset({"clientId", "userPoolId"}),
    "aws:cognito/userGroup:UserGroup": frozenset({"name", "userPoolId"}),
    "aws:cognito/userPool:UserPool": frozenset({"aliasAttributes", "usernameAttributes", "usernameConfiguration"}),
    "aws:cognito/userPoolClient:UserPoolClient": frozenset({"generateSecret", "userPoolId"}),
    "aws:cognito/userPoolDomain:UserPoolDomain": frozenset({"domain", "userPoolId"}),
    "aws:dynamodb/table:Table": frozenset({"hashKey", "rangeKey", "name"}),
    "aws:iam/role:Role": frozenset({"name"}),
    "aws:iam/rolePolicy:RolePolicy": frozenset({"name", "role"}),
    "aws:kms/keyPolicy:KeyPolicy": frozenset({"keyId"}),
    "aws:lambda/alias:Alias": frozenset({"functionName", "name"}),
    "aws:lambda/function:Function": frozenset({"name", "packageType"}),
    "aws:lambda/permission:Permission": frozenset(
        {"action", "function", "principal", "qualifier", "sourceArn", "statementId"}
    ),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": frozenset({"functionName", "qualifier"}),
    "aws:route53/record:Record": frozenset({"name", "type", "zoneId"}),
    "aws:sns/topic:Topic": frozenset({"name"}),
    "aws:sns/topicPolicy:TopicPolicy": frozenset({"arn"}),
    "aws:sns/topicSubscription:TopicSubscription": frozenset({"endpoint", "protocol", "topic"}),
    "aws:wafv2/webAcl:WebAcl": frozenset({"name", "scope"}),
    "aws:wafv2/webAclAssociation:WebAclAssociation": frozenset({"resourceArn", "webAclArn"}),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": frozenset({"resourceArn"}),
}
KEPT: Mapping[str, list[str]] = json.loads((Path(__file__).parent / "kept.json").read_text())["types"]


def kept(type_: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs with those of the provider's Optional and Computed ones that were left out, as before."""
    merged = dict(now)
    for path in KEPT.get(type_, []):
        first, *rest = path.split(".")
        if not rest and first not in merged and first in before:
            merged[first] = before[first]
        if rest and isinstance(merged.get(first), dict) and isinstance(before.get(first), dict):
            (member, *deeper) = rest
            if not deeper and member not in merged[first] and member in before[first]:
                merged[first] = {**merged[first], member: before[first][member]}
    return merged


class Aws(provider_pb2_grpc.ResourceProviderServicer):
    """Pulumi's provider protocol over the emulator at `$ENGINE_TEST_ENDPOINT`."""

    def __init__(self) -> None:
        self._provider = Provider(os.environ["ENGINE_TEST_ENDPOINT"], os.environ["ENGINE_TEST_REGION"])
        self._taken = Taken(Path(os.environ["ENGINE_TEST_TAKEN"]))

    def Handshake(self, _request: Any, _context: Any) -> Any:  # noqa: N802 - Pulumi's name, as all below
        return provider_pb2.ProviderHandshakeResponse()

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version="7.51.1")

    def Cancel(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, _context: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, _request: Any, _context: Any) -> Any:  # noqa: N802
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802
        try:
            found = struct_pb2.Struct()
            found.update(answer(request.tok))
        except CommandError as error:
            context.abort(grpc.StatusCode.NOT_FOUND, str(error))
        return provider_pb2.InvokeResponse(**{"return": found})

    def Check(self, request: Any, _context: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, _context: Any) -> Any:  # noqa: N802
        type_ = _type_of(request.urn)
        before = _comparable(request.old_inputs)
        now = kept(type_, before, _comparable(request.news))
        changed = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
        changed = [key for key in changed if key not in request.ignoreChanges]
        forced = [key for key in changed if key in FORCES_REPLACEMENT.get(type_, ())]
        response = provider_pb2.DiffResponse
        return response(changes=response.DIFF_SOME if changed else response.DIFF_NONE, diffs=changed, replaces=forced)

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        type_, name = _type_of(request.urn), _name_of(request.urn)
        if request.preview:
            return provider_pb2.CreateResponse(properties=_previewed(type_, name, request.properties))
        try:
            mapping, given = mapped(type_, name, _values(request.properties))
            self._taken.take(type_, given)
            prefix = given.pop("namePrefix", f"{name}-")
            made = self._provider._make(mapping, prefix + os.urandom(4).hex()[:7], given)
        except Exception as error:  # noqa: BLE001 - the engine shows its text
            context.abort(grpc.StatusCode.UNKNOWN, f"{type_} ({name}): {' '.join(str(error).split())}")
        return provider_pb2.CreateResponse(id=made.id, properties=_outputs(request.properties, made))

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        type_, name = _type_of(request.urn), _name_of(request.urn)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=_previewed(type_, name, request.news))
        before = _made(request.olds)
        try:
            mapping, given = mapped(type_, name, kept(type_, before.given, _values(request.news)))
            given.pop("namePrefix", None)
            physical = str(before.sent.get(mapping.name or "", name))
            made = self._provider._change(mapping, physical, before, given)
        except Exception as error:  # noqa: BLE001 - the engine shows its text
            context.abort(grpc.StatusCode.UNKNOWN, f"{type_} ({name}): {' '.join(str(error).split())}")
        return provider_pb2.UpdateResponse(properties=_outputs(request.news, made))

    def Read(self, request: Any, _context: Any) -> Any:  # noqa: N802
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        type_, name = _type_of(request.urn), _name_of(request.urn)
        made = _made(request.properties)
        try:
            self._provider._remove(MAPPINGS[type_], made)
            self._taken.free(type_, made.given)
        except Exception as error:  # noqa: BLE001 - the engine shows its text
            context.abort(grpc.StatusCode.UNKNOWN, f"{type_} ({name}): {' '.join(str(error).split())}")
        return empty_pb2.Empty()


def _type_of(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _name_of(urn: str) -> str:
    return urn.split("::", 3)[3]


def _values(properties: Any) -> dict[str, Any]:
    """Return the properties without Pulumi's own, with archives as they are given to a program."""
    return {key: _plain(value) for key, value in MessageToDict(properties).items() if not key.startswith("__")}


def _plain(value: Any) -> Any:
    """Return the value without Pulumi's marks and nulls. An archive of the state has no path, but a hash."""
    if isinstance(value, Mapping):
        match value.get(_MARK):
            case rpc._special_secret_sig:
                return _plain(value["value"])
            case rpc._special_archive_sig:
                return pulumi.FileArchive(value["path"]) if value.get("path") else value.get("hash")
        return {key: _plain(member) for key, member in value.items() if member is not None}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _comparable(properties: Any) -> dict[str, Any]:
    """Return the values with archives by their hash, which the state has too."""

    def hashed(value: Any) -> Any:
        if isinstance(value, Mapping):
            is_archive = value.get(_MARK) == rpc._special_archive_sig
            return value.get("hash") if is_archive else {key: hashed(member) for key, member in value.items()}
        return [hashed(member) for member in value] if isinstance(value, list) else value

    found = {key: hashed(value) for key, value in MessageToDict(properties).items()}
    return {key: _plain(value) for key, value in found.items() if not key.startswith("__")}


def _outputs(inputs: Any, made: Resource) -> struct_pb2.Struct:
    found = struct_pb2.Struct()
    found.CopyFrom(inputs)
    computed = {key: value for key, value in made.computed.items() if value is not None}
    found.update(json.loads(json.dumps(computed, default=str)))
    kept_in_state = {"given": _storable(made.given), "sent": _storable(made.sent), "id": made.id, "computed": computed}
    found[_MADE] = json.dumps(kept_in_state, default=str)
    return found


def _previewed(type_: str, name: str, inputs: Any) -> struct_pb2.Struct:
    """Return the inputs with every output that AWS computes unknown."""
    found = struct_pb2.Struct()
    found.CopyFrom(inputs)
    mapping, given = mapped(type_, name, _values(inputs))
    _, computed = mapping.deployed(Deployed(name, given, os.environ["ENGINE_TEST_REGION"]))
    found.update(dict.fromkeys(computed.keys() - given.keys(), rpc.UNKNOWN))
    return found


def _storable(value: Any) -> Any:
    """Return the value without archives, whose path is another one in the next run, and bytes."""
    if isinstance(value, Mapping):
        return {key: _storable(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_storable(member) for member in value]
    return value if isinstance(value, str | int | float | bool | None) else "(archive)"


def _made(properties: Any) -> Resource:
    kept_in_state = json.loads(MessageToDict(properties)[_MADE])
    return Resource(**kept_in_state)


def main() -> None:
    """Serve on a free port, print it, and go on until the engine ends this process."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=[("grpc.max_receive_message_length", -1)])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Aws(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    with suppress(KeyboardInterrupt):  # as the engine ends it
        server.wait_for_termination()


if __name__ == "__main__":
    main()
