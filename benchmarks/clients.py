"""Call a fresh local stack from many clients at once, with the live view on, and count what is wrong or missing."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from benchmarks.figures import Figure, Table
from handler.routes import ROUTES
from stacks import ROOT
from stacks.command_line import CommandError
from stacks.routes import path_of, public_route, signed_in_route

CALLS, CLIENTS = 10_000, 50
WRITE = "POST /notes"  # the sample that keeps something, while the table has it
_TIMEOUT = 60  # seconds for one call


class _Call(NamedTuple):
    path: str
    token: str | None
    expected: int
    method: str = "GET"
    body: bytes | None = None

    @property
    def headers(self) -> dict[str, str]:
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return sent if self.body is None else {**sent, "Content-Type": "application/json"}


@dataclass
class _Load:
    """The clients' answers. `wrong` counts each other status than the expected one, and each failure by its name."""

    wrong: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    took: float = 0.0

    def percentile(self, share: float) -> float:
        """Return a call's milliseconds that `share` of all calls stayed below."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def measure(calls: int = CALLS, clients: int = CLIENTS) -> Table:
    """Bring a stack up, send one call of each client at once, then all calls, and return the figures."""
    with tempfile.TemporaryDirectory(prefix="load-") as temporary:
        folder = Path(temporary, "run")
        local = [sys.executable, "-m", "local", "--dir", str(folder)]
        up = subprocess.Popen([*local, "up", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        view = _View(up)
        try:
            view.wait_for("make down")
            token = subprocess.run(
                [*local, "token"], cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout.strip()
            api_url = json.loads((folder / "outputs.json").read_text())["apiUrl"]
            processes = {"up": up.pid, "emulator": _child(up.pid)}
            burst = _send(api_url, token, clients, clients)
            half = _send(api_url, token, calls // 2, clients)
            before = {name: _megabytes(pid) for name, pid in processes.items()}
            rest = _send(api_url, token, calls - calls // 2, clients)
            growth = {name: _megabytes(pid) - before[name] for name, pid in processes.items()}
            missing = clients + calls - view.calls(clients + calls)
            disk = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
        finally:
            subprocess.run([*local, "down"], cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
            up.wait()
    whole = _Load(half.wrong + rest.wrong, half.seconds + rest.seconds, half.took + rest.took)
    return Table(
        topic="clients",
        title=f"Load: {calls:,} calls of {clients} clients on a fresh local stack, with the live view on",
        baseline="",
        method="a public route, one for signed-in users, the latter without a token, a write, in turn; by the clock",
        figures=[
            Figure(
                name="answers of the cold burst other than expected", amount=sum(burst.wrong.values()), unit="", limit=0
            ),
            Figure(name="slowest call of the cold burst", amount=burst.percentile(1), unit="ms"),
            Figure(name="answers other than expected", amount=sum(whole.wrong.values()), unit="", limit=0),
            Figure(name="calls that the live view did not show", amount=missing, unit="", limit=0),
            Figure(name="calls per second", amount=calls / whole.took, unit="/s"),
            Figure(name="median call", amount=whole.percentile(0.5), unit="ms"),
            Figure(name="99 of 100 calls stay below", amount=whole.percentile(0.99), unit="ms"),
            Figure(name="memory that up gained over the second half", amount=growth["up"], unit="MB", limit=20),
            Figure(name="memory that the emulator gained over the second half", amount=growth["emulator"], unit="MB"),
            Figure(name="files of the run", amount=disk, unit="MB"),
        ],
        notes=[f"{name}: {count}" for name, count in (burst.wrong + whole.wrong).items()],
    )


def _send(api_url: str, token: str, calls: int, clients: int) -> _Load:
    load, lock, left = _Load(), threading.Lock(), iter(_kinds(token, calls))
    url = urlsplit(api_url)

    def client() -> None:
        connection = http.client.HTTPConnection(url.netloc, timeout=_TIMEOUT)
        while True:
            with lock:
                call = next(left, None)
            if call is None:
                connection.close()
                return
            began = time.perf_counter()
            try:
                connection.request(call.method, f"{url.path}{call.path}", body=call.body, headers=call.headers)
                answer = connection.getresponse()
                answer.read()
                seen = str(answer.status)
            except (OSError, http.client.HTTPException) as error:
                seen = type(error).__name__
                connection.close()
            with lock:
                load.seconds.append(time.perf_counter() - began)
                if seen != str(call.expected):
                    load.wrong[f"{call.method} {call.path} answered {seen}"] += 1

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.took = time.perf_counter() - began
    return load


def _kinds(token: str, calls: int) -> Iterator[_Call]:
    public, signed_in = public_route(ROUTES), signed_in_route(ROUTES)
    kinds: list[_Call] = []
    if public:
        kinds.append(_Call(path_of(public), None, 200))
    if signed_in:
        kinds += [_Call(path_of(signed_in), token, 200), _Call(path_of(signed_in), None, 401)]
    kinds += [_Call(path_of(route), token, 201, "POST", b'{"text": "milk"}') for route in ROUTES if route.key == WRITE]
    if not kinds:
        raise CommandError("the route table must have a public GET route or one for any signed-in user")
    return (kinds[number % len(kinds)] for number in range(calls))


class _View:
    """The lines that `up` prints, read all the time: a full pipe would hold it up."""

    def __init__(self, up: subprocess.Popen[str]) -> None:
        self._calls = 0
        self._seen: list[str] = []
        self._up = up
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._up.stdout or ():
            if line.rstrip().endswith(" ms"):
                self._calls += 1
            else:
                self._seen.append(line)

    def wait_for(self, text: str) -> None:
        deadline = time.monotonic() + _TIMEOUT
        while not any(text in line for line in self._seen):
            if self._up.poll() is not None or time.monotonic() > deadline:
                raise CommandError(f"python -m local up must come up, got: {''.join(self._seen[-3:]).strip()}")
            time.sleep(0.05)

    def calls(self, expected: int) -> int:
        """Return how many calls were shown, once all are or nothing has come for a while."""
        deadline = time.monotonic() + 10
        while self._calls < expected and time.monotonic() < deadline:
            time.sleep(0.1)
        return self._calls


def _ps(*arguments: str) -> str:
    return subprocess.run(["/bin/ps", *arguments], capture_output=True, text=True, check=True).stdout


def _child(pid: int) -> int:
    pairs = [line.split() for line in _ps("-A", "-o", "pid=,ppid=").splitlines()]
    return next(int(child) for child, parent in pairs if int(parent) == pid)


def _megabytes(pid: int) -> float:
    return int(_ps("-o", "rss=", "-p", str(pid))) / 1024
