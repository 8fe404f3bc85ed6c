"""The command line: `python -m planning --help`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from command_line import Parser, run
from planning import PlanningError, plan_of, table
from planning.capacity import Bound, Load, bounds, most
from planning.cost import PRICES, Line, Month, Prices, lines, prices

PLENTY = 0.7  # share of a limit from which on there is something to do
_ABOUT = "What a stack can carry, and what it costs in a month: from its settings and resources, without AWS."
_MORE = """examples:
  python -m planning capacity --rps 400 --users 20000           which quota binds first
  python -m planning cost --stack prod --requests 30000000 --users 50000"""


def _parser() -> Parser:
    parser = Parser(prog="python -m planning", description=_ABOUT, epilog=_MORE)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    carry = commands.add_parser("capacity", help="say which quota binds first, and at which load")
    carry.add_argument("--rps", type=_number, required=True, metavar="N", help="requests a second at the busiest")
    carry.add_argument(
        "--users", type=int, default=0, metavar="N", help="people active in that hour (60 for each request/s)"
    )
    carry.add_argument("--machines", type=int, default=0, metavar="N", help="machines with a token of their own (0)")
    bill = commands.add_parser("cost", help="say what a month costs, line by line")
    bill.add_argument("--requests", type=int, default=Month.requests, metavar="N", help="in a month (1,000,000)")
    bill.add_argument("--users", type=int, default=Month.users, metavar="N", help="active in a month (1,000)")
    bill.add_argument("--prices", type=Path, default=PRICES, metavar="FILE", help="other prices (planning/prices.toml)")
    for each in (carry, bill):
        each.add_argument("--stack", default="prod", metavar="NAME", help="settings of Pulumi.NAME.yaml (prod)")
        each.add_argument(
            "--milliseconds", type=_number, default=50, metavar="N", help="the function takes for a call (50)"
        )
        each.add_argument("--json", action="store_true", help="one JSON document instead of a table")
    return parser


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a number is wanted, got {text}") from None


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


def cost_table(bill: list[Line]) -> str:
    """Every line, the dearest first, and their sum."""
    rows = [
        (
            each.service,
            each.how,
            f"{each.quantity:,.0f}" if each.quantity >= 1000 else f"{each.quantity:,.3g}",
            each.unit,
            f"{each.price:.10f}".rstrip("0").rstrip("."),
            f"{each.cost:,.2f}",
        )
        for each in bill
    ]
    rows.append(("**all**", "", "", "", "", f"**{sum(each.cost for each in bill):,.2f}**"))
    return table(("service", "of", "quantity", "unit", "price, $", "a month, $"), rows, frozenset({2, 4, 5}))


def about(at: Prices) -> str:
    """Where and when the prices were so."""
    return f"List prices of {at.region} on {at.as_of}, without free tiers; look them up before you decide"


def _capacity(asked: argparse.Namespace) -> None:
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


def _cost(asked: argparse.Namespace) -> None:
    at = prices(asked.prices)
    month = Month(requests=asked.requests, users=asked.users, milliseconds=asked.milliseconds)
    bill = lines(plan_of(asked.stack), month, at)
    if asked.json:
        total = sum(each.cost for each in bill)
        print(json.dumps({"total": total, "lines": [{**asdict(each), "cost": each.cost} for each in bill]}, indent=2))
        return
    load = f"{month.requests:,} requests and {month.users:,} people a month"
    print(f"Stack {asked.stack}, {load}. {about(at)}.\n\n{cost_table(bill)}")


_COMMANDS = {"capacity": _capacity, "cost": _cost}


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0, or 1 with one line on standard error."""
    return run(_parser(), arguments, lambda parsed: _COMMANDS[parsed.command](parsed), PlanningError)


if __name__ == "__main__":
    sys.exit(main())
