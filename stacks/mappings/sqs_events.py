"""Mappings of SQS's and EventBridge's resources: queues, and rules that call a target on a schedule or an event."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from stacks.mappings.mapping import (
    Deployed,
    Endpoint,
    ResourceMapping,
    Values,
    leave_as_made,
    named,
    same,
    tag_list,
)


def _attribute(name: str) -> Callable[[Any], dict[str, Any]]:
    """Map an input to an attribute of the queue: SQS takes each as text."""
    return lambda value: {"Attributes": {name: str(value).lower() if isinstance(value, bool) else str(value)}}


def _queue(answer: Values, sent: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    url, name = answer["QueueUrl"], sent["QueueName"]
    return url, {"url": url, "name": name, "arn": emulator.arn("sqs", name)}


def _deployed_queue(queue: Deployed) -> tuple[str, dict[str, Any]]:
    name, arn = queue.physical_name, queue.arn("sqs", queue.physical_name)
    url = f"https://sqs.{queue.region}.amazonaws.com/{arn.split(':')[4]}/{name}"
    return url, {"url": url, "name": name, "arn": arn}


def _rule(answer: Values, sent: Values, _: Endpoint) -> tuple[str, dict[str, Any]]:
    return sent["Name"], {"name": sent["Name"], "arn": answer["RuleArn"]}


def _target(arn: str) -> dict[str, Any]:
    """Return the rule's target of this ARN. Its id, which Pulumi makes up, follows from the ARN."""
    return {"Targets": [{"Id": hashlib.sha256(arn.encode()).hexdigest()[:16], "Arn": arn}]}


MAPPINGS: Mapping[str, ResourceMapping] = {
    "aws:sqs/queue:Queue": ResourceMapping(
        service="sqs",
        call="create_queue",
        update="set_queue_attributes",
        delete="delete_queue",
        identity="QueueUrl",
        name="QueueName",
        inputs={
            "name": "QueueName",
            "delaySeconds": _attribute("DelaySeconds"),
            "kmsMasterKeyId": _attribute("KmsMasterKeyId"),
            "maxMessageSize": _attribute("MaximumMessageSize"),
            "messageRetentionSeconds": _attribute("MessageRetentionPeriod"),
            "policy": _attribute("Policy"),
            "receiveWaitTimeSeconds": _attribute("ReceiveMessageWaitTimeSeconds"),
            "redrivePolicy": _attribute("RedrivePolicy"),
            "sqsManagedSseEnabled": _attribute("SqsManagedSseEnabled"),
            "visibilityTimeoutSeconds": _attribute("VisibilityTimeout"),
            "tags": "tags",
        },
        changes={"tags": leave_as_made},
        outputs=_queue,
        deployed=_deployed_queue,
    ),
    "aws:cloudwatch/eventRule:EventRule": ResourceMapping(
        service="events",
        call="put_rule",
        update="put_rule",
        delete="delete_rule",
        name="Name",
        inputs={
            **same("name", "description", "eventBusName", "eventPattern", "roleArn", "scheduleExpression", "state"),
            "tags": tag_list(),
        },
        changes={"Tags": leave_as_made},
        outputs=_rule,
        deployed=named("events", "rule/"),
    ),
    "aws:cloudwatch/eventTarget:EventTarget": ResourceMapping(
        service="events",
        call="put_targets",
        update="put_targets",
        delete="remove_targets",
        identity="Ids",
        inputs={
            **same("rule", "eventBusName"),
            "arn": _target,
            "input": lambda text: {"Targets": [{"Input": text}]},
            "roleArn": lambda arn: {"Targets": [{"RoleArn": arn}]},
        },
        then={"targetId": lambda *_: None},
        outputs=lambda _, sent, __: (sent["Targets"][0]["Id"], {}),
    ),
}
