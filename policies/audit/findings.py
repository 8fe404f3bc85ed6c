"""Read Prowler's output: its findings, in OCSF, and the errors in its log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.command_line import CommandError

STATUSES = frozenset({"PASS", "FAIL", "MANUAL"})


@dataclass(frozen=True, order=True)
class Finding:
    """The result of one check on one resource. MANUAL, a check that could not judge, has to be allowed as FAIL does."""

    check: str
    resource: str
    status: str
    detail: str

    @property
    def passed(self) -> bool:
        return self.status == "PASS"


def read_findings(report: Path) -> list[Finding]:
    """Return the findings of a report in JSON-OCSF, sorted; CommandError if it is another format, or empty."""
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
    """Return the errors in Prowler's log. After one, Prowler judges as if the resource did not exist."""
    if not log.exists():
        return []
    try:
        records = [json.loads(line) for line in log.read_text().splitlines() if line.strip()]
        errors = [str(record["message"]) for record in records if record["level"] in {"ERROR", "CRITICAL"}]
    except (ValueError, TypeError, KeyError) as error:
        raise CommandError(f"{log} must be Prowler's log, a JSON object a line, got: {error}") from None
    return list(dict.fromkeys(errors))
