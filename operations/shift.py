"""A release: a share of the traffic at a time, back at once when an alarm rings."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from operations.alias import Alarms, Alias, Traffic
from stacks.command_line import CommandError

POLL = 10.0  # seconds between two looks at the alarms


@dataclass(frozen=True)
class Step:
    """Give the new version this share of the calls (0 to 1), and watch for so many minutes."""

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
    say: Say = print,
    wait: Wait = time.sleep,
) -> None:
    """Move all traffic to `version`, the newest unless given, and leave everything as it was if that goes wrong.

    CommandError, with the alias put back, if an alarm rings or anything fails on the way; KeyboardInterrupt likewise.
    """
    before = alias.traffic()
    target = _target(alias, before, version)
    if target == before.version and before.next is None:
        say(f"{before}; nothing to shift")
        return
    _ready(alias, alarms, target)
    old = Traffic(before.version)
    try:
        for step in steps:
            alias.set(Traffic(before.version, target, step.share))
            say(f"{Traffic(before.version, target, step.share)}; watching {step.minutes:g} min")
            _watch(alarms, step.minutes * 60, wait)
        alias.set(Traffic(target))
    except BaseException as error:
        now = _put_back(alias, old)
        if isinstance(error, CommandError):
            raise CommandError(f"{error}; {now}") from None
        say(now)
        raise
    say(f"{Traffic(target)}; back with: python -m operations release rollback")


def rollback(alias: Alias, *, version: str | None = None, say: Say = print) -> None:
    """End a shift that is under way; else give all traffic to the version before, or to the one given."""
    now = alias.traffic()
    if now.next is not None and version is None:
        alias.set(Traffic(now.version))
        say(f"version {now.next} gets nothing any more; {Traffic(now.version)}")
        return
    versions = alias.versions()
    older = [each for each in versions if int(each) < int(now.version)]
    if version is None and not older:
        raise CommandError(f"there must be a version before {now.version} to go back to, but it is the oldest one kept")
    target = _known(version, versions) if version is not None else older[-1]
    alias.set(Traffic(target))
    say(f"{Traffic(target)}, no longer {now.version}")


def _target(alias: Alias, before: Traffic, version: str | None) -> str:
    versions = alias.versions()
    target = _known(version, versions) if version is not None else versions[-1]
    if before.next is not None and before.next != target:
        raise CommandError(
            f"only one release may be under way, but version {before.next} gets {before.share:.0%}; "
            "end it with: python -m operations release rollback"
        )
    return target


def _known(version: str, versions: Sequence[str]) -> str:
    if version not in versions:
        raise CommandError(f"version must be one of {', '.join(versions)}, got {version}")
    return version


def _ready(alias: Alias, alarms: Alarms, target: str) -> None:
    """Nothing is moved while an alarm rings already, nor to a version that does not answer at all."""
    ringing = alarms.ringing()
    if ringing:
        raise CommandError(f"every alarm must be quiet before a release, but {', '.join(ringing)} rings")
    trouble = alias.answers(target)
    if trouble is not None:
        raise CommandError(f"version {target} must answer GET /health with 200 before it gets traffic, but {trouble}")


def _watch(alarms: Alarms, seconds: float, wait: Wait) -> None:
    remaining = seconds
    while True:
        ringing = alarms.ringing()
        if ringing:
            raise CommandError(f"every alarm must stay quiet, but {', '.join(ringing)} rings")
        if remaining <= 0:
            return
        pause = min(POLL, remaining)
        wait(pause)
        remaining -= pause


def _put_back(alias: Alias, old: Traffic) -> str:
    """Give all traffic to the old version again; what became of that."""
    try:
        alias.traffic()  # whatever its revision is now: old traffic on the new version is the worse mistake
        alias.set(old)
    except CommandError as error:
        return f"NOT put back, do it by hand: {error}"
    return f"version {old.version} has all traffic again"
