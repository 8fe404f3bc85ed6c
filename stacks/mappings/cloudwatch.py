"""Mappings of CloudWatch's and SNS's resources: logs, metrics, alarms and the topic that they notify."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.mappings.mapping import (
    Deployed,
    Endpoint,
    ResourceMapping,
    Values,
    found,
    known_by,
    leave_as_made,
    named,
    pascal,
    same,
    tag_list,
)


def _log_group(_: Values, sent: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    name = sent["logGroupName"]
    return name, {"name": name, "arn": emulator.arn("logs", f"log-group:{name}")}


def _topic(answer: Values, _: Values, __: Endpoint) -> tuple[str, dict[str, Any]]:
    return answer["TopicArn"], {"arn": answer["TopicArn"]}


def _deployed_topic(topic: Deployed) -> tuple[str, dict[str, Any]]:
    arn = topic.arn("sns", topic.physical_name)
    return arn, {"arn": arn}


def _deployed_composite_alarm(alarm: Deployed) -> tuple[str, dict[str, Any]]:
    name = alarm.inputs["alarmName"]
    return name, {"arn": alarm.arn("cloudwatch", f"alarm:{name}")}


def _alarm(_: Values, sent: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    name = sent["AlarmName"]
    return name, {"name": name, "arn": emulator.arn("cloudwatch", f"alarm:{name}")}


def _alarm_series(queries: list[Values]) -> dict[str, Any]:
    """Return metric queries in the API's form: dimensions as a list of pairs, the statistic beside the metric."""
    metrics = []
    for query in queries:
        entry = pascal({key: value for key, value in query.items() if key != "metric"})
        if "metric" in query:
            metric = query["metric"]
            dimensions = [{"Name": name, "Value": value} for name, value in metric.get("dimensions", {}).items()]
            named = {"Namespace": metric["namespace"], "MetricName": metric["metricName"], "Dimensions": dimensions}
            entry["MetricStat"] = {"Metric": named, "Period": metric["period"], "Stat": metric["stat"]}
        metrics.append(entry)
    return {"Metrics": metrics}


def _transformation(value: Values) -> dict[str, Any]:
    names = {"name": "metricName", "namespace": "metricNamespace", "value": "metricValue", "unit": "unit"}
    sent = {names[key]: member for key, member in value.items() if key in names}
    if "dimensions" in value:
        sent["dimensions"] = value["dimensions"]
    if "defaultValue" in value:
        sent["defaultValue"] = float(value["defaultValue"])
    return {"metricTransformations": [sent]}


def _keep_logs(client: Any, days: Any, sent: Values) -> None:
    client.put_retention_policy(logGroupName=sent["logGroupName"], retentionInDays=int(days))


MAPPINGS: Mapping[str, ResourceMapping] = {
    "aws:cloudwatch/logGroup:LogGroup": ResourceMapping(
        service="logs",
        call="create_log_group",
        delete="delete_log_group",
        name="logGroupName",
        inputs={
            "namePrefix": lambda prefix: {"logGroupName": f"{prefix}local"},
            "kmsKeyId": "kmsKeyId",
            "tags": "tags",
        },
        then={"retentionInDays": _keep_logs},
        changes={"tags": leave_as_made, "kmsKeyId": leave_as_made},
        outputs=_log_group,
        deployed=named("logs", "log-group:"),
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": ResourceMapping(
        service="logs",
        call="put_metric_filter",
        update="put_metric_filter",
        delete="delete_metric_filter",
        name="filterName",
        inputs={
            "logGroupName": "logGroupName",
            "pattern": "filterPattern",
            "metricTransformation": _transformation,
        },
        outputs=known_by("filterName"),
    ),
    "aws:cloudwatch/queryDefinition:QueryDefinition": ResourceMapping(
        service="logs",
        call="put_query_definition",
        missing="saved log queries",
        inputs={"name": "name", "logGroupNames": "logGroupNames", "queryString": "queryString"},
        outputs=known_by("name"),
    ),
    "aws:cloudwatch/dashboard:Dashboard": ResourceMapping(
        service="cloudwatch",
        call="put_dashboard",
        update="put_dashboard",
        delete="delete_dashboards",
        identity="DashboardNames",
        inputs=same("dashboardName", "dashboardBody"),
        outputs=known_by("DashboardName"),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ResourceMapping(
        service="cloudwatch",
        call="put_metric_alarm",
        update="put_metric_alarm",
        delete="delete_alarms",
        identity="AlarmNames",
        name="AlarmName",
        inputs={
            **same("alarmDescription", "comparisonOperator", "threshold", "thresholdMetricId", "evaluationPeriods"),
            **same("datapointsToAlarm", "treatMissingData", "alarmActions"),
            "okActions": "OKActions",
            "tags": tag_list(),
            "metricQueries": _alarm_series,
        },
        outputs=_alarm,
        deployed=named("cloudwatch", "alarm:"),
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": ResourceMapping(
        service="cloudwatch",
        call="put_composite_alarm",
        update="put_composite_alarm",
        delete="delete_alarms",
        identity="AlarmNames",
        inputs={
            **same("alarmName", "alarmDescription", "alarmRule", "alarmActions"),
            "okActions": "OKActions",
            "tags": tag_list(),
        },
        outputs=_alarm,
        deployed=_deployed_composite_alarm,
    ),
    "aws:sns/topic:Topic": ResourceMapping(
        service="sns",
        call="create_topic",
        delete="delete_topic",
        identity="TopicArn",
        name="Name",
        inputs={"kmsMasterKeyId": lambda key: {"Attributes": {"KmsMasterKeyId": key}}, "tags": tag_list()},
        changes={"Tags": leave_as_made},
        outputs=_topic,
        deployed=_deployed_topic,
    ),
    "aws:sns/topicPolicy:TopicPolicy": ResourceMapping(
        service="sns",
        call="set_topic_attributes",
        update="set_topic_attributes",
        delete="get_topic_attributes",  # a no-op: the policy goes with its topic
        inputs={
            "arn": "TopicArn",
            "policy": lambda policy: {"AttributeName": "Policy", "AttributeValue": policy},
        },
        outputs=known_by("TopicArn"),
    ),
    "aws:sns/topicSubscription:TopicSubscription": ResourceMapping(
        service="sns",
        call="subscribe",
        delete="unsubscribe",
        identity="SubscriptionArn",
        inputs={"topic": "TopicArn", **same("protocol", "endpoint")},
        outputs=found("SubscriptionArn"),
    ),
}
