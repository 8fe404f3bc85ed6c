"""The stack's KMS key for logs, environments and the table. It rotates every year."""

from dataclasses import field

import pulumi
import pulumi_aws as aws

from . import arn
from .arguments import between, checked, frozen, typed, validate


@frozen
class EncryptionArgs:
    """Arguments of the key."""

    # KMS: 7 to 30 days
    deletion_window_days: int = field(default=30, metadata=checked(between(7, 30)))
    """Days in which a deleted key can be restored, 7 to 30. What it encrypted is lost after that."""
    deletion_protection: bool = False
    """Pulumi refuses to delete the key, without which versions in service do not start and data cannot be read."""

    def __post_init__(self) -> None:
        validate(self)


class Encryption(pulumi.ComponentResource):
    """A KMS key that this account governs and that CloudWatch Logs may use for this account's log groups only."""

    key_arn: pulumi.Output[str]
    """ARN of the key."""

    def __init__(self, name: str, args: EncryptionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:Encryption", name, None, opts)
        args = typed(EncryptionArgs, args)
        child = pulumi.ResourceOptions(parent=self)

        key = aws.kms.Key(
            f"{name}-key",
            description="Logs, environments and data of one stack",
            enable_key_rotation=True,
            deletion_window_in_days=args.deletion_window_days,
            opts=pulumi.ResourceOptions(parent=self, protect=args.deletion_protection or None),
        )
        # A resource of its own, since the key's ARN says which account and region the policy is about.
        policy = aws.kms.KeyPolicy(f"{name}-policy", key_id=key.key_id, policy=_key_policy(key.arn), opts=child)

        # Whoever uses the key waits for its policy: a log group that CloudWatch may not encrypt is refused.
        self.key_arn = pulumi.Output.all(key.arn, policy.id)[0]
        self.register_outputs({"key_arn": self.key_arn})


def _key_policy(key_arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return a policy by which the account's own policies govern the key, and CloudWatch Logs uses it for log groups.

    From "Encrypt log data in CloudWatch Logs using AWS KMS": without the encryption context any account's log group
    could name this key.
    """
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "GovernedByTheAccount",
                    "Effect": "Allow",
                    "Principal": {"AWS": arn.account_root(key_arn)},
                    "Action": "kms:*",
                    "Resource": "*",  # in a key's policy this is the key itself
                },
                {
                    "Sid": "EncryptLogGroups",
                    "Effect": "Allow",
                    "Principal": {"Service": arn.regional_service("logs", key_arn)},
                    "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
                    "Resource": "*",
                    "Condition": {
                        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn.beside(key_arn, "logs", "log-group:*")}
                    },
                },
            ],
        }
    )
