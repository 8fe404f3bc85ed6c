"""`python -m policies`: the report as text and as JSON, and the exit status."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from policies import command
from policies.evaluation import Report, report
from policies.judge import judge
from policies.report import as_json, as_text, rules_as_markdown
from policies.rules import RULES
from settings.stack import Suppression

REASON = "Anybody may try the service, so that people sign up by themselves."


def suppressed() -> Report:
    """Return dev's report with a suppression of COG-SIGN-UP."""
    found = report("dev")
    rule = Suppression(rule="COG-SIGN-UP", resource="auth-pool", reason=REASON)
    return replace(found, verdict=judge(found.resources, "dev", [rule]))


def test_dev_is_advice(capsys: pytest.CaptureFixture[str]) -> None:
    """Violations in development are listed and stop nobody."""
    assert command.main(["--stack", "dev"]) == 0

    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.startswith("dev (dev, advice): ")
    assert "COG-PLAIN-PASSWORD" in said.out
    assert "    fix it with: pulumi config set passwordSignIn false\n" in said.out


def test_violation_in_production_is_exit_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit status stops a pipeline."""
    found = report("dev")
    strict = replace(found, stack="strict", verdict=judge(found.resources, "prod", []))
    monkeypatch.setattr(command, "report", lambda _: strict)

    assert command.main(["--stack", "strict"]) == 1

    said = capsys.readouterr()
    count = len(strict.verdict.open)
    assert said.out.startswith("strict (prod, mandatory): ")
    assert f"got {count} in strict" in said.err
    assert "docs/policies.md" in said.err


def test_json_has_it_all(capsys: pytest.CaptureFixture[str]) -> None:
    """The JSON has everything that the text has."""
    assert command.main(["--stack", "dev", "--json"]) == 0

    (content,) = json.loads(capsys.readouterr().out)
    assert content["stack"] == content["environment"] == "dev"
    assert content["mandatory"] is False
    assert {
        "rule": "COG-PLAIN-PASSWORD",
        "severity": "high",
        "resource": "auth-client",
        "violation": "explicitAuthFlows must hold no flow that sends the password, got ALLOW_USER_PASSWORD_AUTH",
        "remedy": "pulumi config set passwordSignIn false",
    } in content["violations"]
    assert content["suppressed"] == []


def test_suppressed_findings_show_their_reason() -> None:
    """In both forms of the report: an exception that nobody sees is a hole."""
    found = suppressed()

    assert f"    suppressed: {REASON}" in as_text(found)
    assert as_json([found])[0]["suppressed"][0]["reason"] == REASON


def test_page_has_every_rule() -> None:
    """Every rule has a row, with as many cells as the head."""
    head, _, *rows = rules_as_markdown().splitlines()

    assert [row.split("`")[1] for row in rows] == [rule.id for rule in RULES]
    assert {row.count(" | ") for row in rows} == {head.count(" | ")}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--stack", "nowhere"], "got nowhere; add it with: cp Pulumi.dev.yaml Pulumi.nowhere.yaml"),
        (["--nonsense"], "unrecognized arguments: --nonsense; see: python -m policies --help"),
    ],
)
def test_bad_arguments_are_one_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An operator gets the rule and the remedy, not a traceback."""
    assert command.main(arguments) == 1

    said = capsys.readouterr()
    assert said.err.startswith("policies: ")
    assert words in said.err
    assert said.err.count("\n") == 1
