"""What is seen of the stack in production: a dashboard, alarms and whom they tell, metrics from logs, saved queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pulumi
import pulumi_aws as aws

from components.alarm_topic import alarm_topic
from components.metric_alarms import make_alarms, name_of
from components.monitoring.alarms import Thresholds, alarms, runbook_at
from components.monitoring.dashboard import dashboard
from components.monitoring.metrics import FILTERS, Watched, WatchedFunction
from components.monitoring.queries import QUERIES


class Pool(Protocol):
    """Where people sign in."""

    @property
    def user_pool_id(self) -> pulumi.Input[str]: ...
    @property
    def client_id(self) -> pulumi.Input[str]: ...


class Function(Protocol):
    """What answers routes."""

    @property
    def name(self) -> pulumi.Input[str]: ...
    @property
    def log_group(self) -> pulumi.Input[str]: ...
    @property
    def reserved_concurrency(self) -> int: ...


class Trigger(Protocol):
    """What the user pool calls."""

    @property
    def name(self) -> pulumi.Input[str]: ...


class Api(Protocol):
    """What is called."""

    @property
    def id(self) -> pulumi.Input[str]: ...
    @property
    def log_group(self) -> pulumi.Input[str]: ...


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """What is watched, who is told, and where alarms begin.

    `functions` answer routes, `api` those that name none; `triggers` answer the user pool. Percent of requests,
    milliseconds, refusals in five minutes, percent of the concurrency limit. `runbook_url` is where this project can be
    read on the web; without it alarms name the page by its path.
    """

    region: str
    auth: Pool
    functions: Mapping[str, Function]
    api: Api
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    dashboard: bool = True
    alarms: bool = True
    alarm_emails: Sequence[str] = field(default_factory=list)
    alarm_urls: Sequence[str] = field(default_factory=list)
    runbook_url: str = ""
    alarm_server_errors_percent: int = 1
    alarm_latency_ms: int = 1500
    alarm_refusals: int = 50
    alarm_concurrency_percent: int = 80

    def __post_init__(self) -> None:
        _ = self.thresholds  # which check themselves

    @property
    def watched(self) -> Watched:
        return Watched(
            region=self.region,
            api_id=self.api.id,
            functions={
                key: WatchedFunction(name=each.name, reserved_concurrency=each.reserved_concurrency)
                for key, each in self.functions.items()
            },
            triggers={key: WatchedFunction(name=each.name) for key, each in self.triggers.items()},
            user_pool_id=self.auth.user_pool_id,
            user_pool_client_id=self.auth.client_id,
        )

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(
            server_errors_percent=self.alarm_server_errors_percent,
            latency_ms=self.alarm_latency_ms,
            refusals=self.alarm_refusals,
            concurrency_percent=self.alarm_concurrency_percent,
        )


# The log groups of each kind, by what writes them.
Logs = Mapping[str, Mapping[str, pulumi.Input[str]]]


class Monitoring(pulumi.ComponentResource):
    """Metrics from both logs, and as far as they are on: a dashboard, and alarms that tell an encrypted topic."""

    topic_arn: pulumi.Output[str] | None
    dashboard_name: pulumi.Output[str] | None
    alarm_names: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:Monitoring", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        logs = {
            "function": {key: each.log_group for key, each in args.functions.items()},
            "access": {"api": args.api.log_group},
        }
        _filters(name, args.watched, logs, child)
        _queries(name, args.watched, logs, child)
        topic = alarm_topic(name, args.alarm_emails, args.alarm_urls, child) if args.alarms else None
        watch, base = alarms(args.watched, args.thresholds), args.runbook_url
        made = make_alarms(name, args.api.id, watch, topic.arn, base, child) if topic else {}
        board = None
        if args.dashboard:
            body = dashboard(args.watched, [alarm.arn for alarm in made.values()], runbook_at(base))
            board = aws.cloudwatch.Dashboard(
                f"{name}-dashboard",
                # Pulumi gives it no suffix of its own; two stacks of one account would write over each other.
                dashboard_name=pulumi.Output.concat("secure-api-", args.watched.api_id),
                dashboard_body=pulumi.Output.json_dumps(body),
                opts=child,
            )

        self.topic_arn = topic.arn if topic else None
        self.dashboard_name = board.dashboard_name if board else None
        self.alarm_names = {key: name_of(alarm) for key, alarm in made.items()}
        self.register_outputs(
            {"topic_arn": self.topic_arn, "dashboard_name": self.dashboard_name, "alarm_names": self.alarm_names}
        )


def _filters(name: str, watched: Watched, logs: Logs, opts: pulumi.ResourceOptions) -> None:
    """Of every function's log: what they write adds up in one metric."""
    for each in FILTERS:
        for key, group in logs[each.log].items():
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{each.metric}" + ("" if key == "api" else f"-{key}"),
                log_group_name=group,
                pattern=each.pattern,
                metric_transformation={
                    "name": each.metric,
                    "namespace": watched.namespace,
                    "value": each.value,
                    "unit": each.unit,
                    "dimensions": each.dimensions or None,
                    "default_value": each.default,
                },
                opts=opts,
            )


def _queries(name: str, watched: Watched, logs: Logs, opts: pulumi.ResourceOptions) -> None:
    for each in QUERIES:
        aws.cloudwatch.QueryDefinition(
            f"{name}-{each.name}",
            name=pulumi.Output.concat(
                "secure-api-", watched.api_id, "/", each.name
            ),  # the console makes a folder of it
            log_group_names=[group for log in each.logs for group in logs[log].values()],
            query_string=each.text,
            opts=opts,
        )
