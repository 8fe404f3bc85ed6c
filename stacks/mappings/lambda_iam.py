"""Mappings of Lambda's resources, and of the functions' roles."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stacks.mappings.mapping import (
    DEPLOYED_ACCOUNT,
    Deployed,
    Endpoint,
    ResourceMapping,
    Values,
    known_by,
    leave_as_made,
    same,
    tag_list,
)


def _function(answer: Values, _: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    name = answer["FunctionName"]
    arn = emulator.arn("lambda", f"function:{name}")  # the answer's own ARN ends in a version once one is published
    invoke_arn = _invoke_arn(emulator.region, arn)
    return name, {"arn": arn, "name": name, "invokeArn": invoke_arn, "version": answer["Version"]}


def _deployed_function(function: Deployed) -> tuple[str, dict[str, Any]]:
    name = function.physical_name
    arn = function.arn("lambda", f"function:{name}")
    version = "1" if function.inputs.get("publish") else "$LATEST"
    return name, {"name": name, "arn": arn, "invokeArn": _invoke_arn(function.region, arn), "version": version}


def _deployed_alias(alias: Deployed) -> tuple[str, dict[str, Any]]:
    function = alias.inputs["functionName"]
    arn = alias.arn("lambda", f"function:{function}:{alias.physical_name}")
    return f"{function}/{alias.physical_name}", {"arn": arn, "invokeArn": _invoke_arn(alias.region, arn)}


def _deployed_role(role: Deployed) -> tuple[str, dict[str, Any]]:
    name = role.physical_name
    return name, {"name": name, "arn": f"arn:aws:iam::{DEPLOYED_ACCOUNT}:role/{name}"}  # IAM has no region


def _invoke_arn(region: str, function_arn: str) -> str:
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"


def _reserve(client: Any, count: Any, sent: Values) -> None:
    if count >= 0:
        client.put_function_concurrency(FunctionName=sent["FunctionName"], ReservedConcurrentExecutions=int(count))
    else:  # -1 shares the account's concurrency: an earlier reserve goes
        client.delete_function_concurrency(FunctionName=sent["FunctionName"])


def _archive(archive: Any) -> dict[str, Any]:
    return {"Code": {"ZipFile": Path(archive.path).read_bytes()}}


def _upload(client: Any, sent: Values) -> None:
    client.update_function_code(
        FunctionName=sent["FunctionName"], ZipFile=sent["Code"]["ZipFile"], Architectures=sent["Architectures"]
    )


def _alias(answer: Values, sent: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    arn = answer["AliasArn"]
    return f"{sent['FunctionName']}/{sent['Name']}", {"arn": arn, "invokeArn": _invoke_arn(emulator.region, arn)}


def _published(client: Any, sent: Values) -> dict[str, Any]:
    """Publish a version after a change; `Publish` does so only when the function is created."""
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
        outputs=lambda answer, _sent, _emulator: (answer["Role"]["RoleName"], {"arn": answer["Role"]["Arn"]}),
        deployed=_deployed_role,
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
        changes={"Code": _upload, "Architectures": _upload, "Publish": leave_as_made, "Tags": leave_as_made},
        renewed=_published,
        outputs=_function,
        deployed=_deployed_function,
    ),
    "aws:lambda/alias:Alias": ResourceMapping(
        service="lambda",
        call="create_alias",
        update="update_alias",
        delete="delete_alias",
        inputs=same("functionName", "functionVersion", "name", "routingConfig"),
        outputs=_alias,
        deployed=_deployed_alias,
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
