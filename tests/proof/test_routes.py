"""Who may call what, and what a change does to it: in words, gravest first, and strict about what opens the API."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from docs.generate import written
from handler.routes import ROUTES
from proof import access, changes, revision
from proof.__main__ import main
from proof.access import Access, Table, Throttle
from stacks import ROOT
from stacks.command_line import CommandError

PLAIN = Access(key="GET /x", summary="Does x", public=False, scopes=(), groups=(), throttle=None)
PUBLIC = replace(PLAIN, public=True)
RATE = Throttle(rate=50, burst=100)


def described(before: Access | None, after: Access | None) -> list[tuple[str, bool]]:
    """Return the report of a change from one route to another, and whether it opens the API."""
    tables = [Table(routes=(route,) if route else (), throttle=RATE) for route in (before, after)]
    return [(str(change), change.opening) for change in changes.between(*tables)]


def scoped(*scopes: str) -> Access:
    return replace(PLAIN, scopes=scopes)


def grouped(*groups: str) -> Access:
    return replace(PLAIN, groups=groups)


def test_page_holds_the_table_of_the_program() -> None:
    """A page that lags behind is worse than none: the reviewer believes it."""
    page = (ROOT / "docs" / "routes.md").read_text()
    assert written(page, "routes", access.markdown()) == page, "write it anew with: make docs"


def test_every_route_is_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    """A route that a report leaves out is a route that nobody reviews."""
    for name in ("text", "markdown", "json"):
        assert main(["routes", "--format", name]) == 0
        shown = capsys.readouterr().out
        for route in ROUTES:
            assert route.key in shown
            assert route.summary in shown
            for asked in (*route.scopes, *route.groups):
                assert asked in shown


def test_json_says_who_may_call(capsys: pytest.CaptureFixture[str]) -> None:
    """For a program that compares stacks or draws its own report."""
    main(["routes", "--format", "json"])
    routes = {route["route"]: route for route in json.loads(capsys.readouterr().out)}
    for route in ROUTES:
        said = routes[route.key]
        assert (said["who"] == "public") is route.public
        assert (said["scopes"], said["groups"]) == (list(route.scopes), list(route.groups))
        assert said["ownThrottle"] is (route.throttle is not None)
        own = {"rate": route.throttle.rate, "burst": route.throttle.burst} if route.throttle else None
        assert said["throttle"] == (own or {"rate": 50, "burst": 100})


def test_group_is_never_said_to_be_checked_by_the_gateway() -> None:
    """It cannot look at groups; whoever believed it did would take the function's check for spare."""
    both = replace(PLAIN, scopes=("api/b", "api/a"), groups=("staff",))
    assert both.who == "scope api/a or api/b and group staff"
    assert both.gateway == "token, scope api/a or api/b"
    assert both.function == "token, scope api/a or api/b, group staff"
    assert (PUBLIC.gateway, PUBLIC.function) == ("nothing", "nothing")


def test_pipe_in_a_summary_leaves_the_table_whole() -> None:
    """Markdown would start a new cell there and put the summary's rest under "who may call"."""
    table = Table(routes=(replace(PLAIN, summary="a | b"),), throttle=RATE)
    assert access.markdown(table).splitlines()[-1].count(" | ") == 5


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        (PLAIN, PUBLIC, [("GET /x: NOW PUBLIC (was any signed-in user)", True)]),
        (scoped("a/b"), PUBLIC, [("GET /x: NOW PUBLIC (was scope a/b)", True)]),
        (None, PUBLIC, [("GET /x: NEW, PUBLIC", True)]),
        (None, PLAIN, [("GET /x: NEW, any signed-in user", False)]),
        (None, scoped("a/b"), [("GET /x: NEW, scope a/b", False)]),
        (PUBLIC, None, [("GET /x: REMOVED", False)]),
        (PUBLIC, PLAIN, [("GET /x: no longer public (now any signed-in user)", False)]),
        (PUBLIC, scoped("a/b"), [("GET /x: no longer public (now scope a/b)", False)]),
        (grouped("admin"), PLAIN, [("GET /x: no longer needs group admin (now any signed-in user)", True)]),
        (PLAIN, grouped("admin"), [("GET /x: now needs group admin", False)]),
        (
            PLAIN,
            scoped("a/b"),
            [("GET /x: now needs scope a/b", False), ("GET /x: machines with scope a/b may call it, too", False)],
        ),
        (scoped("a/b"), scoped("a/b", "a/c"), [("GET /x: scope a/c is enough now, too (now scope a/b or a/c)", True)]),
        (scoped("a/b", "a/c"), scoped("a/b"), [("GET /x: scope a/c is no longer enough (now scope a/b)", False)]),
        (scoped("a/b"), scoped("a/c"), [("GET /x: needs scope a/c now instead of a/b", True)]),
        (scoped("a/b", "a/c"), scoped("a/c", "a/b"), []),
        (
            scoped("a/b"),
            grouped("admin"),
            [("GET /x: no longer needs scope a/b (now group admin)", True), ("GET /x: now needs group admin", False)],
        ),
    ],
)
def test_change_is_told_in_words(
    before: Access | None, after: Access | None, sentences: list[tuple[str, bool]]
) -> None:
    """A reviewer reads the sentence, CI the exit status: both must say the same, and neither too little."""
    assert described(before, after) == sentences


def test_gravest_change_comes_first() -> None:
    """Whoever reads only the first line must have read the worst."""
    before = (
        replace(PLAIN, key="GET /a", summary="old"),
        replace(PLAIN, key="GET /b"),
        replace(PLAIN, key="GET /c", groups=("admin",)),
        replace(PLAIN, key="GET /d"),
        replace(PLAIN, key="GET /e"),
        replace(PLAIN, key="GET /f"),
    )
    after = (
        replace(PLAIN, key="GET /a", summary="new"),
        replace(PLAIN, key="GET /b", throttle=Throttle(rate=5, burst=10)),
        replace(PLAIN, key="GET /c"),
        replace(PLAIN, key="GET /e", groups=("admin",)),
        replace(PLAIN, key="GET /f", public=True),
        replace(PLAIN, key="GET /g"),
    )
    tables = Table(routes=before, throttle=RATE), Table(routes=after, throttle=Throttle(rate=10, burst=20))
    assert changes.text(changes.between(*tables)).splitlines() == [
        "GET /f: NOW PUBLIC (was any signed-in user)",
        "GET /c: no longer needs group admin (now any signed-in user)",
        "GET /e: now needs group admin",
        "GET /g: NEW, any signed-in user",
        "GET /d: REMOVED",
        "GET /b: throttle was the stack's own, now 5/s, burst 10",
        "routes without a throttle of their own: throttle was 50/s, burst 100, now 10/s, burst 20",
        "GET /a: summary was “old”, now “new”",
    ]


def test_other_words_are_no_change_of_access() -> None:
    """ "Nothing changed" must not hide behind a reworded summary, nor the other way round."""
    tables = [Table(routes=(replace(PLAIN, summary=summary),), throttle=RATE) for summary in ("old", "new")]
    found = changes.between(*tables)
    assert changes.text(found).startswith("no change in who may call what\nGET /x: summary was")
    assert changes.markdown([]) == "- no change in who may call what"
    assert json.loads(changes.as_json(found))[0]["opening"] is False


class Repository:
    """A git repository with a route table in it, made up for one test."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "handler").mkdir(parents=True)
        (path / "handler" / "__init__.py").touch()
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
        command = [shutil.which("git") or "git", *identity, *arguments]
        done = subprocess.run(command, cwd=self.path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def write(self, *routes: str, rate: int = 50) -> None:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "handler", self.path / "handler", dirs_exist_ok=True, ignore=ignored)
        self.write_source(f"{SOURCE}ROUTES = table({', '.join(f'Route({route})' for route in routes)})\n")
        declared = {"throttleRate": {"default": rate}, "throttleBurst": {"default": 100}}
        (self.path / "Pulumi.yaml").write_text(json.dumps({"config": declared}))

    def write_source(self, source: str) -> None:
        (self.path / "handler" / "routes.py").write_text(source)

    def commit(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "table")
        return self.git("rev-parse", "HEAD")


SOURCE = """from typing import TypedDict
from handler.route import Request, Route, Throttle, table
class Health(TypedDict):
    status: str
class Greeting(TypedDict):
    message: str
def health(request: Request[None]) -> Health:
    return {"status": "ok"}
def hello(request: Request[None]) -> Greeting:
    return {"message": "Hello"}
admin = hello
"""
HEALTH = "key='GET /health', call=health, response=Health, summary='Health', public=True"
HELLO = "key='GET /hello', call=hello, response=Greeting, summary='Hello'"
ADMIN = "key='GET /admin', call=admin, response=Greeting, summary='Admin', groups=('admin',)"


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """One commit, tagged v1, with three routes."""
    made = Repository(tmp_path / "repository")
    made.write(HEALTH, HELLO, ADMIN)
    made.commit()
    made.git("tag", "v1")
    return made


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_checkout_is_compared_with_a_revision(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """Before a commit: what is not committed yet counts, or the report would come a commit too late."""
    assert main(["routes", "--diff", "v1", "--fail-on-opening"], repository.path) == 0
    assert lines(capsys) == ["no change in who may call what"]

    repository.write(HEALTH, f"{HELLO}, public=True", f"{ADMIN}, throttle=Throttle(5, 10)", rate=60)
    assert main(["routes", "--diff", "v1"], repository.path) == 0
    assert lines(capsys) == [
        "GET /hello: NOW PUBLIC (was any signed-in user)",
        "GET /admin: throttle was the stack's own, now 5/s, burst 10",
        "routes without a throttle of their own: throttle was 50/s, burst 100, now 60/s, burst 100",
    ]


def test_two_revisions_are_compared_with_each_other(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """A pull request: its base and its head, whatever is checked out."""
    repository.write(HEALTH, ADMIN)
    second = repository.commit()
    repository.write_source("not python")
    assert main(["routes", "--diff", "v1", second], repository.path) == 0
    assert lines(capsys) == ["GET /hello: REMOVED"]
    assert main(["routes", "--diff", second, "v1", "--format", "json"], repository.path) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"route": "GET /hello", "change": "NEW, any signed-in user", "opening": False}
    ]


def test_opening_fails_where_that_is_asked_for(repository: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    """The gate in CI: whoever opens the API must say so to a person."""
    repository.write(HEALTH, HELLO, ADMIN.replace("groups=('admin',)", "groups=()"))
    assert main(["routes", "--diff", "v1"], repository.path) == 0
    capsys.readouterr()
    assert main(["routes", "--diff", "v1", "--fail-on-opening", "--format", "markdown"], repository.path) == 1
    said = capsys.readouterr()
    assert said.out == "- **`GET /admin`: no longer needs group admin (now any signed-in user)**\n"
    assert said.err == (
        "proof: a change opens the API: GET /admin: no longer needs group admin (now any signed-in user)\n"
    )


def test_closing_does_not_fail(repository: Repository) -> None:
    """A gate that stops the good changes too is soon taken away."""
    repository.write(HEALTH.replace(", public=True", ""), f"{HELLO}, groups=('staff',)")
    assert main(["routes", "--diff", "v1", "--fail-on-opening"], repository.path) == 0


def test_project_below_the_top_of_its_repository_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Many teams keep several projects in one repository."""
    top = Repository(tmp_path / "top")
    below = Repository.__new__(Repository)
    below.path = top.path / "services" / "api"
    (below.path / "handler").mkdir(parents=True)
    (below.path / "handler" / "__init__.py").touch()
    below.write(HEALTH)
    first = below.commit()
    below.write(HELLO, rate=70)
    assert main(["routes", "--diff", first], below.path) == 0
    assert lines(capsys) == [
        "GET /hello: NEW, any signed-in user",
        "GET /health: REMOVED",
        "routes without a throttle of their own: throttle was 50/s, burst 100, now 70/s, burst 100",
    ]


def failure(capsys: pytest.CaptureFixture[str], arguments: list[str], **more: Any) -> str:
    """The one line that a command fails with."""
    assert main(arguments, **more) == 1
    said = capsys.readouterr()
    assert said.err.startswith("proof: ")
    assert said.err.count("\n") == 1, said.err
    return said.err


@pytest.mark.parametrize("unknown", ["nowhere", "--all", "v1..main", "HEAD:handler", ""])
def test_unknown_revision_is_one_line(repository: Repository, capsys: pytest.CaptureFixture[str], unknown: str) -> None:
    """A shallow clone in CI lacks the base; the line says how to get it. No name is taken for an option of git's."""
    said = failure(capsys, ["routes", f"--diff={unknown}"], root=repository.path)
    assert f"got {unknown}; fetch it with: git fetch" in said


def test_folder_outside_of_git_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A downloaded archive of the project has no history to compare with."""
    assert "revision must be" in failure(capsys, ["routes", "--diff", "main"], root=tmp_path)


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("def broken(", "SyntaxError"),
        ("import pulumi", "ModuleNotFoundError"),
        ("raise RuntimeError('two\\nlines')", "lines"),
        ("OTHER = ()", "ROUTES"),
        ("ROUTES = [1]", "key"),
        ("import os; os._exit(3)", "exit status 3"),
    ],
)
def test_table_that_does_not_load_is_one_line(
    repository: Repository, capsys: pytest.CaptureFixture[str], source: str, part: str
) -> None:
    """Nobody debugs an old commit's traceback to read a report; and a table that needs more than Python is broken."""
    repository.write_source(source)
    bad = repository.commit()
    said = failure(capsys, ["routes", "--diff", bad, "v1"], root=repository.path)
    assert f"revision {bad} must load its route table" in said
    assert part in said
    assert "this checkout must load" in failure(capsys, ["routes", "--diff", "v1"], root=repository.path)


def test_table_that_never_loads_is_given_up(repository: Repository) -> None:
    """A report that hangs blocks a pipeline for hours; what the table started goes with it."""
    repository.write_source(
        "import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "while True: pass\n"
    )
    with pytest.raises(CommandError, match=r"within 0\.5 s"):
        revision.of_folder(repository.path, "it", deadline=0.5)


def test_table_is_evaluated_apart(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A revision may be anybody's: it sees no credentials, and what it prints or imports stays with it."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    repository.write(HEALTH)
    source = (repository.path / "handler" / "routes.py").read_text()
    repository.write_source(
        f"{source}\nimport os, pathlib, sys\nprint('noise')\nsys.modules['handler.evil'] = sys\n"
        f"pathlib.Path({str(tmp_path / 'seen')!r}).write_text(repr(dict(os.environ)))\n"
    )
    assert [route.key for route in revision.of_folder(repository.path, "it").routes] == ["GET /health"]
    assert "AWS" not in (tmp_path / "seen").read_text()
    assert "noise" not in capsys.readouterr().out
    assert not list(repository.path.rglob("*.pyc"))


def test_older_table_without_today_s_members_is_compared(repository: Repository) -> None:
    """Throttles and groups came later than the first table; their absence then meant what it means now."""
    repository.write_source("import types\nROUTES = [types.SimpleNamespace(key='GET /old', public=True)]\n")
    (repository.path / "Pulumi.yaml").unlink()
    old = revision.of_revision(repository.path, repository.commit())
    assert old == Table(
        routes=(Access(key="GET /old", summary="", public=True, scopes=(), groups=(), throttle=None),), throttle=None
    )


def test_isolated_evaluation_reads_the_same_table() -> None:
    """Two ways to read one table must not tell two stories."""
    assert revision.of_folder(ROOT, "this checkout") == access.current()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nothing"],
        ["routes", "--format", "xml"],
        ["routes", "--fail-on-opening"],
        ["routes", "--diff", "a", "b", "c"],
    ],
)
def test_bad_arguments_are_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What argparse says over two lines and with status 2, said as everything else here."""
    failure(capsys, arguments)
