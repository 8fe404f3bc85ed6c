"""Shift the traffic of all functions to new versions in steps, and shift it back at once if an alarm goes off."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from operations.alias import Alarms, Alias, Release, Traffic
from stacks.command_line import CommandError
from stacks.routes import MISSING

POLL = 10.0  # seconds between two looks at the alarms


@dataclass(frozen=True)
class Step:
    """Give the new versions this share of the calls (0 to 1), and watch the alarms for so many minutes."""

    share: float
    minutes: float


DEFAULT = (Step(0.05, 5), Step(0.5, 10))
Wait = Callable[[float], object]
Say = Callable[[str], object]


@dataclass(frozen=True, kw_only=True)
class Released:
    """A function behind the API: its name in the stack, its alias, and its public route to try, if it has one."""

    name: str
    alias: Alias
    route_key: str | None


@dataclass(frozen=True, kw_only=True)
class _Move:
    """One function's way from the traffic it has to a version; `description` is the alias's own, to put back."""

    function: Released
    before: Traffic
    to: str
    description: str

    def give(self, share: float) -> Traffic:
        traffic = Traffic(self.before.version, self.to, share)
        self.function.alias.set(traffic)
        return traffic

    def finish(self, at: str) -> Traffic:
        self.function.alias.set(Traffic(self.to), str(Release(at, self.before.version, self.to)))
        return Traffic(self.to)

    def undo(self) -> str:
        """Give all traffic to the old version again; return one sentence that says whether that worked."""
        try:
            self.function.alias.traffic()  # overwrite whatever it is: traffic left on the new version is worse
            self.function.alias.set(Traffic(self.before.version), self.description)
        except CommandError as error:
            return f"{self.function.name}: traffic is NOT shifted back, do it by hand: {error}"
        return f"{self.function.name}: version {self.before.version} has all traffic again"


def shift(
    functions: Sequence[Released],
    alarms: Alarms,
    steps: Sequence[Step] = DEFAULT,
    *,
    version: str | None = None,
    say: Say = print,
    wait: Wait = time.sleep,
) -> None:
    """Move all traffic of each function to `version`, by default to its newest, all of them in the same steps.

    Before it gets traffic, a version must answer its function's public route; without one that check is left out.
    CommandError, with all traffic on the old versions again, if an alarm goes off or a call fails; KeyboardInterrupt
    shifts back too.
    """
    moves = list(_moves(functions, version, say))
    if not moves:
        return
    _check_ready(moves, alarms, say)
    at = datetime.now(UTC).isoformat(timespec="microseconds")
    try:
        for step in steps:
            for each in moves:
                say(f"{each.function.name}: {each.give(step.share)}")
            say(f"watching the alarms for {step.minutes:g} min")
            _watch(alarms, step.minutes * 60, wait)
        for each in moves:
            say(f"{each.function.name}: {each.finish(at)}")
    except BaseException as error:
        outcome = "; ".join([each.undo() for each in moves])
        if isinstance(error, CommandError):
            raise CommandError(f"{error}; {outcome}") from None
        say(outcome)
        raise
    say("undo it with: python -m operations release rollback")


def rollback(functions: Sequence[Released], *, version: str | None = None, say: Say = print) -> None:
    """End a shift in progress; otherwise undo the last release of the functions that it moved, or go to `version`.

    A function whose alias records no release goes to the version before, if it is the only one. CommandError, once
    every function was tried, if one cannot go back.
    """
    failures = []
    for function, target in _targets(functions, {each.name: each.alias.traffic() for each in functions}, version):
        try:
            now = function.alias.traffic()
            function.alias.set(Traffic(target), "" if now.next is None else None)
            left = f", no longer {now.version}" if now.next is None else f", and version {now.next} gets no traffic"
            say(f"{function.name}: {Traffic(target)}{left}")
        except CommandError as error:
            failures.append(f"{function.name}: {error}")
    if failures:
        raise CommandError("; ".join(failures))


def _targets(
    functions: Sequence[Released], now: dict[str, Traffic], version: str | None
) -> Iterator[tuple[Released, str]]:
    """Yield each function that goes back, with the version that it goes to."""
    if version is not None:
        (only,) = functions
        yield only, _known(version, only.alias.versions())
        return
    in_progress = [each for each in functions if now[each.name].next is not None]
    if in_progress:
        yield from ((each, now[each.name].version) for each in in_progress)
        return
    read = {each.name: Release.read(each.alias.description) for each in functions}
    done = {name: last for name, last in read.items() if last and last.after == now[name].version}
    newest = max((last.at for last in done.values()), default=None)
    for each in functions:
        if newest is None:
            yield each, _version_before(each, functions, now[each.name].version)
        elif each.name in done and done[each.name].at == newest:
            yield each, _known(done[each.name].before, each.alias.versions())


def _version_before(function: Released, functions: Sequence[Released], now: str) -> str:
    if len(functions) > 1:
        raise CommandError(
            "a release must be on record to undo it for all functions; name one with: --function "
            + "|".join(each.name for each in functions)
        )
    older = [each for each in function.alias.versions() if int(each) < int(now)]
    if not older:
        raise CommandError(f"there must be a version before {now} to roll back to, but it is the oldest one")
    return older[-1]


def _moves(functions: Sequence[Released], version: str | None, say: Say) -> Iterator[_Move]:
    for each in functions:
        before, versions = each.alias.traffic(), each.alias.versions()
        target = _known(version, versions) if version is not None else versions[-1]
        if before.next is not None and before.next != target:
            raise CommandError(
                f"only one release may be in progress, but {each.name}'s version {before.next} gets "
                f"{before.share:.0%}; end it with: python -m operations release rollback"
            )
        if target == before.version and before.next is None:
            say(f"{each.name}: {before}; nothing to shift")
        else:
            yield _Move(function=each, before=before, to=target, description=each.alias.description)


def _known(version: str, versions: Sequence[str]) -> str:
    if version not in versions:
        raise CommandError(f"version must be one of {', '.join(versions)}, got {version}")
    return version


def _check_ready(moves: Sequence[_Move], alarms: Alarms, say: Say) -> None:
    """Raise CommandError if an alarm is on already, or a new version does not answer at all."""
    if active := alarms.in_alarm():
        raise CommandError(f"every alarm must be off before a release, but {', '.join(active)} is on")
    for each in moves:
        name, route_key = f"{each.function.name}: version {each.to}", each.function.route_key
        if route_key is None:
            say(f"{name} is not tried before it gets traffic: {MISSING['public']}")
        elif failure := each.function.alias.failure_of(each.to, route_key):
            raise CommandError(f"{name} must answer {route_key} with 2xx before it gets traffic, but {failure}")


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
