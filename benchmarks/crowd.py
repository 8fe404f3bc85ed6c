"""Simulate the function's environments in front of the key endpoint: a morning, an outage, a rotation.

The keys' rules are the function's own (`handler.keys.SigningKeys`), on simulated time and a simulated endpoint.
"""

from __future__ import annotations

import json
from collections import Counter
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
TOKEN_LIFE = 900  # seconds
LIFE = 5_400  # seconds; the mean life of an environment, an assumption
MORNING, SPAN = 3_600, 7_200  # seconds in which users come, evenly, and of the whole
OUTAGE = range(4_500, 5_400)  # seconds in which the key endpoint is down
ROTATION = 6_300  # from then on new tokens have the new key; the old one stays published


class Seen(NamedTuple):
    """The sums of one simulation. Clients repeat calls that are answered with 503; the repetitions are not added."""

    environments: int  # at once, at most
    fetches: int
    most_in_a_second: int
    after_outage: int  # fetches in the first minute after the outage
    calls: int
    unavailable: int
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


def simulate(users: int, seed: int = 1) -> Seen:
    """Return what a morning of `users` users does to the key endpoint, and the endpoint to their calls.

    Each environment gets one token in each second, which stands for all of that second's calls.
    """
    random, endpoint, most = Random(seed), Endpoint(), 0  # noqa: S311 - to be repeated
    environments: list[SigningKeys] = []
    outcomes: Counter[str] = Counter()
    for second in range(SPAN):
        endpoint.now = second
        calls = users * min(1, (second + 1) / MORNING) * CALLS
        needed = ceil(calls * DURATION)
        environments = [each for each in environments if random.random() > 1 / LIFE][:needed]
        for _ in range(needed - len(environments)):
            environments.append(SigningKeys("", fetch=endpoint.fetch, clock=lambda: endpoint.now))
            environments[-1].prefetch()
        most = max(most, len(environments))
        renewed = (second - ROTATION) / TOKEN_LIFE  # share of the tokens that are younger than the rotation
        for keys in environments:
            endpoint.now = second + random.random()
            try:
                keys.get("new" if random.random() < renewed else "old")
            except KeysUnavailable:
                outcomes["unavailable"] += 1
            except KeyUnknown:
                outcomes["refused"] += 1
            outcomes["calls"] += 1
    real = sum(users * min(1, (second + 1) / MORNING) * CALLS for second in range(SPAN))
    weight = real / outcomes["calls"]
    said = {name: round(outcomes[name] * weight) for name in ("calls", "unavailable", "refused")}
    return Seen(
        most,
        endpoint.asked.total(),
        max(endpoint.asked.values()),
        sum(endpoint.asked[second] for second in range(OUTAGE.stop, OUTAGE.stop + 60)),
        **said,
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
        "1:30; the pool rotates its key at 1:45; environments live 90 minutes in the mean",
        figures=figures,
    )
