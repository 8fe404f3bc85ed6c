"""One pool for the whole session, the handler in front of it, and no way out of this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import pytest

from handler.keys import SigningKeys
from tests.handler.api import Api, key_document, patient_keys
from tests.handler.signing import World, made_world


class Watch:
    """What this process does beyond its own memory, from the interpreter's audit events.

    An audit hook sees what any library does, in any thread; it cannot be removed, only told to look away.
    """

    def __init__(self) -> None:
        self.guarding = False
        self.files = False
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    @contextmanager
    def also_files(self) -> Iterator[None]:
        """Files and processes count too."""
        self.files = True
        try:
            yield
        finally:
            self.files = False

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.guarding:
            return
        if (event in {"socket.connect", "socket.sendto"} and not _is_loopback(args[1])) or (
            event in {"socket.getaddrinfo", "socket.gethostbyname"} and not _is_loopback(args[:1])
        ):
            self._refuse(event)
        elif self.files and event in {"open", "subprocess.Popen", "os.system", "os.posix_spawn", "os.listdir"}:
            self.seen.append(f"{event} {args[0]!r}")

    def _refuse(self, event: str) -> None:
        self.seen.append(event)
        raise PermissionError("tests stay on this machine")


def _is_loopback(address: Any) -> bool:
    if not isinstance(address, tuple) or address[0] in (None, "", "localhost", b"localhost"):
        return True  # a Unix socket, a wildcard to listen on, or the name of this machine
    host = address[0].decode() if isinstance(address[0], bytes) else str(address[0])
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def _watch() -> Watch:
    return Watch()


@pytest.fixture(autouse=True)
def watch(_watch: Watch) -> Iterator[Watch]:
    """Refuses every connection and name look-up beyond loopback, and fails the test that tried one."""
    _watch.seen.clear()
    _watch.guarding = True
    yield _watch
    _watch.guarding = False
    assert _watch.seen == []


@pytest.fixture(scope="session")
def world() -> World:
    return made_world()


@pytest.fixture(scope="session")
def _keys(world: World) -> SigningKeys:
    """Share one key cache among all tests that do not need their own."""
    document = key_document(world.jwks())
    return patient_keys(lambda _: document)


@pytest.fixture
def serve(world: World, _keys: SigningKeys) -> Callable[..., Api]:
    """Return a function that makes an `Api`. With `fresh`, it has a key cache of its own."""

    def start(*, fresh: bool = False, **options: Any) -> Api:
        own = fresh or options.get("jwks") or options.get("fetch")
        return Api(world, keys=None if own else _keys, **options)

    return start


@pytest.fixture
def api(serve: Callable[..., Api]) -> Api:
    """The handler with the pool's key set and the default settings."""
    return serve()
