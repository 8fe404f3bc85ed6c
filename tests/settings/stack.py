"""A stack with given settings, as the CLI would run it, and its settings after a remedy has been typed."""

from __future__ import annotations

import copy
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.config import set_all_config
from pulumi.runtime.settings import Settings as Runtime
from pulumi.runtime.settings import configure

from settings import Settings, SettingsError, pool_record
from settings.pool_record import PoolRecord
from settings.rules import Route as AnyRoute
from stacks.recorder import PROJECT
from tests.handler.table import TABLE

Config = dict[str, Any]
"""Settings as a stack file holds them, by key; None is one that it does not hold, {"secure": …} an encrypted one."""

PRODUCTION: Config = {
    "aws:region": "eu-central-1",
    "callbackUrls": ["https://app.example.com/"],
    "logoutUrls": ["https://app.example.com/"],
    "allowedOrigins": ["https://app.example.com"],
    "domainPrefix": "example-test",
    "alarmEmails": ["on-call@example.com"],  # production's alarms need a subscriber
}
SCOPES = sorted({scope for route in TABLE for scope in route.scopes})
GOOGLE = [{"name": "Google", "type": "google", "clientId": "at-google"}]
IDENTITY = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e-0000-0000-0000-000000000000"
WEB_ACL = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/shared/00000000-0000-0000-0000-000000000000"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"


POOL = PoolRecord(
    user_pool_id="eu-central-1_Ab1Cd2Ef3",
    aws_region="eu-central-1",
    username_attributes=[],
    alias_attributes=["email"],
    case_sensitive=False,
    custom_attributes={},
)


@dataclass(frozen=True)
class Items:
    """A table, as far as the rules ask."""

    variable: str


@dataclass(frozen=True)
class Route:
    """A route, as far as rules ask."""

    key: str
    function: str = "api"
    public: bool = False
    scopes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    fresh: bool = False
    items: Sequence[Items] = ()


def load(config: Config, routes: Sequence[AnyRoute] = TABLE) -> Settings:
    """Return the settings of a stack with this configuration; raise SettingsError if it is refused."""
    given = {_full(key): value for key, value in config.items() if value is not None}
    values = {key: _plain(value) for key, value in given.items()}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}

    def read() -> Settings:
        configure(Runtime(project=PROJECT, stack="test"))
        set_all_config(texts, [key for key in given if given[key] != values[key]])
        return Settings.load(routes)

    return copy_context().run(read)  # of its own, in which Pulumi keeps them: no other test sees them


def _full(key: str) -> str:
    return key if ":" in key else f"{PROJECT}:{key}"


def _plain(value: Any) -> Any:
    """Decrypt a value, as the CLI does for the program."""
    if isinstance(value, Mapping):
        return value["secure"] if value.keys() == {"secure"} else {key: _plain(each) for key, each in value.items()}
    return value


def settings_with(**changes: Any) -> Settings:
    """Return the settings of a stack of production with these changes."""
    return load(PRODUCTION | changes)


def refusal_of(**changes: Any) -> str:
    """Return the text of the refusal of a stack of production with these changes."""
    with pytest.raises(SettingsError) as refused:
        settings_with(**changes)
    return as_selected(str(refused.value), "test")


def as_selected(text: str, stack: str) -> str:
    """Return a refusal as it reads where the stack is selected: every remedy names it, here none does."""
    assert not re.search(rf"pulumi config (set|rm) (?!--stack {stack} )", text), text
    return re.sub(rf"(pulumi config (?:set|rm)) --stack {stack}", r"\1", text)


def lines_of(config: Config, routes: Sequence[AnyRoute] = TABLE) -> list[str]:
    """Return a line for each problem of a stack; none if it is accepted."""
    try:
        load(config, routes)
    except SettingsError as error:
        first, *lines = as_selected(str(error), "test").splitlines()
        return [line.strip() for line in lines] or [first.removeprefix("stack test must change ")]
    return []


def typed(command: str, config: Config) -> Config:
    """Return the settings after `pulumi config set` or `pulumi config rm`, as the CLI reads its arguments."""
    pulumi, config_word, verb, *words = shlex.split(command)
    assert (pulumi, config_word) == ("pulumi", "config")
    options = {word for word in words if word in {"--path", "--secret"}}
    name, *value = [word for word in words if word not in {*options, "--"}]
    assert not value or not value[0].startswith("-") or "--" in words, f"the CLI takes {value[0]} for an option"
    steps: list[str | int] = [name]
    if "--path" in options:
        found = re.findall(r'\["([^"]+)"\]|\[(\d+)\]|([^.\[\]]+)', name)
        steps = [int(index) if index else quoted or plain for quoted, index, plain in found]
    changed = copy.deepcopy(config)
    if verb == "rm":
        assert not value
        del _at(changed, steps[:-1])[steps[-1]]
    else:
        assert verb == "set"
        (text,) = value
        new: Any = _typed_value(text) if "--path" in options else text
        _put(changed, steps, {"secure": new} if "--secret" in options else new)
    return changed


def _typed_value(text: str) -> Any:
    """With --path the CLI turns booleans and integers into their types, and nothing else."""
    return json.loads(text) if text in {"true", "false"} or re.fullmatch(r"-?(0|[1-9]\d*)", text) else text


def _at(value: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        value = value[step]
    return value


def _put(value: Any, steps: Sequence[str | int], new: Any) -> None:
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        made: Any = new if following is None else [] if isinstance(following, int) else {}
        if isinstance(value, list) and step == len(value):
            value.append(made)  # the CLI refuses an index further beyond the end
        elif following is None or not isinstance(value[step] if step in _keys(value) else None, type(made)):
            value[step] = made
        value = value[step]


def _keys(value: Any) -> Any:
    return range(len(value)) if isinstance(value, list) else value


@dataclass(frozen=True)
class Refusal:
    """Changes of a stack of production that are refused in one line, and the line's key, rule and remedy.

    `remedy` is a command, or the words in its place. `rule` is a part of the rule. `deployed` is the pool on record.
    `others` is the number of lines about other keys.
    """

    changes: Config
    key: str
    rule: str
    remedy: str
    routes: Sequence[AnyRoute] = TABLE
    deployed: PoolRecord | None = None
    others: int = 0

    def lines(self, folder: Path, config: Config | None = None) -> list[str]:
        """Return a line for each problem; `folder` is the folder of pool records."""
        if self.deployed:
            (folder / "Pulumi.test.pool.json").write_text(self.deployed.as_json())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pool_record, "FOLDER", folder)
            return lines_of(PRODUCTION | self.changes if config is None else config, self.routes)

    def is_said_in(self, line: str) -> bool:
        """Whether a line has the key and the rule."""
        return line.startswith(f"{self.key}: must ") and self.rule in line

    def check(self, folder: Path) -> None:
        """Assert that the one line has key, rule and remedy, and that the typed remedy leaves no such problem."""
        lines = self.lines(folder)
        (line,) = [each for each in lines if self.is_said_in(each)] or [str(lines)]
        assert self.is_said_in(line), line
        assert len(lines) == 1 + self.others, lines
        assert self.remedy in line, line
        if self.remedy.startswith("pulumi config"):
            assert line.endswith(f" it with: {self.remedy})"), line
            after = self.lines(folder, typed(self.remedy, PRODUCTION | self.changes))
            assert not any(each.startswith(f"{self.key}:") for each in after), after


def remedy_in(line: str) -> str:
    """Return the command with which a line ends; empty if it has none."""
    found = re.search(r"\((?:set|remove) it with: (pulumi config .*)\)$", line)
    return found[1] if found else ""
