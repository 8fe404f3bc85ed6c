"""`up`: start the emulator, run the program, make a first call, print a summary; then serve changed files."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from local.deployment import Deployment, Steps
from local.emulator import Emulator
from local.live import Calls, Watch
from local.private_files import create
from local.provider import client, refusals_in_one_line
from local.running import Folder, Run
from local.users import Users, new_password
from stacks import ROOT
from stacks.command_line import CommandError
from stacks.engine import Stack
from stacks.mappings import NOT_EMULATED
from stacks.routes import MISSING, path_of, signed_in_route
from stacks.terminal import printable

T = TypeVar("T")

LOGS_PATIENCE = 2  # seconds; longer would delay Ctrl-C if the emulator hangs


class Interrupted(Exception):  # noqa: N818 - what happened to the run, not an error in it
    """Ctrl-C, or SIGTERM, before the stack was up."""


def up(stack_name: str, port: int, folder: Folder) -> None:
    """Bring the stack up and keep it until Ctrl-C or `down`, serving saved files and printing each call of the API.

    CommandError if the stack cannot come up; nothing is left running.
    """
    stack = Stack.load(stack_name)
    stop = _on_signals()
    with folder.held():
        steps = Steps()
        print(f"Stack {stack.name} on this machine", flush=True)
        with Emulator(port, stack.region, folder.path) as emulator:
            watch = Watch()
            deployment = Deployment(emulator, stack.region)
            outputs = _unless_stopped(stop, lambda: deployment.bring_up(stack, steps))
            password = new_password(outputs)
            run = Run(os.getpid(), stack.name, emulator.endpoint, time.time(), password, deployment.first_call_key)
            folder.publish_outputs(outputs)
            with refusals_in_one_line():
                _summarize(outputs, Users(outputs, run.password), run, steps, folder, deployment.provider.missing)
            folder.publish_run(run)
            logs = client(emulator.endpoint, stack.region, "logs", patience=LOGS_PATIENCE)
            with closing(Calls(emulator.requests, logs)) as calls, contextlib.suppress(Interrupted):
                while not stop.wait(0.1):
                    emulator.check()
                    _guarded(lambda: _show(calls))
                    _guarded(lambda: _serve_changes(watch, run, stop, deployment, folder))
            print("\nStopped.", flush=True)


def _guarded(step: Callable[[], None]) -> None:
    """Run a step of serving. Whatever goes wrong in it is one line, and serving goes on."""
    try:
        step()
    except Interrupted:
        raise
    except Exception as error:  # noqa: BLE001 - a saved file or a function's log can bring about any of them
        text = printable(" ".join(str(error).split()))
        print(f"  {type(error).__name__}: {text}", file=sys.stderr, flush=True)


def _show(calls: Calls) -> None:
    for line in calls.new():
        print(line, flush=True)


def _serve_changes(watch: Watch, run: Run, stop: threading.Event, deployment: Deployment, folder: Folder) -> None:
    names = watch.changed()
    if not names:
        return
    began = time.perf_counter()
    saved = printable(", ".join(names))
    try:
        outputs = _unless_stopped(stop, lambda: deployment.change(Stack.load(run.stack)))
    except CommandError as error:
        print(f"  {saved} is not served: {printable(str(error))}", file=sys.stderr, flush=True)
        return
    folder.publish_outputs(outputs)
    folder.publish_run(dataclasses.replace(run, first_call=deployment.first_call_key))
    print(f"  {time.perf_counter() - began:6.2f} s  {saved} is served", flush=True)


def up_detached(stack_name: str, port: int, folder: Folder) -> None:
    """Start `up` in a process of its own, copy its output, and return once the stack is up."""
    if folder.is_held():
        with folder.held():  # raises, and says which run holds it
            pass
    folder.make()
    log = folder.path / "up.log"
    command = [
        sys.executable,
        "-m",
        "local",
        "--dir",
        str(folder.path),
        "up",
        "--stack",
        stack_name,
        "--port",
        str(port),
    ]
    with create(log) as sink:  # it has the demo user's password
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
        )
    with log.open(errors="replace") as shown:
        try:
            while not folder.is_up():
                if process.poll() is not None:
                    lines = [line for line in shown.read().splitlines() if line.strip()]
                    for line in lines[:-1]:
                        print(line)
                    raise CommandError(lines[-1] if lines else f"up ended with status {process.returncode}; see {log}")
                print(shown.readline(), end="", flush=True)
                time.sleep(0.02)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        print(shown.read(), end="")


def _on_signals() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set. An exception from a signal handler could be swallowed anywhere."""
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda _signal, _frame: stop.set())
    return stop


def _unless_stopped(stop: threading.Event, do: Callable[[], T]) -> T:
    """Run `do` in a thread and return its result. Interrupted as soon as `stop` is set; the thread is abandoned."""
    done: Future[T] = Future()

    def work() -> None:
        try:
            done.set_result(do())
        except BaseException as error:  # noqa: BLE001 - raised again below, in the thread that waits
            done.set_exception(error)

    threading.Thread(target=work, daemon=True, name="bring-up").start()
    while not stop.wait(0.02):
        if done.done():
            return done.result()
    raise Interrupted


def _summarize(
    outputs: dict[str, Any], users: Users, run: Run, steps: Steps, folder: Folder, missing: Sequence[str]
) -> None:
    user, callback = users.ensure("demo"), users.callback_url
    where = "" if folder.path == ROOT / ".local" else f" --dir {folder.path}"
    python = f"{Path(sys.prefix).relative_to(ROOT)}/bin/python" if Path(sys.prefix).is_relative_to(ROOT) else "python"
    local = f"{python} -m local{where}"
    query = urlencode({"client_id": outputs["userPoolClientId"], "response_type": "code", "redirect_uri": callback})
    print(
        f"""
The stack is up after {steps.elapsed:.1f} s.

  API            {outputs["apiUrl"]}
  Sign-in page   {outputs["authDomain"]}/oauth2/authorize?{query}
  AWS endpoint   {outputs["awsEndpointUrl"]}  (boto3 and the AWS CLI, region {outputs["region"]}, any credentials)
  Outputs        {folder.outputs_file}
  Demo user      {user}  password {run.password}

{_example_call(local, user, outputs["apiUrl"])}

More: {local} --help
Not emulated: {"; ".join([*NOT_EMULATED, *missing])}.
Press Ctrl-C to stop, or run: make down""",
        flush=True,
    )


def _example_call(local: str, user: str, api_url: str) -> str:
    """Return a command that calls a route of the table, or the reason why there is none."""
    from handler.routes import ROUTES  # noqa: PLC0415 - the table that the program has just read

    route = signed_in_route(ROUTES)
    if route is None:
        return f"No example of a call with a token: {MISSING['signed-in']}."
    return f"""Call the API as the demo user:

  curl -H "Authorization: Bearer $({local} token --user {user})" {api_url}{path_of(route)}"""
