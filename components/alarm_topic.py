"""Whom alarms tell: a topic under a key of its own, that CloudWatch may use."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws


def alarm_topic(name: str, emails: Sequence[str], urls: Sequence[str], opts: pulumi.ResourceOptions) -> aws.sns.Topic:
    """A topic that CloudWatch's alarms of this account may publish to, and its subscriptions.

    Who publishes to an encrypted topic uses its key, and AWS's own key for SNS admits no other service: hence a key of
    ours ("Managing Amazon SNS encryption keys and costs", event sources and encrypted topics).
    """
    account = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=opts.parent)).account_id
    key = aws.kms.Key(
        f"{name}-key",
        description="Encrypts alarm messages",
        enable_key_rotation=True,
        policy=_key_policy(account),
        opts=opts,
    )
    topic = aws.sns.Topic(f"{name}-alarms", kms_master_key_id=key.arn, opts=opts)
    aws.sns.TopicPolicy(f"{name}-publish", arn=topic.arn, policy=_topic_policy(topic.arn, account), opts=opts)
    for protocol, endpoints in (("email", emails), ("https", urls)):
        for endpoint in endpoints:
            aws.sns.TopicSubscription(
                f"{name}-{endpoint}", topic=topic.arn, protocol=protocol, endpoint=endpoint, opts=opts
            )
    return topic


def _key_policy(account: pulumi.Output[str]) -> pulumi.Output[str]:
    """The account may administer the key, and CloudWatch may use it for alarms of the account."""
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Administer",  # without it nobody could ever change the key again
                    "Effect": "Allow",
                    "Principal": {"AWS": pulumi.Output.concat("arn:aws:iam::", account, ":root")},
                    "Action": "kms:*",
                    "Resource": "*",
                },
                {
                    "Sid": "PublishAlarms",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                    "Resource": "*",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                },
            ],
        }
    )


def _topic_policy(topic: pulumi.Output[str], account: pulumi.Output[str]) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "PublishAlarms",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudwatch.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": topic,
                    "Condition": {"StringEquals": {"aws:SourceAccount": account}},
                },
            ],
        }
    )
