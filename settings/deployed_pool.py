"""What Cognito made of a stack's user pool and cannot change in place: a small record, kept with the source.

`python -m operations pool record` writes it after a deployment, and the rules here refuse settings that the pool cannot
follow. Without one, nothing is deployed yet as far as the program can know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from settings.problems import Problem, set_command

if TYPE_CHECKING:
    from settings.model import Settings
    from settings.rules import Route, Rule

FOLDER = Path(__file__).parents[1]
_GUIDE = "docs/operations.md, Moving users to another pool"
_PROGRAM = "components/auth_pool.py"


class Attribute(BaseModel):
    """A custom attribute as Cognito holds it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    type: Literal["String", "Number", "DateTime", "Boolean"]
    mutable: bool


class DeployedPool(BaseModel):
    """A pool's identity: another answer to any of these is another pool, or a deployment that fails half-way.

    The AWS provider has ForceNew on `username_attributes`, `alias_attributes`, `case_sensitive` and `name` (which the
    program leaves to Pulumi). Attributes it adds in place; any other change of them ends with "cannot modify or remove
    schema items" (terraform-provider-aws, internal/service/cognitoidp/user_pool.go).
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    user_pool_id: str = Field(pattern=r"^[\w-]+_[0-9A-Za-z]+$")
    region: str
    username_attributes: list[str]
    alias_attributes: list[str]
    case_sensitive: bool
    custom_attributes: dict[str, Attribute]


def path_of(stack: str) -> Path:
    """Where the record of a stack is kept."""
    return FOLDER / f"Pulumi.{stack}.pool.json"


def recorded(stack: str) -> DeployedPool | None:
    """The record of a stack, None where there is none; ValidationError if it cannot be read."""
    try:
        return DeployedPool.model_validate_json(path_of(stack).read_text())
    except FileNotFoundError:
        return None


def rules_of(stack: str) -> tuple[Rule, ...]:
    """What the record of a stack asks of its settings; nothing where there is none."""
    try:
        deployed = recorded(stack)
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"])) or "the file"
        return (partial(_unreadable, stack, place),)
    if deployed is None:
        return ()
    return tuple(partial(rule, deployed) for rule in (region_stays, names_stay, case_stays, attributes_stay))


def region_stays(deployed: DeployedPool, settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """A stack that moves makes everything anew, the pool too."""
    if settings.region != deployed.region:
        yield _lost(deployed, "aws:region", deployed.region, settings.region)


def names_stay(deployed: DeployedPool, settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """How users are named is decided once."""
    there = deployed.username_attributes, deployed.alias_attributes
    is_wanted = settings.sign_in.email_as_username
    if there == _naming(email_as_username=not is_wanted):
        yield _lost(deployed, "emailAsUsername", not is_wanted, is_wanted)
    elif there != _naming(email_as_username=is_wanted):
        before = {"usernameAttributes": there[0], "aliasAttributes": there[1]}
        yield _lost(deployed, _PROGRAM, before, None)


def case_stays(deployed: DeployedPool, _settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """No setting: the program never tells `Ann` from `ann`, but a pool that was adopted may."""
    if deployed.case_sensitive:
        yield _lost(deployed, _PROGRAM, {"caseSensitive": True}, None)


def attributes_stay(deployed: DeployedPool, settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    """One may be added, whenever; what is there stays as it is."""
    wanted = {each.name: Attribute(type=each.type, mutable=each.mutable) for each in settings.sign_in.custom_attributes}
    whole = [{"name": name, **each.model_dump()} for name, each in {**wanted, **deployed.custom_attributes}.items()]
    for name, there in deployed.custom_attributes.items():
        if wanted.get(name) != there:
            got = wanted[name].model_dump() if name in wanted else None
            rule = (
                f"keep {json.dumps({'name': name, **there.model_dump()})}: Cognito neither changes nor removes an "
                f"attribute of pool {deployed.user_pool_id}, and the deployment would fail half-way"
            )
            yield Problem("customAttributes", rule, got, _remedy("customAttributes", whole))


def _naming(*, email_as_username: bool) -> tuple[list[str], list[str]]:
    """Username and alias attributes, as components/auth_pool.py sets them."""
    return (["email"], []) if email_as_username else ([], ["email"])


def _lost(deployed: DeployedPool, key: str, before: object, now: object) -> Problem:
    rule = (
        f"stay {json.dumps(before)}: Cognito cannot change it in pool {deployed.user_pool_id}, so another pool would "
        "take its place and every user be lost"
    )
    return Problem(key, rule, now, _remedy(key, before))


def _remedy(key: str, before: object) -> str:
    undo = "undo the change" if key == _PROGRAM else f"undo it with: {set_command(key, before)}"
    return f"{undo}; or move the users first: {_GUIDE}"


def _unreadable(stack: str, place: str, _settings: Settings, _: Sequence[Route]) -> Iterator[Problem]:
    remedy = f"restore it from git, or write it anew with: python -m operations pool record --stack {stack}"
    yield Problem(
        f"Pulumi.{stack}.pool.json",
        f"be as python -m operations pool record wrote it, but {place} is not",
        None,
        remedy,
    )
