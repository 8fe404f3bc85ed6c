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
from local.private_files import create, keep_short
from local.provider import refusals_in_one_line
from local.running import Folder, Run
from local.state import State
from local.users import Users, passwords_for
from stacks import ROOT
from stacks.command_line import CommandError
from stacks.engine import Stack
from stacks.mappings import NOT_EMULATED
from stacks.mappings.mapping import CannotChange
from stacks.routes import MISSING, path_of, signed_in_route
from stacks.terminal import printable

T = TypeVar("T")


class Interrupted(Exception):  # noqa: N818 - what happened to the run, not an error in it
    """Ctrl-C, or SIGTERM, before the stack was up."""


def up(stack_name: str, port: int, folder: Folder, *, reset: bool = False) -> None:
    """Bring the stack up and keep it until Ctrl-C or `down`, serving saved files and printing each call of the API.

    Users and items of the stack's last run are there again, unless `reset`. What cannot be used again is kept aside.
    CommandError if the stack cannot come up; nothing is left running.
    """
    stack = Stack.load(stack_name)
    stop = _on_signals()
    state = State(folder.path, stack.name, stack.region)
    with folder.held():
        print(f"Stack {stack.name} on this machine", flush=True)
        if reset:
            state.reset()
        with state.held() as lock:
            try:
                _serve(stack, port, folder, stop, state, lock)
            except CannotChange as error:
                state.set_aside(str(error))
                _serve(stack, port, folder, stop, state, lock)


def _serve(stack: Stack, port: int, folder: Folder, stop: threading.Event, state: State, lock: int) -> None:
    """Serve the stack until `stop` is set. CannotChange, with nothing left running, if the state does not fit it."""
    steps, saved = Steps(), state.load()
    with Emulator(port, stack.region, folder.path, state.folder, lock) as emulator:
        watch = Watch()
        deployment = Deployment(emulator, stack.region)
        outputs = _unless_stopped(stop, lambda: deployment.bring_up(stack, steps, (saved or {}).get("made")))
        password, *earlier = passwords = passwords_for(outputs, (saved or {}).get("passwords", []))
        state.describe(made=deployment.provider.described(), passwords=passwords)
        first_call = deployment.first_call_key
        run = Run(os.getpid(), stack.name, emulator.endpoint, time.time(), password, earlier, first_call)
        folder.publish_outputs(outputs)
        with refusals_in_one_line():
            users = Users(outputs, password, earlier=earlier)
            notes = ["Users and items are those of the last run; begin anew with: make up RESET=1"] if saved else []
            notes.append(f"Not emulated: {'; '.join([*NOT_EMULATED, *deployment.provider.missing])}.")
            demo = users.ensure("demo", renew=True)
            _summarize(outputs, users.callback_url, demo, run, steps, folder, notes)
        folder.publish_run(run)
        with closing(Calls(emulator.requests)) as calls, contextlib.suppress(Interrupted):
            while not stop.wait(0.1):
                emulator.check()
                keep_short(folder.path / "up.log")
                _guarded(lambda: _show(calls))
                _guarded(lambda: _serve_changes(watch, run, stop, deployment, folder, state))
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


def _serve_changes(
    watch: Watch, run: Run, stop: threading.Event, deployment: Deployment, folder: Folder, state: State
) -> None:
    names = watch.changed()
    if not names:
        return
    began = time.perf_counter()
    saved = printable(", ".join(names))
    state.changes()
    try:
        outputs = _unless_stopped(stop, lambda: deployment.change(Stack.load(run.stack)))
    except CommandError as error:
        print(f"  {saved} is not served: {printable(str(error))}", file=sys.stderr, flush=True)
        return
    finally:
        state.describe(made=deployment.provider.described())
    folder.publish_outputs(outputs)
    folder.publish_run(dataclasses.replace(run, first_call=deployment.first_call_key))
    print(f"  {time.perf_counter() - began:6.2f} s  {saved} is served", flush=True)


def up_detached(stack_name: str, port: int, folder: Folder, *, reset: bool = False) -> None:
    """Start `up` in a process of its own, copy its output, and return once the stack is up.

    CommandError with the reason if it does not come up.
    """
    folder.make()
    log = folder.path / f"up-{os.getpid()}.log"  # of several at once, the one that comes up has up.log
    options = ["--stack", stack_name, "--port", str(port), *(["--reset"] if reset else [])]
    command = [sys.executable, "-m", "local", "--dir", str(folder.path), "up", *options]
    try:
        with create(log) as sink:  # it has the demo user's password
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True
            )
        with log.open(errors="replace") as shown:
            error = ""
            try:
                while not folder.is_up(process.pid):
                    ended, line = process.poll() is not None, shown.readline()
                    if error or line.startswith("local: "):
                        error += line
                    else:
                        print(line, end="", flush=True)
                    if not line:
                        if ended:
                            break
                        time.sleep(0.02)
            except KeyboardInterrupt:
                process.terminate()
                process.wait()
                raise
            if not folder.is_up(process.pid):
                raise CommandError(
                    error.removeprefix("local: ").strip() or f"up ended with status {process.returncode}"
                )
            log.replace(folder.path / "up.log")
            print(shown.read(), end="")
    finally:
        log.unlink(missing_ok=True)


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
    outputs: dict[str, Any], callback: str, user: str, run: Run, steps: Steps, folder: Folder, notes: Sequence[str]
) -> None:
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
{chr(10).join(notes)}
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
