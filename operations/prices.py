"""AWS's list prices, each with its unit, its date and its source, read from a file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from stacks.command_line import CommandError

PRICES = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True, kw_only=True)
class Price:
    """A price in US dollars for one unit. `source` is AWS's page; `verified` where the price was compared with it."""

    price: float
    unit: str
    as_of: str
    source: str
    verified: bool = False

    @property
    def dated(self) -> str:
        """The date, and whether the price was not compared with AWS's list."""
        return self.as_of if self.verified else f"{self.as_of}, unverified"


@dataclass(frozen=True, kw_only=True)
class Prices:
    """The prices of one region, by name."""

    region: str
    by_name: Mapping[str, Price]

    def __getitem__(self, name: str) -> Price:
        return self.by_name[name]


def read_prices(path: Path = PRICES) -> Prices:
    """Read a file of prices. CommandError if one is missing or unknown, or is no price with unit, date and source."""
    content = _content(path)
    known = _content(PRICES).keys()
    if wrong := sorted(known ^ content.keys()):
        raise CommandError(f"{path} must have the same keys as {PRICES.name}, but differs in {', '.join(wrong)}")
    region = content.pop("region")
    return Prices(region=region, by_name={name: _price(path, name, each) for name, each in content.items()})


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} must be a readable TOML file, got: {error}") from None


def _price(path: Path, name: str, members: Any) -> Price:
    try:
        price = Price(**members)
        date.fromisoformat(price.as_of)
    except (TypeError, ValueError):
        raise CommandError(
            f"{path}: {name} must have price, unit, as_of (a date) and source, got {members!r}"
        ) from None
    if type(price.price) not in {int, float} or price.price < 0:
        raise CommandError(f"{path}: {name} must be a price in dollars, got {price.price!r}")
    return price
