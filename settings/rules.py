"""Rules across settings, and across settings and routes.

Each rule is a function that yields what is wrong. It is asked only where every setting that it reads is right by
itself, so a rule never has to doubt a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from settings import api_rules, sign_in_rules
from settings.problems import Problem, refused, set_command

if TYPE_CHECKING:
    from settings.model import Settings


class Route(Protocol):
    """What rules ask of a route; the route table's own entries fit."""

    @property
    def key(self) -> str: ...
    @property
    def function(self) -> str: ...
    @property
    def public(self) -> bool: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def groups(self) -> Sequence[str]: ...


Rule = Callable[["Settings", Sequence[Route]], Iterator[Problem]]


def groups_with_scopes_exist(settings: Settings, routes: Sequence[Route]) -> Iterator[Problem]:
    """A mistyped group is one that nobody is in: its users would get no scope, in silence."""
    known = _groups(settings, routes)
    for group in settings.triggers.group_scopes:
        if group not in known:
            yield _unknown_group(settings, f"groupScopes.{group}", group, known)


def scopes_of_groups_exist(settings: Settings, routes: Sequence[Route]) -> Iterator[Problem]:
    """A scope that no route asks for opens nothing here, and something in another API of the same pool perhaps."""
    known = sorted({scope for route in routes for scope in route.scopes})
    for group, scopes in settings.triggers.group_scopes.items():
        for index, scope in enumerate(scopes):
            if scope not in known:
                remedy = f"routes ask for: {', '.join(known) or 'none'}"
                yield Problem(f"groupScopes.{group}[{index}]", "be a scope that a route asks for", scope, remedy)


def default_group_exists(settings: Settings, routes: Sequence[Route]) -> Iterator[Problem]:
    """Nobody could confirm an account: joining a group that is not there is an error."""
    group, known = settings.triggers.default_group, _groups(settings, routes)
    if group and group not in known:
        yield _unknown_group(settings, "defaultGroup", group, known)


def default_group_is_not_a_way_in(settings: Settings, routes: Sequence[Route]) -> Iterator[Problem]:
    """Whoever likes would sign up, join, and pass where routes ask for the group."""
    group = settings.triggers.default_group
    anyone = settings.sign_in.self_sign_up and not settings.triggers.sign_up_email_domains
    if anyone and any(group in route.groups for route in routes):
        yield Problem(
            "defaultGroup",
            "be a group that no route asks for while anyone may sign up",
            group,
            "or set signUpEmailDomains, or close sign-up with: pulumi config set selfSignUp false",
        )


def _groups(settings: Settings, routes: Sequence[Route]) -> list[str]:
    return sorted({*settings.groups, *(group for route in routes for group in route.groups)})


def _unknown_group(settings: Settings, key: str, group: str, known: Sequence[str]) -> Problem:
    command = set_command(f"groups[{len(settings.groups)}]", group)
    remedy = f"known are: {', '.join(known) or 'none'}; add it with: {command}"
    return Problem(key, "be a group that a route asks for or groups lists", group, remedy)


def alarms_see_refusals(settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """Refusals are warnings in the function's log, and alarms count them there: a lost authorizer is one."""
    if settings.monitoring.alarms and settings.function.log_level == "ERROR":
        yield refused("logLevel", "be WARNING or below where alarms are on, which count refusals", "ERROR", "WARNING")


RULES: tuple[Rule, ...] = (
    alarms_see_refusals,
    groups_with_scopes_exist,
    scopes_of_groups_exist,
    default_group_exists,
    default_group_is_not_a_way_in,
    *sign_in_rules.RULES,
    *api_rules.RULES,
)
