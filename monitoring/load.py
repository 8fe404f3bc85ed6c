"""A load of good and bad calls on a local stack, and the metrics that AWS would have made of it.

What callers saw becomes the gateway's metrics and access log, what the function wrote becomes its own; a metric without
a source here stays without data. One second counts as `PACE` seconds, so that a minute fills a dashboard of hours.
"""

from __future__ import annotations

import json
import math
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from local.people import People, new_password
from local.provider import client
from monitoring.patterns import metric_of
from monitoring.samples import Samples, key

PACE = 150  # seconds on the dashboard for each second of the load: a period of 5 minutes is two
WORKERS = 8
_READY = 2.0  # seconds that the function's last lines may take to be readable


@dataclass(frozen=True)
class Seen:
    """One call: when it began, in seconds of the load, how long it took, and its status; None went past the gateway."""

    began: float
    seconds: float
    status: int | None


@dataclass
class Load:
    """Everything that a run left behind, and the names that its metrics have."""

    outputs: dict[str, Any]
    seconds: float
    seen: list[Seen] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    started: float = 0.0  # seconds since the epoch


Call = Callable[[], int | None]


def run(outputs: dict[str, Any], seconds: float, progress: Callable[[str], object]) -> Load:
    """Call the stack for so long: a busy day, and a wave of bad tokens in its second half."""
    calls = _Calls(outputs)
    load = Load(outputs, seconds)
    chance = random.Random(1)  # noqa: S311 - which call comes next is no secret
    calls.warm()
    load.started, began = time.time(), time.perf_counter()
    lock = threading.Lock()

    def one(call: Call) -> None:
        start = time.perf_counter()
        status = call()
        with lock:
            load.seen.append(Seen(start - began, time.perf_counter() - start, status))

    with ThreadPoolExecutor(WORKERS) as pool:
        told = 0.0
        while (now := time.perf_counter() - began) < seconds:
            if now - told > 5:
                told = now
                progress(f"{now:3.0f} of {seconds:.0f} s, {len(load.seen)} calls")
            share = now / seconds
            wave = 0.6 < share < 0.75
            pool.submit(one, calls.bad(chance) if chance.random() < (0.7 if wave else 0.12) else calls.good(chance))
            time.sleep((0.04 if wave else 0.16) / (0.35 + math.sin(math.pi * share)))
    time.sleep(_READY)
    load.lines = list(calls.lines(int(load.started * 1000)))
    return load


class _Calls:
    def __init__(self, outputs: dict[str, Any]) -> None:
        self._url = outputs["apiUrl"]
        endpoint, region = outputs["awsEndpointUrl"], outputs["region"]
        self._logs = client(endpoint, region, "logs")
        self._lambda = client(endpoint, region, "lambda")
        (self._function,) = [each["FunctionName"] for each in self._lambda.list_functions()["Functions"]][:1]
        people = People(outputs, new_password())
        tokens = people.tokens(people.ensure("ada"), ["api/reports.read"])
        self._good, self._id = tokens["access_token"], tokens["id_token"]
        self._narrow = people.tokens(people.ensure("bob"), [])["access_token"]

    def warm(self) -> None:
        for path in ("/health", "/hello"):
            self._get(path, self._good)

    def good(self, chance: random.Random) -> Call:
        path = chance.choice(["/health", "/hello", "/hello", "/hello", "/reports"])
        return lambda: self._get(path, self._good)

    def bad(self, chance: random.Random) -> Call:
        forged = self._good[:-8] + "AAAAAAAA"
        calls: list[Call] = [
            lambda: self._get("/hello", None),
            lambda: self._get("/hello", "not.a.token"),
            lambda: self._get("/hello", forged),
            lambda: self._get("/reports", self._narrow),
            lambda: self._get("/admin", self._good),
            lambda: self._get("/hello", self._id),
            lambda: self._get("/nowhere", None),
            lambda: self._invoke(forged, {}),
            lambda: self._invoke("not.a.token", {}),
            lambda: self._invoke(self._good, None),
        ]
        return chance.choice(calls)

    def lines(self, since: int) -> Iterator[str]:
        for group in self._logs.describe_log_groups()["logGroups"]:
            for page in self._logs.get_paginator("filter_log_events").paginate(
                logGroupName=group["logGroupName"], startTime=since
            ):
                yield from (event["message"] for event in page["events"] if event["message"].startswith("{"))

    def _get(self, path: str, token: str | None) -> int:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return requests.get(self._url + path, headers=headers, timeout=30).status_code

    def _invoke(self, token: str, claims: dict[str, str] | None) -> None:
        """Past the gateway, as where an authorizer is missing or lets through what it should not."""
        context: dict[str, Any] = {"requestId": f"direct-{time.monotonic_ns()}"}
        if claims is not None:
            context["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        event = {
            "version": "2.0",
            "routeKey": "GET /hello",
            "headers": {"authorization": f"Bearer {token}"},
            "requestContext": context,
        }
        self._lambda.invoke(FunctionName=self._function, Payload=json.dumps(event).encode())


def samples(load: Load, filters: list[Mapping[str, Any]], names: Mapping[str, str], access_format: str) -> Samples:
    """The metrics of the load. `filters` are the inputs of the stack's metric filters, `names` its dimensions."""
    found = Samples()
    gateway = {"ApiId": names["ApiId"]}
    # API Gateway's log is the one that AWS delivers.
    access = [each for each in filters if each["logGroupName"].startswith("/aws/vendedlogs/")]
    own = [each for each in filters if each not in access]
    for seen in load.seen:
        if seen.status is None:
            continue
        second = seen.began * PACE
        found.add(key("AWS/ApiGateway", "Count", gateway), second)
        found.add(key("AWS/ApiGateway", "4xx", gateway), second, float(400 <= seen.status < 500))
        found.add(key("AWS/ApiGateway", "5xx", gateway), second, float(seen.status >= 500))
        found.add(key("AWS/ApiGateway", "Latency", gateway), second, seen.seconds * 1000)
        line = dict.fromkeys(json.loads(access_format), "-") | {"status": str(seen.status)}
        _filtered(found, access, json.dumps(line), second)
    _add_function(found, load, own, {"FunctionName": names["FunctionName"]})
    return found


def _add_function(found: Samples, load: Load, filters: list[Mapping[str, Any]], name: Mapping[str, str]) -> None:
    spans = []
    for line in load.lines:
        content = json.loads(line)
        if "durationMs" not in content:
            continue
        ended = datetime.fromisoformat(content["timestamp"]).timestamp() - load.started
        second = max(0.0, ended) * PACE
        spans.append((ended - content["durationMs"] / 1000, ended))
        found.add(key("AWS/Lambda", "Invocations", name), second)
        found.add(key("AWS/Lambda", "Duration", name), second, content["durationMs"])
        _filtered(found, filters, line, second)
    running = key("AWS/Lambda", "ConcurrentExecutions", name)
    for began, _ in spans:
        at_once = sum(start <= began < end for start, end in spans)
        found.add(running, max(0.0, began) * PACE, float(at_once))


def _filtered(found: Samples, filters: list[Mapping[str, Any]], line: str, second: float) -> None:
    """What the filters of a log make of a line of it; their default, if any, of one that they pass over."""
    for inputs in filters:
        transformation = inputs["metricTransformation"]
        made = metric_of(inputs, line)
        if made is not None:
            found.add(made[0], second, made[1])
        elif "defaultValue" in transformation:
            found.add(
                key(transformation["namespace"], transformation["name"]), second, float(transformation["defaultValue"])
            )
