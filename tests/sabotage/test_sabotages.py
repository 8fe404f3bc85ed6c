"""The list of risks and its run: each still applies, and one that nothing notices is an error."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from stacks import ROOT
from stacks.command_line import CommandError
from tests.sabotage import __main__ as command
from tests.sabotage.live import LIVE
from tests.sabotage.page import rows_of
from tests.sabotage.risks import RISKS
from tests.sabotage.run import first_failure
from tests.sabotage.tree import changed_text, every_risk

PAGE = ROOT / "docs" / "sabotage.md"
FAST = next(each for each in RISKS if each.name == "any-method-accepted")


def test_each_risk_applies() -> None:
    """A risk whose protection moved proves nothing. The message says which, and where to say it anew."""
    trouble = []
    for risk in every_risk():
        try:
            changed = changed_text(risk)
            ast.parse(changed)
            assert changed != (ROOT / risk.file).read_text(), risk.name
        except (CommandError, SyntaxError) as error:
            trouble.append(str(error))

    assert trouble == []


def test_names_are_unique_and_tests_exist() -> None:
    """A mistyped test file would never be run."""
    names = [each.name for each in (*every_risk(), *LIVE)]
    missing = {test for risk in every_risk() for test in risk.tests if not (ROOT / test.partition("::")[0]).exists()}

    assert len(set(names)) == len(names)
    assert missing == set()
    assert all(each.gain.endswith(".") for each in (*every_risk(), *LIVE))


def test_page_has_a_row_for_each() -> None:
    """Add the row with: python -m tests.sabotage --only NAME --markdown docs/sabotage.md."""
    rows = rows_of(PAGE.read_text())

    assert rows.keys() >= {each.name for each in (*every_risk(), *LIVE)}
    assert not [name for name, row in rows.items() if "**nothing**" in row]


def test_text_that_is_gone_is_named() -> None:
    """With the file, and where to fix it."""
    with pytest.raises(CommandError, match=r"any-method-accepted: its old text must stand once in .*risks\.py"):
        changed_text(replace(FAST, old="no such text"))
    with pytest.raises(CommandError, match="must have no_such_function"):
        changed_text(replace(FAST, within="no_such_function"))


@pytest.mark.parametrize("arguments", [["--only", "no-such-name"], ["--jobs", "0"], ["--nonsense"]])
def test_bad_arguments_are_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """As every command of this project answers."""
    assert command.main(arguments) == 1

    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.acceptance
def test_risk_that_nothing_notices_is_exit_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A run that cannot fail would prove nothing itself; a real one is noticed and written to the page."""
    source = (ROOT / FAST.file).read_text()
    first = source.splitlines()[0]
    harmless = replace(FAST, name="harmless", within="", old=first, new=first.replace('"""', '"""Again: ', 1))
    monkeypatch.setattr(command, "every_risk", lambda: (FAST, harmless))
    page = tmp_path / "page.md"
    page.write_text("# Kept\n\n<!-- sabotage -->\nold\n<!-- end -->\n\nkept too\n")

    assert command.main(["--only", "*a*", "--markdown", str(page)]) == 1

    said = capsys.readouterr()
    assert "but no test noticed: harmless" in said.err
    assert "caught" in said.out
    assert "| `any-method-accepted` |" in page.read_text()
    assert page.read_text().endswith("kept too\n")
    assert (ROOT / FAST.file).read_text() == source


@pytest.mark.acceptance
def test_tests_that_cannot_run_are_no_catch(tmp_path: Path) -> None:
    """A test that is gone is red too, but nothing has noticed anything."""
    with pytest.raises(CommandError, match="must run to a result, got: no test is selected"):
        first_failure(["tests/handler/test_routes.py"], "no_such_test", ROOT, tmp_path)
