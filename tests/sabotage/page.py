"""The table of results, which a page keeps between its markers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from stacks.command_line import CommandError

NOTHING = "**nothing**"
_HEAD = ("| risk | protection in | what it would mean | noticed by |", "|---|---|---|---|")
_PART = re.compile(r"(?<=<!-- sabotage -->\n).*?(?=<!-- end -->)", re.DOTALL)


def rows_of(page: str) -> dict[str, str]:
    """Return the rows of the page's table by the name of the risk."""
    part = _PART.search(page)
    lines = part[0].splitlines() if part else []
    return {_name(line): line for line in lines if line.startswith("| ") and line not in _HEAD}


def write(page: Path, rows: Sequence[str], order: Sequence[str]) -> None:
    """Put the rows into the page. Rows of other risks stay; risks that are gone lose theirs.

    CommandError if the page lacks the markers.
    """
    text = page.read_text()
    if not _PART.search(text):
        raise CommandError(f"{page} must hold <!-- sabotage --> and <!-- end -->, each on its own line")
    every = rows_of(text) | {_name(row): row for row in rows}
    kept = [every[name] for name in order if name in every]
    caught = sum(NOTHING not in row for row in kept)
    table = "\n".join([f"{caught} of {len(kept)} risks were noticed.", "", *_HEAD, *kept, ""])
    page.write_text(_PART.sub(lambda _: table, text, count=1))


def _name(row: str) -> str:
    return row.split(" ", 2)[1].strip("`")


def row(*cells: str) -> str:
    """Return a row of a table, whatever its cells hold."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def code(text: str) -> str:
    """Return the text as code."""
    return f"`{text.replace('`', chr(39))}`"
