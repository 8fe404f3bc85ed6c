"""What the proofs may know of the project: the route table, a stack's outputs, and how users are made here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest

from stacks import ROOT

PROOF = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "proof").rglob("*.py"))
OURS = (
    "handler.route",
    "handler.routes",
    "local.emulator",
    "local.users",
    "proof",
    "stacks.ROOT",
    "stacks.command_line",
    "stacks.outputs",
    "stacks.routes",
    "stacks.yaml_files",
)
OTHERS = {"boto3", "botocore", "cryptography"}


def imports_of(name: str) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / name).read_text(), name)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("name", PROOF)
def test_proofs_take_nothing_from_what_they_prove(name: str) -> None:
    """A check that calls the code it checks shares its errors; and there are no tests where a stack is deployed."""
    for module in imports_of(name):
        is_ours = any(module == each or module.startswith(f"{each}.") for each in OURS)
        assert is_ours or module.partition(".")[0] in sys.stdlib_module_names | OTHERS, module
