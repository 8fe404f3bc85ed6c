"""The report for a terminal and for programs, and the rules for the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from policies.evaluation import Report
from policies.judge import Finding
from policies.rule import ENVIRONMENTS
from policies.rules import RULES


def as_text(report: Report) -> str:
    """Return a heading and a line for each finding, with its remedy or the reason of its suppression."""
    verdict = report.verdict
    level = "mandatory" if verdict.mandatory else "advice"
    head = (
        f"{report.stack} ({verdict.environment}, {level}): "
        f"{len(verdict.asked)} rules, {len(report.resources)} resources, "
        f"{_number(len(verdict.open), 'violation')}, {len(verdict.suppressed)} suppressed"
    )
    return "\n".join([head, *_lines(verdict.suppressed), *_lines(verdict.open)])


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the findings grouped by rule and reason, with the remedy or the reason below each group."""
    widths = [max((len(cell) for cell in column), default=0) for column in zip(*map(_cells, findings), strict=True)]
    for _, group in groupby(findings, key=lambda each: (each.rule.id, _reason(each))):
        for each in (together := list(group)):
            start = "  ".join(cell.ljust(width) for cell, width in zip(_cells(each), widths, strict=True))
            yield f"  {start}  {each.violation.says}"
        reason = _reason(together[0])
        yield f"    suppressed: {reason}" if reason else f"    fix it with: {together[0].rule.remedy}"


def _reason(finding: Finding) -> str:
    return finding.suppression.reason if finding.suppression else ""


def _cells(finding: Finding) -> tuple[str, str, str]:
    return finding.rule.id, finding.rule.severity.value, finding.violation.resource


def as_json(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """Return the reports as plain objects."""
    return [
        {
            "stack": report.stack,
            "environment": report.verdict.environment,
            "mandatory": report.verdict.mandatory,
            "rules": [rule.id for rule in report.verdict.asked],
            "resources": len(report.resources),
            "violations": [_finding(each) for each in report.verdict.open],
            "suppressed": [{**_finding(each), "reason": _reason(each)} for each in report.verdict.suppressed],
        }
        for report in reports
    ]


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "rule": finding.rule.id,
        "severity": finding.rule.severity.value,
        "resource": finding.violation.resource,
        "violation": finding.violation.says,
        "remedy": finding.rule.remedy,
    }


def rules_as_markdown() -> str:
    """Return every rule with its remedy, its sources and the environments in which it is asked."""
    rows = ["| rule | severity | requirement | remedy | asked in | source |", "|---|---|---|---|---|---|"]
    for rule in RULES:
        asked_in = "all" if rule.environments == ENVIRONMENTS else ", ".join(rule.environments)
        cells = [f"`{rule.id}`", rule.severity.value, rule.title, rule.remedy, asked_in, ", ".join(rule.sources)]
        rows.append(f"| {' | '.join(cells)} |".replace("$", "&#36;"))  # TeX to some readers of Markdown
    return "\n".join(rows)


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
