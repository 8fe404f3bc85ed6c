"""A function behind the API: its role, its log group, itself, and the alias that callers reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from components import execution_role
from components.execution_role import Statement

ALIAS = "live"
# Lambda keeps these for itself and refuses a function that sets them ("Defined runtime environment variables").
_RESERVED_PREFIX = "AWS_"
_RESERVED = frozenset({"_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"})
_NO_SNAP_START = frozenset({"3.9", "3.10", "3.11"})  # "Supported runtimes": Python 3.12 and newer


@dataclass(frozen=True, kw_only=True)
class ApiFunctionArgs:
    """What runs, with how much, and what it may reach. Memory in MB, timeout in seconds, log retention in days.

    `reserved_concurrency` -1 shares the account's. `live_alias` publishes every change as a version behind the alias
    `live`; with `shift_traffic` a deployment leaves the alias where it is, for a release to move by weight.
    `secret_references` has a parameter's or secret's name or ARN for each name that the code asks for; only that
    reference is in the environment. `statements` is what else the role may do. ValueError for what Lambda would refuse
    half-way.
    """

    package: Path
    entry_point: str
    environment: Mapping[str, pulumi.Input[str]]
    architecture: str = "arm64"
    python_version: str = "3.13"
    memory_mb: int = 512
    timeout_seconds: int = 10
    reserved_concurrency: int = -1
    provisioned_concurrency: int = 0
    snap_start: bool = False
    live_alias: bool = True
    shift_traffic: bool = False
    tracing: bool = True
    log_level: str = "INFO"
    log_retention_days: int = 365
    vpc_subnets: Sequence[str] = ()
    vpc_security_groups: Sequence[str] = ()
    kms_key_arn: pulumi.Input[str] | None = None
    secret_references: Mapping[str, str] = field(default_factory=dict)
    statements: Sequence[Statement] = ()

    def __post_init__(self) -> None:
        reserved = [key for key in self.environment if key in _RESERVED or key.startswith(_RESERVED_PREFIX)]
        if reserved:
            raise ValueError(f"environment must not set what Lambda reserves, got {', '.join(sorted(reserved))}")
        # Lambda quota: 4 KB of names and values. Of an Output the length is not known yet.
        size = sum(len(key) + len(value) for key, value in self.variables.items() if isinstance(value, str))
        if size > 4096:
            raise ValueError(f"environment must be 4096 bytes at most, got {size}")
        if bool(self.vpc_subnets) != bool(self.vpc_security_groups):
            raise ValueError("a function in a VPC must have both vpc_subnets and vpc_security_groups, got one of them")
        if self.snap_start and self.provisioned_concurrency:
            raise ValueError("snap_start and provisioned_concurrency exclude each other, got both")
        if self.snap_start and self.python_version in _NO_SNAP_START:
            raise ValueError(f"snap_start must have Python 3.12 or newer, got {self.python_version}")
        if not self.live_alias and (self.snap_start or self.provisioned_concurrency or self.shift_traffic):
            raise ValueError(
                "live_alias must be on for snap_start, provisioned_concurrency or shift_traffic, got it off"
            )
        if self.provisioned_concurrency > self.reserved_concurrency >= 0:
            raise ValueError(
                f"provisioned_concurrency must fit into reserved_concurrency {self.reserved_concurrency}, "
                f"got {self.provisioned_concurrency}"
            )

    @property
    def variables(self) -> dict[str, pulumi.Input[str]]:
        """The environment as the function sees it: what was given, and where each secret stands."""
        return {
            **self.environment,
            **{f"SECRET_{name}": reference for name, reference in self.secret_references.items()},
        }


class ApiFunction(pulumi.ComponentResource):
    """A Python function that may write its own logs and traces, read its own secrets, and what it is given besides.

    `qualifier` is what callers must name, None without an alias; `version` the newest one, or `$LATEST`.
    """

    name: pulumi.Output[str]
    invoke_arn: pulumi.Output[str]
    log_group: pulumi.Output[str]
    reserved_concurrency: int
    qualifier: pulumi.Output[str] | None
    version: pulumi.Output[str]

    def __init__(self, name: str, args: ApiFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:ApiFunction", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs", retention_in_days=args.log_retention_days, kms_key_id=args.kms_key_arn, opts=child
        )
        role = aws.iam.Role(
            f"{name}-role", assume_role_policy=pulumi.Output.json_dumps(execution_role.TRUST), opts=child
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy", role=role.id, policy=execution_role.policy(_rights(args, logs.arn)), opts=child
        )
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
            environment={"variables": args.variables},
            kms_key_arn=args.kms_key_arn,
            vpc_config=_vpc(args),
            publish=args.live_alias,
            snap_start={"apply_on": "PublishedVersions"} if args.snap_start else None,
            logging_config={
                "log_format": "JSON",
                "log_group": logs.name,
                "application_log_level": "WARN" if args.log_level == "WARNING" else args.log_level,
                "system_log_level": "INFO",  # with the report of every call: duration, memory, cold start
            },
            tracing_config={"mode": "Active" if args.tracing else "PassThrough"},
            # Without its policy the first calls would leave no log, and Lambda could not join a VPC.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        alias = self._alias(name, function, args) if args.live_alias else None

        self.name = function.name
        self.invoke_arn = alias.invoke_arn if alias else function.invoke_arn
        self.qualifier = alias.name if alias else None
        self.version = function.version
        self.log_group = logs.name
        self.reserved_concurrency = args.reserved_concurrency
        self.register_outputs(
            {
                "name": self.name,
                "invoke_arn": self.invoke_arn,
                "log_group": self.log_group,
                "reserved_concurrency": self.reserved_concurrency,
                "qualifier": self.qualifier,
                "version": self.version,
            }
        )

    def released(self, alarms: Mapping[str, pulumi.Output[str]]) -> dict[str, Any]:
        """Return what `python -m operations release` needs: the function, its alias and the alarms that stop it."""
        return {"function": self.name, "alias": self.qualifier, "alarms": list(alarms.values())}

    def _alias(self, name: str, function: aws.lambda_.Function, args: ApiFunctionArgs) -> aws.lambda_.Alias:
        """The name that callers hold on to while versions come and go."""
        # Where a release shifts traffic, what it did must outlast the next deployment.
        theirs = ["function_version", "routing_config"] if args.shift_traffic else None
        alias = aws.lambda_.Alias(
            f"{name}-live",
            name=ALIAS,
            function_name=function.name,
            function_version=function.version,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=theirs),
        )
        if args.provisioned_concurrency:
            aws.lambda_.ProvisionedConcurrencyConfig(
                f"{name}-provisioned",
                function_name=function.name,
                qualifier=alias.name,
                provisioned_concurrent_executions=args.provisioned_concurrency,
                opts=pulumi.ResourceOptions(parent=self),
            )
        return alias


def _rights(args: ApiFunctionArgs, log_arn: pulumi.Output[str]) -> list[Statement]:
    return [
        execution_role.write_logs(log_arn),
        *([execution_role.send_traces()] if args.tracing else []),
        *(execution_role.join_vpc(log_arn) if args.vpc_subnets else []),
        *([execution_role.decrypt(args.kms_key_arn)] if args.kms_key_arn is not None else []),
        *execution_role.read_secrets(args.secret_references.values(), log_arn),
        *args.statements,
    ]


def _vpc(args: ApiFunctionArgs) -> aws.lambda_.FunctionVpcConfigArgs | None:
    if not args.vpc_subnets:
        return None
    return aws.lambda_.FunctionVpcConfigArgs(
        subnet_ids=list(args.vpc_subnets), security_group_ids=list(args.vpc_security_groups)
    )
