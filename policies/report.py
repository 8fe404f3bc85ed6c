"""The report in three forms: for a terminal, for programs, and for the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from policies.evaluation import Report
from policies.judge import Finding
from policies.rule import ResourceRule, Rule
from policies.rules import RULES


def as_text(report: Report) -> str:
    """A heading, and a line for each finding with its remedy or its reason."""
    verdict = report.verdict
    level = "must hold" if verdict.mandatory else "advice"
    head = (
        f"{report.stack} ({verdict.environment}, {level}): "
        f"{len(verdict.asked)} rules, {len(report.resources)} resources, "
        f"{_number(len(verdict.open), 'violation')}, {len(verdict.suppressed)} suppressed"
    )
    return "\n".join([head, *_lines(verdict.suppressed), *_lines(verdict.open)])


def _lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Findings of one rule, and of one reason, stand together, with what to do below them."""
    widths = [max((len(cell) for cell in column), default=0) for column in zip(*map(_cells, findings), strict=True)]
    for _, group in groupby(findings, key=lambda each: (each.rule.id, _reason(each))):
        for each in (together := list(group)):
            start = "  ".join(cell.ljust(width) for cell, width in zip(_cells(each), widths, strict=True))
            yield f"  {start}  {each.violation.says}"
        reason = _reason(together[0])
        yield f"    suppressed: {reason}" if reason else f"    mend it with: {together[0].rule.remedy}"


def _reason(finding: Finding) -> str:
    return finding.suppression.reason if finding.suppression else ""


def _cells(finding: Finding) -> tuple[str, str, str]:
    return finding.rule.id, finding.rule.severity.value, finding.violation.resource


def as_json(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """The reports as plain objects."""
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


def rules_as_markdown(reports: Sequence[Report]) -> str:
    """Every rule, where it comes from, and what it says of each stack."""
    stacks = [report.stack for report in reports]
    rows = [
        f"| rule | severity | what must hold | source | {' | '.join(stacks)} |",
        f"|---|---|---|---|{'---|' * len(stacks)}",
    ]
    for rule in RULES:
        cells = [f"`{rule.id}`", rule.severity.value, rule.title, ", ".join(rule.sources)]
        rows.append(f"| {' | '.join([*cells, *(_result(rule, report) for report in reports)])} |".replace("$", "&#36;"))
    return "\n".join(rows)


def _result(rule: Rule, report: Report) -> str:
    verdict = report.verdict
    if rule not in verdict.asked:
        return "not asked"
    if any(each.rule is rule for each in verdict.open):
        return "**broken**" if verdict.mandatory else "advice"
    if any(each.rule is rule for each in verdict.suppressed):
        return "suppressed"
    if isinstance(rule, ResourceRule) and not any(each.type in rule.types for each in report.resources):
        return "none there"
    return "holds"


def suppressions_as_markdown(reports: Sequence[Report]) -> str:
    """What the stacks suppress, and why."""
    rows = ["| stack | rule | resources | why |", "|---|---|---|---|"]
    for report in reports:
        used = {
            (each.suppression.rule, each.suppression.resource, _reason(each))
            for each in report.verdict.suppressed
            if each.suppression
        }
        rows += [f"| {report.stack} | `{rule}` | `{resource}` | {reason} |" for rule, resource, reason in sorted(used)]
    return "\n".join(rows)


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
