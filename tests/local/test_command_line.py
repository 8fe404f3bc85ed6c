"""`python -m local` as a person uses it: every command in a process of its own, every failure one line and status 1."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from subprocess import PIPE

import pytest
import requests

from stacks import ROOT
from tests.local.commands import (
    DEADLINE,
    assert_one_line,
    here,
    local,
    processes_in,
    read_until,
    run,
    started,
    wait_until_up,
)

pytestmark = pytest.mark.acceptance  # whole runs

SERVED_WITHIN = 2  # seconds from a save until the function has it: less than it takes to change windows


def assert_private(folder: Path) -> None:
    """The log has the demo user's password, the emulator's folder the pool's private keys."""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    readable = [path for path in folder.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o077]
    assert readable == []
    assert {"up.log", "outputs.json", "run.json", "emulator.log", "lock"} <= {path.name for path in folder.iterdir()}


def test_up_to_down_as_a_newcomer(checkout: Path, folder: Path) -> None:
    """The README's first command, what it prints, and all that a person does with it."""
    up = run(folder, "up", "--detach", "--port", "0", cwd=checkout)
    assert up.returncode == 0, up.stderr
    for step in ("emulator", "auth-pool", "function-function", "api-GET /hello", "program", "first call"):
        assert re.search(rf"^ +\d+\.\d\d s  {step} ", up.stdout, re.MULTILINE), step

    assert_private(folder)
    outputs = json.loads((folder / "outputs.json").read_text())
    assert outputs["apiUrl"] in up.stdout
    curl = next(line.strip() for line in up.stdout.splitlines() if line.strip().startswith("curl"))
    assert f"{outputs['apiUrl']}/hello" in curl, "the first route of the table that any signed-in user may call"
    called = subprocess.run(
        ["/bin/bash", "-c", curl.replace("curl ", "curl -s ", 1)],
        cwd=checkout,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE,
    )
    assert called.stdout == '{"name": "demo"}'

    status = here(folder, "status").stdout
    assert "Stack local has been up" in status
    assert re.search(r"GET /health +200", status), "the first public route of the table"
    assert_one_line(
        run(folder, "up", "--port", "0", cwd=checkout), "a stack runs already", outputs["awsEndpointUrl"], "make down"
    )
    assert_one_line(run(folder, "up", "--detach", "--port", "0", cwd=checkout), "a stack runs already")

    token = here(folder, "token", "--user", "ada").stdout
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", token), "just the token, for a shell's $(...)"
    assert here(folder, "call", "GET", "/hello", "--user", "ada").stdout == '{"name": "ada"}\n'
    assert here(folder, "call", "GET", "/reports", "--user", "ada", "--scope", "api/reports.read").returncode == 0
    assert here(folder, "call", "GET", "/admin", "--user", "ada", "--group", "admin").returncode == 0
    assert_one_line(here(folder, "call", "GET", "/hello"), "GET /hello answered 401")
    assert_one_line(here(folder, "call", "GET", "/orders/ä b"), "answered 404")
    thing, file = '{"name": "chair", "size": "m", "weight": 1, "new": true}', folder / "thing.json"
    file.write_text(thing)
    for data in (thing, f"@{file}"):
        assert "chair" in here(folder, "call", "POST", "/things", "--user", "ada", "--data", data).stdout
    assert_one_line(here(folder, "call", "POST", "/things", "--user", "ada", "--data", "chair"), "answered 400")
    assert_one_line(
        here(folder, "call", "POST", "/things", "--data", "@nowhere"), "--data @nowhere must name a readable file"
    )
    assert_one_line(here(folder, "token", "--group", "nobles"), "group must be", "admin", "nobles")
    assert_one_line(here(folder, "token", "--scope", "api/x"), "scope must be", "api/reports.read", "api/x")
    assert_one_line(here(folder, "token", "--user", "ada", "--password", "wrong"), "ada", "--password")
    id_token = here(folder, "token", "--user", "ada", "--id").stdout.strip()
    assert (
        requests.get(
            outputs["apiUrl"] + "/hello", headers={"Authorization": f"Bearer {id_token}"}, timeout=30
        ).status_code
        == 401
    )

    assert here(folder, "down").stdout == "Stopped.\n"
    assert not (folder / "outputs.json").exists(), "nobody must read the address of a stack that is gone"
    assert processes_in(folder) == []
    assert here(folder, "down").stdout == "Nothing was running.\n"
    for command in (("status",), ("token",), ("call", "GET", "/health"), ("logs",)):
        assert_one_line(here(folder, *command), "no stack runs here", "make up")


@pytest.mark.acceptance
def test_logs_are_what_the_function_wrote_each_line_once(checkout: Path, folder: Path) -> None:
    """`logs` is for whoever looks for an exception of their own; `--follow` goes on until the stack ends."""
    with started(folder, "up", "--port", "0", cwd=checkout) as up:
        wait_until_up(folder, up)
        assert_one_line(here(folder, "call", "GET", "/admin", "--user", "ada"), "403")
        with started(folder, "logs", "--follow", cwd=checkout) as follow:
            read_until(follow, '"group_missing"')
            assert here(folder, "call", "GET", "/hello", "--user", "ada").returncode == 0
            followed = read_until(follow, '"GET /hello"')
            lines = here(folder, "logs").stdout.splitlines()
            assert here(folder, "down").stdout == "Stopped.\n"
            rest, errors = follow.communicate(timeout=DEADLINE)
    assert [json.loads(line)["routeKey"] for line in lines] == ["GET /health", "GET /admin", "GET /hello"]
    assert followed + rest == lines[-1] + "\n", "a line that was shown is not shown again"
    assert (follow.returncode, errors) == (1, "local: the stack has stopped; start one with: make up\n")


def slowness() -> float:
    """How long a second's work takes just now: 1 where nobody else uses the cores."""
    began, worked = time.perf_counter(), time.process_time()
    while time.process_time() - worked < 0.2:
        pass
    return max(1, (time.perf_counter() - began) / (time.process_time() - worked))


@pytest.mark.acceptance  # it measures seconds, so it should have the machine for itself
def test_saved_route_is_served_at_once_and_users_stay_signed_in(folder: Path, own_project: Path) -> None:
    """What a person sees who edits the function while the stack runs, with the token that they have."""
    with started(folder, "up", "--port", "0", cwd=own_project) as up:
        wait_until_up(folder, up)
        token = here(folder, "token", "--user", "ada").stdout.strip()
        api_url = json.loads((folder / "outputs.json").read_text())["apiUrl"]
        routes = own_project / "handler" / "routes.py"

        def hello() -> dict[str, str]:
            answer = requests.get(f"{api_url}/hello", headers={"Authorization": f"Bearer {token}"}, timeout=30)
            return answer.json()

        seconds = []
        for old, new in pairwise(("request.user.name", '"again"', '"and again"')):
            before = hello()
            routes.write_text(routes.read_text().replace(old, new, 1))
            saved = time.monotonic()
            while hello() == before and time.monotonic() - saved < DEADLINE:
                time.sleep(0.02)
            seconds.append((time.monotonic() - saved) / slowness())
            assert hello() == {"name": new.strip('"')}
    assert min(seconds) < SERVED_WITHIN, seconds


def test_taken_port_is_one_line(checkout: Path, folder: Path) -> None:
    """Port 4566 is a favorite of emulators."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        assert_one_line(run(folder, "up", "--port", port, cwd=checkout), port, "another program", "PORT=0")


def test_missing_emulator_is_one_line(folder: Path) -> None:
    """An environment that was made by hand may lack it."""
    code = (
        "import sys; sys.modules['ministack'] = None; from local.__main__ import main;"
        f"sys.exit(main(['--dir', {str(folder)!r}, 'up', '--port', '0']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE, check=False
    )
    assert_one_line(done, "ministack must be installed")


def test_unknown_stack_is_one_line(folder: Path) -> None:
    """The stacks there are help more than a stack trace."""
    assert_one_line(here(folder, "up", "--stack", "nowhere"), "dev", "local", "nowhere")


def test_renamed_project_is_one_line(folder: Path, own_project: Path) -> None:
    """The settings would all seem to be missing."""
    pulumi = own_project / "Pulumi.yaml"
    pulumi.write_text(pulumi.read_text().replace("name: secure-serverless-api", "name: shop"))
    done = run(folder, "up", "--port", "0", cwd=own_project)
    assert_one_line(done, "Pulumi.local.yaml must have keys that begin with shop:", "secure-serverless-api:")


def test_bad_arguments_are_one_line(folder: Path) -> None:
    """What argparse says over two lines and with status 2, said as everything else here."""
    assert_one_line(here(folder, "up", "--port", "http"), "port must be 0 to 65535, got http", "--help")
    assert_one_line(here(folder, "fly"), "fly", "--help")
    assert_one_line(here(folder, "call", "GET", "hello"), "path must start with /, got hello")
    for command in (("token",), ("call", "GET", "/hello")):
        assert_one_line(here(folder, *command, "--user", ""), "--user", "must not be empty")
    assert_one_line(here(Path("/proc/foo"), "up"), "--dir /proc/foo must be a folder to write to")


def test_broken_program_is_one_line_with_its_place(folder: Path, own_project: Path) -> None:
    """Whoever edits the program needs the line, not forty frames of Pulumi's."""
    program = own_project / "__main__.py"
    program.write_text(program.read_text() + "\nundefined_name()\n")
    line = len(program.read_text().splitlines())
    done = run(folder, "up", "--port", "0", cwd=own_project)
    assert_one_line(done, f"__main__.py:{line}", "NameError", "undefined_name")
    assert processes_in(folder) == []


def test_bad_setting_is_one_line_with_its_remedy(folder: Path, own_project: Path) -> None:
    """The same words as `pulumi up` would give."""
    stack = own_project / "Pulumi.local.yaml"
    stack.write_text(stack.read_text() + "  secure-serverless-api:memoryMb: lots\n")
    done = run(folder, "up", "--port", "0", cwd=own_project)
    assert_one_line(done, "memoryMb", '"lots"', "pulumi config set --stack local memoryMb 512")
    assert processes_in(folder) == []


def test_detached_run_that_fails_says_why(folder: Path, own_project: Path) -> None:
    """As in the foreground: steps on standard output, the reason on standard error, nothing left behind."""
    stack = own_project / "Pulumi.local.yaml"
    stack.write_text(stack.read_text() + "  secure-serverless-api:memoryMb: lots\n  secure-serverless-api:mfa: x\n")
    shown = [run(folder, "up", "--port", "0", *how, cwd=own_project) for how in ((), ("--detach",))]
    assert shown[0].stderr == shown[1].stderr
    assert "memoryMb" in shown[0].stderr
    assert "memoryMb" not in shown[1].stdout
    assert list(folder.glob("up*.log")) == []


@pytest.mark.acceptance
def test_one_of_several_at_once_comes_up(checkout: Path, folder: Path) -> None:
    """The others say so, and leave its log alone."""
    starting = [
        subprocess.Popen(
            local(folder, "up", "--detach", "--port", "0"), cwd=checkout, stdout=PIPE, stderr=PIPE, text=True
        )
        for _ in range(3)
    ]
    done = [(process, *process.communicate(timeout=DEADLINE)) for process in starting]
    assert sorted(process.returncode for process, _, _ in done) == [0, 1, 1]
    for process, _, errors in done:
        assert (process.returncode == 0) == (errors == "")
        assert process.returncode == 0 or re.fullmatch("local: a stack runs already.*make down\n", errors)
    assert (folder / "up.log").read_text().startswith("Stack local on this machine\n")
    assert "make down" in (folder / "up.log").read_text()


def test_broken_yaml_is_one_line(folder: Path, own_project: Path) -> None:
    """A stack file is edited by hand."""
    (own_project / "Pulumi.local.yaml").write_text("config: [unclosed")
    assert_one_line(run(folder, "up", "--port", "0", cwd=own_project), "Pulumi.local.yaml must be YAML")


@pytest.mark.parametrize(
    ("how", "moment"),
    [
        (signal.SIGINT, "emulator"),
        (signal.SIGINT, "auth-pool"),
        (signal.SIGTERM, "function-function"),
        (signal.SIGINT, "first call"),
    ],
)
@pytest.mark.acceptance
def test_interruption_while_starting_leaves_nothing(
    checkout: Path, folder: Path, moment: str, how: signal.Signals
) -> None:
    """Ctrl-C at any moment: one line, status 1, no process left."""
    with started(folder, "up", "--port", "0", cwd=checkout) as process:
        read_until(process, f"  {moment} ")
        process.send_signal(how)
        _, errors = process.communicate(timeout=DEADLINE)
    if process.returncode == 0:
        assert moment == "first call", "only a run that was up already ends well"
    else:
        assert (process.returncode, errors) == (
            1,
            "local: interrupted before the stack was up; nothing is left running\n",
        )
    assert processes_in(folder) == []


@pytest.mark.acceptance
def test_interruption_once_up_is_the_normal_end(checkout: Path, folder: Path) -> None:
    """Ctrl-C is how a person stops it: no error."""
    with started(folder, "up", "--port", "0", cwd=checkout) as process:
        read_until(process, "make down")
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, printed, errors) == (0, "\nStopped.\n", "")
    assert processes_in(folder) == []


@pytest.mark.acceptance
def test_emulator_ends_with_a_killed_run(checkout: Path, folder: Path) -> None:
    """Nothing can be cleaned up after SIGKILL, so the emulator must notice by itself."""
    with started(folder, "up", "--port", "0", cwd=checkout) as process:
        read_until(process, "make down")
        assert processes_in(folder)
    deadline = time.monotonic() + DEADLINE
    while processes_in(folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_in(folder) == []
    assert_one_line(here(folder, "status"), "no stack runs here")


def test_help_names_every_command() -> None:
    """The one page that a newcomer reads."""
    done = subprocess.run(
        [sys.executable, "-m", "local", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE,
    )
    for command in ("up", "down", "reset", "status", "token", "call", "logs"):
        assert re.search(rf"^    {command} ", done.stdout, re.MULTILINE), command


@pytest.mark.parametrize(
    ("who", "first_call", "example"),
    [
        ("public=True", "GET /products", "no GET route"),
        ("", "GET /products without a token", "/products"),
        ('groups=("staff",)', "GET /products without a token", "no GET route"),
    ],
    ids=["public", "signed-in", "group"],
)
@pytest.mark.acceptance
def test_up_takes_the_routes_that_are_there(
    folder: Path, own_project: Path, who: str, first_call: str, example: str
) -> None:
    """No table needs a route of a certain name; without a public one, a 401 shows that the stack answers."""
    routes = own_project / "handler" / "routes.py"
    route = f'Route(key="GET /products", call=public, summary="Lists products", response=Answered, {who})'
    routes.write_text(f"{routes.read_text()}\nROUTES = table({route})\n")
    up = run(folder, "up", "--detach", "--port", "0", cwd=own_project)
    assert up.returncode == 0, up.stderr
    assert re.search(rf"first call +{first_call}\n", up.stdout)
    assert example in up.stdout.partition("Demo user")[2]
    assert re.search(rf"GET /products +{200 if 'public' in who else 401}", here(folder, "status").stdout)


def replace_in(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.acceptance
def test_no_saved_file_ends_the_stack(folder: Path, own_project: Path) -> None:
    """Each mistake is one line that names the file; the stack goes on, and serves the file once it is right."""
    routes, settings = own_project / "handler" / "routes.py", own_project / "Pulumi.local.yaml"
    good = {path: path.read_text() for path in (routes, settings)}
    with started(folder, "up", "--port", "0", cwd=own_project) as up:
        wait_until_up(folder, up)
        assert up.stderr is not None
        for path, wrong, said in (
            (routes, good[routes] + "import sys\nsys.exit('enough')\n", "SystemExit: enough"),
            (routes, good[routes] + "def broken(:\n", "SyntaxError"),
            (settings, good[settings].replace("us-east-1", "eu-west-1"), "aws:region cannot change while the stack is"),
            (settings, good[settings] + "  aws:region: eu-west-1\n", "aws:region twice"),
            (settings, good[settings] + "  secure-serverless-api:environment: 2024-01-01\n", "environment"),
            (settings, good[settings] + "  secure-serverless-api:owner: !!binary aGk=\n", "must be text"),
        ):
            path.write_text(wrong)
            line = up.stderr.readline()
            assert line.startswith(f"  {path.relative_to(own_project)} is not served: "), line
            assert said in line
            assert here(folder, "call", "GET", "/hello", "--user", "ada").returncode == 0
            path.write_text(good[path])
            read_until(up, f"{path.relative_to(own_project)} is served")
        replace_in(routes, '"GET /health"', '"GET /up"')
        read_until(up, "is served")
        assert re.search(r"GET /up +200", here(folder, "status").stdout), "the first call follows the table"
        assert_one_line(here(folder, "call", "GET", "/" + "x" * 9_000), "answered 404")
        read_until(up, "xxx…")


@pytest.mark.acceptance
def test_terminal_that_is_not_utf_8_shows_everything(checkout: Path, folder: Path) -> None:
    """A path in another script is then shown in escapes; the stack goes on."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    pipe = subprocess.PIPE
    command = local(folder, "up", "--port", "0")
    up = subprocess.Popen(command, cwd=checkout, env=environment, stdout=pipe, stderr=pipe, text=True)
    try:
        wait_until_up(folder, up)
        api_url = json.loads((folder / "outputs.json").read_text())["apiUrl"]
        assert requests.get(f"{api_url}/grüße-日本", timeout=30).status_code == 404
        assert r"/gr\xfc\xdfe-\u65e5\u672c" in read_until(up, "/gr")
    finally:
        up.terminate()
        _, errors = up.communicate(timeout=DEADLINE)
    assert (up.returncode, errors) == (0, "")


def test_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """`--dir` may name a file."""
    path = tmp_path / "file"
    path.write_text("")
    assert_one_line(here(path, "up", "--port", "0"), "--dir", "must be a folder")
    for unwritable in (Path("/proc"), Path("/proc/run")):
        assert_one_line(here(unwritable, "up", "--port", "0"), "--dir", "must be a folder")
    assert_one_line(here(path, "up", "--detach", "--port", "0"), "--dir")
