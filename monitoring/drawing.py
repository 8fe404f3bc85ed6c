"""Panels as one SVG, in the manner of CloudWatch's console."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from html import escape

from monitoring.panels import Line, Panel
from monitoring.samples import Series

COLUMN, ROW, GAP = 44, 38, 6  # pixels
_TITLE, _LEGEND, _LEFT, _RIGHT = 26, 20, 46, 46
_INK, _DIM, _GRID = "#16191f", "#687078", "#eaeded"
_FONT = 'font-family="Helvetica, Arial, sans-serif"'


def svg(panels: Sequence[Panel], until: int, caption: str) -> str:
    """The dashboard over the seconds from 0 to `until`, with lines below that say where the data is from."""
    width = 24 * COLUMN
    height = max(panel.y + panel.height for panel in panels) * ROW + 48
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_FONT} font-size="12" role="img">',
        f"<title>{escape(caption)}</title>",
        f'<rect width="{width}" height="{height}" fill="#f2f3f3"/>',
    ]
    for panel in panels:
        parts += _panel(panel, until)
    for place, line in enumerate(caption.splitlines()):
        parts.append(f'<text x="{GAP}" y="{height - 28 + 17 * place}" fill="{_DIM}">{escape(line)}</text>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _panel(panel: Panel, until: int) -> Iterator[str]:
    x, y = panel.x * COLUMN + GAP / 2, panel.y * ROW + GAP / 2
    width, height = panel.width * COLUMN - GAP, panel.height * ROW - GAP
    yield f'<g transform="translate({x:g} {y:g})">'
    yield f'<rect width="{width}" height="{height}" rx="4" fill="#fff" stroke="#d5dbdb"/>'
    if panel.text:
        for place, line in enumerate(panel.text.splitlines()):
            plain = re.sub(r"\*\*|\[([^\]]+)\]\([^)]*\)", lambda found: found[1] or "", line)
            yield f'<text x="14" y="{28 + 20 * place}" fill="{_INK}" font-size="14">{escape(plain)}</text>'
    else:
        yield f'<text x="12" y="19" fill="{_INK}" font-size="13" font-weight="bold">{escape(panel.title)}</text>'
        yield from _graph(panel, width, height, until)
    yield "</g>"


def _graph(panel: Panel, width: int, height: int, until: int) -> Iterator[str]:
    drawn = [line for line in panel.lines if line.series]
    if not drawn:
        why = "no data here: the emulator has no source of it" if panel.lines else "nothing of it happened in this load"
        yield (
            f'<text x="{width / 2}" y="{height / 2 + 6}" fill="{_DIM}" font-size="13" text-anchor="middle">{why}</text>'
        )
        return
    legend = list(_legend(panel.lines, width, height))
    box = _Box(
        _LEFT, _TITLE + 6, width - _LEFT - _RIGHT, height - _TITLE - 24 - _rows(panel.lines, width) * _LEGEND, until
    )
    for right in (False, True):
        lines = [line for line in drawn if line.right == right]
        if not lines:
            continue
        stacks = _stacked(lines, range(0, until, panel.period)) if panel.stacked else [line.series for line in lines]
        top = _ceiling(max(max(series.values()) for series in stacks))
        yield from box.axis(top, right)
        below: Series = {}
        for line, series in zip(lines, stacks, strict=True):
            if panel.stacked:
                yield box.area(series, below, top, line.color)
                below = series
            yield box.line(series, top, line.color)
    yield from legend


def _stacked(lines: Sequence[Line], times: range) -> list[Series]:
    """Each line on top of those before; what did not happen in a period adds nothing."""
    sums: list[Series] = []
    for line in lines:
        before = sums[-1] if sums else {}
        sums.append({time: before.get(time, 0) + line.series.get(time, 0) for time in times})
    return sums


class _Box:
    """Where the lines are: pixels of a value at a second."""

    def __init__(self, left: int, top: int, width: int, height: int, until: int) -> None:
        self.left, self.top, self.width, self.height, self.until = left, top, width, height, until

    def axis(self, most: float, right: bool) -> Iterator[str]:
        for step in range(5):
            y = self.top + self.height * (1 - step / 4)
            label = _number(most * step / 4)
            if not right:
                yield f'<path d="M{self.left} {y:.1f}h{self.width}" stroke="{_GRID}"/>'
            at, anchor = (self.left + self.width + 6, "start") if right else (self.left - 6, "end")
            yield f'<text x="{at}" y="{y + 4:.1f}" fill="{_DIM}" font-size="11" text-anchor="{anchor}">{label}</text>'
        if not right:
            for part in range(4):
                x, minutes = self.left + self.width * part / 3, self.until * part / 3 / 60
                label = f"{int(minutes // 60)}:{int(minutes % 60):02d}"
                yield (
                    f'<text x="{x:.1f}" y="{self.top + self.height + 15}" fill="{_DIM}" font-size="11" '
                    f'text-anchor="middle">{label}</text>'
                )

    def _points(self, series: Series, most: float) -> list[str]:
        return [
            f"{self.left + self.width * time / self.until:.1f} {self.top + self.height * (1 - value / most):.1f}"
            for time, value in sorted(series.items())
        ]

    def line(self, series: Series, most: float, color: str) -> str:
        points = self._points(series, most)
        path = (
            f'<path d="M{"L".join(points)}" fill="none" stroke="{color}" stroke-width="1.8" stroke-linejoin="round"/>'
        )
        x, y = points[0].split(" ")
        return path if len(points) > 1 else f'<circle cx="{x}" cy="{y}" r="3" fill="{color}"/>'

    def area(self, series: Series, below: Series, most: float, color: str) -> str:
        floor = {time: below.get(time, 0) for time in series}
        outline = [*self._points(series, most), *reversed(self._points(floor, most))]
        return f'<path d="M{"L".join(outline)}z" fill="{color}" fill-opacity="0.35"/>'


def _label(line: Line) -> str:
    return line.label + (" (right)" if line.right else "") + ("" if line.series else ": no data here")


def _rows(lines: Sequence[Line], width: int) -> int:
    return _placed(lines, width)[-1][1] + 1


def _placed(lines: Sequence[Line], width: int) -> list[tuple[int, int]]:
    places, x, row = [], 12, 0
    for line in lines:
        need = 26 + int(6.3 * len(_label(line)))
        if x + need > width and x > 12:
            x, row = 12, row + 1
        places.append((x, row))
        x += need
    return places


def _legend(lines: Sequence[Line], width: int, height: int) -> Iterator[str]:
    places = _placed(lines, width)
    for line, (x, row) in zip(lines, places, strict=True):
        y = height - 8 - (places[-1][1] - row) * _LEGEND
        color = line.color if line.series else "#d5dbdb"
        ink = _INK if line.series else _DIM
        yield f'<rect x="{x}" y="{y - 9}" width="12" height="10" fill="{color}"/>'
        yield f'<text x="{x + 17}" y="{y}" fill="{ink}">{escape(_label(line))}</text>'


def _ceiling(value: float) -> float:
    """The next round number, so that the grid has round ones, too."""
    if value <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 8, 10) if step * power >= value)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"
