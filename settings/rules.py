"""Rules across settings, and across settings and routes.

Each rule is a function that yields what is wrong. It is asked only where every setting that it reads is right by
itself, so a rule never has to doubt a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from settings.problems import Problem, refused

if TYPE_CHECKING:
    from settings.model import Settings


class Route(Protocol):
    """What rules ask of a route; the route table's own entries fit."""

    @property
    def key(self) -> str: ...
    @property
    def public(self) -> bool: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def groups(self) -> Sequence[str]: ...


Rule = Callable[["Settings", Sequence[Route]], Iterator[Problem]]


def production_addresses_are_https(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """A page of somebody's own machine has no business with production's users."""
    if settings.environment == "prod":
        addresses = {
            "callbackUrls": settings.sign_in.callback_urls,
            "logoutUrls": settings.sign_in.logout_urls,
            "allowedOrigins": settings.api.allowed_origins,
        }
        for key, values in addresses.items():
            for index, value in enumerate(values):
                if not value.startswith("https://"):
                    better = f"https://app.example.com{'' if key == 'allowedOrigins' else '/'}"
                    yield refused(f"{key}[{index}]", "be https:// in production", value, better)


def production_alarms_are_heard(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """An alarm that nobody is told of is found after the users found it."""
    monitoring = settings.monitoring
    heard = monitoring.alarm_emails or monitoring.alarm_urls
    if settings.environment == "prod" and monitoring.alarms and not heard:
        rule = "name somebody in production, or alarmUrls must, or alarms be false"
        yield refused("alarmEmails[0]", rule, None, "on-call@example.com")


RULES: tuple[Rule, ...] = (production_addresses_are_https, production_alarms_are_heard)
