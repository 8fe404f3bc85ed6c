"""Compare two route tables: what changed in who may call what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from proof.access import Access, Table, any_of

_NO_CHANGE = "no change in who may call what"


class Weight(IntEnum):
    """The effect of a change on who may call, most serious first."""

    PUBLIC = 0  # a route, old or new, that requires no token now
    OPENED = 1  # callers that were refused are admitted
    CLOSED = 2  # callers that were admitted are refused
    NEW = 3
    REMOVED = 4
    THROTTLE = 5
    WORDS = 6


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of one route."""

    route: str
    text: str
    weight: Weight

    @property
    def opening(self) -> bool:
        """Whether the change admits callers that were refused before.

        A new route counts only if it is public. A route that requires a scope is open to machines too; this does not
        count, because a machine holds only the scopes of its app client.
        """
        return self.weight <= Weight.OPENED

    @property
    def about_callers(self) -> bool:
        return self.weight < Weight.THROTTLE

    def __str__(self) -> str:
        return f"{self.route}: {self.text}"


def between(before: Table, after: Table) -> list[Change]:
    """Return every change, the most serious first, then in the order of the routes."""
    old = {route.key: route for route in before.routes}
    new = {route.key: route for route in after.routes}
    changes = [change for key, route in new.items() for change in _of_route(old.get(key), route)]
    changes += [Change(route=key, text="REMOVED", weight=Weight.REMOVED) for key in old if key not in new]
    if before.throttle != after.throttle and before.throttle is not None and after.throttle is not None:
        words = f"throttle was {before.throttle}, now {after.throttle}"
        changes.append(Change(route="routes without a throttle of their own", text=words, weight=Weight.THROTTLE))
    return sorted(changes, key=lambda change: change.weight)


def text(changes: list[Change]) -> str:
    """Return a line for each change, after a first line if nothing changed in who may call what."""
    lines = [str(change) for change in changes]
    return "\n".join(lines if any(change.about_callers for change in changes) else [_NO_CHANGE, *lines])


def markdown(changes: list[Change]) -> str:
    """Return a list for a comment on a pull request, with changes that open the API in bold."""
    lines = [
        f"- **`{each.route}`: {each.text}**" if each.opening else f"- `{each.route}`: {each.text}" for each in changes
    ]
    return "\n".join(lines if any(change.about_callers for change in changes) else [f"- {_NO_CHANGE}", *lines])


def as_json(changes: list[Change]) -> str:
    """Return a JSON list with an object for each change."""
    return json.dumps(
        [{"route": change.route, "change": change.text, "opening": change.opening} for change in changes], indent=2
    )


def _of_route(before: Access | None, after: Access) -> Iterator[Change]:
    def change(text: str, weight: Weight) -> Change:
        return Change(route=after.key, text=text, weight=weight)

    if before is None:
        yield change("NEW, PUBLIC", Weight.PUBLIC) if after.public else change(f"NEW, {after.who}", Weight.NEW)
        return
    if after.public and not before.public:
        yield change(f"NOW PUBLIC (was {before.who})", Weight.PUBLIC)
    elif before.public and not after.public:
        yield change(f"no longer public (now {after.who})", Weight.CLOSED)
    else:
        for what in ("scope", "group"):
            text, weight = _of_names(what, before, after)
            if text:
                yield change(text, weight)
        if after.scopes and not after.groups and not before.scopes and not before.public:
            yield change(f"machines with scope {any_of(after.scopes)} may call it, too", Weight.CLOSED)
    if before.throttle != after.throttle:
        was, now = (route.throttle or "the stack's own" for route in (before, after))
        yield change(f"throttle was {was}, now {now}", Weight.THROTTLE)
    if before.summary != after.summary:
        yield change(f"summary was “{before.summary}”, now “{after.summary}”", Weight.WORDS)


def _of_names(what: str, before: Access, after: Access) -> tuple[str, Weight]:
    old, new = (set(route.scopes if what == "scope" else route.groups) for route in (before, after))
    if old == new:
        return "", Weight.WORDS
    if not old:
        return f"now needs {what} {any_of(new)}", Weight.CLOSED
    if not new:
        return f"no longer needs {what} {any_of(old)} (now {after.who})", Weight.OPENED
    if new < old:
        return f"{what} {any_of(old - new)} is no longer enough (now {after.who})", Weight.CLOSED
    if old < new:
        return f"{what} {any_of(new - old)} is enough now, too (now {after.who})", Weight.OPENED
    return f"needs {what} {any_of(new)} now instead of {any_of(old)}", Weight.OPENED
