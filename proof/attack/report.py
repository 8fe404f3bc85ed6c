"""Write a run as text for a terminal, as JSON for programs, and as JUnit XML for CI."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from proof.attack.cases import not_live
from proof.attack.run import VERDICTS, WIRING, Result

_NAMED_MOST = 12  # names of cases in a line; more are counted
_COLUMNS = ("requests", "by gateway", "by function", "by server", "answered", "noted", "skipped", "deviations")


@dataclass(frozen=True, kw_only=True)
class Run:
    """A finished run. `started` is in ISO 8601, UTC."""

    api_url: str
    is_local: bool
    routes: tuple[str, ...]
    started: str
    seconds: float
    results: Sequence[Result]

    @property
    def deviations(self) -> list[Result]:
        return [result for result in self.results if result.verdict == "deviation"]

    @property
    def sent(self) -> list[Result]:
        return [result for result in self.results if result.status is not None]

    @property
    def groups(self) -> dict[str, list[Result]]:
        """The results by group, in the order of the cases."""
        groups: dict[str, list[Result]] = {}
        for result in self.results:
            groups.setdefault(result.group, []).append(result)
        return groups

    @property
    def headline(self) -> str:
        count = len(self.deviations)
        return "no deviation" if not count else "1 deviation" if count == 1 else f"{count} deviations"


def counts(results: Iterable[Result]) -> dict[str, int]:
    """Count the results by the columns of the summary."""
    found = dict.fromkeys(_COLUMNS, 0)
    for result in results:
        is_sent = result.status is not None
        is_refused = is_sent and not 200 <= (result.status or 0) < 300
        layer = result.layer if result.layer in {"gateway", "function"} else "server"
        found["requests"] += is_sent
        found[f"by {layer}"] += is_refused
        found["answered"] += is_sent and not is_refused
        found["noted"] += result.verdict == "noted"
        found["skipped"] += result.verdict == "skipped"
        found["deviations"] += result.verdict == "deviation"
    return found


def text(run: Run) -> str:
    """Return the summary for a terminal, with every deviation in full."""
    cases = len({result.case for result in run.sent})
    lines = [f"{cases} cases, {len(run.sent)} requests, {run.seconds:.1f} s", "", *_table(run)]
    for result in run.deviations:
        by = f" (by the {result.layer})" if result.layer else ""
        lines += ["", f"DEVIATION  {result.route}  {result.case}: {result.title}", f"           {result.problem}{by}"]
    for words, found in (("Noted", reasons(_by("note", run.results))), ("Not tested", reasons(not_tested(run)))):
        if found:
            lines += ["", f"{words}:", *(f"  {line}" for line in found)]
    return "\n".join([*lines, "", run.headline])


def _table(run: Run) -> list[str]:
    rows: list[tuple[str, ...]] = [("", *_COLUMNS)]
    groups = {group: results for group, results in run.groups.items() if group != WIRING}
    groups["all"] = [each for results in groups.values() for each in results]
    rows += [(group, *(str(count) for count in counts(results).values())) for group, results in groups.items()]
    rows.append((WIRING, *("" for _ in _COLUMNS[1:]), str(counts(run.groups.get(WIRING, []))["deviations"])))
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        f"{row[0]:<{widths[0]}}"
        + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    ]


def not_tested(run: Run) -> dict[str, list[str]]:
    """Return the cases that this run could not test, by reason."""
    return {**_by("skipped", run.results), **{why: [cases] for cases, why in not_live().items()}}


def reasons(found: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a line for each reason, with the cases if they are few."""
    return [
        f"{', '.join(cases) if len(cases) <= _NAMED_MOST else f'{len(cases)} cases'}: {why}"
        for why, cases in found.items()
    ]


def _by(member: str, results: Iterable[Result]) -> dict[str, list[str]]:
    """Return the cases by their `note` or `skipped`."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for result in results:
        if getattr(result, member) and not result.problem:
            found[getattr(result, member)][result.case] = None
    return {why: list(cases) for why, cases in found.items()}


def as_json(run: Run) -> str:
    """Return the whole run for programs. It holds no token."""
    return json.dumps(
        {
            "apiUrl": run.api_url,
            "started": run.started,
            "seconds": round(run.seconds, 1),
            "summary": {group: counts(results) for group, results in run.groups.items()},
            "deviations": len(run.deviations),
            "notTested": [{"cases": cases, "why": why} for why, cases in not_tested(run).items()],
            "results": [_members(result) for result in run.results],
        },
        indent=1,
        ensure_ascii=False,
    )


def _members(result: Result) -> Mapping[str, Any]:
    return {
        "route": result.route,
        "case": result.case,
        "id": result.id,
        "title": result.title,
        "group": result.group,
        "expected": list(result.expected),
        "status": result.status,
        "layer": result.layer,
        "verdict": result.verdict,
        "why": result.problem or result.note or result.skipped,
        "milliseconds": result.milliseconds,
    }


def junit(run: Run) -> str:
    """Return the run as JUnit XML: a suite for each route, a test for each case."""
    root = Element("testsuites", name="proof attack", time=f"{run.seconds:.1f}")
    by_route: dict[str, list[Result]] = {}
    for result in run.results:
        by_route.setdefault(result.route if result.group != WIRING else WIRING, []).append(result)
    for route, results in by_route.items():
        verdicts = [result.verdict for result in results]
        suite = SubElement(
            root,
            "testsuite",
            name=route,
            tests=str(len(results)),
            failures=str(verdicts.count("deviation")),
            errors="0",
            skipped=str(verdicts.count("skipped")),
            time=f"{sum(result.milliseconds for result in results) / 1000:.3f}",
            timestamp=run.started.removesuffix("Z"),
        )
        for result in results:
            name = f"{result.case}: {result.title}" if route != WIRING else f"{result.route}: {result.title}"
            seconds = f"{result.milliseconds / 1000:.3f}"
            test = SubElement(suite, "testcase", classname=f"{route}.{result.group}", name=name, time=seconds)
            if result.verdict == "deviation":
                SubElement(test, "failure", message=_printable(result.problem), type="deviation")
            elif result.verdict == "skipped":
                SubElement(test, "skipped", message=_printable(result.skipped))
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _printable(words: str) -> str:
    """Replace the control characters that XML cannot hold; an answer may have any."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)


def verdicts(results: Iterable[Result]) -> dict[str, int]:
    """Count the results by verdict."""
    found = [result.verdict for result in results]
    return {verdict: found.count(verdict) for verdict in VERDICTS}
