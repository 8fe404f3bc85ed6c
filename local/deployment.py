"""The program's resources in a started emulator: made once, then changed as the program changes."""

from __future__ import annotations

import http.client
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from local.emulator import Emulator
from local.live import forget_program
from local.provider import Provider
from stacks.command_line import CommandError
from stacks.engine import Stack, evaluate

T = TypeVar("T")

SLOW = 2  # seconds until a step says that it goes on
HEALTH_DEADLINE = 20  # seconds for the first call, which starts the function


def _print(line: str) -> None:
    # At once: print() would write the line and its end apart, and another thread's line between them.
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Steps:
    """Prints each step as it ends, with its seconds, and keeps count of the whole. Safe to use from several threads."""

    def __init__(self, show: Callable[[str], object] | None = None) -> None:
        self._began = time.perf_counter()
        self._show = show or _print

    @property
    def elapsed(self) -> float:
        """Seconds since the first step began."""
        return time.perf_counter() - self._began

    def time(self, step: str, do: Callable[[], T], detail: str) -> T:
        """Do the step and print it; before that, that it still goes on, if it takes more than SLOW seconds."""
        began = time.perf_counter()
        slow = threading.Timer(SLOW, lambda: self._show(f"         …   {step:<22} {detail}"))
        slow.daemon = True
        slow.start()
        try:
            result = do()
        finally:
            slow.cancel()
        self._show(f"  {time.perf_counter() - began:6.2f} s  {step:<22} {detail}")
        return result


class Deployment:
    """One stack in one emulator."""

    provider: Provider

    def __init__(self, emulator: Emulator, region: str) -> None:
        self._emulator = emulator
        self._region = region

    def bring_up(self, stack: Stack, steps: Steps) -> dict[str, Any]:
        """Evaluate the program and wait for the first answer; the outputs, all of them local."""
        self.provider = steps.time("emulator", self._ready, self._emulator.endpoint)
        detail = f"{stack.project}, Pulumi.{stack.name}.yaml"
        outputs = steps.time("program", lambda: self._evaluated(stack, steps), detail)
        steps.time("first call", lambda: _wait_for_health(outputs["apiUrl"], self._emulator), "GET /health 200")
        return outputs

    def change(self, stack: Stack) -> dict[str, Any]:
        """Evaluate the program as it is now, change what differs and remove what is gone; the outputs."""
        forget_program()
        self.provider.begin()
        outputs = self._evaluated(stack, Steps(show=lambda _: None))
        self.provider.sweep()
        _wait_for_health(outputs["apiUrl"], self._emulator)
        return outputs

    def _ready(self) -> Provider:
        # The clients' service models take as long to load as the emulator takes to start.
        provider = Provider(self._emulator.endpoint, self._region)
        self._emulator.wait_until_ready()
        return provider

    def _evaluated(self, stack: Stack, steps: Steps) -> dict[str, Any]:
        def create(type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
            return steps.time(name, lambda: self.provider.create(type_, name, inputs), type_)

        outputs = evaluate(stack, create)
        outputs["awsEndpointUrl"] = self._emulator.endpoint
        if outputs.get("authDomain"):
            outputs["authDomain"] = self._emulator.endpoint  # its sign-in page tells pools apart by the app client
        if not outputs["apiUrl"].startswith(self._emulator.endpoint):  # an own domain, whose name leads to AWS
            outputs["apiUrl"] = self.provider.computed("aws:apigatewayv2/api:Api", "apiEndpoint")
        return outputs


def bring_up(stack: Stack, emulator: Emulator, steps: Steps) -> dict[str, Any]:
    """Bring a stack up in a started emulator, once; its outputs."""
    return Deployment(emulator, stack.region).bring_up(stack, steps)


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
            raise CommandError(
                f"GET /health must answer 200 within {HEALTH_DEADLINE} s, got {answer}; see {emulator.log}"
            )
        time.sleep(0.2)
