"""Mappings of DynamoDB's and KMS's resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.mappings.mapping import (
    Deployed,
    Endpoint,
    ResourceMapping,
    Values,
    known_by,
    leave_as_made,
    named,
    renamed,
    same,
    tag_list,
)


def _table(answer: Values, _: Values, __: Endpoint) -> tuple[str, dict[str, Any]]:
    table = answer["TableDescription"]
    return table["TableName"], {"name": table["TableName"], "arn": table["TableArn"]}


def _recover(client: Any, value: Values, sent: Values) -> None:
    client.update_continuous_backups(
        TableName=sent["TableName"], PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": value["enabled"]}
    )


def _expire(client: Any, value: Values, sent: Values) -> None:
    specification = {"Enabled": value["enabled"], "AttributeName": value["attributeName"]}
    client.update_time_to_live(TableName=sent["TableName"], TimeToLiveSpecification=specification)


def _key(answer: Values, _: Values, __: Endpoint) -> tuple[str, dict[str, Any]]:
    made = answer["KeyMetadata"]
    return made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]}


def _deployed_key(key: Deployed) -> tuple[str, dict[str, Any]]:
    key_id = "-".join(key.digest[start:end] for start, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32)))
    return key_id, {"keyId": key_id, "arn": key.arn("kms", f"key/{key_id}")}


def _rotate(client: Any, on: Any, sent: Values) -> None:
    if on:
        client.enable_key_rotation(KeyId=sent["KeyId"])


MAPPINGS: Mapping[str, ResourceMapping] = {
    "aws:dynamodb/table:Table": ResourceMapping(
        service="dynamodb",
        call="create_table",
        update="update_table",
        delete="delete_table",
        identity="TableName",
        kept="every item",
        describe="describe_table",
        name="TableName",
        inputs={
            **same("billingMode", "deletionProtectionEnabled"),
            "tags": tag_list(),
            "attributes": lambda value: {
                "AttributeDefinitions": [
                    {"AttributeName": each["name"], "AttributeType": each["type"]} for each in value
                ]
            },
            "hashKey": lambda name: {"KeySchema": [{"AttributeName": name, "KeyType": "HASH"}]},
            "rangeKey": lambda name: {"KeySchema": [{}, {"AttributeName": name, "KeyType": "RANGE"}]},
            "serverSideEncryption": renamed("SSESpecification", {"enabled": "Enabled", "kmsKeyArn": "KMSMasterKeyId"}),
        },
        then={"pointInTimeRecovery": _recover, "ttl": _expire},
        changes={"Tags": leave_as_made},
        outputs=_table,
        deployed=named("dynamodb", "table/"),
    ),
    "aws:kms/key:Key": ResourceMapping(
        service="kms",
        call="create_key",
        delete="schedule_key_deletion",
        identity="KeyId",
        inputs={**same("description", "policy"), "tags": tag_list("TagKey", "TagValue")},
        then={"enableKeyRotation": _rotate, "deletionWindowInDays": lambda *_: None},  # AWS takes it with the deletion
        changes={"Tags": leave_as_made},
        outputs=_key,
        deployed=_deployed_key,
    ),
    "aws:kms/keyPolicy:KeyPolicy": ResourceMapping(
        service="kms",
        call="put_key_policy",
        update="put_key_policy",
        delete="put_key_policy",  # a no-op: the policy goes with its key
        inputs=same("keyId", "policy"),
        outputs=known_by("KeyId"),
    ),
}
