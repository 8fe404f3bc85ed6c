"""Triggers of the user pool: a function for each one that is switched on."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

import pulumi
import pulumi_aws as aws

from . import execution_role
from .api_function import Architecture, PythonVersion, environment_size, not_zero
from .arguments import (
    Problem,
    between,
    checked,
    distinct,
    each_entry,
    frozen,
    keys,
    matching,
    sized,
    typed,
    validate,
)
from .execution_role import StatementArgs
from .formats import email_domain, group_name, retention_days, scope_name


def environments_fit(
    group_scopes: Mapping[str, Sequence[str]], sign_up_email_domains: Sequence[str]
) -> Iterator[Problem]:
    """Lambda: 4 KB of environment. Group scopes and domains stand in the environments of their triggers."""
    for name, environment in {
        "group_scopes": _scopes_environment(group_scopes),
        "sign_up_email_domains": _domains_environment(sign_up_email_domains),
    }.items():
        size = environment_size(environment)
        if size > 4096:
            rule = f"take at most 4096 bytes of environment, and takes {size}"
            yield Problem((name,), rule, None, "use fewer or shorter entries")


@frozen
class TriggersArgs:
    """Which triggers there are, and what each needs to know."""

    group_scopes: Mapping[str, Sequence[str]] = field(
        default_factory=dict,
        metadata=checked(
            keys(group_name), each_entry(distinct, each_entry(scope_name)), example={"admin": ["api/reports.read"]}
        ),
    )
    """Scopes that the users of a group get, by group, when they sign in through Cognito's API (SRP, a password, a
    passkey). A client of the sign-in page asks for its scopes itself."""
    sign_up_email_domains: Sequence[str] = field(
        default=(), metadata=checked(sized(0, 100), distinct, each_entry(email_domain), example=["example.com"])
    )
    """The only domains whose email addresses may have an account, whoever creates it. Empty: any domain."""
    default_group: str = field(
        default="",
        metadata=checked(matching(r"[A-Za-z0-9_.+=@-]{1,128}", "be the name of a group", empty=True), example="member"),
    )
    """Group that new users join once they have confirmed their account. Empty: none."""
    trigger_concurrency: int = field(default=-1, metadata=checked(between(-1, 100_000), not_zero, example=20))
    """Concurrent calls that are reserved for each trigger's function, and its limit: beyond it, sign-ins or sign-ups
    fail. -1: they share the account's."""

    def __post_init__(self) -> None:
        validate(self, environments_fit)


@frozen
class PoolTriggersArgs:
    """Which triggers there are, and what their functions run on."""

    package: pulumi.Archive
    """Zip with the code of all triggers."""
    triggers: TriggersArgs = field(default_factory=TriggersArgs)
    """The triggers that are switched on."""
    architecture: Architecture = Architecture.ARM64
    """Processor of the functions."""
    python_version: PythonVersion = PythonVersion.PYTHON_3_13
    """Python version of the functions."""
    tracing: bool = True
    """X-Ray traces the calls."""
    log_retention_days: int = field(default=365, metadata=checked(retention_days))
    """Days that the functions' logs are kept."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts logs and environments. None: a key that AWS owns."""

    def __post_init__(self) -> None:
        validate(self)


@frozen
class PoolTriggerArgs:
    """A trigger as its pool needs it."""

    name: pulumi.Input[str]
    """Name of the function."""
    arn: pulumi.Input[str]
    """ARN of the function."""
    role: pulumi.Input[str]
    """Name of the function's role."""
    pool_actions: Sequence[str] = ()
    """Actions that the role may do to the pool, as `cognito-idp:AdminAddUserToGroup`."""


@frozen
class _Code:
    """The function that runs for one trigger."""

    environment: Mapping[str, str]
    memory_mb: int = 256
    pool_actions: Sequence[str] = ()


class PoolTriggers(pulumi.ComponentResource):
    """Functions of the triggers. None of them may do anything to the pool, which does not exist yet."""

    function_names: Mapping[str, pulumi.Output[str]]
    """Name of each function, by trigger."""
    function_arns: Mapping[str, pulumi.Output[str]]
    """ARN of each function, by trigger."""
    role_names: Mapping[str, pulumi.Output[str]]
    """Name of each function's role, by trigger."""

    def __init__(self, name: str, args: PoolTriggersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:PoolTriggers", name, None, opts)
        args = typed(PoolTriggersArgs, args)
        child = pulumi.ResourceOptions(parent=self)
        code = _switched_on(args.triggers)
        roles: dict[str, aws.iam.Role] = {}
        functions: dict[str, aws.lambda_.Function] = {}
        for trigger, runs in code.items():
            entry_point = f"triggers.{trigger}.lambda_handler"
            prefix = f"{name}-{trigger.replace('_', '-')}"
            roles[trigger], functions[trigger] = _function(prefix, entry_point, runs, args, child)

        self._pool_actions = {trigger: runs.pool_actions for trigger, runs in code.items()}
        self.function_names = {trigger: each.name for trigger, each in functions.items()}
        self.function_arns = {trigger: each.arn for trigger, each in functions.items()}
        self.role_names = {trigger: each.id for trigger, each in roles.items()}
        self.register_outputs(
            {
                "function_names": self.function_names,
                "function_arns": self.function_arns,
                "role_names": self.role_names,
            }
        )

    @property
    def triggers(self) -> Mapping[str, PoolTriggerArgs]:
        """The triggers as `AuthPoolArgs` takes them."""
        return {
            trigger: PoolTriggerArgs(
                name=self.function_names[trigger],
                arn=self.function_arns[trigger],
                role=self.role_names[trigger],
                pool_actions=actions,
            )
            for trigger, actions in self._pool_actions.items()
        }


def _domains_environment(domains: Sequence[str]) -> dict[str, str]:
    return {"SIGN_UP_EMAIL_DOMAINS": json.dumps(sorted(domains))}


def _scopes_environment(scopes: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {"GROUP_SCOPES": json.dumps({group: list(each) for group, each in sorted(scopes.items())})}


def _switched_on(args: TriggersArgs) -> dict[str, _Code]:
    """Return what runs for each trigger, by the name of its module."""
    triggers: dict[str, _Code] = {}
    if args.sign_up_email_domains:
        triggers["pre_sign_up"] = _Code(environment=_domains_environment(args.sign_up_email_domains))
    if args.default_group:
        triggers["post_confirmation"] = _Code(
            environment={"DEFAULT_GROUP": args.default_group},
            memory_mb=512,  # importing boto3 with less of a processor takes most of the 5 seconds that Cognito waits
            pool_actions=["cognito-idp:AdminAddUserToGroup"],
        )
    if args.group_scopes:
        triggers["pre_token_generation"] = _Code(environment=_scopes_environment(args.group_scopes))
    return triggers


def _function(
    name: str, entry_point: str, code: _Code, args: PoolTriggersArgs, opts: pulumi.ResourceOptions
) -> tuple[aws.iam.Role, aws.lambda_.Function]:
    logs = aws.cloudwatch.LogGroup(
        f"{name}-logs", retention_in_days=args.log_retention_days, kms_key_id=args.kms_key_arn, opts=opts
    )
    role = aws.iam.Role(f"{name}-role", assume_role_policy=execution_role.TRUST, opts=opts)
    decrypt = [execution_role.decrypt(args.kms_key_arn)] if args.kms_key_arn else []
    trace = [execution_role.send_traces()] if args.tracing else []
    rights = execution_role.policy([execution_role.write_logs(logs.arn), *trace, *decrypt])
    policy = aws.iam.RolePolicy(f"{name}-policy", role=role.id, policy=rights, opts=opts)
    function = aws.lambda_.Function(
        f"{name}-function",
        role=role.arn,
        package_type="Zip",
        code=args.package,
        handler=entry_point,
        runtime=f"python{args.python_version.value}",
        architectures=[args.architecture.value],
        memory_size=code.memory_mb,
        timeout=5,  # Cognito waits no longer
        reserved_concurrent_executions=args.triggers.trigger_concurrency,
        tracing_config={"mode": "Active" if args.tracing else "PassThrough"},
        environment={"variables": dict(code.environment)},
        kms_key_arn=args.kms_key_arn,
        logging_config={
            "log_format": "JSON",
            "log_group": logs.name,
            "application_log_level": "INFO",
            "system_log_level": "INFO",
        },
        # Without its policy the first calls would leave no log.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[policy])),
    )
    return role, function


def lambda_config(triggers: Mapping[str, PoolTriggerArgs]) -> aws.cognito.UserPoolLambdaConfigArgs | None:
    """Return the triggers as the pool takes them."""
    if not triggers:
        return None
    arns = {trigger: each.arn for trigger, each in triggers.items()}
    config = aws.cognito.UserPoolLambdaConfigArgs(
        pre_sign_up=arns.get("pre_sign_up"), post_confirmation=arns.get("post_confirmation")
    )
    if "pre_token_generation" in arns:
        # Version 2 brings the access token, and needs the tier ESSENTIALS or PLUS; version 1 has the ID token only.
        config.pre_token_generation_config = aws.cognito.UserPoolLambdaConfigPreTokenGenerationConfigArgs(
            lambda_arn=arns["pre_token_generation"], lambda_version="V2_0"
        )
    return config


def allow_invoke(
    name: str, pool: aws.cognito.UserPool, triggers: Mapping[str, PoolTriggerArgs], opts: pulumi.ResourceOptions
) -> None:
    """Let this pool, and no other, call its triggers, and let a trigger do to this pool what it is there for.

    This follows the pool, which needs the functions first.
    """
    for key, trigger in triggers.items():
        suffix = key.replace("_", "-")
        aws.lambda_.Permission(
            f"{name}-permission-{suffix}",
            action="lambda:InvokeFunction",
            function=trigger.name,
            principal="cognito-idp.amazonaws.com",
            source_arn=pool.arn,  # without it, anybody's pool could call the function
            opts=opts,
        )
        if trigger.pool_actions:
            statement = StatementArgs(sid="ServeThisPool", actions=trigger.pool_actions, resources=[pool.arn])
            aws.iam.RolePolicy(
                f"{name}-policy-{suffix}",
                role=trigger.role,
                policy=execution_role.policy([statement]),
                opts=opts,
            )
