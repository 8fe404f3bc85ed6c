"""`up`: emulator, program, first call, in this order, with their times; then a summary, and waiting."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

from local import ROOT, LocalError
from local.emulator import Emulator
from local.engine import Stack, evaluate
from local.people import People, new_password
from local.provider import NOT_EMULATED, Provider
from local.running import Folder, Run

T = TypeVar("T")

HEALTH_DEADLINE = 20  # seconds for the first call, which starts the function


class Steps:
    """Prints each step as it ends, with its seconds, and keeps count of the whole. Safe to use from several threads."""

    def __init__(self, show: Callable[[str], object] | None = None) -> None:
        self._began = time.perf_counter()
        self._show = show or (lambda line: print(line, flush=True))

    @property
    def elapsed(self) -> float:
        """Seconds since the first step began."""
        return time.perf_counter() - self._began

    def time(self, step: str, do: Callable[[], T], detail: str) -> T:
        """Do the step and print it."""
        began = time.perf_counter()
        result = do()
        self._show(f"  {time.perf_counter() - began:6.2f} s  {step:<22} {detail}")
        return result


class Interrupted(Exception):  # noqa: N818 - what happened to the run, not an error in it
    """Ctrl-C, or a request to end."""


def up(stack_name: str, port: int, folder: Folder) -> None:
    """Bring the stack up and keep it until Ctrl-C or `down`. LocalError if it cannot be; nothing is left running."""
    stack = Stack.load(stack_name)
    stop = _on_signals()
    with folder.held():
        steps = Steps()
        print(f"Stack {stack.name} on this machine", flush=True)
        with Emulator(port, stack.region, folder.path) as emulator:
            outputs = _unless_stopped(stop, lambda: bring_up(stack, emulator, steps))
            run = Run(os.getpid(), stack.name, emulator.endpoint, time.time(), new_password())
            folder.publish_outputs(outputs)
            _summarise(outputs, People(outputs, run.password), run, steps, folder)
            folder.publish_run(run)
            while not stop.wait(0.2):
                emulator.check()
            print("\nStopped.", flush=True)


def bring_up(stack: Stack, emulator: Emulator, steps: Steps) -> dict[str, Any]:
    """Evaluate the program against a started emulator and wait for the first answer; the outputs, all of them local."""
    provider = steps.time("emulator", lambda: _ready(emulator, stack.region), emulator.endpoint)

    def create(type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        return steps.time(name, lambda: provider.create(type_, name, inputs), type_)

    outputs = steps.time("program", lambda: evaluate(stack, create), f"{stack.project}, Pulumi.{stack.name}.yaml")
    outputs["awsEndpointUrl"] = emulator.endpoint
    if outputs.get("authDomain"):
        outputs["authDomain"] = emulator.endpoint  # its sign-in page tells pools apart by the app client
    steps.time("first call", lambda: _wait_for_health(outputs["apiUrl"], emulator), "GET /health 200")
    return outputs


def up_detached(stack_name: str, port: int, folder: Folder) -> None:
    """Start `up` in a process of its own, show what it prints, and return once the stack answers."""
    if folder.is_held():
        with folder.held():  # says by whom
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
                    raise LocalError(lines[-1] if lines else f"up ended with status {process.returncode}; see {log}")
                print(shown.readline(), end="", flush=True)
                time.sleep(0.02)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        print(shown.read(), end="")


def _on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set. Raising from a handler could be swallowed by whatever code it lands in."""
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda _signal, _frame: stop.set())
    return stop


def _unless_stopped(stop: threading.Event, do: Callable[[], T]) -> T:
    """The result of `do`, from a thread of its own; Interrupted as soon as `stop` is set, which abandons it."""
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


def _ready(emulator: Emulator, region: str) -> Provider:
    # The clients' service models take as long to load as the emulator takes to start.
    provider = Provider(emulator.endpoint, region)
    emulator.wait_until_ready()
    return provider


def _wait_for_health(api_url: str, emulator: Emulator) -> None:
    url = urlsplit(api_url)
    deadline = time.monotonic() + HEALTH_DEADLINE
    while True:
        emulator.check()
        answer = "nothing"
        connection = http.client.HTTPConnection(url.netloc, timeout=HEALTH_DEADLINE)
        try:
            connection.request("GET", f"{url.path}/health")
            response = connection.getresponse()
            if response.status == 200:
                return
            answer = f"{response.status} {response.read(200).decode(errors='replace')}"
        except (OSError, http.client.HTTPException) as error:
            answer = str(error)
        finally:
            connection.close()
        if time.monotonic() > deadline:
            raise LocalError(
                f"GET /health must answer 200 within {HEALTH_DEADLINE} s, got {answer}; see {emulator.log}"
            )
        time.sleep(0.2)


def _summarise(outputs: dict[str, Any], people: People, run: Run, steps: Steps, folder: Folder) -> None:
    user, callback = people.ensure("demo"), people.callback_url
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

Call the API as the demo user:

  curl -H "Authorization: Bearer $({local} token --user {user})" {outputs["apiUrl"]}/hello

More: {local} --help
Not emulated: {"; ".join(NOT_EMULATED)}.
Press Ctrl-C to stop, or run: make down""",
        flush=True,
    )
