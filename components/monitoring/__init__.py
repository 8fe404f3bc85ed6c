"""Monitoring of the stack: a dashboard, alarms and their topic, metrics from logs, and saved queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from ..arguments import between, checked, distinct, each_entry, matching, optional_in_schema, sized, typed, validate
from ..formats import email, https_url
from .alarms import Thresholds, alarms, runbook_at
from .dashboard import dashboard
from .metrics import FILTERS, UNCHECKED, Monitored, MonitoredFunction
from .queries import QUERIES
from .resources import make_alarms, name_of
from .topic import alarm_topic


@optional_in_schema
@dataclass(frozen=True, kw_only=True)
class MonitoringOptionsArgs:
    """The watched resources, the recipients of alarms, and the thresholds."""

    dashboard: bool = True
    """Make a CloudWatch dashboard of traffic, latency, errors, refusals and sign-in."""
    alarms: bool = True
    """Make alarms, and the encrypted topic that they notify. In production it must have a subscriber."""
    # SNS has no limit that anybody meets; more people than this are reached through a list or a tool.
    alarm_emails: Sequence[str] = field(
        default=(), metadata=checked(sized(0, 20), distinct, each_entry(email), example=["on-call@example.com"])
    )
    """Addresses that receive alarms. Each must confirm the mail that SNS sends first."""
    alarm_urls: Sequence[str] = field(
        default=(),
        metadata=checked(sized(0, 20), distinct, each_entry(https_url), example=["https://events.example.com/alarms"]),
    )
    """https:// endpoints that receive alarms, such as a paging service's."""
    runbook_url: str = field(
        default="",
        metadata=checked(
            matching(r"https://[^\s#?]+", "be an https:// address without query and fragment", empty=True),
            example="https://git.example.com/secure-api/blob/main",
        ),
    )
    """Web address of this project's files, which alarms link to. Empty: alarms name the page by its path."""
    alarm_server_errors_percent: int = field(default=1, metadata=checked(between(1, 100)))
    """Share of requests that end with a 5xx at which an alarm starts, in percent, 1 to 100."""
    alarm_latency_ms: int = field(default=1500, metadata=checked(between(1, 30_000)))
    """Milliseconds that one request in a hundred may take before an alarm starts, 1 to 30000."""
    alarm_refusals: int = field(default=50, metadata=checked(between(1, 1_000_000)))
    """Refusals in five minutes below which no alarm starts, however unusual they are."""
    alarm_concurrency_percent: int = field(default=80, metadata=checked(between(1, 100)))
    """Share of the concurrency limit at which an alarm starts, in percent, 1 to 100."""

    def __post_init__(self) -> None:
        validate(self)


@optional_in_schema
@dataclass(frozen=True, kw_only=True)
class MonitoredFunctionArgs:
    """A function that answers routes."""

    name: pulumi.Input[str]
    """Name of the function."""
    log_group: pulumi.Input[str]
    """Name of its log group."""
    reserved_concurrency: int = -1
    """Its own limit of concurrent calls. -1: it shares the account's."""


@optional_in_schema
@dataclass(frozen=True, kw_only=True)
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

    @property
    def thresholds(self) -> Thresholds:
        """The alarms' thresholds."""
        return Thresholds(
            server_errors_percent=self.options.alarm_server_errors_percent,
            latency_ms=self.options.alarm_latency_ms,
            refusals=self.options.alarm_refusals,
            concurrency_percent=self.options.alarm_concurrency_percent,
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
        _filters(name, args.monitored, logs, child)
        _queries(name, args.monitored, logs, child)
        topic = alarm_topic(name, options.alarm_emails, options.alarm_urls, child) if options.alarms else None
        definitions, base = alarms(args.monitored, args.thresholds), options.runbook_url
        made = make_alarms(name, args.api_id, definitions, topic.arn, base, child) if topic else {}
        board = None
        if options.dashboard:
            body = dashboard(args.monitored, [alarm.arn for alarm in made.values()], runbook_at(base))
            board = aws.cloudwatch.Dashboard(
                f"{name}-dashboard",
                # Pulumi gives it no suffix of its own; two stacks of one account would write over each other.
                dashboard_name=pulumi.Output.concat("secure-api-", args.monitored.api_id),
                dashboard_body=pulumi.Output.json_dumps(body),
                opts=child,
            )

        self.topic_arn = topic.arn if topic else None
        self.dashboard_name = board.dashboard_name if board else None
        self.alarm_names = {key: name_of(alarm) for key, alarm in made.items()}
        self.register_outputs(
            {"topic_arn": self.topic_arn, "dashboard_name": self.dashboard_name, "alarm_names": self.alarm_names}
        )


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
    for each in QUERIES:
        aws.cloudwatch.QueryDefinition(
            f"{name}-{each.name}",
            name=pulumi.Output.concat(
                "secure-api-", monitored.api_id, "/", each.name
            ),  # the console makes a folder of it
            log_group_names=[group for log in each.logs for group in logs[log].values()],
            query_string=each.text,
            opts=opts,
        )
