"""Which module may import which: the seams of the design, read from the source."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks import ROOT


def ours(path: Path) -> bool:
    """Not in a hidden folder, where environments and a running stack are, nor among a front end's packages."""
    return not any(part.startswith(".") or part == "node_modules" for part in path.relative_to(ROOT).parts)


SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in ROOT.rglob("*.py")
    if ours(path) and ROOT / "tests" not in path.parents
)
COMPONENTS = [name for name in SOURCES if name.startswith("components/")]
SETTINGS = [name for name in SOURCES if name.startswith("settings/")]
TRIGGERS = [name for name in SOURCES if name.startswith("triggers/")]
HANDLER = [name for name in SOURCES if name.startswith("handler/")]


def tree_of(name: str) -> ast.Module:
    return ast.parse((ROOT / name).read_text(), name)


def imports_of(name: str) -> Iterator[str]:
    """Every module that a file imports, in full, wherever in the file it does so."""
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively: the entry point and the program name modules in full"
            module = node.module or ""
            yield from (f"{module}.{alias.name}" for alias in node.names)


def packages_of(name: str) -> set[str]:
    """The top-level packages that a file imports, without the standard library's."""
    return {module.partition(".")[0] for module in imports_of(name)} - sys.stdlib_module_names


def test_the_sources_are_found() -> None:
    """A scan that finds nothing would hold nothing."""
    assert {"__main__.py", "settings/model.py"} <= set(SOURCES)
    assert len(COMPONENTS) >= 4
    assert len(HANDLER) >= 6
    assert len(TRIGGERS) >= 4


@pytest.mark.parametrize("name", COMPONENTS)
def test_components_know_nothing_of_this_program(name: str) -> None:
    """They get routes and settings as data, so that they can be used, and tested, without them."""
    assert not packages_of(name) & {"handler", "local", "settings", "contract", "proof", "policies", "benchmarks"}


@pytest.mark.parametrize("name", HANDLER)
def test_handler_knows_nothing_of_its_deployment(name: str) -> None:
    """It runs in Lambda, where none of it is; and Pulumi in the package would cost seconds each cold start."""
    assert packages_of(name) <= {"handler", "jwt", "cryptography", "boto3", "botocore"}


@pytest.mark.parametrize("name", HANDLER)
def test_boto3_is_imported_where_it_is_used(name: str) -> None:
    """The runtime has it and the package has not; at the top of a module every cold start would pay for it."""
    top = {alias.name for node in tree_of(name).body if isinstance(node, ast.Import) for alias in node.names}
    top |= {node.module or "" for node in tree_of(name).body if isinstance(node, ast.ImportFrom)}
    assert not {module.partition(".")[0] for module in top} & {"boto3", "botocore"}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_know_neither_components_nor_handler(name: str) -> None:
    """They get the route table as data; a component gets a group of them by the names of its fields."""
    assert packages_of(name) <= {"settings", "pulumi", "pydantic", "pydantic_core"}


@pytest.mark.parametrize("name", TRIGGERS)
def test_triggers_need_nothing_but_the_runtime(name: str) -> None:
    """Their zip holds no wheels; boto3 is the runtime's, and slow to import where nothing calls AWS."""
    calls_aws = name == "triggers/post_confirmation.py"
    assert packages_of(name) <= {"triggers", "boto3", "botocore"} if calls_aws else packages_of(name) <= {"triggers"}


def test_route_table_needs_the_standard_library_only() -> None:
    """The program reads it at deploy time, where the function's own dependencies are not installed."""
    names, seen = ["handler/routes.py"], set[str]()
    while names:
        name = names.pop()
        seen.add(name)
        assert packages_of(name) <= {"handler", "boto3", "botocore"}, name  # boto3 inside a function, as above
        modules = {"/".join(module.split(".")[:2]) + ".py" for module in imports_of(name)}
        names += [one for one in HANDLER if one in modules and one not in seen]
    assert {"handler/notes.py", "handler/bodies.py", "handler/errors.py"} <= seen
    assert not {"handler/app.py", "handler/tokens.py", "handler/keys.py"} & seen


def test_handler_package_imports_nothing_by_itself() -> None:
    """`import handler.routes` runs `handler/__init__.py` first."""
    assert packages_of("handler/__init__.py") == set()


def test_only_settings_reads_the_configuration() -> None:
    """A value that is read elsewhere is checked nowhere."""
    for name in SOURCES:
        if name != "settings/model.py":
            modules = set(imports_of(name))
            assert not modules & {"pulumi.Config", "pulumi.get_config", "pulumi.config", "pulumi.runtime.get_config"}, (
                name
            )
            attributes = {ast.unparse(node) for node in ast.walk(tree_of(name)) if isinstance(node, ast.Attribute)}
            assert "pulumi.Config" not in attributes, name


def test_the_program_wires_and_nothing_else() -> None:
    """What it imports is what it may use: components, settings, the route table."""
    modules = set(imports_of("__main__.py"))

    assert packages_of("__main__.py") == {"pulumi", "components", "handler", "settings"}
    assert {module for module in modules if module.startswith("handler")} == {"handler.routes.ROUTES"}


def test_the_program_creates_no_resource_itself() -> None:
    """Whoever reads it sees the whole on a page; what is created stands in a component, with its reasons."""
    called = {ast.unparse(node.func) for node in ast.walk(tree_of("__main__.py")) if isinstance(node, ast.Call)}

    assert "pulumi_aws" not in packages_of("__main__.py")
    assert {name for name in called if name.startswith("pulumi.")} == {"pulumi.export"}
    assert len((ROOT / "__main__.py").read_text().splitlines()) < 60


def test_the_program_has_no_branch_for_a_stack() -> None:
    """What is proven on one stack holds on the others only if the program cannot tell them apart."""
    for name in ("__main__.py", *COMPONENTS):
        assert "get_stack" not in (ROOT / name).read_text(), name


@pytest.mark.parametrize("name", [*COMPONENTS, *HANDLER, *TRIGGERS, *SETTINGS, "__main__.py"])
def test_nothing_that_is_deployed_knows_the_embedded_run(name: str) -> None:
    """It runs the program from outside; the arrow points one way."""
    assert not packages_of(name) & {"local", "ministack"}


@pytest.mark.parametrize("name", [name for name in COMPONENTS if name != "components/arn.py"])
def test_components_do_without_apply(name: str) -> None:
    """A resource that is made in one is missing from the preview; text has Output.concat, and ARNs a module."""
    assert ".apply(" not in (ROOT / name).read_text()


def test_modules_are_named_for_what_they_hold() -> None:
    """A grab-bag is where things go that nobody finds again."""
    for name in SOURCES:
        assert Path(name).stem not in {"utils", "util", "helpers", "common", "constants", "manager", "misc"}, name
