"""Mappings of S3's and Systems Manager's resources: buckets and parameters."""

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
    nested,
    same,
    tag_list,
)


def _bucket_outputs(name: str, region: str) -> dict[str, Any]:
    return {
        "bucket": name,
        "arn": f"arn:aws:s3:::{name}",
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{name}.s3.{region}.amazonaws.com",
        "region": region,
    }


def _location(region: str) -> dict[str, Any]:
    """Return the bucket's region. S3 refuses its default, us-east-1, by name."""
    return {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}


def _bucket(_: Values, sent: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    return sent["Bucket"], _bucket_outputs(sent["Bucket"], emulator.region)


def _deployed_bucket(bucket: Deployed) -> tuple[str, dict[str, Any]]:
    return bucket.physical_name, _bucket_outputs(bucket.physical_name, bucket.region)


def _parameter(_: Values, sent: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    return sent["Name"], {"name": sent["Name"], "arn": _parameter_arn(emulator.arn, sent["Name"]), "version": 1}


def _deployed_parameter(parameter: Deployed) -> tuple[str, dict[str, Any]]:
    name = parameter.physical_name
    return name, {"name": name, "arn": _parameter_arn(parameter.arn, name), "version": 1}


def _parameter_arn(arn: Any, name: str) -> str:
    return str(arn("ssm", f"parameter/{name.removeprefix('/')}"))


def _overwrite(client: Any, sent: Values) -> None:
    client.put_parameter(**{key: value for key, value in sent.items() if key != "Tags"}, Overwrite=True)


MAPPINGS: Mapping[str, ResourceMapping] = {
    "aws:s3/bucket:Bucket": ResourceMapping(
        service="s3",
        call="create_bucket",
        delete="delete_bucket",
        regional=_location,
        identity="Bucket",
        kept="every object",
        describe="head_bucket",
        name="Bucket",
        inputs={
            "bucket": "Bucket",
            "bucketPrefix": lambda prefix: {"Bucket": f"{prefix}local"},
            "objectLockEnabled": "ObjectLockEnabledForBucket",
            "tags": lambda tags: {"CreateBucketConfiguration": tag_list()(tags)},
        },
        then={"forceDestroy": lambda *_: None},  # Pulumi empties the bucket before it deletes it
        changes={"CreateBucketConfiguration": leave_as_made},
        outputs=_bucket,
        deployed=_deployed_bucket,
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ResourceMapping(
        service="s3",
        call="put_public_access_block",
        update="put_public_access_block",
        delete="delete_public_access_block",
        identity="Bucket",
        inputs={
            "bucket": "Bucket",
            "blockPublicAcls": nested("PublicAccessBlockConfiguration", "BlockPublicAcls"),
            "blockPublicPolicy": nested("PublicAccessBlockConfiguration", "BlockPublicPolicy"),
            "ignorePublicAcls": nested("PublicAccessBlockConfiguration", "IgnorePublicAcls"),
            "restrictPublicBuckets": nested("PublicAccessBlockConfiguration", "RestrictPublicBuckets"),
        },
        outputs=known_by("Bucket"),
    ),
    "aws:ssm/parameter:Parameter": ResourceMapping(
        service="ssm",
        call="put_parameter",
        delete="delete_parameter",
        identity="Name",
        name="Name",
        inputs={
            **same("name", "allowedPattern", "dataType", "description", "keyId", "tier", "type", "value"),
            "insecureValue": "Value",
            "tags": tag_list(),
        },
        changes={"Tags": leave_as_made, **dict.fromkeys(("Value", "Description", "AllowedPattern"), _overwrite)},
        outputs=_parameter,
        deployed=_deployed_parameter,
    ),
}
