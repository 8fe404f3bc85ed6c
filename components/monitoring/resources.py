"""The alarms of `alarms.py` as CloudWatch resources."""

import pulumi
import pulumi_aws as aws

from .alarms import Alarm, alarms
from .metrics import Metric, Monitored, Text
from .options import MonitoringOptionsArgs
from .topic import alarm_topic

Made = aws.cloudwatch.MetricAlarm | aws.cloudwatch.CompositeAlarm


def alarm_resources(
    name: str, monitored: Monitored, options: MonitoringOptionsArgs, opts: pulumi.ResourceOptions
) -> tuple[aws.sns.Topic, dict[str, Made]]:
    """Make the topic and the alarms; return it, and by name those alarms that notify it."""
    topic = alarm_topic(name, options.alarm_emails, options.alarm_urls, opts)
    base = options.runbook_url
    made: dict[str, Made] = {}
    for alarm in alarms(monitored, options):
        if isinstance(alarm, Alarm):
            made[alarm.name] = _alarm(name, alarm, base, [topic.arn], opts)
            continue
        first, second = [_alarm(name, part, base, [], opts).name for part in alarm.parts]
        made[alarm.name] = aws.cloudwatch.CompositeAlarm(
            f"{name}-{alarm.name}",
            alarm_name=pulumi.Output.concat(f"{name}-{alarm.name}-", monitored.api_id),
            alarm_description=alarm.description(base),
            alarm_rule=pulumi.Output.concat('ALARM("', first, '") AND ALARM("', second, '")'),
            alarm_actions=[topic.arn],
            ok_actions=[topic.arn],
            opts=opts,
        )
    return topic, made


def _alarm(
    name: str, alarm: Alarm, base: str, tell: list[Text], opts: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    return aws.cloudwatch.MetricAlarm(
        f"{name}-{alarm.name}",
        alarm_description=alarm.description(base),
        metric_queries=[_query(id_, series, alarm) for id_, series in alarm.series.items()],
        comparison_operator="GreaterThanUpperThreshold" if alarm.band else "GreaterThanOrEqualToThreshold",
        threshold=alarm.threshold,
        threshold_metric_id=alarm.band,
        evaluation_periods=alarm.periods,
        datapoints_to_alarm=alarm.datapoints,
        treat_missing_data="notBreaching",  # no traffic is no trouble
        alarm_actions=tell,
        ok_actions=tell,
        opts=opts,
    )


def _query(id_: str, series: Metric | str, alarm: Alarm) -> aws.cloudwatch.MetricAlarmMetricQueryArgsDict:
    returned = id_ in {alarm.compared, alarm.band}
    if isinstance(series, str):
        return {"id": id_, "expression": series, "label": id_, "return_data": returned}
    metric: aws.cloudwatch.MetricAlarmMetricQueryMetricArgsDict = {
        "namespace": series.namespace,
        "metric_name": series.name,
        "dimensions": dict(series.dimensions),
        "stat": series.stat,
        "period": alarm.period,
    }
    return {"id": id_, "metric": metric, "return_data": returned}
