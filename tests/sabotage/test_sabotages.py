"""The list of sabotages: it applies to the source as it is, and a run tells caught from uncaught."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import sabotage.__main__ as command
from stacks import ROOT
from stacks.command_line import CommandError
from tests.sabotage.catalogue import SABOTAGES, Sabotage
from tests.sabotage.live import LIVE
from tests.sabotage.needed import checks
from tests.sabotage.page import CAUGHT, NEEDED, NOTHING, Table, code
from tests.sabotage.run import Outcome, first_failure
from tests.sabotage.tree import changed_text

(ONE,) = [each for each in SABOTAGES if each.name == "any-method-accepted"]
FAST = replace(ONE, name="fast", catchers=("tests/handler/test_routes.py",))


def source(name: str) -> str:
    return (ROOT / name).read_text()


def written(name: str, text: str) -> Sabotage:
    """A sabotage of a file that is made up."""
    return replace(FAST, name="made-up", file=name, old="protected", new=text)


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda each: each.name)
def test_sabotage_applies_and_is_a_program(sabotage: Sabotage) -> None:
    """One that no longer applies proves nothing, and one that does not compile is caught by anything."""
    changed = changed_text(sabotage, source)

    assert changed != source(sabotage.file)
    compile(changed, sabotage.file, "exec")


@pytest.mark.parametrize("sabotage", SABOTAGES, ids=lambda each: each.name)
def test_catchers_exist(sabotage: Sabotage) -> None:
    """A path or a test that is gone would make pytest fail, and that is not a catch."""
    assert sabotage.catchers
    for catcher in sabotage.catchers:
        name, *parts = catcher.split("::")
        defined = {
            node.name for node in ast.walk(ast.parse(source(name))) if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        assert set(parts) <= defined


def test_names_are_unique() -> None:
    """A name is how a run, the page and --only refer to a sabotage."""
    names = Counter(each.name for each in (*SABOTAGES, *LIVE))

    assert [name for name, times in names.items() if times > 1] == []


def test_list_is_long_and_touches_every_part() -> None:
    """A list that shrinks to what is easy would still be green."""
    files = {each.file for each in SABOTAGES}

    assert len(SABOTAGES) + len(LIVE) >= 100
    assert {"__main__.py", "settings/values.py"} <= files
    assert {f"components/{name}.py" for name in ("api_function", "auth_pool", "bundle", "http_api")} <= files
    assert {f"handler/{name}.py" for name in ("app", "keys", "routes", "settings", "tokens")} <= files


@pytest.mark.parametrize("text", ["nothing of the kind", "protected and protected"])
def test_text_that_no_longer_fits_is_an_error_that_names_the_sabotage(text: str) -> None:
    """Whoever changed the source must be told which line of the list to mend."""
    with pytest.raises(CommandError, match=r"^made-up: its old text must stand in x\.py exactly once"):
        changed_text(written("x.py", ""), lambda _: text)


def test_file_that_is_gone_is_an_error_that_names_the_sabotage() -> None:
    """A module that moved takes its sabotages along, or they are told."""
    with pytest.raises(CommandError, match=r"^made-up: handler/gone\.py must exist"):
        changed_text(written("handler/gone.py", ""), source)


@pytest.mark.acceptance
def test_sabotage_is_caught_and_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole way: copy, green tests, change, red test, its name, the page."""
    monkeypatch.setattr(command, "SABOTAGES", (FAST,))
    before = source(FAST.file)
    page = tmp_path / "page.md"
    page.write_text("# Kept\n\n<!-- sabotage -->\nold\n<!-- end -->\n\nkept too\n")

    assert command.main(["--only", "fast", "--markdown", str(page)]) == 0

    said = capsys.readouterr()
    assert "[1/1] caught" in said.out
    assert "tests/handler/test_routes.py::test_catch_all_or_odd_route_key_is_refused[ANY /" in said.out
    assert said.err == ""
    text = page.read_text()
    assert text.startswith("# Kept\n")
    assert text.endswith("<!-- end -->\n\nkept too\n")
    assert "| fast | `handler/routes.py` |" in text
    assert "old" not in text
    assert source(FAST.file) == before


@pytest.mark.acceptance
def test_sabotage_that_nothing_notices_is_exit_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that cannot fail would prove nothing itself."""
    harmless = replace(FAST, name="harmless", old='"""The route table:', new='"""The table of routes:')
    monkeypatch.setattr(command, "SABOTAGES", (harmless,))

    assert command.main(["--only", "harmless"]) == 1

    said = capsys.readouterr()
    assert "[1/1] UNCAUGHT" in said.out
    assert said.err == "tests.sabotage: every sabotage must be caught, but no check noticed: harmless\n"


@pytest.mark.acceptance
def test_tests_that_cannot_run_are_no_catch(tmp_path: Path) -> None:
    """A syntax error in the copy, or a test that is gone, is red too; but no check has noticed anything."""
    with pytest.raises(CommandError, match="must run to a result, got: no test is selected"):
        first_failure(["tests/handler/test_routes.py"], "no_such_test", ROOT, tmp_path)


def test_page_without_markers_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A page that was written by hand must not be lost."""
    page = tmp_path / "page.md"
    page.write_text("# By hand\n")
    outcome = Outcome(sabotage=FAST, seconds=1, caught_by="tests/x.py::test_x")
    monkeypatch.setattr(command, "SABOTAGES", (FAST,))
    monkeypatch.setattr(command, "outcomes", lambda *_: iter([outcome]))

    assert command.main(["--only", "fast", "--markdown", str(page)]) == 1
    assert page.read_text() == "# By hand\n"


def test_page_keeps_the_rows_of_sabotages_that_were_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One more in the list is one more run, not two hundred; and one that left the list leaves the page."""
    page = tmp_path / "page.md"
    row = "| {0} | `x.py` | Bad | `tests/x.py::test_{0}` | 1.0 |"
    rows = "\n".join(row.format(name) for name in ("later", "gone", "fast"))
    page.write_text(f"<!-- sabotage -->\n{CAUGHT.text({}, [])}{rows}\n<!-- end -->\n")
    monkeypatch.setattr(command, "SABOTAGES", (FAST, replace(FAST, name="later")))
    monkeypatch.setattr(command, "outcomes", lambda *_: iter([Outcome(sabotage=FAST, seconds=2, caught_by=None)]))

    assert command.main(["--only", "fast", "--markdown", str(page)]) == 1

    text = page.read_text()
    assert "1 of 2 sabotages were caught." in text
    assert list(CAUGHT.rows(text)) == ["fast", "later"]
    assert "**nothing**" in CAUGHT.rows(text)["fast"]
    assert CAUGHT.rows(text)["later"] == row.format("later")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "no-such-name"], "--only must fit the name of a sabotage, got no-such-name"),
        (["--jobs", "0"], "jobs must be 1 to 64, got 0"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_bad_arguments_are_one_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An operator gets the rule and the remedy, not a traceback."""
    assert command.main(arguments) == 1

    said = capsys.readouterr()
    assert said.err.startswith("tests.sabotage: ")
    assert words in said.err
    assert said.err.count("\n") == 1


def test_list_names_every_sabotage(capsys: pytest.CaptureFixture[str]) -> None:
    """What --only can choose from."""
    assert command.main(["--list"]) == 0

    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == [each.name for each in (*SABOTAGES, *LIVE)]


@pytest.mark.parametrize(
    ("table", "names"),
    [(CAUGHT, [each.name for each in (*SABOTAGES, *LIVE)]), (NEEDED, [code(each) for each in checks()])],
    ids=["sabotages", "checks"],
)
def test_page_tells_what_came_of_each(table: Table, names: list[str]) -> None:
    """Whoever adds a sabotage or a check also runs it, and the page says what noticed."""
    rows = table.rows(source("docs/sabotage.md"))

    assert list(rows) == names
    assert [name for name, row in rows.items() if NOTHING in row] == []


def test_check_that_is_left_out_misses_something(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A check without which nothing goes unnoticed is one that nobody would miss."""
    one = replace(SABOTAGES[0], name="first", catchers=("tests/sabotage/test_a.py",))
    monkeypatch.setattr("tests.sabotage.needed.SABOTAGES", (one, replace(one, name="other", catchers=("tests/b.py",))))
    asked: list[tuple[str, ...]] = []

    def failure(noticed: str | None) -> Callable[..., str | None]:
        return lambda catchers, *_: asked.append(tuple(catchers)) or noticed  # type: ignore[func-returns-value]

    monkeypatch.setattr("tests.sabotage.needed.first_failure", failure(None))
    page = tmp_path / "page.md"

    assert command.main(["--without", "tests/sabotage/test_a.py", "--markdown", str(page)]) == 0
    assert "needed      tests/sabotage/test_a.py: without it first goes unnoticed" in capsys.readouterr().out
    assert asked == [("tests/b.py",)]  # every check but that one
    assert "| `tests/sabotage/test_a.py` | first |" in page.read_text()

    monkeypatch.setattr("tests.sabotage.needed.first_failure", failure("tests/b.py::test_c"))
    assert command.main(["--without", "tests/sabotage/test_a.py"]) == 1
    assert "must notice something that no other does, but not tests/sabotage/test_a.py" in capsys.readouterr().err
