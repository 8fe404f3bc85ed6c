"""The HTTP client of the proofs, bound to the addresses of one stack.

It sends requests byte for byte: it normalizes no path, joins no headers and follows no redirect of the API.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

from local.users import Send
from proof.target import Target, origin_of
from stacks.command_line import CommandError

TIMEOUT = 35  # seconds; API Gateway gives a function 30
THROTTLED_MOST = 5  # repetitions of one request after a 429
_REDIRECTS_MOST = 5

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer. Status 0 means that the connection was closed without one."""

    status: int
    headers: tuple[tuple[str, str], ...]  # names in lower case
    body: bytes
    seconds: float

    def header(self, name: str) -> str | None:
        return ", ".join(value for key, value in self.headers if key == name) or None

    @property
    def members(self) -> dict[str, Any] | None:
        """The JSON object in the body; None if the body is something else."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")

    @property
    def layer(self) -> str:
        """The layer that answered: the function, the gateway, the HTTP server in front of both, or nobody (connection).

        The function's refusals have a request id; the gateway's have a message only.
        """
        members = self.members
        if self.status == 0:
            return "connection"
        if 200 <= self.status < 300:
            return "function" if self.body else "gateway"
        if members is None or "message" not in members:
            # Without the gateway's request id, it was the HTTP server in front of it.
            return "gateway" if self.header("apigw-requestid") else "server"
        return "function" if "requestId" in members else "gateway"


class Client:
    """Calls one stack's API, sign-in page and key set, and no other address. A context manager.

    It keeps one connection to each. `rate` is the maximum of requests to the API per second; 0 is no limit.
    """

    def __init__(self, target: Target, rate: float = 0) -> None:
        self._api = target.api_url
        self._sign_in = origin_of(target.sign_in_url) if target.sign_in_url else None
        self._keys_url = target.keys_url
        self._interval = 1 / rate if rate else 0.0
        self._next = 0.0
        self._connections: dict[str, http.client.HTTPConnection] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._connections.values():
            connection.close()

    def call(self, method: str, path: str, headers: Pairs = (), body: bytes | None = None) -> Answer:
        """Call the API. `path` is appended to the API's own path as it is, with its query.

        CommandError if nobody listens there, or if it throttles THROTTLED_MOST times in a row.
        """
        for attempt in range(THROTTLED_MOST + 1):
            wait = self._next - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            self._next = time.monotonic() + self._interval
            target = f"{urlsplit(self._api).path}{path}"
            answer = self._exchange(origin_of(self._api), method, target, headers, body)
            if answer.status != 429:
                return answer
            time.sleep(2**attempt / 4)
        raise CommandError("the API must not throttle this run; choose a lower --rate")

    def key_set(self) -> list[dict[str, Any]]:
        """Return the members of the pool's key set, which is public."""
        url = urlsplit(self._keys_url)
        answer = self._exchange(origin_of(self._keys_url), "GET", url.path, (), None)
        keys = (answer.members or {}).get("keys")
        if answer.status != 200 or not isinstance(keys, list):
            raise CommandError(f"{self._keys_url} must hold the pool's keys, got {answer.status or 'no answer'}")
        return keys

    def browser(self) -> Send:
        """Return a sender for `local.users.sign_in`: a browser at the sign-in page, with cookies of its own."""
        cookies: dict[str, str] = {}

        def send(url: str, fields: Mapping[str, str] | None) -> tuple[str, str]:
            for _ in range(_REDIRECTS_MOST):
                answer = self._page(url, fields, cookies)
                location = answer.header("location")
                if answer.status in {302, 303} and location:
                    there = urljoin(url, location)
                    if fields is not None or origin_of(there) != self._sign_in:
                        return there, answer.text
                    url = there
                elif answer.status == 200:
                    return "", answer.text
                else:
                    text = " ".join(answer.text.split())[:200]
                    raise CommandError(f"{urlsplit(url).path} must answer, got {answer.status}: {text}")
            raise CommandError(f"{urlsplit(url).path} must open, but redirects again and again")

        return send

    def _page(self, url: str, fields: Mapping[str, str] | None, cookies: dict[str, str]) -> Answer:
        if self._sign_in is None or origin_of(url) != self._sign_in:
            raise CommandError(f"the sign-in page must be at {self._sign_in}, got {origin_of(url)}")
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = [("Cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()))] if cookies else []
        body = None
        if fields is not None:
            headers.append(("Content-Type", "application/x-www-form-urlencoded"))
            body = urlencode(fields).encode()
        answer = self._exchange(self._sign_in, "GET" if fields is None else "POST", target, headers, body)
        for name, value in answer.headers:
            if name == "set-cookie":
                with suppress(CookieError):
                    cookies.update({key: morsel.value for key, morsel in SimpleCookie(value).items()})
        return answer

    def _exchange(self, origin: str, method: str, target: str, headers: Pairs, body: bytes | None) -> Answer:
        if origin not in {origin_of(self._api), self._sign_in, origin_of(self._keys_url)}:
            raise CommandError(f"{origin} must be an address of the stack, and is not")
        began = time.perf_counter()
        for attempt in range(2):
            is_fresh = origin not in self._connections
            connection = self._connections.get(origin) or self._connect(origin)
            try:
                response = _sent(connection, method, target, headers, body)
                content = response.read()
                if response.will_close:
                    self._forget(origin)
                names = tuple((name.lower(), value) for name, value in response.getheaders())
                return Answer(status=response.status, headers=names, body=content, seconds=time.perf_counter() - began)
            except (ConnectionError, http.client.BadStatusLine, http.client.IncompleteRead):
                self._forget(origin)
                if is_fresh or attempt:  # only a kept connection may have been closed in the meantime
                    break
            except (OSError, http.client.HTTPException) as error:
                self._forget(origin)
                raise CommandError(f"{origin} must answer, got: {error or type(error).__name__}") from None
        return Answer(status=0, headers=(), body=b"", seconds=time.perf_counter() - began)

    def _connect(self, origin: str) -> http.client.HTTPConnection:
        parts = urlsplit(origin)
        connect = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(parts.netloc, timeout=TIMEOUT)
        try:
            connection.connect()
        except OSError as error:
            raise CommandError(f"{origin} must answer, got: {error}") from None
        self._connections[origin] = connection
        return connection

    def _forget(self, origin: str) -> None:
        connection = self._connections.pop(origin, None)
        if connection is not None:
            connection.close()


def _sent(
    connection: http.client.HTTPConnection, method: str, target: str, headers: Pairs, body: bytes | None
) -> http.client.HTTPResponse:
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers:
        try:
            connection.putheader(name, value.encode("ascii"))
        except UnicodeEncodeError:
            connection.putheader(name, value.encode())
    if body is not None:
        connection.putheader("Content-Length", str(len(body)))
    try:
        connection.endheaders(body)
    except ConnectionError:
        if body is None and not connection.sock:
            raise
        # the server refused before the body was sent; its answer may have arrived already
    return connection.getresponse()
