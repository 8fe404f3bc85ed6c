"""What Prowler says of a stack: its findings, in OCSF, and the calls that its log says were not answered."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.command_line import CommandError

STATUSES = frozenset({"PASS", "FAIL", "MANUAL"})


@dataclass(frozen=True, order=True)
class Finding:
    """One check's word on one resource. Anything but PASS has to be allowed: MANUAL is a check that could not judge."""

    check: str
    resource: str
    status: str
    detail: str

    @property
    def passed(self) -> bool:
        return self.status == "PASS"


def read_findings(report: Path) -> list[Finding]:
    """The findings of a report in JSON-OCSF, sorted; CommandError if it is no such report, or says nothing."""
    try:
        findings = sorted(_finding(each) for each in json.loads(report.read_text()))
    except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise CommandError(
            f"{report} must be Prowler's findings in OCSF, got {type(error).__name__}: {error}"
        ) from None
    if not findings:
        raise CommandError(f"{report} must hold findings, but is empty: Prowler saw no stack")
    return findings


def _finding(event: Any) -> Finding:
    status = event["status_code"]
    if status not in STATUSES:
        raise ValueError(f"status_code must be one of {', '.join(sorted(STATUSES))}, got {status}")
    return Finding(
        check=event["metadata"]["event_code"],
        resource=event["resources"][0]["name"],
        status=status,
        detail=event["status_detail"],
    )


def read_errors(log: Path) -> list[str]:
    """The errors of Prowler's log. It goes on after one, and judges as if what it asked for did not exist."""
    if not log.exists():
        return []
    try:
        records = [json.loads(line) for line in log.read_text().splitlines() if line.strip()]
        errors = [str(record["message"]) for record in records if record["level"] in {"ERROR", "CRITICAL"}]
    except (ValueError, TypeError, KeyError) as error:
        raise CommandError(f"{log} must be Prowler's log, a JSON object a line, got: {error}") from None
    return list(dict.fromkeys(errors))
