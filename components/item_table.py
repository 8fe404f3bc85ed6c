"""A DynamoDB table that is paid by use, encrypted, restorable, and hard to lose."""

import pulumi
import pulumi_aws as aws

from . import arn
from .arguments import frozen, typed
from .execution_role import StatementArgs


@frozen
class ItemTableArgs:
    """Keys and protection of a table."""

    partition_key: str
    """Name of the partition key, a string."""
    sort_key: str | None = None
    """Name of the sort key, a string. None: one item for each partition key."""
    expiry: str | None = None
    """Name of the attribute with the second since the epoch at which an item expires. None: none does."""
    deletion_protection: bool = True
    """AWS and Pulumi refuse to delete or replace the table."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the table. None: AWS's own key in this account."""


class ItemTable(pulumi.ComponentResource):
    """A table without further indexes. Its items belong to their partition key, and are sorted by the sort key."""

    name: pulumi.Output[str]
    """Name of the table."""
    arn: pulumi.Output[str]
    """ARN of the table."""

    def __init__(self, name: str, args: ItemTableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:ItemTable", name, None, opts)
        args = typed(ItemTableArgs, args)

        table = aws.dynamodb.Table(
            f"{name}-table",
            attributes=[{"name": key, "type": "S"} for key in (args.partition_key, args.sort_key) if key],
            hash_key=args.partition_key,
            range_key=args.sort_key,
            billing_mode="PAY_PER_REQUEST",
            deletion_protection_enabled=args.deletion_protection,
            point_in_time_recovery={"enabled": True},  # to any second of the last 35 days
            ttl={"enabled": True, "attribute_name": args.expiry} if args.expiry else None,
            # AWS's key in this account, whose use CloudTrail records; without this, a key that nobody sees.
            server_side_encryption={"enabled": True, "kms_key_arn": args.kms_key_arn},
            # DynamoDB refuses a delete; `protect` makes Pulumi refuse a replacement too, at preview.
            opts=pulumi.ResourceOptions(parent=self, protect=args.deletion_protection),
        )

        self._key_arn = args.kms_key_arn
        self.name = table.name
        self.arn = table.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def grant(self, *actions: str, sid: str = "UseTable", keys: str | None = None) -> list[StatementArgs]:
        """Return the right to these actions of DynamoDB, as `Query`, on this table and on no other, and to its key.

        `sid` names the statement within its policy. `keys` is a pattern of the partition keys that they may touch.
        Raise ValueError for a wildcard, which would also grant the actions that AWS adds next year.
        """
        wild = [action for action in actions if not action.isalpha()]
        if wild or not actions:
            raise ValueError(f"actions must be names of DynamoDB's, without wildcard, got {', '.join(wild) or 'none'}")
        use = StatementArgs(
            sid=sid,
            actions=[f"dynamodb:{action}" for action in actions],
            resources=[self.arn],
            condition={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}} if keys else {},
        )
        return [use] if self._key_arn is None else [use, self._use_key(f"{sid}Key", self._key_arn)]

    def _use_key(self, sid: str, key_arn: pulumi.Input[str]) -> StatementArgs:
        """Return the right to use the table's key through DynamoDB alone.

        "DynamoDB encryption at rest", authorizing use of a customer managed key: DynamoDB acts for the caller.
        """
        return StatementArgs(
            sid=sid,
            actions=[
                *("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
                *("kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
            ],
            resources=[key_arn],
            condition={"StringEquals": {"kms:ViaService": arn.regional_service("dynamodb", self.arn)}},
        )
