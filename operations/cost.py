"""`python -m operations cost`: a month's bill of a stack."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from operations import estimate
from operations.bill import Line, Month, lines
from operations.estimate import table
from operations.prices import PRICES, Prices, read_prices
from stacks.command_line import Command
from stacks.plan import Plan, plan_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the month's load, the prices and the stack."""
    parser.add_argument(
        "--requests", type=int, default=Month.requests, metavar="N", help="requests a month (1,000,000)"
    )
    parser.add_argument("--users", type=int, default=Month.users, metavar="N", help="active users a month (1,000)")
    parser.add_argument(
        "--prices", type=Path, default=PRICES, metavar="FILE", help="your prices (operations/prices.toml)"
    )
    estimate.add_arguments(parser)


def cost_table(bill: list[Line]) -> str:
    """Return a table of every line and the total."""
    rows = [
        (
            each.service,
            each.how,
            f"{each.quantity:,.0f}" if each.quantity >= 1000 else f"{each.quantity:,.3g}",
            each.price.unit,
            f"{each.price.price:.10f}".rstrip("0").rstrip("."),
            each.price.dated,
            f"{each.cost:,.2f}",
        )
        for each in bill
    ]
    rows.append(("**total**", "", "", "", "", "", f"**{sum(each.cost for each in bill):,.2f}**"))
    return table(
        ("service", "item", "quantity", "unit", "price, $", "price of", "a month, $"), rows, frozenset({2, 4, 6})
    )


def about(plan: Plan, at: Prices) -> str:
    """Return the region of the prices and what to do about it."""
    elsewhere = "" if at.region == plan.settings.region else f", though the stack is in {plan.settings.region}"
    return f"List prices of {at.region}{elsewhere}, without free tiers; look up the current ones before you decide"


def execute(arguments: argparse.Namespace) -> None:
    """Print every line of the bill, and the total."""
    plan, at = plan_of(arguments.stack), read_prices(arguments.prices)
    month = Month(requests=arguments.requests, users=arguments.users, milliseconds=arguments.milliseconds)
    bill = lines(plan, month, at)
    if arguments.json:
        total = sum(each.cost for each in bill)
        print(
            json.dumps(
                {"total": total, "lines": [{**asdict(each), **asdict(each.price), "cost": each.cost} for each in bill]},
                indent=2,
            )
        )
        return
    load = f"{month.requests:,} requests and {month.users:,} active users a month"
    print(f"Stack {arguments.stack}, {load}. {about(plan, at)}.\n\n{cost_table(bill)}")


COMMAND = Command(
    about="Estimate a month's bill from the stack's settings and resources, without AWS.",
    examples="""example:
  python -m operations cost --stack prod --requests 30000000 --users 50000""",
    add_arguments=add_arguments,
    execute=execute,
)
