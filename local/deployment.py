"""Bring the program's resources up in a started emulator, and change them when the program changes."""

from __future__ import annotations

import http.client
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from handler.route import Route
from local.emulator import Emulator
from local.left_out import LeftOut
from local.live import forget_program
from local.provider import Provider
from stacks.command_line import CommandError
from stacks.engine import Stack, evaluate
from stacks.routes import public_route

T = TypeVar("T")

SLOW = 2  # seconds until a step that still runs is printed
FIRST_CALL_DEADLINE = 20  # seconds; the call starts the function


def _print(line: str) -> None:
    # One write: print() writes the line's end separately, and another thread's line could come between.
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Steps:
    """Prints each step when it ends, with its duration. Safe to use from several threads."""

    def __init__(self, show: Callable[[str], object] | None = None) -> None:
        self._began = time.perf_counter()
        self._show = show or _print

    @property
    def elapsed(self) -> float:
        """Seconds since this object was created."""
        return time.perf_counter() - self._began

    def time(self, step: str, do: Callable[[], T], detail: str) -> T:
        """Run a step and print it when it ends. A step that takes more than SLOW seconds is printed before, too."""
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


@dataclass(frozen=True)
class FirstCall:
    """A call without a token that shows whether the stack answers."""

    key: str
    public: bool

    @classmethod
    def of(cls, routes: Iterable[Route]) -> FirstCall | None:
        """Choose a public route, else a protected one, which must answer 401; None if the table has neither."""
        routes = tuple(routes)
        if (public := public_route(routes)) is not None:
            return cls(public.key, public=True)
        protected = next((route.key for route in routes if not route.public), None)
        return None if protected is None else cls(re.sub(r"\{\w+\}", "x", protected), public=False)

    def __str__(self) -> str:
        return self.key if self.public else f"{self.key} without a token"

    def is_answer(self, status: int) -> bool:
        """Return whether the status comes from the stack as the route table has it.

        A public route may refuse a call without parameters, but it exists and its function does not fail.
        """
        return status < 500 and status != 404 if self.public else status == 401


class Deployment:
    """One stack in one emulator. With `strict`, a type or an input without a mapping is an error and not left out."""

    provider: Provider
    first_call: FirstCall | None = None

    def __init__(self, emulator: Emulator, region: str, *, strict: bool = False) -> None:
        self._emulator = emulator
        self._left_out = None if strict else LeftOut(partial(print, file=sys.stderr, flush=True))
        self._region = region

    def bring_up(self, stack: Stack, steps: Steps, saved: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Evaluate the program, wait until the API answers, and return the outputs with local addresses.

        `saved` describes the resources that the emulator has from an earlier run.
        """
        self.provider = steps.time("emulator", self._ready, self._emulator.endpoint)
        if saved is not None:
            self.provider.restore(saved)
        detail = f"{stack.project}, Pulumi.{stack.name}.yaml"
        outputs = steps.time("program", lambda: self._evaluated(stack, steps), detail)
        self.provider.sweep()
        self._wait(outputs["apiUrl"], steps)
        return outputs

    def change(self, stack: Stack) -> dict[str, Any]:
        """Evaluate the program again, update and delete resources accordingly, and return the outputs."""
        if stack.region != self._region:
            raise CommandError(f"aws:region cannot change while the stack is up, got {stack.region}; restart it")
        forget_program()
        self.provider.begin()
        outputs = self._evaluated(stack, Steps(show=lambda _: None))
        self.provider.sweep()
        self._wait(outputs["apiUrl"], Steps(show=lambda _: None))
        return outputs

    @property
    def first_call_key(self) -> str | None:
        return self.first_call.key if self.first_call else None

    def _wait(self, api_url: str, steps: Steps) -> None:
        """Make the first call until the API answers it. CommandError after FIRST_CALL_DEADLINE seconds."""
        from handler.routes import ROUTES  # noqa: PLC0415 - the table that the program has just read

        self.first_call = call = FirstCall.of(ROUTES)
        if call is not None:
            steps.time("first call", lambda: _wait_for_answer(call, api_url, self._emulator), str(call))

    def _ready(self) -> Provider:
        # Loading the clients' service models takes as long as the emulator takes to start.
        provider = Provider(self._emulator.endpoint, self._region, self._left_out)
        self._emulator.wait_until_ready()
        return provider

    def _evaluated(self, stack: Stack, steps: Steps) -> dict[str, Any]:
        def create(type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
            if self.provider.has(type_, name, inputs):
                return self.provider.create(type_, name, inputs)
            return steps.time(name, lambda: self.provider.create(type_, name, inputs), type_)

        outputs = evaluate(stack, create)
        outputs["awsEndpointUrl"] = self._emulator.endpoint
        if outputs.get("authDomain"):
            outputs["authDomain"] = self._emulator.endpoint  # its sign-in page finds the pool by the app client
        if not outputs["apiUrl"].startswith(self._emulator.endpoint):  # a custom domain, which leads to AWS
            outputs["apiUrl"] = self.provider.computed("aws:apigatewayv2/api:Api", "apiEndpoint")
        return outputs


def bring_up(stack: Stack, emulator: Emulator, steps: Steps) -> dict[str, Any]:
    """Bring a stack up in a started emulator and return its outputs. CommandError for whatever has no mapping."""
    return Deployment(emulator, stack.region, strict=True).bring_up(stack, steps)


def _wait_for_answer(call: FirstCall, api_url: str, emulator: Emulator) -> None:
    url = urlsplit(api_url)
    method, _, path = call.key.partition(" ")
    deadline = time.monotonic() + FIRST_CALL_DEADLINE
    while True:
        emulator.check()
        connection = http.client.HTTPConnection(url.netloc, timeout=FIRST_CALL_DEADLINE)
        try:
            connection.request(method, f"{url.path}{path}")
            response = connection.getresponse()
            if call.is_answer(response.status):
                return
            answer = f"{response.status} {response.read(200).decode(errors='replace')}"
        except (OSError, http.client.HTTPException) as error:
            answer = str(error)
        finally:
            connection.close()
        if time.monotonic() > deadline:
            expected = "without an error" if call.public else "401"
            raise CommandError(
                f"{call} must answer {expected} within {FIRST_CALL_DEADLINE} s, got {answer}; see {emulator.log}"
            )
        time.sleep(0.2)
