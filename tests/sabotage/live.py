"""Risks of a running API: changes that somebody with the AWS console could make after a deployment."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from local.emulator import CREDENTIALS
from stacks.command_line import CommandError

DEADLINE = 120  # seconds for bringing a stack up, and for looking at it
FOREIGN = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Foreign00"


@dataclass(frozen=True, kw_only=True)
class Api:
    """A running API, as its control plane shows it."""

    client: Any
    id: str

    def route(self, key: str) -> str:
        """The id of the route of that key."""
        return str(
            next(each["RouteId"] for each in self.client.get_routes(ApiId=self.id)["Items"] if each["RouteKey"] == key)
        )

    @property
    def authorizer(self) -> dict[str, Any]:
        authorizer: dict[str, Any] = self.client.get_authorizers(ApiId=self.id)["Items"][0]
        return authorizer


@dataclass(frozen=True, kw_only=True)
class LiveRisk:
    """One change of a stack that runs on this machine; `python -m proof smoke` must notice."""

    name: str
    gain: str
    change: Callable[[Api], object]


def _open_route(api: Api) -> None:
    api.client.update_route(ApiId=api.id, RouteId=api.route("GET /hello"), AuthorizationType="NONE")


def _drop_scope(api: Api) -> None:
    api.client.update_route(ApiId=api.id, RouteId=api.route("GET /reports"), AuthorizationScopes=[])


def _authorizer_with(api: Api, **changes: object) -> None:
    found = api.authorizer
    configuration = {**found["JwtConfiguration"], **changes}
    api.client.update_authorizer(ApiId=api.id, AuthorizerId=found["AuthorizerId"], JwtConfiguration=configuration)


def _add_route(api: Api, key: str) -> None:
    target = api.client.get_route(ApiId=api.id, RouteId=api.route("GET /hello"))["Target"]
    api.client.create_route(ApiId=api.id, RouteKey=key, Target=target)


def _delete_route(api: Api) -> None:
    api.client.delete_route(ApiId=api.id, RouteId=api.route("GET /admin"))


def _open_cors(api: Api) -> None:
    found = api.client.get_api(ApiId=api.id)["CorsConfiguration"]
    api.client.update_api(ApiId=api.id, CorsConfiguration={**found, "AllowOrigins": ["*"]})


def _lift_throttle(api: Api) -> None:
    settings = {"ThrottlingRateLimit": 10_000.0, "ThrottlingBurstLimit": 5_000}
    api.client.update_stage(ApiId=api.id, StageName="$default", DefaultRouteSettings=settings)


LIVE: tuple[LiveRisk, ...] = (
    LiveRisk(
        name="live-route-opened",
        gain="Somebody takes the authorizer off a route in the console.",
        change=_open_route,
    ),
    LiveRisk(
        name="live-scope-removed",
        gain="Tokens without the route's scope pass the first layer.",
        change=_drop_scope,
    ),
    LiveRisk(
        name="live-audience-foreign",
        gain="The gateway takes the tokens of another client.",
        change=lambda api: _authorizer_with(api, Audience=["0foreignclient0"]),
    ),
    LiveRisk(
        name="live-audience-added",
        gain="The gateway takes the tokens of one more client.",
        change=lambda api: _authorizer_with(
            api, Audience=[*api.authorizer["JwtConfiguration"]["Audience"], "0foreignclient0"]
        ),
    ),
    LiveRisk(
        name="live-issuer-foreign",
        gain="The gateway trusts a pool that somebody else owns.",
        change=lambda api: _authorizer_with(api, Issuer=FOREIGN),
    ),
    LiveRisk(
        name="live-route-added",
        gain="A route that nobody reviewed reaches the function.",
        change=lambda api: _add_route(api, "GET /debug"),
    ),
    LiveRisk(
        name="live-default-route-added",
        gain="Every path that is not declared reaches the function.",
        change=lambda api: _add_route(api, "$default"),
    ),
    LiveRisk(
        name="live-route-deleted",
        gain="Part of what was reviewed is not what runs.",
        change=_delete_route,
    ),
    LiveRisk(
        name="live-cors-any-origin",
        gain="Every web page may call the API with a token that it got hold of.",
        change=_open_cors,
    ),
    LiveRisk(
        name="live-throttle-lifted",
        gain="One caller can use up the account's concurrency.",
        change=_lift_throttle,
    ),
)


def smoke_against(change: Callable[[Api], object] | None, tree: Path, folder: Path) -> str | None:
    """Bring the stack of `tree` up, change it, and look at it: the first failed check, or None if all were ok.

    CommandError if the stack does not come up or cannot be looked at.
    """
    local = ["-m", "local", "--dir", str(folder)]
    try:
        _ran([*local, "up", "--detach", "--port", "0"], tree, {0})
        if change is not None:
            outputs = json.loads((folder / "outputs.json").read_text())
            change(_api(outputs))
        smoke = _ran(["-m", "proof", "smoke", "--outputs", str(folder / "outputs.json")], tree, {0, 1})
    finally:
        _ran([*local, "down"], tree, None)
    failed = re.search(r"^\s*FAILED\s+(.+)$", smoke.stdout, re.MULTILINE)
    if smoke.returncode and failed is None:
        raise CommandError(f"proof smoke must be able to look at the stack, got: {_last_line(smoke)}")
    return f"proof smoke: {failed[1]}" if failed else None


def _api(outputs: dict[str, Any]) -> Api:
    client = boto3.client(
        "apigatewayv2",
        endpoint_url=outputs["awsEndpointUrl"],
        region_name=outputs["region"],
        **{key.lower(): value for key, value in CREDENTIALS.items()},
    )
    return Api(client=client, id=client.get_apis()["Items"][0]["ApiId"])


def _ran(arguments: list[str], tree: Path, allowed: set[int] | None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    try:
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False, timeout=DEADLINE)
    except subprocess.TimeoutExpired:
        raise CommandError(f"python {' '.join(arguments[:2])} must end within {DEADLINE} s") from None
    if allowed is not None and done.returncode not in allowed:
        raise CommandError(f"python {' '.join(arguments[:2])} must work, got: {_last_line(done)}")
    return done


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit status {done.returncode}"
