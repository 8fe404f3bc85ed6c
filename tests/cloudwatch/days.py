"""Days of data as the stack would publish it: an ordinary one, and those on which something goes wrong."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from functools import cache

from tests.cloudwatch.samples import Key, Samples, key
from tests.components.test_monitoring import FUNCTION, REQUIRED

MINUTE, DAY = 60, 24 * 3600
TODAY = 14 * DAY  # the day that alarms look at; two weeks are before it
NOON, NIGHT = TODAY + 12 * 3600, TODAY + 3 * 3600

API = {"ApiId": REQUIRED["api_id"]}
LAMBDA = {"FunctionName": FUNCTION["name"]}
CLIENT = {"UserPool": REQUIRED["user_pool_id"], "UserPoolClient": REQUIRED["user_pool_client_id"]}
LOGS = f"SecureApi/{REQUIRED['api_id']}"

COUNT, ERRORS = key("AWS/ApiGateway", "Count", API), key("AWS/ApiGateway", "5xx", API)
LATENCY = key("AWS/ApiGateway", "Latency", API)
FAILED, THROTTLED = key("AWS/Lambda", "Errors", LAMBDA), key("AWS/Lambda", "Throttles", LAMBDA)
RUNNING, CLAIMED = key("AWS/Lambda", "ConcurrentExecutions"), key("AWS/Lambda", "ClaimedAccountConcurrency")
OWN = key("AWS/Lambda", "ConcurrentExecutions", LAMBDA)
REFUSED = key(LOGS, "Refused")
BLOCKED = key(
    "AWS/WAFV2", "BlockedRequests", {"WebACL": REQUIRED["web_acl_name"], "Rule": "ALL", "Region": REQUIRED["region"]}
)
UNCHECKED = key(LOGS, "RevocationUnchecked")


def refusal(reason: str) -> Key:
    return key(LOGS, "FunctionRefusals", {"Reason": reason})


def turned_away(kind: str, **more: str) -> Key:
    return key("AWS/Cognito", f"{kind}Throttles", {**CLIENT, **more})


def minutes(start: int, length: int) -> Iterator[int]:
    return iter(range(start, start + length * MINUTE, MINUTE))


def busy(second: int) -> float:
    """How busy the hour is: 1 at noon, a fiftieth at night."""
    return max(0.02, math.sin(math.pi * ((second % DAY) / DAY)) ** 3)


@cache
def ordinary() -> Samples:
    return Days(growth=0).samples


class Days:
    """Two weeks and a day of ordinary data, to which trouble is added.

    `growth` is what refusals gain each day; while `silent`, nobody is there.
    """

    def __init__(self, *, growth: float | None = None, silent: Callable[[int], bool] = lambda _: False) -> None:
        if growth is None:
            self.samples = ordinary().copy()
            return
        self.samples = Samples()
        self._random = random.Random(7)  # noqa: S311 - data, and the same each time
        for second in range(0, TODAY + DAY, 5 * MINUTE):
            if not silent(second):
                trend = 1 + growth * second / DAY
                self.add(REFUSED, second, self._about(12 * busy(second) * trend))
        for second in range(TODAY, TODAY + DAY, MINUTE):
            if not silent(second):
                self._minute(second)
        if not silent(NIGHT):
            self.add(ERRORS, NIGHT)  # one stray 5xx, when hardly anybody is there
            self.add(FAILED, NIGHT)

    def add(self, metric: Key, second: int, value: float = 1) -> Days:
        self.samples.add(metric, second, value)
        return self

    def each_minute(self, metric: Key, start: int, length: int, value: float = 1) -> Days:
        for second in minutes(start, length):
            self.add(metric, second, value)
        return self

    def _minute(self, second: int) -> None:
        requests = self._about(900 * busy(second))
        self.add(COUNT, second, requests)
        self.add(ERRORS, second, float(self._random.random() < requests / 40_000))
        for _ in range(12):
            self.add(LATENCY, second, self._random.lognormvariate(3.4, 0.5))
        if self._random.random() < 0.02:
            self.add(LATENCY, second, 1_900)  # a cold start
        self.add(FAILED, second, 0)
        self.add(THROTTLED, second, 0)
        for metric in (RUNNING, CLAIMED, OWN):
            self.add(metric, second, 5 + 200 * busy(second))
        if second % (5 * MINUTE) == 0:
            for kind in ("SignIn", "TokenRefresh", "SignUp"):
                self.add(turned_away(kind), second, 0)

    def _about(self, mean: float) -> int:
        return max(0, round(self._random.gauss(mean, math.sqrt(mean) + 0.5)))
