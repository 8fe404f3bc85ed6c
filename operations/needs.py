"""Read from Lambda the needs of the published versions in service, and of those kept for a rollback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from operations.account import client
from operations.alias import Alias, Release
from settings.pool_record import Needs

_SECRET, _TABLE = "SECRET_", "_TABLE"


def needs_of(outputs: Mapping[str, Any]) -> dict[str, Needs]:
    """Return the needs of each function's versions; a function that is called without an alias has none.

    CommandError if Lambda refuses a call.
    """
    functions: Mapping[str, Any] = outputs.get("release", {}).get("functions", {})
    aliases = {name: each for name, each in functions.items() if each.get("alias")}
    if not aliases:
        return {}
    lambda_ = client(outputs, "lambda")
    return {name: _needs(Alias(lambda_, each["function"], each["alias"])) for name, each in aliases.items()}


def _needs(alias: Alias) -> Needs:
    found = [alias.configuration(version) for version in sorted(_versions(alias))]
    names = {name for each in found for name in each.get("Environment", {}).get("Variables", {})}
    keys = {each["KMSKeyArn"] for each in found if each.get("KMSKeyArn")}
    return Needs(
        secrets=sorted(name.removeprefix(_SECRET) for name in names if name.startswith(_SECRET)),
        tables=sorted(name for name in names if name.endswith(_TABLE) and not name.startswith(_SECRET)),
        vpc=any(each.get("VpcConfig", {}).get("SubnetIds") for each in found),
        keys=sorted(keys),
    )


def _versions(alias: Alias) -> set[str]:
    traffic = alias.traffic()
    release = Release.read(alias.description)
    before = release.before if release is not None and release.after == traffic.version else None
    return {version for version in (traffic.version, traffic.next, before) if version is not None}
