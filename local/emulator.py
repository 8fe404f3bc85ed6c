"""Start and stop ministack, the AWS emulator, as a subprocess on loopback.

It is a development tool: it serves this machine only, and takes made-up credentials.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from local.private_files import create, keep_short, make_folder
from local.recorder import CALLS, LOG
from stacks import ROOT
from stacks.command_line import CommandError

HOST = "127.0.0.1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}  # ministack's own
SAVE_DEADLINE = 8  # seconds; a tenth of one is usual
START_DEADLINE = 30  # seconds; about one is usual
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT")


class Emulator:
    """A ministack process on `port`, or a free port if `port` is 0. The context manager ends it with its workers.

    `folder` is for the log and the emulator's files, `state` for what it saves; without, it forgets all when it ends.
    `lock` is a descriptor that it keeps open while it lives. CommandError if the emulator cannot start.
    """

    def __init__(
        self, port: int, region: str, folder: Path, state: Path | None = None, lock: int | None = None
    ) -> None:
        self.port = port or _free_port()
        self.endpoint = f"http://{HOST}:{self.port}"
        self.log = folder / "emulator.log"
        self.requests = folder / CALLS
        self._folder = folder
        self._region = region
        self.scratch = folder / "emulator"
        self._state = state
        self._kept_open = () if lock is None else (lock,)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        if importlib.util.find_spec("ministack") is None:
            raise CommandError("the emulator ministack must be installed; install it with: make up")
        if _taken(self.port):
            raise CommandError(
                f"port {self.port} must be free, but another program listens; choose with: make up PORT=0"
            )
        shutil.rmtree(self.scratch, ignore_errors=True)
        make_folder(self.scratch)
        for name in (CALLS, LOG):
            create(self._folder / name).close()
            (self._folder / f"{name}.1").unlink(missing_ok=True)
        with create(self.log) as log:
            self._process = subprocess.Popen(
                # Without -P modules of this folder would hide the emulator's.
                [sys.executable, "-P", str(ROOT / "local" / "serve.py"), str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                cwd=self.scratch,
                umask=0o077,
                pass_fds=self._kept_open,
                start_new_session=True,  # Ctrl-C reaches this process only, and the group has the workers
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()  # it saves its state, and ends
        if self._state is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(SAVE_DEADLINE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def wait_until_ready(self) -> None:
        """Wait until the emulator answers. CommandError if it ends, or after START_DEADLINE seconds."""
        deadline = time.monotonic() + START_DEADLINE
        while not self._healthy():
            self.check()
            if time.monotonic() > deadline:
                raise CommandError(f"the emulator must answer within {START_DEADLINE} s, but does not; see {self.log}")
            time.sleep(0.02)

    def check(self) -> None:
        """Raise CommandError if the emulator has ended."""
        if self._process is not None and self._process.poll() is not None:
            raise CommandError(f"the emulator ended with status {self._process.returncode}; see {self.log}")
        keep_short(self.log)

    def _healthy(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=2)
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _environment(self) -> dict[str, str]:
        """Return an environment without the shell's AWS account, profile and proxy."""
        state = self._state or self.scratch
        return {
            **{key: os.environ[key] for key in _PASSED_ON if key in os.environ},
            **CREDENTIALS,
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "localhost",
            "MINISTACK_REGION": self._region,
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_COGNITO_PRETOKEN_STRICT": "1",  # as Cognito: no token if the trigger fails
            "STATE_DIR": str(state),
            "S3_DATA_DIR": str(state / "s3"),
            "S3_PERSIST": str(int(self._state is not None)),
            "TMPDIR": str(self.scratch),
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT / "local" / "inside"),  # for the functions' processes
            "PYTHONBREAKPOINT": "at_breakpoint.skip",
        }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
