"""Compare findings with the allow-list: a verdict for each finding, and for each check that found nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from policies.audit.allowed import FILE, Entry
from policies.audit.findings import Finding

PASS, ALLOWED, NOTHING, FAILED = "pass", "allowed", "nothing to judge", "FAILED"


@dataclass(frozen=True)
class Row:
    """One line of the report: the check or call, its resource, the verdict and the reason for it."""

    name: str
    resource: str
    verdict: str
    why: str = ""

    @property
    def text(self) -> str:
        return f"{self.verdict}: {self.why}" if self.why else self.verdict


def judge(
    environment: str,
    checks: Collection[str],
    findings: Iterable[Finding],
    errors: Iterable[str],
    entries: Iterable[Entry],
) -> list[Row]:
    """Return a row for each finding, each silent check, each unanswered call and each stale entry.

    An entry is stale if nothing matches it. One for some environments never is: a stack may be stricter than the rest.
    """
    here = [entry for entry in entries if entry.holds_for(environment)]
    used: set[Entry] = set()
    found = sorted(findings)

    def allowing(kind: str, name: str, detail: str = "") -> Entry | None:
        match = next((e for e in here if e.kind == kind and e.name == name and e.allows(detail)), None)
        if match is not None:
            used.add(match)
        return match

    rows = []
    for each in found:
        if each.passed:
            rows.append(Row(each.check, each.resource, PASS))
        elif entry := allowing("fail", each.check, each.detail):
            rows.append(Row(each.check, each.resource, ALLOWED, entry.reason))
        else:
            rows.append(Row(each.check, each.resource, FAILED, each.detail))
    for check in sorted(set(checks) - {each.check for each in found}):
        if entry := allowing("silent", check):
            rows.append(Row(check, "-", NOTHING, entry.reason))
        else:
            rows.append(Row(check, "-", FAILED, "it found no resource to judge, and is not listed as silent"))
    calls = [entry.name for entry in here if entry.kind == "unanswered"]
    for error in errors:
        call = next((name for name in calls if f" {name} operation" in error), "")
        if entry := allowing("unanswered", call):
            rows.append(Row(f"call {call}", "-", ALLOWED, entry.reason))
        else:
            rows.append(Row("call", "-", FAILED, error))
    stale = f"{FILE.parent.name}/{FILE.name}"
    rows += [
        Row(entry.name, stale, FAILED, f"nothing here matches its [[{entry.kind}]] any more; remove the entry")
        for entry in here
        if entry not in used and not entry.environments
    ]
    return rows


def count(rows: Iterable[Row]) -> dict[str, int]:
    """Count the rows of each of the four verdicts."""
    counted = Counter(row.verdict for row in rows)
    return {verdict: counted[verdict] for verdict in (PASS, ALLOWED, NOTHING, FAILED)}


def summary(rows: list[Row]) -> str:
    return ", ".join(f"{number} {verdict}" for verdict, number in count(rows).items())


def as_table(rows: list[Row]) -> str:
    """Return columns for a terminal, failures last."""
    head = ("check", "resource", "verdict")
    lines = [head, *((row.name, row.resource, row.text) for row in _failed_last(rows))]
    first, second = (max(len(line[column]) for line in lines) for column in (0, 1))
    return "\n".join(f"{a:<{first}}  {b:<{second}}  {c}" for a, b, c in lines)


def as_markdown(stack: str, rows: list[Row]) -> str:
    """Return the report as a Markdown page."""
    lines = [
        f"# Audit of stack {stack}",
        "",
        f"{summary(rows)}.",
        "",
        "| check | resource | verdict |",
        "|---|---|---|",
    ]
    for row in _failed_last(rows):
        cells = (cell.replace("|", "\\|") for cell in (f"`{row.name}`", f"`{row.resource}`", row.text))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _failed_last(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.verdict == FAILED)
