"""The alarms as data: what each compares, what it means, and what to do first."""

from collections.abc import Iterator, Mapping

from ..arguments import frozen
from .metrics import Metric, Monitored, MonitoredFunction, Text, account, blocked, function, gateway, logged, sign_in
from .options import MonitoringOptionsArgs, runbook_at

_MOST_METRICS = 10  # of an alarm on an expression ("Create an alarm based on a metric math expression")
BAND = 3  # standard deviations of what is usual for the hour and the day of the week


@frozen
class Alarm:
    """A condition on a time series: `datapoints` of the last `periods` at or above `threshold`, or outside `band`.

    `series` maps ids to metrics and to expressions over the ids before; `compared` is the one that is compared. Missing
    data is never a breach: no traffic is no trouble. `name`, or `part_of`, is also the heading of its section in the
    runbook.
    """

    name: str
    meaning: str
    first: str
    series: Mapping[str, Metric | str]
    compared: str
    part_of: str | None = None
    threshold: float | None = None
    band: str | None = None
    period: int = 300
    periods: int = 1
    datapoints: int = 1

    def description(self, base: str) -> str:
        return _description(self.meaning, self.first, self.part_of or self.name, base)


@frozen
class CompositeAlarm:
    """An alarm that is on while all of its parts are. The parts notify nobody themselves."""

    name: str
    meaning: str
    first: str
    parts: tuple[Alarm, ...]

    def description(self, base: str) -> str:
        return _description(self.meaning, self.first, self.name, base)


def _description(meaning: str, first: str, name: str, base: str) -> str:
    return f"{meaning} First: {first} Runbook: {runbook_at(base)}#{name}"


def alarms(monitored: Monitored, at: MonitoringOptionsArgs) -> tuple[Alarm | CompositeAlarm, ...]:
    """Return all alarms of the stack."""
    called = {**monitored.functions, **monitored.triggers}
    return (
        *_answers(monitored, at),
        *(alarm for key, each in called.items() for alarm in _function(key, each, at)),
        *_shared(monitored, at),
        *_refusals(monitored, at),
        *_sign_in(monitored),
        *((_unchecked(monitored),) if monitored.revocation else ()),
        *((_blocked(monitored, monitored.web_acl, at),) if monitored.web_acl is not None else ()),
    )


def _answers(monitored: Monitored, at: MonitoringOptionsArgs) -> tuple[Alarm, ...]:
    requests = gateway(monitored, "Count")
    return (
        Alarm(
            name="server-errors",
            meaning=f"{at.alarm_server_errors_percent} % or more of the requests, and five at least, ended with a 5xx.",
            first="see on the dashboard whether the function fails or the gateway, and roll back if it was deployed.",
            # Five at least: at night a single one would be a high share.
            series={
                "errors": gateway(monitored, "5xx"),
                "requests": requests,
                "share": "IF(errors >= 5, 100 * errors / requests, 0)",
            },
            compared="share",
            threshold=at.alarm_server_errors_percent,
            periods=3,
            datapoints=2,
        ),
        Alarm(
            name="slow-answers",
            meaning=f"One request in a hundred takes {at.alarm_latency_ms} ms or more, for a quarter of an hour.",
            first="compare gateway and function on the dashboard, then cold starts and key endpoint failures.",
            # A hundred at least: below, p99 is the slowest request, and at night that is a cold start.
            series={
                "slowest": gateway(monitored, "Latency", "p99"),
                "requests": requests,
                "latency": "IF(requests >= 100, slowest, 0)",
            },
            compared="latency",
            threshold=at.alarm_latency_ms,
            periods=3,
            datapoints=3,
        ),
    )


def _function(key: str, which: MonitoredFunction, at: MonitoringOptionsArgs) -> tuple[Alarm, ...]:
    """Return the alarms of one function: `api`, another one that routes name, or a trigger of the user pool."""
    name, of = ("", "The function") if key == "api" else (f"-{key.replace('_', '-')}", f"The function {key}")
    alarms = (
        Alarm(
            name=f"function-errors{name}",
            part_of="function-errors",
            meaning=f"{of} ended without an answer three times in five minutes: timeout, memory or start-up.",
            first="run the saved query on Lambda's reports for the status, and roll back if it was deployed.",
            series={"errors": function(which, "Errors")},
            compared="errors",
            threshold=3,
        ),
        Alarm(
            name=f"function-throttles{name}",
            part_of="function-throttles",
            meaning=f"{of} was refused calls by Lambda five times in five minutes: all concurrency was in use.",
            first="see whether this function or another one takes the concurrency, and raise the reserve or the quota.",
            series={"throttles": function(which, "Throttles")},
            compared="throttles",
            threshold=5,
        ),
    )
    if which.reserved_concurrency <= 0:
        return alarms
    running = function(which, "ConcurrentExecutions", "Maximum")
    used: dict[str, Metric | str] = {"running": running, "used": f"100 * running / {which.reserved_concurrency}"}
    return (*alarms, _concurrency(f"reserve-near-limit{name}", f"{of}'s reserve", used, at))


def _shared(monitored: Monitored, at: MonitoringOptionsArgs) -> tuple[Alarm, ...]:
    """Return the alarms that cover all functions: signing keys unavailable, and account concurrency.

    The second one is made if any function has no reserved concurrency.
    """
    keys = Alarm(
        name="keys-unavailable",
        meaning="Signing keys were not available, so tokens were answered with 503, three times in five minutes.",
        first="read the cause on the dashboard: the way out of the VPC, or the key endpoint itself.",
        series={"refusals": logged(monitored, "FunctionRefusals", Reason="keys_unavailable")},
        compared="refusals",
        threshold=3,
    )
    if all(each.reserved_concurrency > 0 for each in {**monitored.functions, **monitored.triggers}.values()):
        return (keys,)
    # AWS's own formula ("Monitoring concurrency"): what others have reserved is not available either.
    used: dict[str, Metric | str] = {
        "claimed": account("ClaimedAccountConcurrency"),
        "running": account("ConcurrentExecutions"),
        "used": "100 * claimed / SERVICE_QUOTA(running)",
    }
    return (keys, _concurrency("concurrency-near-limit", "the account's concurrency", used, at))


def _unchecked(monitored: Monitored) -> Alarm:
    return Alarm(
        name="revocation-unavailable",
        meaning="The table of revocations could not be read three times in five minutes: tokens were refused with 503, "
        "or let through with revocationOnFailure: allow.",
        first="read the cause in the function's log, field unchecked: the role, the table, or the way to DynamoDB.",
        series={"unchecked": logged(monitored, "RevocationUnchecked")},
        compared="unchecked",
        threshold=3,
    )


def _blocked(monitored: Monitored, web_acl: Text, at: MonitoringOptionsArgs) -> Alarm:
    return Alarm(
        name="sign-in-blocked",
        meaning=f"The web ACL blocked {at.alarm_refusals} or more requests to sign-in in five minutes, ten minutes "
        "long: an attack that is kept off, or users whom a rule takes for one.",
        first="see in its log which rule and which addresses; raise requestsPerAddress if they are an office's.",
        series={"blocked": blocked(monitored, web_acl)},
        compared="blocked",
        threshold=at.alarm_refusals,
        periods=2,
        datapoints=2,
    )


def _concurrency(name: str, what: str, used: Mapping[str, Metric | str], at: MonitoringOptionsArgs) -> Alarm:
    return Alarm(
        name=name,
        part_of="concurrency-near-limit",
        meaning=f"{at.alarm_concurrency_percent} % of {what} is in use; at the limit calls are turned away.",
        first="see whether traffic or duration has grown, and ask for a higher limit before it is reached.",
        series=used,
        compared="used",
        threshold=at.alarm_concurrency_percent,
        period=60,
        periods=5,
        datapoints=3,
    )


def _refusals(monitored: Monitored, at: MonitoringOptionsArgs) -> tuple[Alarm | CompositeAlarm, ...]:
    refused = logged(monitored, "Refused")
    surge = (
        "Far more requests are refused (401, 403) than is usual for this hour: an attack, or a client that is broken."
    )
    first = "run the saved queries for reason, route and the gateway's own words; throttle, or fix the client."
    many = Alarm(
        name="refusals-many",
        meaning=f"{at.alarm_refusals} or more refusals in five minutes, ten minutes long.",
        first="nothing: it only counts together with refusals-unusual.",
        part_of="refusals-surge",
        series={"refused": refused},
        compared="refused",
        threshold=at.alarm_refusals,
        periods=2,
        datapoints=2,
    )
    unusual = Alarm(
        name="refusals-unusual",
        meaning="More refusals than is usual for this hour of the week, ten minutes long.",
        first="nothing: it only counts together with refusals-many.",
        part_of="refusals-surge",
        series={"refused": refused, "usual": f"ANOMALY_DETECTION_BAND(refused, {BAND})"},
        compared="refused",
        band="usual",
        periods=2,
        datapoints=2,
    )
    return (
        # What is usual at night is nearly nothing, so that three refusals are unusual: hence both.
        CompositeAlarm(name="refusals-surge", meaning=surge, first=first, parts=(many, unusual)),
        Alarm(
            name="authorizer-missing",
            meaning="A protected route was reached without the gateway's authorizer; the function refused.",
            first="treat it as an incident: find out who changed the route, and deploy the stack again.",
            series={"refusals": logged(monitored, "FunctionRefusals", Reason="authorizer_missing")},
            compared="refusals",
            threshold=1,
            period=60,
        ),
    )


def _sign_in(monitored: Monitored) -> Iterator[Alarm]:
    """Return the alarms of all app clients that users have: a second one where one alarm does not take all metrics."""
    clients = monitored.user_clients.values()
    throttles = [
        *(
            sign_in(monitored, client, f"{kind}Throttles")
            for client in clients
            for kind in ("SignIn", "TokenRefresh", "SignUp")
        ),
        *(
            sign_in(monitored, client, "FederationThrottles", IdentityProvider=provider)
            for client in clients
            for provider in monitored.identity_providers
        ),
    ]
    for number, first in enumerate(range(0, len(throttles), _MOST_METRICS), 1):
        series = {f"client_{place}": metric for place, metric in enumerate(throttles[first : first + _MOST_METRICS], 1)}
        yield Alarm(
            name="sign-in-throttled" + (f"-{number}" if number > 1 else ""),
            part_of="sign-in-throttled",
            meaning="Cognito turned away five or more sign-ins, sign-ups or refreshes in five minutes.",
            first="see which of them, and whether a client retries in a loop; else ask for a higher request rate.",
            series={**series, "throttled": " + ".join(f"FILL({id_}, 0)" for id_ in series)},
            compared="throttled",
            threshold=5,
        )
