"""The program under the real Pulumi engine: from nothing to a stack, without a change, and to nothing again."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
import yaml

from stacks import ROOT
from stacks.command_line import CommandError
from stacks.recorder import STACKS, deployed, record_program
from tests.engine.conftest import Engine
from tests.engine.settings import BASE
from tests.test_every_setting import ROWS

pytestmark = pytest.mark.acceptance


@pytest.mark.usefixtures("leftovers")
@pytest.mark.parametrize("stack", STACKS)
def test_stack_comes_up_stays_and_goes(stack: str, engine: Engine) -> None:
    """As docs/operations.md has it: preview, up, nothing to do, nothing drifted, and the end with protection first."""
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    settings = {key.partition(":")[2] if not key.startswith("aws:") else key: value for key, value in config.items()}
    settings["aws:region"] = "eu-central-1"
    engine.good("stack", "init", stack)
    engine.configure(stack, settings)

    previewed = engine.good("preview", "--stack", stack).counts
    created = engine.up(stack).counts
    again = engine.up(stack).counts
    refreshed = engine.good("refresh", "--stack", stack, "--yes").counts

    total = created["created"]
    assert previewed == {"to create": total}
    assert created == {"created": total}
    assert again == {"unchanged": total}
    assert refreshed == {"unchanged": total}

    if settings.get("deletionProtection", True):
        refused = engine.run("destroy", "--stack", stack, "--yes")
        assert refused.status != 0
        assert "protect" in refused.text
        engine.configure(stack, {**settings, "environment": "dev", "deletionProtection": False})
        engine.up(stack)
    assert engine.good("destroy", "--stack", stack, "--yes").counts == {"deleted": total}


# Another value makes another pool or table, which the engine test of replacement is about.
REPLACING = {"emailAsUsername", "customAttributes", "deletionProtection", "packagePlatform", "environment"}


def _parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


@cache
def batches() -> tuple[dict[str, Any], ...]:
    """As many settings together as fit each other, so that the engine has to come up a few times only."""
    found: list[dict[str, Any]] = []
    for key, row in ROWS.items():
        if key in REPLACING:
            continue
        wanted = {name: _parsed(value) for name, value in {**row.beside, key: row.value}.items()}
        if key in {"pythonVersion", "logSubjectSalt"}:
            wanted[key] = row.value
        for batch in found:
            if all(batch.get(name, value) == value for name, value in wanted.items()) and _fit({**batch, **wanted}):
                batch.update(wanted)
                break
        else:
            found.append(wanted)
    return tuple(found)


def _fit(settings: dict[str, Any]) -> bool:
    stack = {key: value if isinstance(value, str) else json.dumps(value) for key, value in {**BASE, **settings}.items()}
    stack.pop("aws:region")
    made = deployed("dev", **stack)
    secrets = frozenset(f"{made.project}:{key}" for key in ("logSubjectSalt", "identityProviderSecrets"))
    try:
        record_program(made.__class__(made.project, made.name, made.config, secrets & made.config.keys()))
    except CommandError:
        return False
    return True


@pytest.mark.usefixtures("leftovers")
def test_each_setting_goes_on_off_and_on(engine: Engine) -> None:
    """Off says what off is: left out, the provider and Cognito keep the value before, and nobody would see it."""
    engine.good("stack", "init", "on-off")
    engine.configure("on-off", BASE)
    engine.up("on-off")
    before = engine.state("on-off")

    kept: dict[str, Any] = {}
    for batch in batches():
        engine.configure("on-off", {**BASE, **batch})
        engine.up("on-off")
        engine.configure("on-off", BASE)
        engine.up("on-off")
        after = engine.state("on-off")
        kept |= {
            f"{urn} {name}": (before.get(urn, {}).get(name), value, sorted(batch))
            for urn in before.keys() | after.keys()
            for name, value in after.get(urn, {}).items()
            if before.get(urn, {}).get(name) != value and not _is_reference(value, name)
        }
    engine.good("destroy", "--stack", "on-off", "--yes")

    assert kept == {}


def _is_reference(value: object, name: str) -> bool:
    """Whether the value names another resource or version, which has another id after each change."""
    return name in {"code", "dashboardBody", "policy", "alarmRule", "functionVersion"} or "arn:aws:" in str(value)
