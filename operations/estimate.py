"""The options and the printed table of the estimates, `capacity` and `cost`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--stack`, `--milliseconds` and `--json`."""
    parser.add_argument("--stack", default="prod", metavar="NAME", help="settings of Pulumi.NAME.yaml (prod)")
    parser.add_argument("--milliseconds", type=number, default=50, metavar="N", help="duration of one call (50)")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of a table")


def number(text: str) -> float:
    """Parse an argument that is a number, whole or not."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, got {text}") from None


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], right: frozenset[int] = frozenset()) -> str:
    """Return a Markdown table. `right` has the indexes of the columns to align right."""
    line = " | ".join("---:" if place in right else "---" for place in range(len(head)))
    return "\n".join([f"| {' | '.join(head)} |", f"| {line} |", *(f"| {' | '.join(row)} |" for row in rows)])
