"""Execution roles of functions: statements that are each as narrow as AWS allows."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from typing import Any

import pulumi

from . import arn
from .arguments import frozen
from .documents import document

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
        ],
    }
)


@frozen
class StatementArgs:
    """One statement of a policy."""

    sid: str
    """Name of the statement, in letters and digits."""
    actions: Sequence[str]
    """Actions, as `dynamodb:Query`."""
    resources: Sequence[pulumi.Input[str]]
    """ARNs of the resources that the actions may touch."""
    effect: str = "Allow"
    """Allow or Deny."""
    condition: Mapping[str, Mapping[str, pulumi.Input[str]]] = field(default_factory=dict)
    """Conditions, by operator and key."""


def policy(statements: Iterable[StatementArgs]) -> pulumi.Output[str]:
    """Return the policy document of these statements."""
    ordered = list(statements)

    def stated(known: Sequence[tuple[Sequence[str], Mapping[str, Any]]]) -> dict[str, Any]:
        each_stated = [
            {
                "Sid": each.sid,
                "Effect": each.effect,
                "Action": list(each.actions),
                "Resource": resources[0] if len(resources) == 1 else resources,
                **({"Condition": condition} if condition else {}),
            }
            for each, (resources, condition) in zip(ordered, known, strict=True)
        ]
        return {"Version": "2012-10-17", "Statement": each_stated}

    return document([[each.resources, each.condition] for each in ordered], stated)


def write_logs(log_arn: pulumi.Output[str]) -> StatementArgs:
    """Write to the streams of this log group. AWS's managed policy may write to every group of the account."""
    return StatementArgs(
        sid="WriteOwnLogs",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[pulumi.Output.concat(log_arn, ":*")],
    )


def send_traces() -> StatementArgs:
    """Send traces. X-Ray knows no resources, so `*` is the narrowest."""
    return StatementArgs(
        sid="SendTraces", actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"]
    )


def join_vpc(own_arn: pulumi.Output[str]) -> list[StatementArgs]:
    """Let Lambda make the network interfaces of a function in a VPC, and never the function's own code.

    Lambda deletes interfaces only where all of the account's may be deleted, and describes only on `*` ("Execution role
    permissions" in Lambda's page on VPCs). A call of the function's code carries its ARN as `lambda:SourceFunctionArn`;
    a call of Lambda itself does not.
    """
    manage = [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ]
    describe = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
    return [
        StatementArgs(sid="ManageNetworkInterfaces", actions=manage, resources=[arn.beside(own_arn, "ec2", "*/*")]),
        StatementArgs(sid="DescribeNetwork", actions=describe, resources=["*"]),
        StatementArgs(
            sid="KeepCodeOffTheNetwork",
            effect="Deny",
            actions=[*manage, *describe],
            resources=["*"],
            condition={"ArnLike": {"lambda:SourceFunctionArn": arn.beside(own_arn, "lambda", "function:*")}},
        ),
    ]


def decrypt(key_arn: pulumi.Input[str]) -> StatementArgs:
    """Decrypt with this key: the environment, which Lambda decrypts as the function, and secrets."""
    return StatementArgs(sid="Decrypt", actions=["kms:Decrypt"], resources=[key_arn])


def read_secrets(references: Iterable[str], own_arn: pulumi.Output[str]) -> list[StatementArgs]:
    """Read exactly these secrets and parameters."""
    ordered = sorted(set(references))
    # Secrets Manager adds a hyphen and six characters to a name; `-*` would match names that go on.
    secrets = [
        each if each.startswith("arn:") else arn.beside(own_arn, "secretsmanager", f"secret:{each}-??????")
        for each in ordered
        if not _is_parameter(each)
    ]
    parameters = [
        each if each.startswith("arn:") else arn.beside(own_arn, "ssm", f"parameter{each}")
        for each in ordered
        if _is_parameter(each)
    ]
    statements: list[StatementArgs] = []
    if secrets:
        statements.append(
            StatementArgs(sid="ReadSecrets", actions=["secretsmanager:GetSecretValue"], resources=secrets)
        )
    if parameters:
        statements.append(StatementArgs(sid="ReadParameters", actions=["ssm:GetParameter"], resources=parameters))
    return statements


def _is_parameter(reference: str) -> bool:
    return reference.startswith("/") or ":ssm:" in reference
