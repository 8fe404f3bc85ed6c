"""Resources that a team adds to the program first, one of each type that the mappings have beside the program's own."""

from __future__ import annotations

import json

import pulumi
import pulumi_aws as aws


def more_resources() -> None:
    """Register them as a program does: some refer to others."""
    files = aws.s3.Bucket("more-files", bucket_prefix=f"files-{pulumi.get_stack()}-", force_destroy=True)
    aws.s3.BucketPublicAccessBlock("more-files", bucket=files.id, block_public_acls=True, block_public_policy=True)
    jobs = aws.sqs.Queue("more-jobs", visibility_timeout_seconds=60, sqs_managed_sse_enabled=True)
    news = aws.sns.Topic("more-news")
    aws.sns.TopicSubscription("more-news", topic=news.arn, protocol="sqs", endpoint=jobs.arn)
    rule = aws.cloudwatch.EventRule("more-nightly", schedule_expression="cron(0 3 * * ? *)")
    aws.cloudwatch.EventTarget("more-nightly", rule=rule.name, arn=jobs.arn, input=json.dumps({"job": "clean"}))
    aws.ssm.Parameter("more-limit", name="/shop/limit", type="String", value="5")
    pulumi.export("moreJobs", jobs.url)
    pulumi.export("moreFiles", files.bucket)
