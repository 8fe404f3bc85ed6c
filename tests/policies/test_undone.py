"""Protections removed from the components: the rules notice each."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import components
from policies.evaluation import report
from policies.judge import judge
from stacks.plan import resources_of
from stacks.recorder import deployed, record_program
from tests.sabotage.risks import RISKS
from tests.sabotage.tree import changed_text

pytestmark = pytest.mark.acceptance

STACK = "staging"
# A risk of tests/sabotage/risks.py, and the rule that must report it.
UNDONE = {
    "authorization-type-none": "API-JWT",
    "authorizer-dropped": "API-JWT",
    "audience-empty": "API-AUDIENCE",
    "token-from-the-query": "API-TOKEN-SOURCE",
    "default-route-added": "API-CATCH-ALL",
    "issuer-by-http": "API-ISSUER",
    "cors-any-origin": "API-CORS",
    "access-log-holds-the-token": "API-ACCESS-LOG",
    "log-never-ends": "LOG-ENDS",
    "permission-without-source": "L-PERMISSION",
    "role-may-do-everything": "IAM-EXACT",
    "role-writes-every-log": "IAM-EXACT",
    "role-for-everybody": "IAM-TRUST",
    "deletion-protection-ignored": "COG-KEPT",
    "protect-dropped": "COG-KEPT",
    "sign-up-always-open": "COG-SIGN-UP",
    "second-factor-only-offered": "COG-MFA",
    "client-secret": "COG-SECRET",
    "implicit-flow": "COG-CODE-FLOW",
    "user-existence-told": "COG-STRANGERS",
    "revocation-off": "COG-REVOCATION",
}
BY_NAME = {each.name: each for each in RISKS}


@pytest.mark.parametrize(("name", "rule"), UNDONE.items(), ids=UNDONE)
def test_what_is_undone_is_reported(name: str, rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The deployed source with one line changed: the rule reports only the change."""
    risk = BY_NAME[name]
    assert rule not in {finding.rule.id for finding in report(STACK).verdict.findings}

    source = changed_text(risk)
    _import(risk.file, source, monkeypatch)
    found = judge(resources_of(record_program(deployed(STACK))), STACK, [])

    assert rule in {finding.rule.id for finding in found.open}


def _import(file: str, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace the module with this source, for later imports."""
    name = file.removesuffix(".py").replace("/", ".")
    others = {
        each for each in sys.modules if each.startswith(("components.", "settings")) and each != "components.bundle"
    }
    for each in others:  # they hold on to what the module was
        monkeypatch.delitem(sys.modules, each)
        monkeypatch.delattr(components, each.removeprefix("components."), raising=False)
    module = ModuleType(name)
    module.__package__ = name.rpartition(".")[0]  # its own imports are relative
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(source, file, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the project's own source
