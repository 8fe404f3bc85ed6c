"""Reading Prowler's output: a sample of its format, and broken ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policies.audit.findings import Finding, read_errors, read_findings
from stacks.command_line import CommandError


def event(check: str, status: str) -> dict[str, Any]:
    """Return a finding in OCSF, shortened."""
    return {
        "message": "The pool is so.",
        "metadata": {"event_code": check, "product": {"name": "Prowler"}, "version": "1.5.0"},
        "severity": "Medium",
        "status": "New",
        "status_code": status,
        "status_detail": "The pool is so.",
        "resources": [{"name": "pool", "region": "eu-central-1", "uid": "arn:aws:cognito-idp:…"}],
    }


def test_findings_are_read_sorted(tmp_path: Path) -> None:
    """Two runs on one stack must give the same report."""
    report = tmp_path / "prowler.ocsf.json"
    report.write_text(json.dumps([event("b", "FAIL"), event("a", "PASS")]))

    assert read_findings(report) == [
        Finding(check="a", resource="pool", status="PASS", detail="The pool is so."),
        Finding(check="b", resource="pool", status="FAIL", detail="The pool is so."),
    ]


@pytest.mark.parametrize(
    "text", ["", "{", "{}", "[]", "[1]", '[{"status_code": "PASS"}]', json.dumps([event("a", "MUTED")])]
)
def test_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    """A report that cannot be read must not look like one without failures."""
    report = tmp_path / "prowler.ocsf.json"
    report.write_text(text)

    with pytest.raises(CommandError, match=r"prowler\.ocsf\.json must"):
        read_findings(report)


def test_missing_report_is_refused(tmp_path: Path) -> None:
    """Prowler writes no log if there was no error."""
    with pytest.raises(CommandError, match="must be Prowler's findings"):
        read_findings(tmp_path / "none.json")


def test_errors_of_the_log_are_read_once_each(tmp_path: Path) -> None:
    """Each error is an unanswered call; warnings are not."""
    log = tmp_path / "log"
    lines = [("ERROR", "one"), ("WARNING", "two"), ("ERROR", "one"), ("CRITICAL", "three")]
    log.write_text("".join(json.dumps({"level": level, "message": text}) + "\n" for level, text in lines))

    assert read_errors(log) == ["one", "three"]
    assert read_errors(tmp_path / "none") == []


def test_another_log_is_refused(tmp_path: Path) -> None:
    """An unreadable log must not count as one without errors."""
    log = tmp_path / "log"
    log.write_text("ERROR: plain text\n")

    with pytest.raises(CommandError, match="a JSON object a line"):
        read_errors(log)
