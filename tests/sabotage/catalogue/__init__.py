"""The sabotages of the source, layer by layer."""

from __future__ import annotations

from tests.sabotage.catalogue import (
    contract,
    functions,
    gateway,
    keys,
    pools,
    requests,
    routes,
    settings,
    tokens,
    watch,
)
from tests.sabotage.catalogue.kind import Sabotage

SABOTAGES: tuple[Sabotage, ...] = (
    *gateway.SABOTAGES,
    *pools.SABOTAGES,
    *functions.SABOTAGES,
    *settings.SABOTAGES,
    *routes.SABOTAGES,
    *tokens.SABOTAGES,
    *requests.SABOTAGES,
    *keys.SABOTAGES,
    *contract.SABOTAGES,
    *watch.SABOTAGES,
)

__all__ = ["SABOTAGES", "Sabotage"]
