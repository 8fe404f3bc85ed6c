"""What a function may do: the statements of its execution role, each as narrow as AWS allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

from components import arn

Statement = Mapping[str, Any]

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
    ],
}


def policy(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """A policy document of these statements."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)})


def write_logs(log_arn: pulumi.Output[str]) -> Statement:
    """Write to the streams of this log group; AWS's managed policy may write every group of the account."""
    return {
        "Sid": "WriteOwnLogs",
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": pulumi.Output.concat(log_arn, ":*"),
    }


def send_traces() -> Statement:
    """X-Ray knows no resources: its `*` is all there is."""
    return {
        "Sid": "SendTraces",
        "Effect": "Allow",
        "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        "Resource": "*",
    }


def join_vpc(own_arn: pulumi.Output[str]) -> list[Statement]:
    """Let Lambda make the network interfaces of a function in a VPC, and never the function's own code.

    Lambda deletes interfaces only where all of the account's may be, and describes only on `*` ("Execution role
    permissions" in Lambda's page on VPCs). A call of the function's code carries its ARN as `lambda:SourceFunctionArn`;
    one of Lambda itself does not.
    """
    manage = [
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ]
    describe = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
    return [
        {
            "Sid": "ManageNetworkInterfaces",
            "Effect": "Allow",
            "Action": manage,
            "Resource": arn.beside(own_arn, "ec2", "*/*"),
        },
        {"Sid": "DescribeNetwork", "Effect": "Allow", "Action": describe, "Resource": "*"},
        {
            "Sid": "KeepCodeOffTheNetwork",
            "Effect": "Deny",
            "Action": [*manage, *describe],
            "Resource": "*",
            "Condition": {"ArnLike": {"lambda:SourceFunctionArn": arn.beside(own_arn, "lambda", "function:*")}},
        },
    ]


def decrypt(key_arn: pulumi.Input[str]) -> Statement:
    """Read what this key encrypts: the environment, which Lambda decrypts as the function, and secrets."""
    return {"Sid": "Decrypt", "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": key_arn}


def read_secrets(references: Iterable[str], own_arn: pulumi.Output[str]) -> list[Statement]:
    """Read exactly these secrets and parameters, and no version of anything else."""
    ordered = sorted(set(references))
    secrets = [each for each in ordered if not _is_parameter(each)]
    parameters = [each for each in ordered if _is_parameter(each)]
    statements: list[Statement] = []
    if secrets:
        statements.append(
            {
                "Sid": "ReadSecrets",
                "Effect": "Allow",
                "Action": ["secretsmanager:GetSecretValue"],
                # Secrets Manager adds a hyphen and six characters to a name; `-*` would match names that go on.
                "Resource": [
                    each if each.startswith("arn:") else arn.beside(own_arn, "secretsmanager", f"secret:{each}-??????")
                    for each in secrets
                ],
            }
        )
    if parameters:
        statements.append(
            {
                "Sid": "ReadParameters",
                "Effect": "Allow",
                "Action": ["ssm:GetParameter"],
                "Resource": [
                    each if each.startswith("arn:") else arn.beside(own_arn, "ssm", f"parameter{each}")
                    for each in parameters
                ],
            }
        )
    return statements


def _is_parameter(reference: str) -> bool:
    return reference.startswith("/") or ":ssm:" in reference
