"""Figures and their tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A measured amount, and its ratio to a baseline if there is one.

    `limit` applies to the ratio, or to the amount if there is no ratio.
    """

    name: str
    amount: float
    unit: str
    ratio: float | None = None
    limit: float | None = None

    @property
    def is_over(self) -> bool:
        value = self.amount if self.ratio is None else self.ratio
        return self.limit is not None and value > self.limit

    @property
    def cells(self) -> tuple[str, ...]:
        unit = f" {self.unit}" if self.ratio is None else " x"
        return (
            self.name,
            f"{self.amount:.{_digits(self.amount)}f} {self.unit}",
            "" if self.ratio is None else f"{self.ratio:.2f} x",
            "" if self.limit is None else f"{self.limit:.2f}{unit}",
            "" if self.limit is None else "OVER" if self.is_over else "within",
        )


@dataclass(frozen=True, kw_only=True)
class Table:
    """The figures of one topic. `method` explains the measurement in one line, `notes` add what a reader must know."""

    topic: str
    title: str
    baseline: str
    method: str
    figures: Sequence[Figure]
    notes: Sequence[str] = ()

    def as_text(self) -> str:
        head = ("", "measured", f"x {self.baseline}" if self.baseline else "", "limit", "")
        rows = [head, *(figure.cells for figure in self.figures)]
        used = [index for index in range(len(head)) if any(row[index] for row in rows)]
        widths = {index: max(len(row[index]) for row in rows) for index in used}
        lines = [
            "  ".join(
                row[index].rjust(widths[index]) if 0 < index < 4 else row[index].ljust(widths[index]) for index in used
            )
            for row in rows
        ]
        about = [f"Method: {self.method}", *(f"Note: {note}" for note in self.notes)]
        return "\n".join(
            [self.title, "", *(f"  {line}".rstrip() for line in lines), "", *(f"  {line}" for line in about)]
        )

    def as_json(self) -> dict[str, Any]:
        figures = [{**asdict(figure), "over": figure.is_over} for figure in self.figures]
        return {
            "title": self.title,
            "baseline": self.baseline,
            "method": self.method,
            "notes": list(self.notes),
            "figures": figures,
        }


def _digits(amount: float) -> int:
    return 0 if amount >= 1000 else 1 if amount >= 10 else 2
