"""Read the unchangeable properties of a user pool from Cognito, and keep them in Pulumi.<stack>.pool.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from components.auth_pool import UserPoolTier
from components.custom_attributes import AttributeType
from components.second_factors import AccountRecovery
from local.provider import client
from operations.needs import needs_of
from settings.pool_record import Attribute, Deployed, PoolRecord, path_of, recorded
from stacks.command_line import CommandError

_PREFIX = "custom:"


def describe(outputs: Mapping[str, Any], *, whole: bool) -> PoolRecord:
    """Describe the pool that a stack's outputs name, `whole` with what deployments change. CommandError if refused."""
    region, pool_id = outputs["region"], outputs["userPoolId"]
    try:
        endpoint = outputs.get("awsEndpointUrl")
        cognito = (
            client(endpoint, region, "cognito-idp") if endpoint else boto3.client("cognito-idp", region_name=region)
        )
        pool = cognito.describe_user_pool(UserPoolId=pool_id)["UserPool"]
        deployed = _deployed(cognito, outputs, pool) if whole else None
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"Cognito must describe pool {pool_id}, got: {' '.join(str(error).split())}") from None
    return PoolRecord(
        user_pool_id=pool_id,
        aws_region=region,
        username_attributes=sorted(pool.get("UsernameAttributes", [])),
        alias_attributes=sorted(pool.get("AliasAttributes", [])),
        case_sensitive=pool.get("UsernameConfiguration", {}).get("CaseSensitive", True),  # Cognito's own default
        custom_attributes={
            each["Name"].removeprefix(_PREFIX): Attribute(
                type=AttributeType(each["AttributeDataType"]), mutable=each["Mutable"]
            )
            for each in sorted(pool["SchemaAttributes"], key=lambda each: str(each["Name"]))
            if each["Name"].startswith(_PREFIX)
        },
        deployed=deployed,
    )


def _deployed(cognito: Any, outputs: Mapping[str, Any], pool: Mapping[str, Any]) -> Deployed:
    pool_id = outputs["userPoolId"]
    mechanisms = pool.get("AccountRecoverySetting", {}).get("RecoveryMechanisms", [])
    by_administrators = [each["Name"] for each in mechanisms] == ["admin_only"]
    pages = cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool_id)
    ids = [client["ClientId"] for page in pages for client in page["UserPoolClients"]]
    clients = [cognito.describe_user_pool_client(UserPoolId=pool_id, ClientId=each)["UserPoolClient"] for each in ids]
    return Deployed(
        tier=UserPoolTier(pool.get("UserPoolTier", "ESSENTIALS")),  # Cognito's own default
        recovery=AccountRecovery.ADMINISTRATORS if by_administrators else AccountRecovery.EMAIL,
        trigger="PreTokenGenerationConfig" in pool.get("LambdaConfig", {}),
        rotation=any(each.get("RefreshTokenRotation", {}).get("Feature") == "ENABLED" for each in clients),
        functions=needs_of(outputs),
    )


def write(stack: str, pool: PoolRecord, *, replaced: bool) -> bool:
    """Write the record; return False if it is up to date. CommandError for another pool, unless `replaced`."""
    before = _before(stack)
    if before == pool:
        return False
    if before is not None and before.user_pool_id != pool.user_pool_id and not replaced:
        raise CommandError(
            f"stack {stack} must still have pool {before.user_pool_id}, got {pool.user_pool_id} without its users; "
            "if the users were moved, add --replaced"
        )
    path_of(stack).write_text(pool.as_json())
    return True


def check(stack: str, pool: PoolRecord) -> None:
    """Raise CommandError unless the record is of this pool, described without what deployments change."""
    before = _before(stack)
    if before is None or replace(before, deployed=None) != pool:
        raise CommandError(
            f"Pulumi.{stack}.pool.json must match pool {pool.user_pool_id}; write it with: "
            f"python -m operations pool record --stack {stack}"
        )


def _before(stack: str) -> PoolRecord | None:
    try:
        return recorded(stack)
    except ValueError:
        raise CommandError(
            f"Pulumi.{stack}.pool.json must be as this command wrote it; restore it from git, or remove it"
        ) from None
