"""Every rule across settings: what breaks it, the line's key, rule and remedy, and that the typed remedy fixes it."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

import components
from components import api_domain, api_function, arguments, auth_pool, http_api, pool_triggers
from components.arguments import Problem, Rule
from components.auth_pool import UserPoolTier
from components.custom_attributes import AttributeType
from components.second_factors import AccountRecovery
from settings import model, pool_record, rules
from settings.pool_record import Attribute, Deployed, Needs
from tests.settings.stack import POOL, PRODUCTION, SCOPES, Config, Items, Refusal, Route, lines_of, settings_with

ROUTES = {
    "OPEN": [Route("GET /a")],
    "REPORTS": [Route("GET /a"), Route("GET /b", function="reports")],
    "NOTES": [Route("GET /a", items=(Items("NOTES_TABLE"),)), Route("GET /b", function="reports")],
    "FRESH": [Route("GET /a"), Route("GET /b", fresh=True)],
}
LITE = Deployed(tier=UserPoolTier.LITE, recovery=AccountRecovery.EMAIL, trigger=False, rotation=False)
KEY = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"
SERVING = {
    "api": Needs(secrets=["TOKEN"], tables=["NOTES_TABLE", "REVOCATION_TABLE"], vpc=True, keys=[KEY]),
    "reports": Needs(secrets=["SALT"], tables=["NOTES_TABLE"], vpc=True, keys=[]),
}
STAYING = {
    "shiftTraffic": True,
    "secretReferences": {"TOKEN": "/app/token"},
    "otherFunctions": {"reports": {"secretReferences": {"SALT": "/app/salt"}}},
    "revocation": True,
    "vpcSubnets": ["subnet-0123456789abcdef0"],
    "vpcSecurityGroups": ["sg-0123456789abcdef0"],
    "createKmsKey": True,
}
POOLS = {
    "POOL": POOL,
    "LITE": replace(POOL, deployed=LITE),
    "ROTATING": replace(POOL, deployed=replace(LITE, tier=UserPoolTier.ESSENTIALS, rotation=True)),
    "TRIGGERED": replace(POOL, deployed=replace(LITE, tier=UserPoolTier.ESSENTIALS, trigger=True)),
    "SERVING": replace(POOL, deployed=replace(LITE, tier=UserPoolTier.ESSENTIALS, functions=SERVING)),
    "BY_EMAIL": replace(POOL, username_attributes=["email"], alias_attributes=[]),
    "BY_PREFERRED_NAME": replace(POOL, alias_attributes=["preferred_username"]),
    "CASE_SENSITIVE": replace(POOL, case_sensitive=True),
    "TEAM": replace(POOL, custom_attributes={"team": Attribute(type=AttributeType.STRING, mutable=True)}),
}
# As JSON in between: an alias in YAML is one object, and a remedy must change one place.
TABLE = json.loads(json.dumps(yaml.safe_load(Path(__file__).with_name("refusals.yaml").read_text())))
GROUPS = tuple(f"{number:03}{'x' * 40}" for number in range(80))
FEWER = "shorten names and references, or use fewer"
SECRETS = {f"S{number}": "x" * 500 for number in range(8)}
JOBS = [{"name": f"job-{number}", "kind": "machine", "scopes": [SCOPES[0]]} for number in range(49)]
# Values too long for the table.
LONG: dict[Rule, list[Refusal]] = {
    pool_triggers.environments_fit: [
        Refusal({key: value}, key, "take at most 4096 bytes of environment", "use fewer or", routes)
        for key, value, routes in (
            ("signUpEmailDomains", [f"{number:03}.{'x' * 50}.example.com" for number in range(100)], ROUTES["OPEN"]),
            (
                "groupScopes",
                {group: [SCOPES[0]] for group in GROUPS},
                [Route("GET /a", scopes=(SCOPES[0],), groups=GROUPS)],
            ),
        )
    ],
    rules.environments_fit: [
        Refusal({"secretReferences": SECRETS}, "secretReferences", "beside the program's own environment", FEWER),
        Refusal(
            {"appClients": JOBS, "secretReferences": dict(list(SECRETS.items())[:6])},
            "secretReferences",
            "take at most ",
            FEWER,
        ),
        Refusal(
            {"otherFunctions": {"reports": {"secretReferences": SECRETS}}},
            "otherFunctions.reports.secretReferences",
            "beside the program's own environment",
            FEWER,
            ROUTES["REPORTS"],
        ),
    ],
}


def rule_of(name: str) -> Rule:
    """Return the rule `module.function` of a component or of the settings."""
    module, _, function = name.partition(".")
    place = "settings" if module in {"rules", "pool_record"} else "components"
    rule: Rule = getattr(importlib.import_module(f"{place}.{module}"), function)
    return rule


def refusal(changes: Config, key: str, rule: str, remedy: str, options: dict[str, Any] | None = None) -> Refusal:
    """Return a row of the table."""
    given = dict(options or {})
    named = {"routes": ROUTES, "deployed": POOLS}
    command = f"pulumi config {remedy}" if remedy.startswith(("set ", "rm ")) else remedy
    return Refusal(
        changes, key, rule, command, **{name: named.get(name, {}).get(each, each) for name, each in given.items()}
    )


REFUSALS: dict[Rule, list[Refusal]] = {
    rule_of(name): [refusal(*row) for row in rows] for name, rows in TABLE.items() if not name.startswith("_")
} | LONG
# They read arguments that are no settings: tests/components/test_refused.py breaks them.
OF_COMPONENTS_ALONE: set[Rule] = {
    api_domain.certificate_can_be_proven,
    api_function.environment_fits,
    auth_pool.token_trigger_has_its_tier,
    http_api.audiences_fit,
    http_api.routes_have_their_functions,
}
ROWS = [(rule, row) for rule, rows in REFUSALS.items() for row in rows]
IDS = [f"{rule.__name__}-{index}" for rule, rows in REFUSALS.items() for index in range(len(rows))]


@pytest.mark.parametrize("row", [row for _, row in ROWS], ids=IDS)
def test_refusal_has_key_rule_and_a_remedy_that_fixes_it(row: Refusal, tmp_path: Path) -> None:
    """Before the first resource, where AWS would refuse half-way, or not at all."""
    row.check(tmp_path)


def defined_rules() -> set[Rule]:
    """Return every function that looks like a rule, whether it is listed or not."""
    found: set[Rule] = set()
    names = [
        each.name for each in pkgutil.walk_packages(components.__path__, "components.") if "__main__" not in each.name
    ]
    for name in {*names, rules.__name__, pool_record.__name__} - {arguments.__name__}:
        module = importlib.import_module(name)
        for each in vars(module).values():
            if inspect.isgeneratorfunction(each) and each.__module__ == name and not each.__name__.startswith("_"):
                returned = str(each.__annotations__["return"])
                found |= {each} if returned.endswith("Problem]") else set()
    return found


def test_every_rule_has_a_refusal() -> None:
    """A rule that is written and not listed would hold nothing, and nobody would notice."""
    assert defined_rules() - OF_COMPONENTS_ALONE == REFUSALS.keys()


@pytest.mark.parametrize("rule", REFUSALS, ids=lambda rule: rule.__name__)
def test_refusals_come_from_their_rule(rule: Rule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the rule taken away its refusals are gone: none is another rule's."""

    def others(all_rules: Iterable[Rule], values: Any) -> list[Problem]:
        return arguments_rule_problems([each for each in all_rules if getattr(each, "func", each) is not rule], values)

    arguments_rule_problems = arguments.rule_problems
    for module in (arguments, model):
        monkeypatch.setattr(module, "rule_problems", others)

    for row in REFUSALS[rule]:
        assert not any(row.is_said_in(line) for line in row.lines(tmp_path))


@pytest.mark.parametrize(
    "changes", [*TABLE["_accepted"], {"secretReferences": dict(list(SECRETS.items())[:7])}], ids=str
)
def test_settings_that_fit_together_are_accepted(changes: Config) -> None:
    """A rule that refuses too much is switched off by whoever meets it."""
    assert settings_with(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        STAYING,
        {**STAYING, "secretReferences": {"TOKEN": "/app/other", "MORE": "/app/more"}},
        {**STAYING, "kmsKeyArn": KEY, "createKmsKey": False},
        {**STAYING, "secretReferences": {}, "vpcSubnets": [], "vpcSecurityGroups": [], "shiftTraffic": False},
        {**STAYING, "createKmsKey": False, "revocation": False, "shiftTraffic": False},
    ],
)
def test_what_versions_in_service_need_may_grow_and_goes_without_shifting(changes: Config, tmp_path: Path) -> None:
    """Only what is taken from a version that goes on answering is refused."""
    row = Refusal(changes, "", "", "", ROUTES["NOTES"], POOLS["SERVING"])
    assert row.lines(tmp_path) == []


def test_routes_may_share_a_function() -> None:
    """A function's settings are for all of its routes."""
    routes = [*ROUTES["REPORTS"], Route("GET /c", function="reports")]
    assert lines_of({**PRODUCTION, "otherFunctions": {"reports": {}}}, routes) == []
