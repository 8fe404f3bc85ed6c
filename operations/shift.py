"""Shift traffic to a new version in steps, and shift it back at once if an alarm goes off."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from operations.alias import Alarms, Alias, Traffic
from stacks.command_line import CommandError
from stacks.routes import MISSING

POLL = 10.0  # seconds between two looks at the alarms


@dataclass(frozen=True)
class Step:
    """Give the new version this share of the calls (0 to 1), and watch the alarms for so many minutes."""

    share: float
    minutes: float


DEFAULT = (Step(0.05, 5), Step(0.5, 10))
Wait = Callable[[float], object]
Say = Callable[[str], object]


def shift(
    alias: Alias,
    alarms: Alarms,
    steps: Sequence[Step] = DEFAULT,
    *,
    version: str | None = None,
    route_key: str | None,
    say: Say = print,
    wait: Wait = time.sleep,
) -> None:
    """Move all traffic to `version`, by default the newest.

    Before it gets traffic, the version must answer `route_key`, a public route; without one that check is left out.
    CommandError, with all traffic on the old version again, if an alarm goes off or a call fails; KeyboardInterrupt
    shifts back too.
    """
    before = alias.traffic()
    target = _target(alias, before, version)
    if target == before.version and before.next is None:
        say(f"{before}; nothing to shift")
        return
    _check_ready(alias, alarms, target, route_key, say)
    try:
        for step in steps:
            alias.set(Traffic(before.version, target, step.share))
            say(f"{Traffic(before.version, target, step.share)}; watching {step.minutes:g} min")
            _watch(alarms, step.minutes * 60, wait)
        alias.set(Traffic(target))
    except BaseException as error:
        outcome = _shift_back(alias, before.version)
        if isinstance(error, CommandError):
            raise CommandError(f"{error}; {outcome}") from None
        say(outcome)
        raise
    say(f"{Traffic(target)}; undo it with: python -m operations release rollback")


def rollback(alias: Alias, *, version: str | None = None, say: Say = print) -> None:
    """End a shift in progress; otherwise give all traffic to the previous version, or to `version`."""
    now = alias.traffic()
    if now.next is not None and version is None:
        alias.set(Traffic(now.version))
        say(f"version {now.next} gets no traffic any more; {Traffic(now.version)}")
        return
    versions = alias.versions()
    older = [each for each in versions if int(each) < int(now.version)]
    if version is None and not older:
        raise CommandError(f"there must be a version before {now.version} to roll back to, but it is the oldest one")
    target = _known(version, versions) if version is not None else older[-1]
    alias.set(Traffic(target))
    say(f"{Traffic(target)}, no longer {now.version}")


def _target(alias: Alias, before: Traffic, version: str | None) -> str:
    versions = alias.versions()
    target = _known(version, versions) if version is not None else versions[-1]
    if before.next is not None and before.next != target:
        raise CommandError(
            f"only one release may be in progress, but version {before.next} gets {before.share:.0%}; "
            "end it with: python -m operations release rollback"
        )
    return target


def _known(version: str, versions: Sequence[str]) -> str:
    if version not in versions:
        raise CommandError(f"version must be one of {', '.join(versions)}, got {version}")
    return version


def _check_ready(alias: Alias, alarms: Alarms, target: str, route_key: str | None, say: Say) -> None:
    """CommandError if an alarm is on already, or the new version does not answer at all."""
    if active := alarms.in_alarm():
        raise CommandError(f"every alarm must be off before a release, but {', '.join(active)} is on")
    if route_key is None:
        say(f"version {target} is not tried before it gets traffic: {MISSING['public']}")
        return
    failure = alias.failure_of(target, route_key)
    if failure is not None:
        raise CommandError(f"version {target} must answer {route_key} with 2xx before it gets traffic, but {failure}")


def _watch(alarms: Alarms, seconds: float, wait: Wait) -> None:
    remaining = seconds
    while True:
        if active := alarms.in_alarm():
            raise CommandError(f"every alarm must stay off, but {', '.join(active)} is on")
        if remaining <= 0:
            return
        pause = min(POLL, remaining)
        wait(pause)
        remaining -= pause


def _shift_back(alias: Alias, version: str) -> str:
    """Give all traffic to the old version again; return one sentence that says whether that worked."""
    try:
        alias.traffic()  # overwrite whatever it is now: traffic left on the new version is the worse mistake
        alias.set(Traffic(version))
    except CommandError as error:
        return f"traffic is NOT shifted back, do it by hand: {error}"
    return f"version {version} has all traffic again"
