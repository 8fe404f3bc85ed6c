"""What the run records of calls and functions: complete, in order, bounded, whatever a function writes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from local import cold_starts, recorder
from local.private_files import keep_short
from local.recorder import CALLS, LOG, Recorder
from local.tail import Tail


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Recorder]:
    with contextlib.closing(Recorder(tmp_path)) as recording:
        yield recording


def answered(recorder_: Recorder, status: int, body: bytes) -> None:
    """Have the recorder see one API call with this answer."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": body})

    async def send(_message: Any) -> None:
        pass

    recorded = recorder_.recorded(app, lambda *_: None)
    asyncio.run(recorded({"type": "http", "method": "GET", "path": "/_aws/execute-api/a1/x"}, None, send))


REASON = '{"requestId": "r1", "reason": "group_missing"}'


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ('{"seen": 1}\n{half\n[1]\n{"requestId": ["r1"], "reason": 1}\n' + REASON, "group_missing"),
        ('{"requestId": "r1", "reason": null}', None),
        ("[" * 100_000, None),
        ("", None),
    ],
    ids=["what-routes-print", "no-reason", "deep", "nothing"],
)
def test_reason_of_a_refusal_is_what_the_function_logged(
    made: Recorder, tmp_path: Path, written: str, reason: str | None
) -> None:
    """A route prints anything at all; the call is recorded all the same."""
    made.wrote(written)
    answered(made, 403, b'{"requestId": "r1"}')
    (line,) = (tmp_path / CALLS).read_text().splitlines()
    assert (json.loads(line)["requestId"], json.loads(line).get("reason")) == ("r1", reason)
    assert (tmp_path / LOG).read_text() == (f"{written}\n" if written else "")


def test_each_line_is_read_once_across_replaced_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is replaced many times; a reader that comes along now and then misses nothing."""
    monkeypatch.setattr(recorder, "MOST_BYTES", 2_000)
    seen: list[str] = []
    with contextlib.closing(Recorder(tmp_path)) as made, contextlib.closing(Tail(tmp_path / LOG)) as tail:
        for number in range(1_000):
            made.wrote(f"line {number}")
            if number % 10 == 0:
                seen += tail.new()
        seen += tail.new()
    assert seen == [f"line {number}" for number in range(1_000)]
    assert sum(file.stat().st_size for file in tmp_path.glob(f"{LOG}*")) < 5_000


def test_full_disk_fails_no_call(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The record is for people; the answer is for the client."""
    (tmp_path / CALLS).symlink_to("/dev/full")
    with contextlib.suppress(OSError), contextlib.closing(Recorder(tmp_path)) as made:
        answered(made, 200, b"")
        assert capfd.readouterr().err == ""


def test_memory_is_bounded(made: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The emulator opens a log stream for each call, and a function may log reasons that no answer asks for."""
    monkeypatch.setattr(recorder, "STREAMS", 5)
    streams: dict[str, Any] = {}

    class Functions:
        @staticmethod
        def _emit_lambda_logs(_function: Any, request_id: str, _text: str) -> None:
            streams[request_id] = {"events": []}

    class Logs:
        _log_groups: ClassVar = {"group": {"streams": streams}}

    made.watch_functions(Functions, Logs)
    for number in range(5_000):
        line = json.dumps({"requestId": f"r{number}", "reason": "x"})
        Functions._emit_lambda_logs({"config": {"LoggingConfig": {"LogGroup": "group"}}}, f"r{number}", line)
    assert list(streams) == [f"r{number}" for number in range(4_995, 5_000)]
    assert len(made._told) == 1_000


def test_log_that_another_process_writes_stays_short(tmp_path: Path) -> None:
    """The emulator writes its own log; what it writes next must come at the beginning of the shortened file."""
    log = tmp_path / "emulator.log"
    with log.open("a") as written:
        written.write("x" * 100)
        written.flush()
        keep_short(log, 1_000)
        assert log.stat().st_size == 100
        keep_short(log, 100)
        written.write("next")
    assert (log.read_text(), (tmp_path / "emulator.log.1").read_text()) == ("next", "x" * 100)


class Functions:
    """The emulator's module for Lambda: counts the copies of a function that are leased at the same time."""

    def __init__(self) -> None:
        self.leased = self.most = 0
        self.lock = threading.Lock()

    def acquire_worker(self, *_: Any, **__: Any) -> Any:
        with self.lock:
            self.leased += 1
            self.most = max(self.most, self.leased)
        return type("Worker", (), {})(), "spawn"

    def release_worker(self, _worker: Any) -> None:
        with self.lock:
            self.leased -= 1


def test_burst_shares_few_copies_of_the_function() -> None:
    """50 processes that start at once starve each other, and their calls fail."""
    functions = Functions()
    cold_starts.install(functions, most=4)
    pause = threading.Event()

    def invoke() -> None:
        worker, _ = functions.acquire_worker("f", {}, b"")
        pause.wait(0.002)
        functions.release_worker(worker)

    threads = [threading.Thread(target=invoke) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (functions.most, functions.leased) == (4, 0)


def test_function_that_calls_itself_goes_on() -> None:
    """Its callers hold the copies that it waits for; after a while it gets one more."""
    functions = Functions()
    cold_starts.install(functions, most=1, patience=0.01)
    functions.acquire_worker("f", {}, b"")
    functions.acquire_worker("f", {}, b"")
    functions.acquire_worker("g", {}, b"")
    assert functions.leased == 3
