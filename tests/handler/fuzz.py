"""Random hostile requests against the handler, as many as asked for: `python -m tests.handler.fuzz --count 200000`.

Ends with status 1 at the first 200, 5xx or exception, and says how to see it again. Keys and tokens follow from the
seed (and the hour), so the same seed makes the same requests.
"""

from __future__ import annotations

import argparse
import io
import json
import secrets
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import redirect_stdout
from math import gcd, prod
from random import Random
from typing import Any, TextIO

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.handler.api import CONTEXT, Api, key_document, patient_keys
from tests.handler.events import bearer, http_event
from tests.handler.mutations import PROTECTED, Spoiler, event
from tests.handler.signing import World, made_world
from tests.handler.table import HEALTH

PROGRESS = 2  # seconds between two lines
_SMALL = prod(number for number in range(3, 2_000, 2) if all(number % divisor for divisor in range(3, 45, 2)))


def keys(random: Random) -> Iterator[rsa.RSAPrivateKey]:
    """RSA keys of 2,048 bits that follow from the seed. Worth nothing outside this file."""
    while True:
        p, q = prime(random, 1024), prime(random, 1024)
        exponent = pow(65537, -1, (p - 1) * (q - 1))
        public = rsa.RSAPublicNumbers(65537, p * q)
        remainders = exponent % (p - 1), exponent % (q - 1), rsa.rsa_crt_iqmp(p, q)
        yield rsa.RSAPrivateNumbers(p, q, exponent, *remainders, public).private_key()


def prime(random: Random, bits: int) -> int:
    while True:
        number = random.getrandbits(bits) | 3 << (bits - 2) | 1
        if gcd(number, _SMALL) == 1 and pow(2, number - 1, number) == 1 and gcd(number - 1, 65537) == 1:
            return number


def request(spoiler: Spoiler, seed: int, number: int) -> tuple[str, Any]:
    """The `number`-th hostile request of a seed, and the token in it."""
    random = Random(f"{seed}:{number}")  # noqa: S311 - to be repeated, not to be secret
    token = spoiler.token(random)
    if random.random() < 0.6:
        return token, http_event(random.choice(PROTECTED), bearer(token), claims={})
    return token, event(random, token)


def fault(made: Any, token: str, response: Any, line: str) -> str | None:
    """What is wrong with an answer to a hostile request, if anything is."""
    status = response["statusCode"]
    if status == 200 and not (made["routeKey"] == HEALTH and response["body"] == '{"name": "anyone"}'):
        return "answered with 200"
    if status >= 500:
        return f"answered with {status}: {line}"
    if line.count("\n") != 1 or len(line) > 400:
        return f"logged {line!r}"
    signature = token.rpartition(".")[2]
    if len(signature) > 20 and (signature in line or signature in response["body"]):
        return "gave the token away"
    return None


def fuzz(world: World, seed: int, first: int, count: int, screen: TextIO) -> int:
    """The exit status."""
    statuses: Counter[int] = Counter()
    started = reported = time.monotonic()
    log = io.StringIO()
    document = key_document(world.jwks())
    handle = Api(world, keys=patient_keys(lambda _: document)).app.handle
    with redirect_stdout(log):
        spoiler = Spoiler(world)
        for token in spoiler.valid:  # the control: spoiling nothing, they would be let in
            assert handle(http_event(PROTECTED[0], bearer(token), claims={}), CONTEXT)["statusCode"] == 200
        for number in range(first, first + count):
            token, made = request(spoiler, seed, number)
            log.seek(0)
            log.truncate()
            try:
                response = handle(made, CONTEXT)
                found = fault(made, token, response, log.getvalue())
            except Exception:  # noqa: BLE001 - whatever it is, it is what was looked for
                found = f"raised\n{traceback.format_exc()}"
            if found:
                again = f"python -m tests.handler.fuzz --seed {seed} --first {number} --count 1"
                screen.write(f"request {number} {found}\n{json.dumps(made)}\nagain: {again}\n")
                return 1
            statuses[response["statusCode"]] += 1
            if not number % 64 and time.monotonic() - reported >= PROGRESS:
                reported = time.monotonic()
                done = number - first + 1
                screen.write(f"{done:,} of {count:,} requests, {done / (reported - started):,.0f} a second\n")
                screen.flush()
    seconds = time.monotonic() - started
    refused = ", ".join(f"{times:,} x {status}" for status, times in sorted(statuses.items()) if status != 200)
    screen.write(
        f"{count:,} requests in {seconds:.1f} s, seed {seed}: {refused}, {statuses[200]:,} bent into GET /health; "
        "nothing got through\n"
    )
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.handler.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=200_000, help="how many requests (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="any number (default: another one each time)")
    parser.add_argument("--first", type=int, default=0, help="where in the seed's sequence to begin")
    arguments = parser.parse_args()
    seed = secrets.randbelow(10**9) if arguments.seed is None else arguments.seed
    world = made_world(keys(Random(seed)))  # noqa: S311 - keys of a test, the same for the same seed
    return fuzz(world, seed, arguments.first, arguments.count, sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
