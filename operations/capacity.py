"""`python -m operations capacity`: the quota that a load reaches first."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from operations import estimate
from operations.estimate import number, table
from settings import Settings
from stacks.command_line import Command, CommandError
from stacks.plan import plan_of

# Regions where API Gateway's default quota is a quarter ("Amazon API Gateway quotas").
SMALLER = frozenset(
    {
        "af-south-1",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-7",
        "ap-south-2",
        "ca-west-1",
        "eu-central-2",
        "eu-south-1",
        "eu-south-2",
        "il-central-1",
        "me-central-1",
        "mx-central-1",
    }
)
_GATEWAY, _LAMBDA, _COGNITO = "Amazon API Gateway quotas", "Lambda quotas", "Quotas in Amazon Cognito"


PLENTY = 0.7  # share of a limit above which it should be raised


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the load and the stack."""
    parser.add_argument("--rps", type=number, required=True, metavar="N", help="requests a second at the peak")
    parser.add_argument(
        "--users", type=int, default=0, metavar="N", help="active users in the peak hour (60 for each request/s)"
    )
    parser.add_argument("--machines", type=int, default=0, metavar="N", help="machines that fetch tokens (0)")
    estimate.add_arguments(parser)


@dataclass(frozen=True, kw_only=True)
class Load:
    """The load of the peak hour: requests a second and the duration of a call in milliseconds.

    `users` are active in that hour and sign in once; `machines` are clients that fetch a token whenever the previous
    one expires.
    """

    rps: float
    milliseconds: float = 50
    users: int = 0
    machines: int = 0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 0 or (name in {"rps", "milliseconds"} and value == 0):
                raise CommandError(f"{name} must be above 0, got {value:g}")


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A quota, or a setting that limits like one: the need, the limit, and the way to raise it."""

    name: str
    need: float
    limit: float
    unit: str
    source: str
    remedy: str

    @property
    def used(self) -> float:
        """The used share of the limit; the load fits up to 1."""
        return self.need / self.limit


def bounds(settings: Settings, load: Load) -> list[Bound]:
    """Return every bound of the stack under this load, the tightest first."""
    return sorted([*_requests(settings, load), *_sign_in(settings, load)], key=lambda bound: -bound.used)


def most(bounds_: list[Bound], load: Load) -> float:
    """Return the requests a second at which the first bound is reached; every need grows with the load."""
    return load.rps / bounds_[0].used


def _requests(settings: Settings, load: Load) -> Iterator[Bound]:
    yield Bound(
        name="API Gateway, all APIs of the account",
        need=load.rps,
        limit=2_500 if settings.region in SMALLER else 10_000,
        unit="requests/s",
        source=_GATEWAY,
        remedy="Service Quotas, API Gateway, throttle quota",
    )
    yield Bound(
        name="throttleRate, if one route gets every request",
        need=load.rps,
        limit=settings.api.throttle_rate,
        unit="requests/s",
        source="the stack's file",
        remedy=f"pulumi config set throttleBurst {_up(load.rps)}; pulumi config set throttleRate {_up(load.rps)}",
    )
    for function, options in settings.functions.items():
        yield from _concurrency(function, options.reserved_concurrency, load, of_all=len(settings.functions) == 1)


def _concurrency(function: str, reserved: int, load: Load, *, of_all: bool) -> Iterator[Bound]:
    """Yield the bounds of a function that gets every request."""
    key = "reservedConcurrency" if function == "api" else f"otherFunctions.{function}.reservedConcurrency"
    which = "" if of_all else f", if {function} gets every request"
    path = "" if function == "api" else "--path "
    need = load.rps * load.milliseconds / 1_000
    own = reserved if reserved > 0 else 1_000
    yield Bound(
        name=f"{key}{which}" if reserved > 0 else f"Lambda concurrency, all functions of the account{which}",
        need=need,
        limit=own,
        unit="concurrent calls",
        source="the stack's file" if reserved > 0 else _LAMBDA,
        remedy=f"pulumi config set {path}{key} {_up(need)}"
        if reserved > 0
        else "Service Quotas, Lambda, concurrent executions; a new account may have fewer than 1,000",
    )
    # Each execution environment takes ten calls a second at most, however short they are.
    yield Bound(
        name=f"Lambda, ten calls a second for each environment{which}",
        need=load.rps / 10,
        limit=own,
        unit="environments",
        source=_LAMBDA,
        remedy="as for concurrency; this bound is only for short calls",
    )


def _sign_in(settings: Settings, load: Load) -> Iterator[Bound]:
    life = settings.sign_in.access_token_minutes * 60
    yield Bound(
        name="Cognito UserAuthentication: sign-ins, and refreshes by InitiateAuth",
        need=load.users / 3_600 + load.users / life,
        limit=120,
        unit="requests/s",
        source=_COGNITO,
        remedy="raise accessTokenMinutes, spread the sign-ins, or buy a higher rate (Service Quotas, Cognito)",
    )
    yield Bound(
        name="Cognito UserToken: refreshes with rotation",
        need=load.users / life,
        limit=120,
        unit="requests/s",
        source=_COGNITO,
        remedy="raise accessTokenMinutes, or buy a higher rate",
    )
    yield Bound(
        name="Cognito ClientAuthentication: tokens for machines",
        need=load.machines / life,
        limit=150,
        unit="requests/s",
        source=_COGNITO,
        remedy="let machines reuse their token until it expires",
    )


def _up(number: float) -> int:
    """Return a round number with 50 % headroom."""
    return max(10, math.ceil(number * 1.5 / 10) * 10)


def capacity_table(found: list[Bound]) -> str:
    """Return a table of every bound."""
    rows = [
        (
            each.name,
            f"{each.need:,.1f}",
            f"{each.limit:,.0f} {each.unit}",
            f"{each.used:.0%}",
            each.source,
            each.remedy if each.used > PLENTY else "sufficient",
        )
        for each in found
    ]
    return table(("bound", "needed", "limit", "used", "source", "remedy"), rows, frozenset({1, 2, 3}))


def execute(arguments: argparse.Namespace) -> None:
    """Print the quota that is reached first, and the others."""
    users = arguments.users or int(arguments.rps * 60)
    load = Load(rps=arguments.rps, milliseconds=arguments.milliseconds, users=users, machines=arguments.machines)
    found = bounds(plan_of(arguments.stack).settings, load)
    if arguments.json:
        rows = [{**asdict(each), "used": each.used} for each in found]
        print(json.dumps({"most": most(found, load), "bounds": rows}, indent=2))
        return
    first = found[0]
    fits = "fits" if first.used <= 1 else "does NOT fit"
    shown = f"{load.rps:g} requests/s of {load.milliseconds:g} ms, {load.users:,} active users in the hour"
    print(f"{shown}: {arguments.stack} {fits}.")
    print(f"The first limit, at {most(found, load):,.0f} requests/s, is {first.name}.\n\n{capacity_table(found)}")
    print("\nSigning keys never bind: docs/scale.md, Signing keys in a crowd, simulates up to a million users.")


COMMAND = Command(
    about="Find the quota that a load reaches first, from the stack's settings, without AWS.",
    examples="""example:
  python -m operations capacity --rps 400 --users 20000""",
    add_arguments=add_arguments,
    execute=execute,
)
