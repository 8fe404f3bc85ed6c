"""A function behind the API: its role, its log group, its versions, and the alias that callers reach."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum

import pulumi
import pulumi_aws as aws

from . import execution_role
from .arguments import (
    Path,
    Problem,
    Set,
    between,
    checked,
    distinct,
    each_entry,
    frozen,
    keys,
    sized,
    typed,
    validate,
)
from .execution_role import StatementArgs
from .formats import retention_days, secret_name, secret_reference, security_group_id, subnet_id

ALIAS = "live"
# Lambda keeps these for itself and refuses a function that sets them ("Defined runtime environment variables").
_RESERVED_PREFIX = "AWS_"
_RESERVED = frozenset({"_HANDLER", "_X_AMZN_TRACE_ID", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"})
_ENVIRONMENT_BYTES = 4096  # Lambda quota: all names and values


class Architecture(StrEnum):
    """Processor of a function."""

    ARM64 = "arm64"
    X86_64 = "x86_64"


class PythonVersion(StrEnum):
    """Python runtimes of Lambda that have SnapStart and Amazon Linux 2023."""

    PYTHON_3_12 = "3.12"
    PYTHON_3_13 = "3.13"
    PYTHON_3_14 = "3.14"


class LogLevel(StrEnum):
    """Least severity that is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


def not_zero(value: int) -> Iterator[tuple[Path, str]]:
    """Check that the number is not 0, with which Lambda would refuse every call."""
    if value == 0:
        yield (), "be -1, or at least 1"


def _unreserved(environment: Mapping[str, pulumi.Input[str]]) -> Iterator[tuple[Path, str]]:
    reserved = [key for key in environment if key in _RESERVED or key.startswith(_RESERVED_PREFIX)]
    if reserved:
        yield (), f"not set what Lambda reserves, {', '.join(sorted(reserved))}"


def environment_size(environment: Mapping[str, pulumi.Input[str]]) -> int:
    """Return the bytes of names and values. The length of an Output is not known yet and counts as 0."""
    return sum(
        len(key.encode()) + (len(value.encode()) if isinstance(value, str) else 0) for key, value in environment.items()
    )


def provisioned_fits_into_reserved(provisioned_concurrency: int, reserved_concurrency: int) -> Iterator[Problem]:
    """Lambda takes provisioned concurrency out of the reserved."""
    if provisioned_concurrency > reserved_concurrency >= 0:
        rule = f"be at most reserved_concurrency, {reserved_concurrency}"
        fix = Set(("provisioned_concurrency",), reserved_concurrency)
        yield Problem(("provisioned_concurrency",), rule, provisioned_concurrency, fix)


@frozen
class FunctionSizeArgs:
    """The settings that each function has of its own."""

    memory_mb: int = field(default=512, metadata=checked(between(128, 10_240)))
    """Memory of the function in MB, 128 to 10240. Its share of the processor grows with it."""
    # API Gateway gives up at 30 seconds.
    timeout_seconds: int = field(default=10, metadata=checked(between(3, 29)))
    """Maximum duration of a call in seconds, 3 to 29. API Gateway gives up at 30."""
    reserved_concurrency: int = field(default=-1, metadata=checked(between(-1, 100_000), not_zero, example=10))
    """Concurrent calls that are reserved for the function, and its limit. -1: it shares the account's."""
    provisioned_concurrency: int = field(default=0, metadata=checked(between(0, 100_000), example=5))
    """Environments that are kept started, and paid for while idle. 0: none."""
    secret_references: Mapping[str, str] = field(
        default_factory=dict,
        metadata=checked(
            keys(secret_name), each_entry(secret_reference), example={"PAYMENT_KEY": "/secure-api/prod/payment-key"}
        ),
    )
    """For each name that the code asks for, the parameter (/path) or secret of AWS that holds the value."""

    def __post_init__(self) -> None:
        validate(self, provisioned_fits_into_reserved)


def versions_are_reached_by_the_alias(
    live_alias: bool,
    snap_start: bool,
    shift_traffic: bool,
    provisioned_concurrency: int,
) -> Iterator[Problem]:
    """Snapshots, started environments and weights belong to versions, which callers reach through the alias only."""
    wants = {
        "snap_start": snap_start,
        "shift_traffic": shift_traffic,
        "provisioned_concurrency": provisioned_concurrency > 0,
    }
    for name, wanted in wants.items():
        if wanted and not live_alias:
            fix = Set(("live_alias",), value=True)
            yield Problem(("live_alias",), f"be true with {name}", value=False, fix=fix)


def snapshots_exclude_provisioned(snap_start: bool, provisioned_concurrency: int) -> Iterator[Problem]:
    """Lambda takes one of the two ("Lambda SnapStart", supported features and limitations)."""
    if snap_start and provisioned_concurrency:
        fix = Set(("provisioned_concurrency",), 0)
        yield Problem(("provisioned_concurrency",), "be 0 with snap_start", provisioned_concurrency, fix)


def vpc_is_complete(vpc_subnets: Sequence[str], vpc_security_groups: Sequence[str]) -> Iterator[Problem]:
    """With one of the two alone Lambda leaves the function outside the VPC."""
    if vpc_subnets and not vpc_security_groups:
        fix = Set(("vpc_security_groups", 0), "sg-0123456789abcdef0")
        yield Problem(("vpc_security_groups",), "be set with vpc_subnets", None, fix)
    if vpc_security_groups and not vpc_subnets:
        fix = Set(("vpc_subnets", 0), "subnet-0123456789abcdef0")
        yield Problem(("vpc_subnets",), "be set with vpc_security_groups", None, fix)


OPTION_RULES = (
    provisioned_fits_into_reserved,
    versions_are_reached_by_the_alias,
    snapshots_exclude_provisioned,
    vpc_is_complete,
)


@frozen
class FunctionOptionsArgs(FunctionSizeArgs):
    """The instruction set that the function runs on."""

    architecture: Architecture = Architecture.ARM64
    """Processor of the function: arm64 or x86_64."""
    python_version: PythonVersion = PythonVersion.PYTHON_3_13
    """Python version of the function: 3.12, 3.13 or 3.14."""
    snap_start: bool = False
    """Lambda starts the function from a snapshot, for a charge. Excludes provisioned concurrency."""
    live_alias: bool = True
    """Each change is a version, which the API calls by the alias live. Off, the API calls the newest code."""
    shift_traffic: bool = False
    """A deployment publishes its version without traffic; a release then moves the traffic by weight."""
    tracing: bool = True
    """X-Ray traces the calls. Off, the function may not send traces."""
    log_level: LogLevel = LogLevel.INFO
    """Least severity that the function logs: DEBUG, INFO, WARNING or ERROR. Refusals are WARNING."""
    vpc_subnets: Sequence[str] = field(
        default=(),
        metadata=checked(sized(0, 16), distinct, each_entry(subnet_id), example=["subnet-0123456789abcdef0"]),
    )
    """Private subnets of the function. They need a NAT gateway, or the function cannot fetch signing keys."""
    vpc_security_groups: Sequence[str] = field(
        default=(),
        metadata=checked(sized(0, 5), distinct, each_entry(security_group_id), example=["sg-0123456789abcdef0"]),
    )
    """Security groups of the function in its subnets. They must allow outgoing HTTPS."""

    def __post_init__(self) -> None:
        validate(self, *OPTION_RULES)


def environment_fits(environment: Mapping[str, pulumi.Input[str]], options: FunctionOptionsArgs) -> Iterator[Problem]:
    """Lambda refuses a function whose names and values take more than 4 KB."""
    size = environment_size({**environment, **secret_variables(options)})
    if size > _ENVIRONMENT_BYTES:
        yield Problem(("environment",), f"have at most {_ENVIRONMENT_BYTES} bytes with secret_references", size)


def secret_variables(options: FunctionSizeArgs) -> dict[str, str]:
    """Return the environment variables that say where each secret is; the secrets themselves are not in them."""
    return {f"SECRET_{name}": reference for name, reference in options.secret_references.items()}


@frozen
class ApiFunctionArgs:
    """Arguments of a function. Raises ArgumentsError for what Lambda would refuse half-way."""

    package: pulumi.Archive
    """Zip with the code."""
    entry_point: str
    """The handler, as `handler.app.lambda_handler`."""
    environment: Mapping[str, pulumi.Input[str]] = field(metadata=checked(_unreserved))
    """Environment variables."""
    options: FunctionOptionsArgs = field(default_factory=FunctionOptionsArgs)
    """The function's memory, time-out, processor and concurrency."""
    log_retention_days: int = field(default=365, metadata=checked(retention_days))
    """Days that the log is kept."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the log and the environment. None: a key that AWS owns."""
    statements: Sequence[StatementArgs] = ()
    """Further rights of the function's role."""

    def __post_init__(self) -> None:
        validate(self, environment_fits)

    @property
    def variables(self) -> dict[str, pulumi.Input[str]]:
        """The environment as the function sees it, with the place of each secret."""
        return {**self.environment, **secret_variables(self.options)}


class ApiFunction(pulumi.ComponentResource):
    """A Python function that may write its own logs and traces, read its own secrets, and do what `statements` say."""

    name: pulumi.Output[str]
    """Name of the function."""
    invoke_arn: pulumi.Output[str]
    """ARN by which API Gateway invokes the function or its alias."""
    log_group: pulumi.Output[str]
    """Name of the log group."""
    reserved_concurrency: int
    """Concurrent calls that are reserved for it, -1 for none."""
    qualifier: pulumi.Output[str] | None
    """Name of the alias. None: callers use the function itself."""
    version: pulumi.Output[str]
    """The newest version, or `$LATEST`."""

    def __init__(self, name: str, args: ApiFunctionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:ApiFunction", name, None, opts)
        args = typed(ApiFunctionArgs, args)
        child = pulumi.ResourceOptions(parent=self)
        options = args.options

        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs", retention_in_days=args.log_retention_days, kms_key_id=args.kms_key_arn, opts=child
        )
        role = aws.iam.Role(f"{name}-role", assume_role_policy=execution_role.TRUST, opts=child)
        policy = aws.iam.RolePolicy(
            f"{name}-policy", role=role.id, policy=execution_role.policy(_rights(args, logs.arn)), opts=child
        )
        function = aws.lambda_.Function(
            f"{name}-function",
            role=role.arn,
            package_type="Zip",
            code=args.package,
            handler=args.entry_point,
            runtime=f"python{options.python_version.value}",
            architectures=[options.architecture.value],
            memory_size=options.memory_mb,
            timeout=options.timeout_seconds,
            reserved_concurrent_executions=options.reserved_concurrency,
            environment={"variables": args.variables},
            kms_key_arn=args.kms_key_arn,
            vpc_config=_vpc(options),
            publish=options.live_alias,
            snap_start={"apply_on": "PublishedVersions"} if options.snap_start else None,
            logging_config={
                "log_format": "JSON",
                "log_group": logs.name,
                "application_log_level": "WARN" if options.log_level is LogLevel.WARNING else options.log_level.value,
                "system_log_level": "INFO",  # with the report of every call: duration, memory, cold start
            },
            tracing_config={"mode": "Active" if options.tracing else "PassThrough"},
            # Without its policy the first calls would leave no log, and Lambda could not join a VPC.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[policy]),
        )
        alias = self._alias(name, function, options) if options.live_alias else None

        self.name = function.name
        self.invoke_arn = alias.invoke_arn if alias else function.invoke_arn
        self.qualifier = alias.name if alias else None
        self.version = function.version
        self.log_group = logs.name
        self.reserved_concurrency = options.reserved_concurrency
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

    def _alias(self, name: str, function: aws.lambda_.Function, options: FunctionOptionsArgs) -> aws.lambda_.Alias:
        """Make the alias, the name that callers use while versions come and go."""
        # A release moves the alias and describes itself there, and its work must outlast the next deployment.
        ignored = ["function_version", "routing_config", "description"] if options.shift_traffic else None
        alias = aws.lambda_.Alias(
            f"{name}-live",
            name=ALIAS,
            function_name=function.name,
            function_version=function.version,
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=ignored),
        )
        if options.provisioned_concurrency:
            aws.lambda_.ProvisionedConcurrencyConfig(
                f"{name}-provisioned",
                function_name=function.name,
                qualifier=alias.name,
                provisioned_concurrent_executions=options.provisioned_concurrency,
                opts=pulumi.ResourceOptions(parent=self),
            )
        return alias


def _rights(args: ApiFunctionArgs, log_arn: pulumi.Output[str]) -> list[StatementArgs]:
    return [
        execution_role.write_logs(log_arn),
        *([execution_role.send_traces()] if args.options.tracing else []),
        *(execution_role.join_vpc(log_arn) if args.options.vpc_subnets else []),
        *([execution_role.decrypt(args.kms_key_arn)] if args.kms_key_arn is not None else []),
        *execution_role.read_secrets(args.options.secret_references.values(), log_arn),
        *args.statements,
    ]


def _vpc(options: FunctionOptionsArgs) -> aws.lambda_.FunctionVpcConfigArgs | None:
    if not options.vpc_subnets:
        return None
    return aws.lambda_.FunctionVpcConfigArgs(
        subnet_ids=list(options.vpc_subnets), security_group_ids=list(options.vpc_security_groups)
    )
