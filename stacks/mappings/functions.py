"""Kinds of Lambda, and the roles of functions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stacks.mappings.mapping import Endpoint, ResourceMapping, Values, known_by, leave_as_made, same, tag_list


def _function(answer: Values, _: Values, world: Endpoint) -> tuple[str, dict[str, Any]]:
    name = answer["FunctionName"]
    arn = world.arn("lambda", f"function:{name}")  # without the version that a published function's answer names
    return name, {"arn": arn, "name": name, "invokeArn": _invoke_arn(world, arn), "version": answer["Version"]}


def _invoke_arn(world: Endpoint, function_arn: str) -> str:
    return f"arn:aws:apigateway:{world.region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"


def _reserve(client: Any, count: Any, sent: Values) -> None:
    if count >= 0:  # -1 shares the account's concurrency
        client.put_function_concurrency(FunctionName=sent["FunctionName"], ReservedConcurrentExecutions=int(count))


def _archive(archive: Any) -> dict[str, Any]:
    return {"Code": {"ZipFile": Path(archive.path).read_bytes()}}


def _upload(client: Any, sent: Values) -> None:
    client.update_function_code(FunctionName=sent["FunctionName"], ZipFile=sent["Code"]["ZipFile"])


def _alias(answer: Values, sent: Values, world: Endpoint) -> tuple[str, dict[str, Any]]:
    arn = answer["AliasArn"]
    return f"{sent['FunctionName']}/{sent['Name']}", {"arn": arn, "invokeArn": _invoke_arn(world, arn)}


def _published(client: Any, sent: Values) -> dict[str, Any]:
    """A change of a published function is a version of its own, as `Publish` makes the first."""
    if not sent.get("Publish"):
        return {}
    return {"version": client.publish_version(FunctionName=sent["FunctionName"])["Version"]}


MAPPINGS: Mapping[str, ResourceMapping] = {
    "aws:iam/role:Role": ResourceMapping(
        service="iam",
        call="create_role",
        delete="delete_role",
        name="RoleName",
        inputs={"assumeRolePolicy": "AssumeRolePolicyDocument", "tags": tag_list()},
        changes={"Tags": leave_as_made},
        outputs=lambda answer, _sent, _world: (answer["Role"]["RoleName"], {"arn": answer["Role"]["Arn"]}),
    ),
    "aws:iam/rolePolicy:RolePolicy": ResourceMapping(
        service="iam",
        call="put_role_policy",
        update="put_role_policy",
        delete="delete_role_policy",
        name="PolicyName",
        inputs={"role": "RoleName", "policy": "PolicyDocument"},
        outputs=known_by("RoleName", "PolicyName"),
    ),
    "aws:lambda/function:Function": ResourceMapping(
        service="lambda",
        call="create_function",
        update="update_function_configuration",
        delete="delete_function",
        name="FunctionName",
        inputs={
            **same("role", "handler", "runtime", "architectures", "memorySize", "timeout", "packageType"),
            **same("tracingConfig", "loggingConfig", "vpcConfig", "snapStart", "publish", "tags"),
            "kmsKeyArn": "KMSKeyArn",
            "code": _archive,
            "environment": lambda value: {"Environment": {"Variables": value["variables"]}},
        },
        then={"reservedConcurrentExecutions": _reserve},
        changes={"Code": _upload, "Tags": leave_as_made},
        renewed=_published,
        outputs=_function,
    ),
    "aws:lambda/alias:Alias": ResourceMapping(
        service="lambda",
        call="create_alias",
        update="update_alias",
        delete="delete_alias",
        inputs=same("functionName", "functionVersion", "name", "routingConfig"),
        outputs=_alias,
    ),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": ResourceMapping(
        service="lambda",
        call="put_provisioned_concurrency_config",
        update="put_provisioned_concurrency_config",
        delete="delete_provisioned_concurrency_config",
        inputs=same("functionName", "qualifier", "provisionedConcurrentExecutions"),
        outputs=known_by("FunctionName", "Qualifier"),
    ),
    "aws:lambda/permission:Permission": ResourceMapping(
        service="lambda",
        call="add_permission",
        delete="remove_permission",
        name="StatementId",
        inputs={**same("action", "principal", "sourceArn", "qualifier"), "function": "FunctionName"},
        outputs=known_by("StatementId"),
    ),
}
