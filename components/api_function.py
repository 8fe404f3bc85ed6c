"""The function behind the API: its role, its log group and itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

# Lambda keeps these for itself and refuses a function that sets them ("Defined runtime environment variables").
_RESERVED_PREFIX = "AWS_"
_RESERVED = frozenset({"_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"})
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
    ],
}


@dataclass(frozen=True, kw_only=True)
class ApiFunctionArgs:
    """What runs and with how much. Memory in MB, timeout in seconds, log retention in days.

    `reserved_concurrency` -1 shares the account's. ValueError for an environment key that Lambda reserves.
    """

    package: Path
    entry_point: str
    environment: Mapping[str, pulumi.Input[str]]
    architecture: str = "arm64"
    python_version: str = "3.13"
    memory_mb: int = 512
    timeout_seconds: int = 10
    reserved_concurrency: int = -1
    log_level: str = "INFO"
    log_retention_days: int = 365

    def __post_init__(self) -> None:
        reserved = [key for key in self.environment if key in _RESERVED or key.startswith(_RESERVED_PREFIX)]
        if reserved:
            raise ValueError(f"environment must not set what Lambda reserves, got {', '.join(sorted(reserved))}")


class ApiFunction(pulumi.ComponentResource):
    """A Python function that may write its own logs and traces, and nothing else."""

    name: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]
    log_group: pulumi.Output[str]
    reserved_concurrency: int

    def __init__(self, name: str, args: ApiFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:ApiFunction", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        logs = aws.cloudwatch.LogGroup(f"{name}-logs", retention_in_days=args.log_retention_days, opts=child)
        role = aws.iam.Role(f"{name}-role", assume_role_policy=pulumi.Output.json_dumps(_TRUST), opts=child)
        policy = aws.iam.RolePolicy(f"{name}-policy", role=role.id, policy=_execution_policy(logs), opts=child)
        function = aws.lambda_.Function(
            f"{name}-function",
            role=role.arn,
            package_type="Zip",
            code=pulumi.FileArchive(str(args.package)),
            handler=args.entry_point,
            runtime=f"python{args.python_version}",
            architectures=[args.architecture],
            memory_size=args.memory_mb,
            timeout=args.timeout_seconds,
            reserved_concurrent_executions=args.reserved_concurrency,
            environment={"variables": dict(args.environment)},
            logging_config={
                "log_format": "JSON",
                "log_group": logs.name,
                "application_log_level": "WARN" if args.log_level == "WARNING" else args.log_level,
                "system_log_level": "INFO",  # with the report of every call: duration, memory, cold start
            },
            tracing_config={"mode": "Active"},
            # Without its policy the first calls would leave no log.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )

        self.name = function.name
        self.invoke_arn = function.invoke_arn
        self.log_group = logs.name
        self.reserved_concurrency = args.reserved_concurrency
        self.register_outputs(
            {
                "name": self.name,
                "invoke_arn": self.invoke_arn,
                "log_group": self.log_group,
                "reserved_concurrency": self.reserved_concurrency,
            }
        )


def _execution_policy(logs: aws.cloudwatch.LogGroup) -> pulumi.Output[str]:
    """Write to the streams of this log group, and send traces. X-Ray knows no resources: its `*` is all there is."""
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "WriteOwnLogs",
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": pulumi.Output.concat(logs.arn, ":*"),
                },
                {
                    "Sid": "SendTraces",
                    "Effect": "Allow",
                    "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
                    "Resource": "*",
                },
            ],
        }
    )
