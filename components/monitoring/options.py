"""The options of the monitoring: what is made, who is told, and when an alarm starts."""

from collections.abc import Sequence
from dataclasses import field

from ..arguments import between, checked, distinct, each_entry, frozen, matching, sized, validate
from ..formats import email, https_url

RUNBOOK = "docs/operations.md"


@frozen
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


def runbook_at(base: str) -> str:
    """Return the runbook's address below `base`, or its path in this project."""
    return f"{base.rstrip('/')}/{RUNBOOK}" if base else RUNBOOK
