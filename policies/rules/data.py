"""Rules for stored data: tables, buckets, topics, keys and logs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policies.rule import PRODUCTION, ResourceRule, Severity, StackRule, Violation, at, of_type, shown, wants
from stacks.resource import Resource

TABLE = "aws:dynamodb/table:Table"
BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
ACCESS_BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
TOPIC = "aws:sns/topic:Topic"
KEY = "aws:kms/key:Key"
LOGS = "aws:cloudwatch/logGroup:LogGroup"


def _table(table: Resource) -> Iterator[str]:
    yield from wants(table, "pointInTimeRecovery.enabled", True)
    yield from wants(table, "serverSideEncryption.enabled", True)
    yield from wants(table, "deletionProtectionEnabled", True)


def _closed(resources: Sequence[Resource]) -> Iterator[Violation]:
    blocks = of_type(resources, ACCESS_BLOCK)
    for bucket in of_type(resources, *BUCKETS):
        # A block refers to its bucket by the set name, or by the program's name with Pulumi's suffix.
        own = [each for each in blocks if _is_of(each, bucket)]
        if not own:
            yield Violation(bucket.name, "a bucket must have a public access block, got none")
    for block in blocks:
        for key in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"):
            yield from (Violation(block.name, says) for says in wants(block, key, True))


def _is_of(block: Resource, bucket: Resource) -> bool:
    named = str(block.inputs.get("bucket"))
    return named == bucket.inputs.get("bucket") or named.startswith(bucket.name)


def _ends(group: Resource) -> Iterator[str]:
    if not (group.inputs.get("retentionInDays") or 0) > 0:
        yield f"retentionInDays must be set, got {shown(group.inputs.get('retentionInDays'))}"


def _lasts(group: Resource) -> Iterator[str]:
    days = group.inputs.get("retentionInDays") or 0
    if 0 < days < 365:
        yield f"retentionInDays must be at least 365, got {shown(days)}"


def _own_key(group: Resource) -> Iterator[str]:
    if not group.inputs.get("kmsKeyId"):
        yield "kmsKeyId must name a key of the account, got nothing"


def _table_key(table: Resource) -> Iterator[str]:
    if not at(table.inputs, "serverSideEncryption.kmsKeyArn"):
        yield "serverSideEncryption.kmsKeyArn must name a key of the account, got nothing"


def _topic(topic: Resource) -> Iterator[str]:
    if not topic.inputs.get("kmsMasterKeyId"):
        yield "kmsMasterKeyId must name a key, got nothing"


RULES = (
    ResourceRule(
        id="LOG-ENDS",
        severity=Severity.MEDIUM,
        title="Logs expire",
        remedy="pulumi config set logRetentionDays 365",
        sources=("CKV_AWS_66",),
        types=(LOGS,),
        check=_ends,
    ),
    ResourceRule(
        id="LOG-YEAR",
        severity=Severity.MEDIUM,
        title="Logs are kept for a year: an intrusion is often found late",
        remedy="pulumi config set logRetentionDays 365",
        sources=("CKV_AWS_338",),
        environments=PRODUCTION,
        types=(LOGS,),
        check=_lasts,
    ),
    ResourceRule(
        id="LOG-KMS",
        severity=Severity.LOW,
        title="Logs are encrypted with a customer managed key",
        remedy="pulumi config set createKmsKey true",
        sources=("CKV_AWS_158",),
        environments=PRODUCTION,
        types=(LOGS,),
        check=_own_key,
    ),
    ResourceRule(
        id="DATA-TABLE",
        severity=Severity.HIGH,
        title="A table has point-in-time recovery, encryption with a KMS key and deletion protection",
        remedy="point_in_time_recovery, server_side_encryption and deletion_protection_enabled on the table",
        sources=("SH DynamoDB.2", "SH DynamoDB.6", "CKV_AWS_28"),
        types=(TABLE,),
        check=_table,
    ),
    ResourceRule(
        id="DATA-TABLE-KMS",
        severity=Severity.LOW,
        title="A table is encrypted with a customer managed key",
        remedy="pulumi config set createKmsKey true",
        sources=("CKV_AWS_119",),
        environments=PRODUCTION,
        types=(TABLE,),
        check=_table_key,
    ),
    StackRule(
        id="DATA-BUCKET",
        severity=Severity.HIGH,
        title="Every bucket blocks public access",
        remedy="a BucketPublicAccessBlock with all four switches on for the bucket",
        sources=("S2", "SH S3.8", "CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56"),
        check=_closed,
    ),
    ResourceRule(
        id="DATA-TOPIC",
        severity=Severity.MEDIUM,
        title="A topic is encrypted with a KMS key",
        remedy="kms_master_key_id on the topic",
        sources=("SNS2", "SH SNS.1", "CKV_AWS_26"),
        types=(TOPIC,),
        check=_topic,
    ),
    ResourceRule(
        id="DATA-KEY",
        severity=Severity.MEDIUM,
        title="A key is rotated every year",
        remedy="enable_key_rotation=True on the key",
        sources=("KMS5", "SH KMS.4", "CKV_AWS_7"),
        types=(KEY,),
        check=lambda key: wants(key, "enableKeyRotation", True),
    ),
)
