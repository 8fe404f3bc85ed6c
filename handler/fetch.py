"""Fetch a key set: one HTTP GET within a deadline and a size, over verified TLS, without redirects or proxies.

Imports the standard library only, so that a cold start can fetch before it imports the rest (`handler.early`).
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from http.client import HTTPConnection, HTTPException
from io import BufferedReader, RawIOBase
from typing import Any
from urllib.parse import urlsplit

from handler.errors import Cause

DEADLINE = 1.5  # seconds for connecting, headers and body together; the gateway's fetch has the same limit
BODY_LIMIT = 65_536  # bytes; a Cognito key set is about 1 kB, the gateway reads 150,000 at most
ANSWER_LIMIT = 2 * BODY_LIMIT  # bytes with the status line, headers and chunk sizes


class FetchFailed(Exception):  # noqa: N818 - says what happened, as the refusals do
    """The key endpoint gave no usable key set. `retry_after` is its Retry-After in seconds, or 0."""

    def __init__(self, retry_after: float = 0, *, cause: Cause = "unreachable") -> None:
        super().__init__()
        self.retry_after = retry_after
        self.cause = cause


def fetch_within_deadline(url: str) -> bytes:
    """Return the body at `url`, of BODY_LIMIT bytes at most, within DEADLINE seconds. FetchFailed otherwise.

    Follows no redirect, uses no proxy, decodes no content encoding, and always verifies TLS.
    """
    return Exchange(url).result()


class Exchange(threading.Thread):
    """A single HTTP GET of `url`, which begins at once. FetchFailed if the system cannot start another thread.

    It runs in a thread because name resolution has no timeout. A thread that is left behind ends at its next step.
    """

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True, name="signing-keys")
        self.url = url
        # The body or the failure. Until the thread finishes, it is the failure to report on timeout.
        self._outcome: bytes | FetchFailed = FetchFailed(cause="unreachable")
        self._url = urlsplit(url)
        self._until = time.monotonic() + DEADLINE
        try:
            self.start()
        except RuntimeError:
            raise FetchFailed from None

    def result(self) -> bytes:
        """Return the body, or raise FetchFailed, as soon as either is known or the deadline has passed."""
        self.join(max(0, self._until - time.monotonic()))
        outcome = self._outcome  # read once: the exchange may end at any moment
        if isinstance(outcome, FetchFailed):
            raise outcome
        return outcome

    def run(self) -> None:
        try:
            self._outcome = self._body()
        except FetchFailed as failed:
            self._outcome = failed
        except TimeoutError:
            pass  # the outcome already holds the failure of the current step
        except ssl.SSLError:
            self._outcome = FetchFailed(cause="tls")
        except OSError:  # no such name, no route, refused, reset
            self._outcome = FetchFailed(cause="unreachable")
        except (HTTPException, ValueError):  # not HTTP, or cut short
            self._outcome = FetchFailed(cause="document")

    def _body(self) -> bytes:
        plain = self._url.scheme == "http"  # handler.settings accepts http for a loopback address only
        host = self._url.hostname or ""
        address = (host, self._url.port or (80 if plain else 443))
        with socket.create_connection(address, DEADLINE / 3) as sock:  # a dead address leaves time for the next one
            self._outcome = FetchFailed(cause="timeout")
            sock.settimeout(DEADLINE)
            if plain:
                return self._answer(sock)
            with ssl.create_default_context().wrap_socket(sock, server_hostname=host) as secure:
                return self._answer(secure)

    def _answer(self, sock: socket.socket) -> bytes:
        connection = HTTPConnection(self._url.netloc)
        connection.sock = _Bounded(sock, self._until)
        connection.request("GET", self._url.path, headers={"Accept": "application/json", "Connection": "close"})
        response = connection.getresponse()
        if response.status != 200:
            cause: Cause = "redirect" if 300 <= response.status < 400 else "status"
            raise FetchFailed(_seconds(response.getheader("Retry-After", "")), cause=cause)
        body = response.read(BODY_LIMIT + 1)
        if len(body) > BODY_LIMIT:
            raise FetchFailed(cause="too_large")
        if response.length:  # bytes are missing
            raise FetchFailed(cause="document")
        return body


class _Bounded(RawIOBase):
    """A socket for HTTPConnection with a limit of ANSWER_LIMIT bytes and a deadline in monotonic time.

    A socket's timeout starts again with every read, so an answer in single bytes never exceeds it. And http.client
    trusts the lengths of an answer: for a chunk of -1 bytes it reads to the end, whatever was asked for.
    """

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock = sock
        self._until = until
        self._received = 0
        self.sendall = sock.sendall

    def makefile(self, _mode: str) -> BufferedReader:
        return BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self._received >= ANSWER_LIMIT:
            raise FetchFailed(cause="too_large")
        self._sock.settimeout(left)
        size = self._sock.recv_into(buffer)
        self._received += size
        return size

    def close(self) -> None:
        """Do nothing: HTTPConnection calls this when the answer begins, and the caller closes the socket."""


def _seconds(value: str) -> float:
    return float(value) if value.isascii() and value.isdigit() else 0
