"""Which module may import which, read from the source: the layout of docs/architecture.md, and what it is for."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from docs.imports import (
    LAYOUT,
    ROOT,
    arrows,
    circle,
    imports_of,
    module_graph,
    packages_of,
    picture,
    room_of,
    signatures,
    sources,
    tree_of,
)

PRODUCT = [name for name in sources() if room_of(name) != "tests"]
COMPONENTS = [name for name in PRODUCT if room_of(name) == "components"]
SETTINGS = [name for name in PRODUCT if room_of(name) == "settings"]
TRIGGERS = [name for name in PRODUCT if room_of(name) == "triggers"]
HANDLER = [name for name in PRODUCT if room_of(name) == "handler"]
LEVEL = {room: level for level, rooms in enumerate(LAYOUT) for room in rooms}

# Imports between rooms of one level.
BESIDE = {("contract", "proof"), ("tests", "docs"), ("tests", "benchmarks")}
# Rooms that get the other's data handed over by `__main__.py`, so that each can be used and tested alone.
APART = {(upper, lower) for upper in ("components", "settings") for lower in ("handler", "triggers")}


def allowed(upper: str, lower: str) -> bool:
    """Down the layout only, never into the tests, and not between rooms that stay apart."""
    down = LEVEL[upper] < LEVEL[lower] or (upper, lower) in BESIDE
    return down and lower != "tests" and (upper, lower) not in APART


def test_every_room_has_its_level() -> None:
    """A room beside the layout would be held by nothing; a scan that finds nothing likewise."""
    found = {room_of(name) for name in sources()}

    assert found == set(LEVEL), "name each new folder with Python in it in LAYOUT of docs/imports.py"
    assert all(len(each) >= 4 for each in (COMPONENTS, HANDLER, TRIGGERS, SETTINGS))


def test_imports_go_down_the_layout() -> None:
    """Whoever changes a room has to look at the rooms above it, and at no other."""
    wrong = {pair: modules for pair, modules in arrows().items() if not allowed(*pair)}

    assert not wrong, {f"{a} must not import {b}": wrong[a, b] for a, b in wrong}


def test_rooms_form_no_circle() -> None:
    """Of two rooms that import each other, neither can be read, moved or tested alone."""
    graph: dict[str, set[str]] = {}
    for upper, lower in arrows():
        graph.setdefault(upper, set()).add(lower)

    assert circle(graph) == []


@pytest.mark.parametrize("room", sorted(LEVEL))
def test_modules_of_a_room_form_no_circle(room: str) -> None:
    """Two modules that import each other work or fail by the order in which they are imported."""
    inside = {module: others for module, others in module_graph().items() if room_of(module) == room}

    assert circle(inside) == []


def test_no_untyped_dictionary_crosses_a_seam() -> None:
    """The type checker sees a renamed field only where fields are named."""
    seams = [*SETTINGS, *(name for name in COMPONENTS if name in _named_by_the_program())]
    untyped = {
        f"{name}: {where}: {annotation}"
        for name in seams
        for where, annotation in signatures(name)
        if "dict[str, Any]" in annotation or "Mapping[str, Any]" in annotation
    }
    spread = {
        f"__main__.py:{node.lineno}: {ast.unparse(node.func)}(**…)"
        for node in ast.walk(tree_of("__main__.py"))
        if isinstance(node, ast.Call) and any(keyword.arg is None for keyword in node.keywords)
    }

    assert untyped | spread == set()


def _named_by_the_program() -> set[str]:
    """The files of the modules that the program imports from."""
    return {"/".join(module.split(".")[:2]) + ".py" for module in imports_of("__main__.py")}


@pytest.mark.parametrize("name", HANDLER)
def test_handler_needs_what_lambda_has(name: str) -> None:
    """Its zip has these packages and its runtime a few more; Pulumi in it would cost seconds at each cold start."""
    runtime = {"boto3", "botocore", "snapshot_restore_py"}
    assert packages_of(name) <= {"handler", "jwt", "cryptography", *runtime}


@pytest.mark.parametrize("name", HANDLER)
def test_boto3_is_imported_where_it_is_used(name: str) -> None:
    """At the top of a module every cold start would pay for it."""
    top = {alias.name for node in tree_of(name).body if isinstance(node, ast.Import) for alias in node.names}
    top |= {node.module or "" for node in tree_of(name).body if isinstance(node, ast.ImportFrom)}
    assert not {module.partition(".")[0] for module in top} & {"boto3", "botocore"}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_know_components_and_nothing_of_aws(name: str) -> None:
    """They are checked before the provider is loaded, and get the route table as data."""
    assert packages_of(name) <= {"settings", "components", "pulumi", "pydantic", "pydantic_core"}


@pytest.mark.parametrize("name", TRIGGERS)
def test_triggers_need_nothing_but_the_runtime(name: str) -> None:
    """Their zip holds no wheels; boto3 is the runtime's, and slow to import where nothing calls AWS."""
    calls_aws = name == "triggers/post_confirmation.py"
    assert packages_of(name) <= {"triggers", "boto3", "botocore"} if calls_aws else packages_of(name) <= {"triggers"}


def test_route_table_needs_the_standard_library_only() -> None:
    """The program reads it at deploy time, where the function's own dependencies are not installed."""
    graph = module_graph()
    names, seen = ["handler.routes"], set[str]()
    while names:
        module = names.pop()
        seen.add(module)
        names += graph[module] - seen
    files = [name for name in HANDLER if name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") in seen]

    assert len(files) == len(seen) >= 3
    for name in files:
        assert packages_of(name) <= {"handler", "boto3", "botocore"}, name  # boto3 inside a function, as above


def test_only_settings_reads_the_configuration() -> None:
    """A value that is read elsewhere is checked nowhere."""
    for name in PRODUCT:
        if name != "settings/model.py":
            modules = set(imports_of(name))
            assert not modules & {"pulumi.Config", "pulumi.get_config", "pulumi.config", "pulumi.runtime.get_config"}, (
                name
            )
            attributes = {ast.unparse(node) for node in ast.walk(tree_of(name)) if isinstance(node, ast.Attribute)}
            assert "pulumi.Config" not in attributes, name


def test_the_program_wires_and_nothing_else() -> None:
    """Each resource stands in a component, with its reasons; of the handler the program takes the route table alone."""
    called = {ast.unparse(node.func) for node in ast.walk(tree_of("__main__.py")) if isinstance(node, ast.Call)}
    modules = {module for module in imports_of("__main__.py") if module.startswith("handler")}

    assert packages_of("__main__.py") == {"pulumi", "components", "handler", "settings"}
    assert modules == {"handler.routes.ROUTES"}
    assert {name for name in called if name.startswith("pulumi.")} == {
        "pulumi.FileArchive",
        "pulumi.Output.secret",
        "pulumi.export",
    }


def test_the_program_has_no_branch_for_a_stack() -> None:
    """What is proven on one stack holds on the others only if the program cannot tell them apart."""
    for name in ("__main__.py", *COMPONENTS):
        assert "get_stack" not in (ROOT / name).read_text(), name


@pytest.mark.parametrize("name", sorted({*COMPONENTS} - {"components/arn.py", "components/documents.py"}))
def test_components_do_without_apply(name: str) -> None:
    """A resource that is made in one is missing from the preview. Text has Output.concat, ARNs and JSON a module."""
    assert ".apply(" not in (ROOT / name).read_text()


def test_modules_are_named_for_what_they_hold() -> None:
    """A grab-bag is where things go that nobody finds again."""
    for name in PRODUCT:
        assert Path(name).stem not in {"utils", "util", "helpers", "common", "constants", "manager", "misc"}, name


def test_picture_of_the_rooms_is_the_imports() -> None:
    """A picture that is drawn by hand shows the house of last year."""
    assert picture() in (ROOT / "docs" / "architecture.md").read_text(), "draw the rooms anew with: make docs"
