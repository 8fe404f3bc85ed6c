"""The topic that receives alarms, encrypted with a key that CloudWatch may use."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from .. import arn


def alarm_topic(name: str, emails: Sequence[str], urls: Sequence[str], opts: pulumi.ResourceOptions) -> aws.sns.Topic:
    """Make a topic that the account's alarms may publish to, and its subscriptions.

    A publisher to an encrypted topic uses the topic's key, and AWS's own key for SNS admits no other service, so the
    topic has a key in this account ("Managing Amazon SNS encryption keys and costs").
    """
    caller = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=opts.parent))
    account = caller.account_id
    key = aws.kms.Key(
        f"{name}-key",
        description="Encrypts alarm messages",
        enable_key_rotation=True,
        policy=_key_policy(account, arn.account_root(caller.arn)),
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


def _key_policy(account: pulumi.Output[str], root: pulumi.Output[str]) -> pulumi.Output[str]:
    """Let the account administer the key, and CloudWatch use it for the account's alarms."""
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Administer",  # without it nobody could ever change the key again
                    "Effect": "Allow",
                    "Principal": {"AWS": root},
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
