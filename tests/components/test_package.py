"""The components as a package: installed by pip under one name, and served to programs in other languages."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.provider.experimental.component import ComponentProvider

from stacks import ROOT
from stacks.recorder import Recording, record
from tests.sabotage.tree import copy_working_tree

PAGE = (ROOT / "docs" / "components.md").read_text()
# What stands for another resource's output in the YAML program.
OUTPUTS = {
    "${auth.issuer}": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Ab1",
    "${auth.audiences}": ["c1"],
}


def block(language: str) -> str:
    """The page's first example in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found, language
    return found[1]


@cache
def plugin() -> dict[str, Any]:
    """The plugin's module, as Pulumi runs it: by path, with no package around it."""
    return runpy.run_path(str(ROOT / "components" / "__main__.py"))


@cache
def provider() -> ComponentProvider:
    return ComponentProvider(plugin()["load"](), "secureapi", None, "0.0.0")


def test_committed_schema_is_the_components_own() -> None:
    """Programs in other languages are written against it. `make docs` writes it anew."""
    assert (ROOT / "components" / "schema.json").read_text() == plugin()["schema"]()


def test_every_component_is_served() -> None:
    """A component that the plugin does not list exists in Python only; add it to components/__main__.py."""
    sources = "".join(path.read_text() for path in (ROOT / "components").rglob("*.py"))
    tokens = set(re.findall(r'"(secureapi:index:\w+)"', sources))

    assert json.loads(plugin()["schema"]())["resources"].keys() == tokens


def test_example_in_python_evaluates() -> None:
    """Whoever copies it gets what it shows. `test_installed_package_evaluates` runs it where only pip was."""
    made = run_example(block("python").replace("from secureapi.", "from components."))

    assert made.one("Route").inputs["authorizationType"] == "JWT"
    assert made.outputs["apiUrl"]


def run_example(text: str) -> Recording:
    return record(lambda: exec(compile(text, "docs/components.md", "exec"), {}))  # noqa: S102 - the page's own code


def test_example_in_yaml_makes_its_resources() -> None:
    """Pulumi hands plain mappings to a component, with numbers as floats and enumerations as texts."""
    resources = yaml.safe_load(block("yaml"))["resources"]

    def create() -> None:
        for name, each in resources.items():
            given = {key: OUTPUTS.get(str(value), value) for key, value in each["properties"].items()}
            definition = provider()._component_defs[each["type"].rpartition(":")[2]]
            args = provider().map_inputs(given, definition)
            provider()._components[definition.name](name, args, None)

    made = record(create)

    assert {each.inputs["routeKey"]: each.inputs["authorizationType"] for each in made.all("Route")} == {
        "GET /orders": "JWT",
        "GET /health": "NONE",
    }
    assert made.one("UserPoolDomain").inputs["domain"] == "example-shop"


@pytest.mark.acceptance
def test_installed_package_evaluates(tmp_path: Path) -> None:
    """`pip install .` of a checkout, into an environment where nothing else is, and the page's program in it."""
    checkout, environment = tmp_path / "checkout", tmp_path / "venv"
    copy_working_tree(checkout)
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    python = environment / "bin" / "python"
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, checkout], check=True)
    program = f"""
import asyncio
import pulumi
from pulumi.runtime.settings import set_root_resource
from pulumi.runtime.stack import run_in_stack

COMPUTED = {{"endpoint": "cognito-idp.eu-central-1.amazonaws.com/p", "executionArn": "arn:x", "apiEndpoint": "https://x"}}

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name + "-id", {{**args.inputs, **COMPUTED}}
    def call(self, args):
        return {{}}

def run():
{textwrap.indent(block("python"), "    ")}
    issuer = auth.issuer.apply(lambda value: print(type(auth).__module__, value))

async def main():
    pulumi.runtime.set_mocks(Mocks(), preview=False)
    set_root_resource(None)  # the stack is made by run_in_stack
    await run_in_stack(run)

asyncio.run(main())
"""
    done = subprocess.run(
        [python, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )

    assert done.stderr == ""
    assert done.stdout == "secureapi.auth_pool https://cognito-idp.eu-central-1.amazonaws.com/p\n"
