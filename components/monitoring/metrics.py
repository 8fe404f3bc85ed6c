"""The metrics of the stack: AWS's own, and those that metric filters make of its two logs."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import pulumi

from ..arguments import frozen

Text = pulumi.Input[str]


class MonitoredFunction(NamedTuple):
    """A function; `reserved_concurrency` is its own limit, -1 where it shares the account's."""

    name: Text
    reserved_concurrency: int = -1


@frozen
class Monitored:
    """The names of the watched resources, which metrics carry as dimensions.

    `functions` answer routes, `triggers` the user pool; `api` is the function of every route that names none.
    `user_clients` are the app clients that users sign in with, by name. All of them offer the `identity_providers`.
    `web_acl` stands in front of the user pool.

    Metrics from logs stand in a namespace of this API's own, since a metric filter has no dimension but a field of the
    line, and two stacks of one account would add up.
    """

    region: str
    api_id: Text
    functions: Mapping[str, MonitoredFunction]
    user_pool_id: Text
    user_clients: Mapping[str, Text]
    identity_providers: Sequence[str] = ()
    triggers: Mapping[str, MonitoredFunction] = field(default_factory=dict)
    revocation: bool = False
    web_acl: Text | None = None

    @cached_property
    def namespace(self) -> Text:
        return _joined("SecureApi/", self.api_id)

    @property
    def names(self) -> dict[str, Any]:
        """All names, which may be outputs."""
        return {
            "functions": {key: each.name for key, each in self.functions.items()},
            "triggers": {key: each.name for key, each in self.triggers.items()},
            "api_id": self.api_id,
            "user_pool_id": self.user_pool_id,
            "user_clients": self.user_clients,
            "web_acl": self.web_acl,
        }

    def named(self, functions: Mapping[str, str], triggers: Mapping[str, str], **names: Any) -> "Monitored":
        """Return the same with these `names`, which are texts by now."""
        return replace(
            self,
            functions={key: each._replace(name=functions[key]) for key, each in self.functions.items()},
            triggers={key: each._replace(name=triggers[key]) for key, each in self.triggers.items()},
            **names,
        )


def _joined(*parts: Text) -> Text:
    """Join the parts: to a string if all are strings, else to an output."""
    texts = [part for part in parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(parts) else pulumi.Output.concat(*parts)


class Metric(NamedTuple):
    """One metric with the statistic that is read of it."""

    namespace: Text
    name: str
    dimensions: Mapping[str, Text] = MappingProxyType({})
    stat: str = "Sum"


def gateway(monitored: Monitored, name: str, stat: str = "Sum") -> Metric:
    """Return a metric of the HTTP API, all its routes together ("Working with metrics for HTTP APIs")."""
    return Metric(namespace="AWS/ApiGateway", name=name, dimensions={"ApiId": monitored.api_id}, stat=stat)


def function(which: MonitoredFunction, name: str, stat: str = "Sum") -> Metric:
    """Return a metric of a function, all its versions together ("Using CloudWatch metrics with Lambda")."""
    return Metric(namespace="AWS/Lambda", name=name, dimensions={"FunctionName": which.name}, stat=stat)


def account(name: str) -> Metric:
    """Return the maximum of a concurrency metric of all functions in the region ("Monitoring concurrency")."""
    return Metric(namespace="AWS/Lambda", name=name, stat="Maximum")


def sign_in(monitored: Monitored, client: Text, name: str, stat: str = "Sum", **more: Text) -> Metric:
    """Return a metric of an app client. Each request is 1 or 0: the sum counts successes, SampleCount all requests.

    Federation's have the dimension IdentityProvider too ("Metrics for Amazon Cognito user pools"; they come every five
    minutes).
    """
    dimensions = {"UserPool": monitored.user_pool_id, "UserPoolClient": client, **more}
    return Metric(namespace="AWS/Cognito", name=name, dimensions=dimensions, stat=stat)


def blocked(monitored: Monitored, web_acl: Text) -> Metric:
    """Return the number of requests that any rule of a regional web ACL blocked ("AWS WAF metrics and dimensions")."""
    dimensions = {"WebACL": web_acl, "Rule": "ALL", "Region": monitored.region}
    return Metric(namespace="AWS/WAFV2", name="BlockedRequests", dimensions=dimensions)


def logged(monitored: Monitored, name: str, stat: str = "Sum", **dimensions: str) -> Metric:
    """Return a metric that one of the filters below makes."""
    return Metric(namespace=monitored.namespace, name=name, dimensions=dimensions, stat=stat)


class Filter(NamedTuple):
    """How lines of a log become a metric. `dimensions` maps a name to the field of the line that fills it.

    `of` tells two filters of one metric apart. Each value of a dimension is a metric of its own, which costs; and a
    filter with dimensions has no default (PutMetricFilter), so where it matches nothing there is no data.
    """

    metric: str
    log: Literal["function", "access"]
    pattern: str
    value: str = "1"
    unit: str = "Count"
    dimensions: Mapping[str, str] = MappingProxyType({})
    default: str | None = None
    of: str = ""


# Calls that could not be held against the table of revocations: refused, or let through as the settings say.
UNCHECKED = Filter(metric="RevocationUnchecked", log="function", pattern='{ $.unchecked = "*" }', default="0")

FILTERS = (
    # What either layer refused: with the gateway's 401 and 403 are those that the function gave.
    Filter(metric="Refused", log="access", pattern='{ $.status = "401" || $.status = "403" }', default="0"),
    # An HTTP API has no metric for it: a throttled call is one of the 4xx.
    Filter(metric="Throttled", log="access", pattern='{ $.status = "429" }', default="0"),
    Filter(
        metric="FunctionRefusals",
        log="function",
        pattern='{ $.reason = "*" }',
        dimensions={"Reason": "$.reason"},
    ),
    # A cause stands in the line of a 503, and of an answer that only an earlier key made possible.
    Filter(
        metric="KeyEndpointFailures",
        log="function",
        pattern='{ $.cause = "*" }',
        dimensions={"Cause": "$.cause"},
    ),
    # Lambda writes both at system log level INFO, in the report of a call that was a cold start: the initialization, or
    # with SnapStart the restored snapshot ("Lambda Telemetry API Event schema reference", ReportMetrics). A filter has
    # one value, so each has its own.
    *(
        Filter(
            metric="ColdStart",
            log="function",
            pattern=f'{{ $.type = "platform.report" && $.record.metrics.{start} > 0 }}',
            value=f"$.record.metrics.{start}",
            unit="Milliseconds",
            of=of,
        )
        for of, start in (("", "initDurationMs"), ("Restored", "restoreDurationMs"))
    ),
)
