"""A DynamoDB table that is paid by use, encrypted, restorable, and hard to lose."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.execution_role import Statement


@dataclass(frozen=True, kw_only=True)
class ItemTableArgs:
    """`keys` are the partition key and the sort key, both strings.

    With `deletion_protection` neither AWS nor Pulumi deletes or replaces the table.
    """

    keys: tuple[str, str]
    deletion_protection: bool = True


class ItemTable(pulumi.ComponentResource):
    """A table whose items belong to their partition key, each sorted by the other. There is no index beside it."""

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: ItemTableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:ItemTable", name, None, opts)

        partition, sort = args.keys
        table = aws.dynamodb.Table(
            f"{name}-table",
            attributes=[{"name": key, "type": "S"} for key in args.keys],
            hash_key=partition,
            range_key=sort,
            billing_mode="PAY_PER_REQUEST",
            deletion_protection_enabled=args.deletion_protection,
            point_in_time_recovery={"enabled": True},  # to any second of the last 35 days
            # A key of AWS's in this account, whose use CloudTrail records; without it a key that nobody sees.
            server_side_encryption={"enabled": True},
            # DynamoDB refuses a delete; `protect` makes Pulumi refuse a replacement too, at preview.
            opts=pulumi.ResourceOptions(parent=self, protect=args.deletion_protection),
        )

        self.name = table.name
        self.arn = table.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def grant(self, *actions: str) -> Statement:
        """A role's right to these of DynamoDB's actions, as `Query`, on this table and on no other.

        ValueError for a wildcard, which would also grant what AWS thinks of next year.
        """
        wild = [action for action in actions if not action.isalpha()]
        if wild or not actions:
            raise ValueError(f"actions must be names of DynamoDB's, without wildcard, got {', '.join(wild) or 'none'}")
        return {
            "Sid": "UseTable",
            "Effect": "Allow",
            "Action": [f"dynamodb:{action}" for action in actions],
            "Resource": self.arn,
        }
