"""Time one handler and raw signature checks, in turns, in an interpreter of its own.

Reads a job from standard input and writes its result to standard output, both as JSON. Runs under `python -I -S` with
only the job's folders on the path, so a handler finds the same modules as in Lambda.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter_ns
from types import SimpleNamespace
from typing import Any, TypeVar

T = TypeVar("T")
Batch = Callable[[], None]

BATCH = 4  # calls between two readings of the clock: short enough not to be interrupted by other processes


def main() -> None:
    job = json.load(sys.stdin)
    result = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    # As in Lambda, each log line costs one write that nothing delays.
    sys.stdout = Path(os.devnull).open("w", buffering=1)  # noqa: SIM115 - for as long as the process lives
    sys.path[:0] = [*job["path"], str(Path(__file__).parent)]
    handler = importlib.import_module(job["contender"]).lambda_handler

    cases = {name: _calls(handler, name, **case) for name, case in job["cases"].items()}
    raw = _raw(**job["raw"])
    times = {
        name: [
            (_time(raw[number % len(raw)]), _time(batches[number % len(batches)])) for number in range(job["rounds"])
        ]
        for name, batches in cases.items()
    }
    json.dump(times, result)


def _calls(
    handler: Callable[[Any, Any], dict[str, Any]], name: str, events: list[Any], statuses: list[int]
) -> list[Batch]:
    context = SimpleNamespace(
        aws_request_id="7d1c5f3a-0b1e-4d52-9a53-0123456789ab",
        function_name="api",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:api",
    )
    for event in events * 2:
        answer = handler(event, context)
        if answer["statusCode"] not in statuses:
            sys.exit(
                f"{name}: {handler.__module__} must answer {statuses}, got {answer['statusCode']} {answer['body']}"
            )

    def batch(some: list[Any]) -> Batch:
        def calls() -> None:
            for event in some:
                handler(event, context)

        return calls

    return [batch(some) for some in _slices(events)]


def _raw(modulus: int, exponent: int, signed: list[tuple[str, str]]) -> list[Batch]:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15  # noqa: PLC0415 - from the job's path
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers  # noqa: PLC0415 - likewise
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - likewise

    verify = RSAPublicNumbers(exponent, modulus).public_key().verify
    padding, digest = PKCS1v15(), SHA256()
    pairs = [(bytes.fromhex(signature), text.encode()) for signature, text in signed]

    def batch(some: list[tuple[bytes, bytes]]) -> Batch:
        def checks() -> None:
            for signature, text in some:
                verify(signature, text, padding, digest)

        return checks

    return [batch(some) for some in _slices(pairs)]


def _slices(whole: list[T]) -> list[list[T]]:
    return [whole[start : start + BATCH] for start in range(0, len(whole), BATCH)]


def _time(batch: Batch) -> int:
    """Return the nanoseconds of one call in the batch."""
    began = perf_counter_ns()
    batch()
    return (perf_counter_ns() - began) // BATCH


if __name__ == "__main__":
    main()
