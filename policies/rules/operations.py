"""Rules for operations: alarms, their actions, and tags."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from policies.rule import STACK, ResourceRule, Severity, StackRule, Violation, of_type
from stacks.mappings import MAPPINGS
from stacks.resource import Resource

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"

# What an alarm must cover, and the word in its metrics that shows it.
WATCHED = {
    "answers with 5xx": "5xx",
    "signing keys that cannot be had": "keys_unavailable",
    "a route that lost its authorizer": "authorizer_missing",
}
# The types of the program that have tags, and some that a team may add.
TAGGABLE = (
    *(name for name, mapping in MAPPINGS.items() if "tags" in mapping.inputs),
    "aws:secretsmanager/secret:Secret",
)
TAGS = ("Project", "Stack")


def _watched(resources: Sequence[Resource]) -> Iterator[Violation]:
    alarms = of_type(resources, ALARM)
    texts = [json.dumps(alarm.inputs, default=str) for alarm in alarms]
    for what, word in WATCHED.items():
        if not any(word in text for text in texts):
            yield Violation(STACK, f"an alarm must cover {what}, got none")
    refused = [
        str((each.inputs.get("metricTransformation") or {}).get("name"))
        for each in of_type(resources, FILTER)
        if "401" in str(each.inputs.get("pattern"))
    ]
    if not any(f'"{name}"' in text for name in refused for text in texts):
        yield Violation(STACK, "an alarm must cover a surge of 401, got none")


def _heard(resources: Sequence[Resource]) -> Iterator[Violation]:
    combined = [str(each.inputs.get("alarmRule")) for each in of_type(resources, COMPOSITE)]
    for alarm in of_type(resources, ALARM, COMPOSITE):
        name = str(alarm.inputs.get("name") or alarm.name)
        if not alarm.inputs.get("alarmActions") and not any(name in rule for rule in combined):
            yield Violation(alarm.name, "alarmActions must name a topic, got nothing")


def _tagged(resource: Resource) -> Iterator[str]:
    tags = {**(resource.inputs.get("tags") or {}), **(resource.inputs.get("tagsAll") or {})}
    if missing := [tag for tag in TAGS if not tags.get(tag)]:
        yield f"tags must have {', '.join(missing)}, got {', '.join(sorted(tags)) or 'none'}"


RULES = (
    StackRule(
        id="OPS-ALARMS",
        severity=Severity.MEDIUM,
        title="Alarms cover failures, signing keys, the authorizer and surges of refusals",
        remedy="pulumi config set --path 'alarmEmails[0]' on-call@example.com",
        sources=("Checklist: alarms", "OWASP API9"),
        environments=("staging", "prod"),
        check=_watched,
    ),
    StackRule(
        id="OPS-TOLD",
        severity=Severity.MEDIUM,
        title="Every alarm notifies somebody, by itself or as part of a composite alarm",
        remedy="pulumi config set --path 'alarmEmails[0]' on-call@example.com",
        sources=("CKV_AWS_319", "SH CloudWatch.15"),
        environments=("staging", "prod"),
        check=_heard,
    ),
    ResourceRule(
        id="OPS-TAGS",
        severity=Severity.LOW,
        title="Every resource has the tags Project and Stack",
        remedy="call tag_everything of components/tags.py before the first resource",
        sources=("Well-Architected: tagging",),
        types=TAGGABLE,
        check=_tagged,
    ),
)
