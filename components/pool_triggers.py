"""What the user pool calls on the way to an account and a token: a function for each trigger that is switched on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components import execution_role


@dataclass(frozen=True, kw_only=True)
class PoolTriggersArgs:
    """Which triggers there are. Each of the first three switches one on; `package` holds the code of all.

    `group_scopes` maps a group to the scopes that its users' tokens get, `sign_up_email_domains` are the only ones with
    accounts, `default_group` is what new users join. ValueError for a domain that no address could match.
    """

    group_scopes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sign_up_email_domains: Sequence[str] = field(default_factory=list)
    default_group: str = ""
    package: Path
    architecture: str = "arm64"
    python_version: str = "3.13"
    log_retention_days: int = 365
    kms_key_arn: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        for domain in self.sign_up_email_domains:
            if domain != domain.lower() or not domain.isascii():  # the trigger compares in lower case
                raise ValueError(f"sign_up_email_domains must be lower case in ASCII, got {domain!r}")
        for scope in {scope for scopes in self.group_scopes.values() for scope in scopes}:
            if scope != "".join(scope.split()):  # Cognito: no blank in a scope that a trigger adds
                raise ValueError(f"group_scopes must hold scopes without blanks, got {scope!r}")


@dataclass(frozen=True, kw_only=True)
class PoolTrigger:
    """A trigger as its pool needs it: the function, its role, and what the role may do to the pool."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]
    role: pulumi.Output[str]
    pool_actions: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class _Code:
    """What runs for one trigger."""

    environment: Mapping[str, str]
    memory_mb: int = 128
    pool_actions: Sequence[str] = ()


class PoolTriggers(pulumi.ComponentResource):
    """The triggers' functions by name; none may do anything to the pool, which does not exist yet."""

    functions: Mapping[str, PoolTrigger]

    def __init__(self, name: str, args: PoolTriggersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:PoolTriggers", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        self.functions = {
            trigger: _trigger(
                f"{name}-{trigger.replace('_', '-')}", f"triggers.{trigger}.lambda_handler", code, args, child
            )
            for trigger, code in _switched_on(args).items()
        }
        self.register_outputs({"functions": {trigger: each.arn for trigger, each in self.functions.items()}})


def _switched_on(args: PoolTriggersArgs) -> dict[str, _Code]:
    """What runs for each trigger, by the name of its module."""
    triggers: dict[str, _Code] = {}
    if args.sign_up_email_domains:
        domains = {"SIGN_UP_EMAIL_DOMAINS": json.dumps(sorted(args.sign_up_email_domains))}
        triggers["pre_sign_up"] = _Code(environment=domains)
    if args.default_group:
        triggers["post_confirmation"] = _Code(
            environment={"DEFAULT_GROUP": args.default_group},
            memory_mb=512,  # importing boto3 with less of a processor takes most of the 5 seconds that Cognito waits
            pool_actions=["cognito-idp:AdminAddUserToGroup"],
        )
    if args.group_scopes:
        scopes = {"GROUP_SCOPES": json.dumps({group: list(each) for group, each in sorted(args.group_scopes.items())})}
        triggers["pre_token_generation"] = _Code(environment=scopes)
    return triggers


def _trigger(
    name: str, entry_point: str, code: _Code, args: PoolTriggersArgs, opts: pulumi.ResourceOptions
) -> PoolTrigger:
    logs = aws.cloudwatch.LogGroup(
        f"{name}-logs", retention_in_days=args.log_retention_days, kms_key_id=args.kms_key_arn, opts=opts
    )
    role = aws.iam.Role(f"{name}-role", assume_role_policy=pulumi.Output.json_dumps(execution_role.TRUST), opts=opts)
    decrypt = [execution_role.decrypt(args.kms_key_arn)] if args.kms_key_arn else []
    rights = execution_role.policy([execution_role.write_logs(logs.arn), *decrypt])
    policy = aws.iam.RolePolicy(f"{name}-policy", role=role.id, policy=rights, opts=opts)
    function = aws.lambda_.Function(
        f"{name}-function",
        role=role.arn,
        package_type="Zip",
        code=pulumi.FileArchive(str(args.package)),
        handler=entry_point,
        runtime=f"python{args.python_version}",
        architectures=[args.architecture],
        memory_size=code.memory_mb,
        timeout=5,  # Cognito waits no longer
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
    return PoolTrigger(name=function.name, arn=function.arn, role=role.id, pool_actions=code.pool_actions)


def lambda_config(triggers: Mapping[str, PoolTrigger]) -> aws.cognito.UserPoolLambdaConfigArgs | None:
    """What tells a pool to call them."""
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


def admit(
    name: str, pool: aws.cognito.UserPool, triggers: Mapping[str, PoolTrigger], opts: pulumi.ResourceOptions
) -> None:
    """Let this pool, and no other, call its triggers, and let a trigger do to this pool what it is there for.

    After the pool, which needs the functions first.
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
            actions = {"Sid": "ServeThisPool", "Effect": "Allow", "Action": list(trigger.pool_actions)}
            aws.iam.RolePolicy(
                f"{name}-policy-{suffix}",
                role=trigger.role,
                policy=execution_role.policy([{**actions, "Resource": pool.arn}]),
                opts=opts,
            )
