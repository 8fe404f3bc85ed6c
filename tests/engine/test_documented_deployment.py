"""The documentation's deployment, typed word for word: from a clone to the end of the stack."""

from __future__ import annotations

import json
import re

import pytest

from stacks import ROOT
from tests.engine.conftest import Engine

pytestmark = pytest.mark.acceptance

PREFIX = "<a prefix that is free in the region>"
# What a reader puts in.
TYPED = {PREFIX: "example-typed", ' --secrets-provider "awskms://alias/<alias>"': ""}
# Where this machine is not AWS: another processor, no name for its domain. `make install` ran already.
HERE = {
    "source": [f"touch -r {ROOT / '.venv' / '.installed'} .venv/.installed"],
    "make policies": [
        "pulumi config set packagePlatform host",
        "pulumi config rm apiDomain",
        "pulumi config rm apiZoneId",
    ],
}


def lines(page: str, heading: str) -> list[str]:
    """Return the lines that a section's shell sessions show, with what a reader puts in."""
    section = re.split(rf"^##+ {heading}$", (ROOT / page).read_text(), flags=re.MULTILINE)[1]
    section = re.split(r"^## ", section, flags=re.MULTILINE)[0]
    blocks = re.findall(r"^```console\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    found = [line for block in blocks for line in re.findall(r"^\$ (.*)", block, re.MULTILINE)]
    for shown, typed in TYPED.items():
        found = [line.replace(shown, typed) for line in found]
    return [line for line in found if not line.startswith("aws ")]


@pytest.mark.usefixtures("leftovers")
def test_first_deployment_works_as_it_is_typed(engine: Engine) -> None:
    """Nobody has to know anything beforehand: each line works in the folder and the shell that the page leaves."""
    first = lines("docs/operations.md", "First deployment")
    release, end = (lines("docs/operations.md", title) for title in ("Releasing and going back", "The end of a stack"))
    here = [each for line in first for each in (line, *next((HERE[key] for key in HERE if line.startswith(key)), []))]
    watched = [line + " --steps 50:0" if "release shift" in line else line for line in release]
    activate = first[1]
    (engine.program / ".venv").unlink()  # a clone has none

    deployed = engine.type(here)
    record = json.loads((engine.program / "Pulumi.prod.pool.json").read_text())
    released = engine.type([activate, "pulumi config set memoryMb 1024", "pulumi up", *watched])
    ended = engine.type([activate, *end])

    for done in (deployed, released, ended):
        assert done.status == 0, done.text[-3000:]
        assert "Traceback" not in done.text
    assert len(first) == 10
    assert "Pulumi.prod.pool.json is written" in deployed.text
    functions = record["deployed"].pop("functions")
    assert record["deployed"] == {"tier": "PLUS", "recovery": "email", "trigger": False, "rotation": False}
    assert "REVOCATION_TABLE" in functions["api"]["tables"]
    assert re.search(r"api: version 1 answers, version 2 gets 50%\n(.*\n)+api: version 2 answers\n", released.text)
    assert re.search(r"api: version 1 answers, no longer 2", released.text)
    assert "stack 'prod' has been removed" in ended.text.replace('"', "'").lower()


@pytest.mark.usefixtures("leftovers")
def test_readme_deploys_as_it_is_typed(engine: Engine) -> None:
    """The first page is the one that everybody follows."""
    (engine.program / ".venv").unlink()

    done = engine.type([*lines("README.md", "Deploy it"), "pulumi destroy"])

    assert done.status == 0, done.text[-3000:]
