"""What production refuses: whatever only helps development, or would be missed once something happens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from settings.problems import Problem, refused
from settings.rules import Route, Rule

if TYPE_CHECKING:
    from settings.model import Settings


def callbacks_are_https(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """Whatever listens on a port of somebody's own machine would get the codes of production's users."""
    yield from _https(settings, "callbackUrls", settings.sign_in.callback_urls, "https://app.example.com/")


def sign_out_is_https(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """Nor does a page of somebody's own machine say that one is signed out."""
    yield from _https(settings, "logoutUrls", settings.sign_in.logout_urls, "https://app.example.com/")


def origins_are_https(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """A page of somebody's own machine has no business with production's answers."""
    yield from _https(settings, "allowedOrigins", settings.api.allowed_origins, "https://app.example.com")


def _https(settings: Settings, key: str, addresses: Sequence[str], better: str) -> Iterator[Problem]:
    for index, address in enumerate(addresses):
        if settings.environment == "prod" and not address.startswith("https://"):
            yield refused(f"{key}[{index}]", "be https:// in production", address, better)


def passwords_are_not_sent(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """Whoever has the client's id could try passwords at Cognito's speed; SRP proves one without sending it."""
    if settings.environment == "prod" and settings.sign_in.password_sign_in:
        yield refused("passwordSignIn", "be false in production", value=True, better=False)


def users_are_kept(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """A pool that is deleted or replaced takes every account with it."""
    if settings.environment == "prod" and not settings.sign_in.deletion_protection:
        yield refused("deletionProtection", "be true in production", value=False, better=True)


def logs_are_kept(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """A break-in is found months after it began."""
    if settings.environment == "prod" and settings.log_retention_days < 90:
        yield refused("logRetentionDays", "be at least 90 in production", settings.log_retention_days, 365)


def calls_are_traced(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """Why a call was slow, or where it failed, is asked afterwards."""
    if settings.environment == "prod" and not settings.function.tracing:
        yield refused("tracing", "be true in production", value=False, better=True)


def alarms_are_heard(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """An alarm that nobody is told of is found after the users found it."""
    monitoring = settings.monitoring
    heard = monitoring.alarm_emails or monitoring.alarm_urls
    if settings.environment == "prod" and monitoring.alarms and not heard:
        rule = "name somebody in production, or alarmUrls must, or alarms be false"
        yield refused("alarmEmails[0]", rule, None, "on-call@example.com")


PRODUCTION: tuple[Rule, ...] = (
    callbacks_are_https,
    sign_out_is_https,
    origins_are_https,
    passwords_are_not_sent,
    users_are_kept,
    logs_are_kept,
    calls_are_traced,
    alarms_are_heard,
)
