"""Which quota binds first: what a load needs of each, and what there is."""

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

# Regions where API Gateway begins with a quarter ("Amazon API Gateway quotas").
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


PLENTY = 0.7  # share of a limit from which on there is something to do


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the load and the stack."""
    parser.add_argument("--rps", type=number, required=True, metavar="N", help="requests a second at the busiest")
    parser.add_argument(
        "--users", type=int, default=0, metavar="N", help="people active in that hour (60 for each request/s)"
    )
    parser.add_argument("--machines", type=int, default=0, metavar="N", help="machines with a token of their own (0)")
    estimate.add_arguments(parser)


@dataclass(frozen=True, kw_only=True)
class Load:
    """What comes at the busiest: requests a second, how long the function takes, and who is signed in.

    `users` are people who are active in that hour and sign in once in it; `machines` are clients that fetch a token
    whenever the one before ends.
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
    """A quota, or a setting that acts as one: what the load needs of it, what there is, and what to do."""

    name: str
    need: float
    limit: float
    unit: str
    source: str
    remedy: str

    @property
    def used(self) -> float:
        """Share of the limit; more than 1 does not fit."""
        return self.need / self.limit


def bounds(settings: Settings, load: Load) -> list[Bound]:
    """Every bound of the stack under this load, the tightest first."""
    return sorted([*_requests(settings, load), *_sign_in(settings, load)], key=lambda bound: -bound.used)


def most(bounds_: list[Bound], load: Load) -> float:
    """Requests a second at which the first of them is full: every need grows with the load."""
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
        name="throttleRate, if one route takes it all",
        need=load.rps,
        limit=settings.api.throttle_rate,
        unit="requests/s",
        source="Pulumi.<stack>.yaml",
        remedy=f"pulumi config set throttleBurst {_up(load.rps)}; pulumi config set throttleRate {_up(load.rps)}",
    )
    reserved = settings.function.reserved_concurrency
    own = reserved if reserved > 0 else 1_000
    yield Bound(
        name="reservedConcurrency" if reserved > 0 else "Lambda concurrency, all functions of the account",
        need=load.rps * load.milliseconds / 1_000,
        limit=own,
        unit="calls at once",
        source="Pulumi.<stack>.yaml" if reserved > 0 else _LAMBDA,
        remedy=f"pulumi config set reservedConcurrency {_up(load.rps * load.milliseconds / 1_000)}"
        if reserved > 0
        else "Service Quotas, Lambda, concurrent executions; a new account may have fewer than 1,000",
    )
    # A function may start 1,000 environments every ten seconds; each takes ten calls a second at the most.
    yield Bound(
        name="Lambda, ten calls a second of each environment",
        need=load.rps / 10,
        limit=own,
        unit="environments",
        source=_LAMBDA,
        remedy="as for concurrency: short calls need no more than this",
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
        name="Cognito ClientAuthentication: tokens of machines",
        need=load.machines / life,
        limit=150,
        unit="requests/s",
        source=_COGNITO,
        remedy="have machines keep their token until it ends",
    )


def _up(number: float) -> int:
    """A round number with half of it to spare."""
    return max(10, math.ceil(number * 1.5 / 10) * 10)


def capacity_table(found: list[Bound]) -> str:
    """Every bound, the tightest first."""
    rows = [
        (
            each.name,
            f"{each.need:,.1f}",
            f"{each.limit:,.0f} {each.unit}",
            f"{each.used:.0%}",
            each.source,
            each.remedy if each.used > PLENTY else "enough",
        )
        for each in found
    ]
    return table(("bound", "needed", "limit", "used", "from", "to raise it"), rows, frozenset({1, 2, 3}))


def execute(asked: argparse.Namespace) -> None:
    """Print which quota binds first, and every other one."""
    users = asked.users or int(asked.rps * 60)
    load = Load(rps=asked.rps, milliseconds=asked.milliseconds, users=users, machines=asked.machines)
    found = bounds(plan_of(asked.stack).settings, load)
    if asked.json:
        rows = [{**asdict(each), "used": each.used} for each in found]
        print(json.dumps({"most": most(found, load), "bounds": rows}, indent=2))
        return
    first = found[0]
    fits = "fits" if first.used <= 1 else "does NOT fit"
    print(
        f"{load.rps:g} requests/s of {load.milliseconds:g} ms, {load.users:,} people in the hour: {asked.stack} {fits}."
    )
    print(f"Binds first, at {most(found, load):,.0f} requests/s: {first.name}.\n\n{capacity_table(found)}")


COMMAND = Command(
    about="Say which quota binds first, and at which load: from the stack's settings, without AWS.",
    examples="""example:
  python -m operations capacity --rps 400 --users 20000""",
    add_arguments=add_arguments,
    execute=execute,
)
