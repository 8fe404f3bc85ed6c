"""`up`: start the emulator, run the program, make a first call, print a summary; then serve changed files."""

from __future__ import annotations

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
from local.running import Folder, Run
from local.users import Users, new_password
from stacks import ROOT
from stacks.command_line import CommandError
from stacks.engine import Stack
from stacks.mappings import NOT_EMULATED
from stacks.routes import MISSING, path_of, signed_in_route

T = TypeVar("T")


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
            first_call = deployment.first_call.key if deployment.first_call else None
            run = Run(os.getpid(), stack.name, emulator.endpoint, time.time(), new_password(), first_call)
            folder.publish_outputs(outputs)
            _summarize(outputs, Users(outputs, run.password), run, steps, folder, deployment.provider.missing)
            folder.publish_run(run)
            with closing(Calls(emulator.requests, deployment.provider)) as calls:
                while not stop.wait(0.1):
                    emulator.check()
                    for line in calls.new():
                        print(line, flush=True)
                    if names := watch.changed():
                        _serve_change(names, stack_name, deployment, folder)
            print("\nStopped.", flush=True)


def _serve_change(names: list[str], stack_name: str, deployment: Deployment, folder: Folder) -> None:
    began = time.perf_counter()
    saved = ", ".join(names)
    try:
        folder.publish_outputs(deployment.change(Stack.load(stack_name)))
    except CommandError as error:
        print(f"  {saved} is not served: {error}", file=sys.stderr, flush=True)
    else:
        print(f"  {time.perf_counter() - began:6.2f} s  {saved} is served", flush=True)


def up_detached(stack_name: str, port: int, folder: Folder) -> None:
    """Start `up` in a process of its own, copy its output, and return once the stack is up."""
    if folder.is_held():
        with folder.held():  # raises, and says which run holds it
            pass
    folder.path.mkdir(parents=True, exist_ok=True)
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
    with log.open("wb") as sink:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
        )
    with log.open() as shown:
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
