"""A key of the stack's own for logs and the function's environment, which rotates every year."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components import arn


@dataclass(frozen=True, kw_only=True)
class EncryptionArgs:
    """How long a deleted key can be brought back, in days: what it encrypted is lost after that. KMS: 7 to 30."""

    deletion_window_days: int = 30

    def __post_init__(self) -> None:
        if not 7 <= self.deletion_window_days <= 30:
            raise ValueError(f"deletion_window_days must be 7 to 30, got {self.deletion_window_days}")


class Encryption(pulumi.ComponentResource):
    """A KMS key that this account governs and that CloudWatch Logs may use for this account's log groups only."""

    key_arn: pulumi.Output[str]

    def __init__(self, name: str, args: EncryptionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:Encryption", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        key = aws.kms.Key(
            f"{name}-key",
            description="Logs and the environment of the functions of one stack",
            enable_key_rotation=True,
            deletion_window_in_days=args.deletion_window_days,
            opts=child,
        )
        # A resource of its own, since the key's ARN says which account and region the policy is about.
        policy = aws.kms.KeyPolicy(f"{name}-policy", key_id=key.key_id, policy=_key_policy(key.arn), opts=child)

        # Whoever uses the key waits for its policy: a log group that CloudWatch may not encrypt is refused.
        self.key_arn = pulumi.Output.all(key.arn, policy.id)[0]
        self.register_outputs({"key_arn": self.key_arn})


def _key_policy(key_arn: pulumi.Output[str]) -> pulumi.Output[str]:
    """The account's own policies govern the key; CloudWatch Logs encrypts its log groups with it.

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
