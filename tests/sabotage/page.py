"""What came of the runs, as tables that a page keeps between its markers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stacks.command_line import CommandError

NOTHING = "**nothing**"


@dataclass(frozen=True, kw_only=True)
class Table:
    """What stands between `<!-- name -->` and `<!-- end -->`; `summary` is its first line, from the rows."""

    name: str
    head: tuple[str, str]
    summary: Callable[[Sequence[str]], str]

    def text(self, rows: Mapping[str, str], order: Sequence[str]) -> str:
        """The rows that `order` names by their first cell, in its order. What left the list leaves the table."""
        kept = [rows[each] for each in order if each in rows]
        return "\n".join([self.summary(kept), "", *self.head, *kept, ""])

    def rows(self, page: str) -> dict[str, str]:
        """The rows of the table in the page's text, by their first cell; none where the page has no such table."""
        part = self._part.search(page)
        lines = part[0].splitlines() if part else []
        return {_first(line): line for line in lines if line.startswith("| ") and line not in self.head}

    def write(self, page: Path, rows: Sequence[str], order: Sequence[str]) -> None:
        """Put the rows into the page, or make a page of them. What an earlier run said of others stays.

        CommandError if there is a page, but without the markers.
        """
        text = page.read_text() if page.exists() else f"<!-- {self.name} -->\n<!-- end -->\n"
        if not self._part.search(text):
            raise CommandError(f"{page} must hold <!-- {self.name} --> and <!-- end -->, each on its own line")
        every = self.rows(text) | {_first(row): row for row in rows}
        page.write_text(self._part.sub(lambda _: self.text(every, order), text, count=1))

    @property
    def _part(self) -> re.Pattern[str]:
        return re.compile(rf"(?<=<!-- {self.name} -->\n).*?(?=<!-- end -->)", re.DOTALL)


def row(*cells: str) -> str:
    """A row of a table, whatever its cells hold."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def code(text: str) -> str:
    return f"`{text.replace('`', chr(39))}`"


def _first(line: str) -> str:
    return line.split(" ", 2)[1]


CAUGHT = Table(
    name="sabotage",
    head=("| sabotage | of | what it would mean | caught by | seconds |", "|---|---|---|---|---:|"),
    summary=lambda rows: f"{sum(NOTHING not in row for row in rows)} of {len(rows)} sabotages were caught.",
)
NEEDED = Table(
    name="needed",
    head=("| test file left out | what then goes unnoticed |", "|---|---|"),
    summary=lambda rows: f"{sum(NOTHING not in row for row in rows)} of {len(rows)} test files are needed.",
)
