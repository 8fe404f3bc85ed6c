"""Simulate the function's environments in front of the key endpoint: a morning, an outage, a rotation.

The keys' rules are the function's own (`handler.keys.SigningKeys`), on simulated time and a simulated endpoint.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from math import ceil
from random import Random
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import rsa

from benchmarks.figures import Figure, Table
from benchmarks.pool import jwk
from handler.errors import KeysUnavailable, KeyUnknown
from handler.fetch import FetchFailed
from handler.keys import SigningKeys

USERS = (10, 1_000, 100_000, 1_000_000)
CALLS, DURATION = 1 / 60, 0.05  # a user's calls a second, and the seconds of each
FAILED = 0.005  # seconds of a call that is answered with 503
REPEATS = 3  # of a call that is answered with 503, each after Retry-After
RETRY_AFTER = KeysUnavailable.retry_after or 0  # seconds
TOKEN_LIFE = 900  # seconds
LIFE = 5_400  # seconds; the mean life of an environment, an assumption
MORNING, SPAN = 3_600, 7_200  # seconds in which users come, evenly, and of the whole
OUTAGE = range(4_500, 5_400)  # seconds in which the key endpoint is down
ROTATION = 6_300  # from then on new tokens have the new key; the old one stays published


class Seen(NamedTuple):
    """The sums of one simulation."""

    environments: int  # at once, at most
    fetches: int
    most_in_a_second: int
    after_outage: int  # fetches in the first minute after the outage
    calls: int  # without repetitions
    unavailable: int  # answers with 503
    repeated: int  # of these, so many are repeated
    given_up: int  # calls that failed with each repetition
    refused: int  # good tokens answered with 401
    by_minute: tuple[int, ...]  # fetches in each minute


class Endpoint:
    """The key endpoint at the simulated second `now`. `asked` counts the fetches of each second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: Counter[int] = Counter()
        old, new = (jwk(rsa.generate_private_key(65537, 2048).public_key(), name) for name in ("old", "new"))
        self._before, self._after = (json.dumps({"keys": keys}).encode() for keys in ([old], [old, new]))

    def fetch(self, _: str) -> bytes:
        self.asked[int(self.now)] += 1
        if int(self.now) in OUTAGE:
            raise FetchFailed(cause="unreachable")
        return self._after if self.now >= ROTATION else self._before


class Calls:
    """The calls of each second, those that clients repeat among them."""

    def __init__(self, users: int) -> None:
        self._users = users
        self._due: defaultdict[int, list[float]] = defaultdict(lambda: [0.0] * (REPEATS + 1))
        self.sums: defaultdict[str, float] = defaultdict(float)

    def of(self, second: int) -> float:
        """Return the number of calls in a second, and count those that are not repetitions."""
        fresh = self._users * min(1, (second + 1) / MORNING) * CALLS
        self._due[second][0] += fresh
        self.sums["calls"] += fresh
        return sum(self._due[second])

    def answered(self, second: int, unavailable: float, refused: float) -> None:
        """Count the answers of a second, by the shares of failures; clients repeat those with 503."""
        due = self._due.pop(second)
        self.sums["refused"] += sum(due) * refused
        self.sums["unavailable"] += sum(due) * unavailable
        self.sums["repeated"] += sum(due[:-1]) * unavailable
        self.sums["given_up"] += due[-1] * unavailable
        for attempt, number in enumerate(due[:-1], 1):
            self._due[second + RETRY_AFTER][attempt] += number * unavailable


def simulate(users: int, seed: int = 1) -> Seen:
    """Return what a morning of `users` users does to the key endpoint, and the endpoint to their calls.

    Each environment gets one token in each second, which stands for all of that second's calls.
    """
    random, endpoint, calls, most = Random(seed), Endpoint(), Calls(users), 0  # noqa: S311 - to be repeated
    environments: list[SigningKeys] = []
    unavailable = 0.0  # the share of the calls of a second
    for second in range(SPAN):
        endpoint.now = second
        needed = ceil(calls.of(second) * (DURATION - (DURATION - FAILED) * unavailable))
        environments = [each for each in environments if random.random() > 1 / LIFE]
        for _ in range(needed - len(environments)):
            environments.append(SigningKeys("", fetch=endpoint.fetch, clock=lambda: endpoint.now))
            environments[-1].prefetch()
        most = max(most, len(environments))
        renewed = (second - ROTATION) / TOKEN_LIFE  # share of the tokens that are younger than the rotation
        failed: Counter[type[Exception]] = Counter()
        for keys in environments[:needed]:
            endpoint.now = second + random.random()
            try:
                keys.get("new" if random.random() < renewed else "old")
            except (KeysUnavailable, KeyUnknown) as error:
                failed[type(error)] += 1
        unavailable = failed[KeysUnavailable] / needed
        calls.answered(second, unavailable, failed[KeyUnknown] / needed)
    return Seen(
        most,
        endpoint.asked.total(),
        max(endpoint.asked.values()),
        sum(endpoint.asked[second] for second in range(OUTAGE.stop, OUTAGE.stop + 60)),
        **{name: round(calls.sums[name]) for name in ("calls", "unavailable", "repeated", "given_up", "refused")},
        by_minute=tuple(sum(endpoint.asked[second] for second in range(at, at + 60)) for at in range(0, SPAN, 60)),
    )


def measure() -> Table:
    figures = []
    for users in USERS:
        seen = simulate(users)
        for name in Seen._fields[:-1]:
            limit = 0 if name == "refused" else None
            label = f"{users:,} users: {name.replace('_', ' ')}"
            figures.append(Figure(name=label, amount=getattr(seen, name), unit="", limit=limit))
    return Table(
        topic="crowd",
        title="Crowd: two hours of a stack, simulated with the function's own rules for signing keys",
        baseline="",
        method="users come evenly in the first hour and call once a minute; the key endpoint is down from 1:15 to "
        "1:30; the pool rotates its key at 1:45; environments live 90 minutes in the mean; clients repeat a 503 up to "
        f"{REPEATS} times",
        figures=figures,
    )
