"""Settings of dashboard and alarms."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from settings.group import Group
from settings.values import Email, HttpsUrl

# SNS has no limit that anybody meets; more people than this are reached through a list or a tool.
Emails = Annotated[list[Email], Field(max_length=20, examples=["on-call@example.com"])]
Urls = Annotated[list[HttpsUrl], Field(max_length=20, examples=["https://events.example.com/alarms"])]


class Monitoring(Group):
    """What is seen of the stack, who is told, and from when on."""

    title: ClassVar[str] = "Monitoring"

    dashboard: bool = Field(
        default=True,
        description="A CloudWatch dashboard of traffic, latency, errors, refusals and sign-in",
    )
    alarms: bool = Field(
        default=True,
        description="Alarms, and the encrypted topic that they tell; in production somebody must listen",
    )
    alarm_emails: Emails = Field(
        default=[],
        description="Addresses that alarms are sent to; each has to confirm the mail that SNS sends first",
    )
    alarm_urls: Urls = Field(
        default=[],
        description="https:// endpoints that alarms are sent to, such as a paging service's",
    )
    runbook_url: str = Field(
        default="",
        pattern=r"^(https://[^\s#?]+)?$",
        description="Where this project's files can be read on the web; alarms link there, else they name the page",
        examples=["https://git.example.com/secure-api/blob/main"],
    )
    alarm_server_errors_percent: int = Field(
        default=1,
        ge=1,
        le=100,
        description="Share of requests that end with a 5xx from which on there is an alarm, 1 to 100",
    )
    alarm_latency_ms: int = Field(
        default=1500,
        ge=1,
        le=30000,
        description="Milliseconds that the slowest request in a hundred may take before there is an alarm, 1 to 30000",
    )
    alarm_refusals: int = Field(
        default=50,
        ge=1,
        le=1000000,
        description="Refusals in five minutes below which there is no alarm, however unusual they are",
    )
    alarm_concurrency_percent: int = Field(
        default=80,
        ge=1,
        le=100,
        description="Share of the concurrency limit from which on there is an alarm, 1 to 100",
    )
