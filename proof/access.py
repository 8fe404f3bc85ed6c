"""Callers of each route: the route table as data, and as text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from handler.route import Route
from handler.routes import ROUTES
from proof.surface import Surface, surface_of
from stacks import ROOT
from stacks.yaml_files import read_yaml

_COLUMNS = ("route", "what it does", "who may call", "gateway checks", "function checks", "throttle")


@dataclass(frozen=True, kw_only=True)
class Throttle:
    """Steady requests a second, and the most at once."""

    rate: float
    burst: int

    def __str__(self) -> str:
        return f"{self.rate:g}/s, burst {self.burst}"


@dataclass(frozen=True, kw_only=True)
class Access:
    """Access to one route. One of several scopes or groups is enough; a scope and a group are both required.

    `answer` names the required members of the route's answer; `needs_parameters` says whether a call must have any.
    `surface` is for attacks, which take this checkout's table; tables of other revisions are only compared.
    """

    key: str
    summary: str
    public: bool
    scopes: tuple[str, ...]
    groups: tuple[str, ...]
    throttle: Throttle | None  # None: the stack's own
    answer: tuple[str, ...] = ()
    needs_parameters: bool = False
    surface: Surface = field(default=Surface(), compare=False)

    @property
    def method(self) -> str:
        return self.key.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.key.partition(" ")[2]

    @property
    def who(self) -> str:
        if self.public:
            return "public"
        asked = [f"{what} {any_of(names)}" for what, names in (("scope", self.scopes), ("group", self.groups)) if names]
        return " and ".join(asked) or "any signed-in user"

    @property
    def gateway(self) -> str:
        """The gateway's conditions for calling the function."""
        if self.public:
            return "nothing"
        return f"token, scope {any_of(self.scopes)}" if self.scopes else "token"

    @property
    def function(self) -> str:
        """The function's conditions, checked against the token that it verified itself."""
        if self.public:
            return "nothing"
        asked = [f"scope {any_of(self.scopes)}"] if self.scopes else ["of a person"]
        asked += [f"group {any_of(self.groups)}"] if self.groups else []
        return ", ".join(["token", *asked])


@dataclass(frozen=True, kw_only=True)
class Table:
    """Every route, and the throttle of routes without one of their own (None where no default is declared)."""

    routes: tuple[Access, ...]
    throttle: Throttle | None

    def throttle_of(self, route: Access) -> str:
        if route.throttle is not None:
            return str(route.throttle)
        return f"{self.throttle} (default)" if self.throttle is not None else "default"


def any_of(names: Iterable[str]) -> str:
    return " or ".join(sorted(names))


def current() -> Table:
    """Return the route table of the program in this checkout."""
    return Table(routes=tuple(map(of, ROUTES)), throttle=default_throttle(ROOT / "Pulumi.yaml"))


def of(route: Route) -> Access:
    """Return who may call a route of the program."""
    return Access(
        key=route.key,
        summary=route.summary,
        public=route.public,
        scopes=tuple(route.scopes),
        groups=tuple(route.groups),
        throttle=Throttle(rate=route.throttle.rate, burst=route.throttle.burst) if route.throttle else None,
        needs_parameters=route.needs_parameters,
        surface=surface_of(route),
        answer=tuple(sorted(getattr(route.response, "__required_keys__", ()))),
    )


def default_throttle(declarations: Path) -> Throttle | None:
    """Return the default throttle that Pulumi.yaml declares, or None if it declares none.

    CommandError if the file is not YAML.
    """
    try:
        declared = read_yaml(declarations)["config"]
        return Throttle(rate=declared["throttleRate"]["default"], burst=declared["throttleBurst"]["default"])
    except (OSError, KeyError, TypeError):
        return None


def markdown(table: Table | None = None) -> str:
    """Return the table for a page of the documentation."""
    rows = _cells(table or current())
    body = [f"| `{row[0]}` | {' | '.join(cell.replace('|', '&#124;') for cell in row[1:])} |" for row in rows]
    return "\n".join([f"| {' | '.join(_COLUMNS)} |", "|---" * len(_COLUMNS) + "|", *body])


def text(table: Table) -> str:
    """Return the table for a terminal, in columns."""
    rows = [_COLUMNS, *_cells(table)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def as_json(table: Table) -> str:
    """Return the table for programs: a list with an object for each route."""
    return json.dumps([_members(table, route) for route in table.routes], indent=2)


def _cells(table: Table) -> list[Sequence[str]]:
    return [
        (route.key, route.summary, route.who, route.gateway, route.function, table.throttle_of(route))
        for route in table.routes
    ]


def _members(table: Table, route: Access) -> dict[str, Any]:
    throttle = route.throttle or table.throttle
    return {
        "route": route.key,
        "summary": route.summary,
        "public": route.public,
        "scopes": list(route.scopes),
        "groups": list(route.groups),
        "who": route.who,
        "gateway": route.gateway,
        "function": route.function,
        "throttle": None if throttle is None else {"rate": throttle.rate, "burst": throttle.burst},
        "ownThrottle": route.throttle is not None,
    }
