"""Random hostile requests against the handler, as many as asked for: `python -m tests.handler.fuzz --count 200000`.

First requests with a spoiled token, which must open nothing; then as many with a good token and spoiled parameters,
which must not reach another user's item. Ends with status 1 at the first that does, at a 5xx or an exception, and says
how to see it again. Keys and tokens follow from the seed (and the hour), so the same seed makes the same requests.
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from math import gcd, prod
from random import Random
from typing import Any, Protocol, TextIO

from cryptography.hazmat.primitives.asymmetric import rsa

from handler.route import Route
from tests.handler.api import CONTEXT, Api, key_document, patient_keys
from tests.handler.events import bearer, http_event
from tests.handler.mutations import PROTECTED, Spoiler, event
from tests.handler.parameter_search import LIST, ParameterSearch
from tests.handler.signing import World, made_world
from tests.handler.table import HEALTH, TABLE

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


class Search(Protocol):
    """Makes the `number`-th request of a seed, with the token in it, and judges the answer."""

    def request(self, seed: int, number: int) -> tuple[str, Any]: ...
    def fault(self, made: Any, token: str, response: Any, line: str) -> str | None: ...


class TokenSearch:
    """Requests with spoiled tokens."""

    def __init__(self, world: World) -> None:
        self.spoiler = Spoiler(world)

    def request(self, seed: int, number: int) -> tuple[str, Any]:
        random = Random(f"{seed}:{number}")  # noqa: S311 - to be repeated, not to be secret
        token = self.spoiler.token(random)
        if random.random() < 0.6:
            return token, http_event(random.choice(PROTECTED), bearer(token), claims={})
        return token, event(random, token)

    def fault(self, made: Any, token: str, response: Any, line: str) -> str | None:
        """Return what is wrong with an answer to a hostile request, if anything is."""
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


def fuzz(world: World, seed: int, first: int, count: int, screen: TextIO, what: str = "tokens") -> int:
    """Search in one of WHAT, and return the exit status."""
    statuses: Counter[int] = Counter()
    started = reported = time.monotonic()
    log = io.StringIO()
    document = key_document(world.jwks())
    with redirect_stdout(log):
        search, routes, controls = WHAT[what](world)
        handle = Api(world, routes=routes, keys=patient_keys(lambda _: document)).app.handle
        for control in controls:  # spoiling nothing, they would be let in
            assert handle(control, CONTEXT)["statusCode"] == 200
        for number in range(first, first + count):
            token, made = search.request(seed, number)
            log.seek(0)
            log.truncate()
            try:
                response = handle(made, CONTEXT)
                found = search.fault(made, token, response, log.getvalue())
            except Exception:  # noqa: BLE001 - whatever it is, it is what was looked for
                found = f"raised\n{traceback.format_exc()}"
            if found:
                again = f"python -m tests.handler.fuzz --what {what} --seed {seed} --first {number} --count 1"
                screen.write(f"request {number} {found}\n{json.dumps(made)}\nagain: {again}\n")
                return 1
            statuses[response["statusCode"]] += 1
            if not number % 64 and time.monotonic() - reported >= PROGRESS:
                reported = time.monotonic()
                done = number - first + 1
                screen.write(f"{done:,} of {count:,} requests, {done / (reported - started):,.0f} a second\n")
                screen.flush()
    seconds = time.monotonic() - started
    answered = ", ".join(f"{times:,} x {status}" for status, times in sorted(statuses.items()))
    screen.write(f"{what}: {count:,} requests in {seconds:.1f} s, seed {seed}: {answered}; nothing got through\n")
    return 0


def _tokens(world: World) -> tuple[Search, tuple[Route, ...], list[Any]]:
    search = TokenSearch(world)
    return search, TABLE, [http_event(PROTECTED[0], bearer(token), claims={}) for token in search.spoiler.valid]


def _parameters(world: World) -> tuple[Search, tuple[Route, ...], list[Any]]:
    search = ParameterSearch(world)
    return search, search.routes, [http_event(LIST, bearer(search.token), claims={})]


WHAT: Mapping[str, Callable[[World], tuple[Search, tuple[Route, ...], list[Any]]]] = {
    "tokens": _tokens,
    "parameters": _parameters,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.handler.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=200_000, help="how many of each kind (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=None, help="any number (default: another one each time)")
    parser.add_argument("--first", type=int, default=0, help="where in the seed's sequence to begin")
    parser.add_argument("--what", choices=WHAT, help="search in one of these only")
    arguments = parser.parse_args()
    seed = secrets.randbelow(10**9) if arguments.seed is None else arguments.seed
    world = made_world(keys(Random(seed)))  # noqa: S311 - keys of a test, the same for the same seed
    found = [
        fuzz(world, seed, arguments.first, arguments.count, sys.stdout, what)
        for what in ([arguments.what] if arguments.what else WHAT)
    ]
    return max(found)


if __name__ == "__main__":
    sys.exit(main())
