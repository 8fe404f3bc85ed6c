"""The alarms of `alarms.py` as CloudWatch resources."""

from collections.abc import Iterable

import pulumi
import pulumi_aws as aws

from .alarms import Alarm, CompositeAlarm
from .metrics import Metric, Text

Made = aws.cloudwatch.MetricAlarm | aws.cloudwatch.CompositeAlarm


def make_alarms(
    name: str,
    suffix: Text,
    alarms: Iterable[Alarm | CompositeAlarm],
    topic: Text,
    base: str,
    opts: pulumi.ResourceOptions,
) -> dict[str, Made]:
    """Make the alarms; return those that notify somebody, by name.

    `suffix` tells a composite alarm from another stack's, since Pulumi adds none; `base` is the runbook's address.
    """
    made: dict[str, Made] = {}
    for alarm in alarms:
        if isinstance(alarm, Alarm):
            made[alarm.name] = _alarm(name, alarm, base, [topic], opts)
            continue
        first, second = [_alarm(name, part, base, [], opts).name for part in alarm.parts]
        made[alarm.name] = aws.cloudwatch.CompositeAlarm(
            f"{name}-{alarm.name}",
            alarm_name=pulumi.Output.concat(f"{name}-{alarm.name}-", suffix),
            alarm_description=alarm.description(base),
            alarm_rule=pulumi.Output.concat('ALARM("', first, '") AND ALARM("', second, '")'),
            alarm_actions=[topic],
            ok_actions=[topic],
            opts=opts,
        )
    return made


def name_of(alarm: Made) -> pulumi.Output[str]:
    """Return the alarm's name in CloudWatch."""
    return alarm.name if isinstance(alarm, aws.cloudwatch.MetricAlarm) else alarm.alarm_name


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
        "dimensions": series.dimensions,
        "stat": series.stat,
        "period": alarm.period,
    }
    return {"id": id_, "metric": metric, "return_data": returned}
