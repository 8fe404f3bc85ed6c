"""Monitoring of the stack: a dashboard, alarms and their topic, metrics from logs, and saved queries."""

from collections.abc import Mapping, Sequence
from dataclasses import field

import pulumi
import pulumi_aws as aws

from ..arguments import frozen, typed
from ..documents import document
from .dashboard import dashboard
from .metrics import FILTERS, UNCHECKED, Monitored, MonitoredFunction
from .options import MonitoringOptionsArgs, runbook_at
from .queries import QUERIES


@frozen
class MonitoredFunctionArgs:
    """A function that answers routes."""

    name: pulumi.Input[str]
    """Name of the function."""
    log_group: pulumi.Input[str]
    """Name of its log group."""
    reserved_concurrency: int = -1
    """Its own limit of concurrent calls. -1: it shares the account's."""


@frozen
class MonitoringArgs:
    """Arguments of the monitoring of one stack."""

    region: str
    """AWS region of the stack."""
    user_pool_id: pulumi.Input[str]
    """Id of the user pool."""
    user_pool_client_id: pulumi.Input[str]
    """Id of the browser's app client."""
    additional_client_ids: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Ids of the other app clients that users sign in with, by name. Machines do not sign in."""
    identity_providers: Sequence[str] = ()
    """Names of the identity providers that these clients offer."""
    api_id: pulumi.Input[str]
    """Id of the API."""
    api_log_group: pulumi.Input[str]
    """Name of the API's access log group."""
    functions: Mapping[str, MonitoredFunctionArgs]
    """Functions that answer routes, by the names that routes use; `api` answers those that name none."""
    triggers: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Names of the user pool's trigger functions, by trigger."""
    revocation: bool = False
    """The functions ask a table of revoked tokens."""
    web_acl_name: pulumi.Input[str] | None = None
    """Name of the web ACL in front of the user pool, which is also that of its metrics. None: not watched."""
    trigger_concurrency: int = -1
    """Concurrent calls that are reserved for each of them. -1: they share the account's."""
    options: MonitoringOptionsArgs = field(default_factory=MonitoringOptionsArgs)
    """The watched resources, the recipients of alarms, and the thresholds."""

    @property
    def monitored(self) -> Monitored:
        """The watched resources."""
        return Monitored(
            region=self.region,
            api_id=self.api_id,
            functions={
                key: MonitoredFunction(name=function.name, reserved_concurrency=function.reserved_concurrency)
                for key, function in self.functions.items()
            },
            triggers={
                key: MonitoredFunction(name=name, reserved_concurrency=self.trigger_concurrency)
                for key, name in self.triggers.items()
            },
            user_pool_id=self.user_pool_id,
            user_clients={"Browser": self.user_pool_client_id, **self.additional_client_ids},
            identity_providers=self.identity_providers,
            revocation=self.revocation,
            web_acl=self.web_acl_name,
        )


# The log groups of each kind, by the function that writes them.
Logs = Mapping[str, Mapping[str, pulumi.Input[str]]]


class Monitoring(pulumi.ComponentResource):
    """Metrics from both logs and, as far as they are on, a dashboard, and alarms that notify an encrypted topic."""

    topic_arn: pulumi.Output[str] | None
    """ARN of the topic. None without alarms."""
    dashboard_name: pulumi.Output[str] | None
    """Name of the dashboard. None without one."""
    alarm_names: Mapping[str, pulumi.Output[str]]
    """Name of each alarm in CloudWatch, by its name here."""

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:Monitoring", name, None, opts)
        args = typed(MonitoringArgs, args)
        child = pulumi.ResourceOptions(parent=self)
        options = args.options

        logs = {
            "function": {key: each.log_group for key, each in args.functions.items()},
            "access": {"api": args.api_log_group},
        }
        monitored = args.monitored
        _filters(name, monitored, logs, child)
        _queries(name, monitored, logs, child)
        topic = None
        made: Mapping[str, aws.cloudwatch.MetricAlarm | aws.cloudwatch.CompositeAlarm] = {}
        if options.alarms:
            from .resources import alarm_resources  # noqa: PLC0415 - a stack without alarms need not wait for it

            topic, made = alarm_resources(name, monitored, options, child)
        board = None
        if options.dashboard:
            board = aws.cloudwatch.Dashboard(
                f"{name}-dashboard",
                # Pulumi gives it no suffix of its own; two stacks of one account would write over each other.
                dashboard_name=pulumi.Output.concat("secure-api-", monitored.api_id),
                dashboard_body=document(
                    {"names": monitored.names, "alarms": [alarm.arn for alarm in made.values()]},
                    lambda known: dashboard(
                        monitored.named(**known["names"]), known["alarms"], runbook_at(options.runbook_url)
                    ),
                ),
                opts=child,
            )

        self.topic_arn = topic.arn if topic else None
        self.dashboard_name = board.dashboard_name if board else None
        self.alarm_names = {key: _name_of(alarm) for key, alarm in made.items()}
        self.register_outputs(
            {"topic_arn": self.topic_arn, "dashboard_name": self.dashboard_name, "alarm_names": self.alarm_names}
        )


def _name_of(alarm: aws.cloudwatch.MetricAlarm | aws.cloudwatch.CompositeAlarm) -> pulumi.Output[str]:
    return alarm.name if isinstance(alarm, aws.cloudwatch.MetricAlarm) else alarm.alarm_name


def _filters(name: str, monitored: Monitored, logs: Logs, opts: pulumi.ResourceOptions) -> None:
    """Make each metric filter on every function's log group; all of them publish to the same metric."""
    for each in (*FILTERS, UNCHECKED) if monitored.revocation else FILTERS:
        for key, group in logs[each.log].items():
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{each.metric}{each.of}" + ("" if key == "api" else f"-{key}"),
                log_group_name=group,
                pattern=each.pattern,
                metric_transformation={
                    "name": each.metric,
                    "namespace": monitored.namespace,
                    "value": each.value,
                    "unit": each.unit,
                    "dimensions": each.dimensions or None,
                    "default_value": each.default,
                },
                opts=opts,
            )


def _queries(name: str, monitored: Monitored, logs: Logs, opts: pulumi.ResourceOptions) -> None:
    folder = pulumi.Output.concat("secure-api-", monitored.api_id, "/")  # the console makes one of it
    for each in QUERIES:
        aws.cloudwatch.QueryDefinition(
            f"{name}-{each.name}",
            name=pulumi.Output.concat(folder, each.name),
            log_group_names=[group for log in each.logs for group in logs[log].values()],
            query_string=each.text,
            opts=opts,
        )
