"""Copies of the working tree, and the one change that a risk makes in one of them."""

from __future__ import annotations

import ast
import importlib
import os
import shutil
import subprocess
from pathlib import Path

from stacks import ROOT
from stacks.command_line import CommandError
from tests.sabotage.risks import RISKS, Risk


def every_risk() -> tuple[Risk, ...]:
    """Return the named risks, with those of the samples as long as there are samples."""
    if not (Path(__file__).parent / "samples" / "risks.py").exists():
        return RISKS
    samples: tuple[Risk, ...] = importlib.import_module("tests.sabotage.samples.risks").RISKS
    return (*RISKS, *samples)


def copy_working_tree(target: Path, root: Path = ROOT) -> None:
    """Copy everything that git tracks or would track, as it stands now. Built packages are shared.

    CommandError if `root` is not a working tree.
    """
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise CommandError(f"{root} must be a git working tree; run this in a clone of the repository") from None
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():  # a file that is deleted but not committed is listed too
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    (root / ".build").mkdir(exist_ok=True)
    (target / ".build").symlink_to(root / ".build")


def copy_of(master: Path, target: Path) -> None:
    """Copy a copy with its compiled modules: times are kept, so they are still good."""
    shutil.copytree(master, target, symlinks=True, ignore=shutil.ignore_patterns(".hypothesis"))


def undo_protection(risk: Risk, tree: Path) -> None:
    """Make the one change; CommandError, naming the risk, if it no longer applies."""
    path = tree / risk.file
    changed = changed_text(risk, tree)
    stat = path.stat()
    path.write_text(changed)
    os.utime(path, (stat.st_atime, stat.st_mtime + 10))  # a compiled module counts as current by whole seconds and size


def changed_text(risk: Risk, tree: Path = ROOT) -> str:
    """Return the file's text with the change; CommandError if the old text does not stand once where it should."""
    try:
        text = (tree / risk.file).read_text()
    except OSError:
        raise CommandError(f"{risk.name}: {risk.file} must exist; {_remedy(risk)}") from None
    start, end = _extent(text, risk)
    times = text.count(risk.old, start, end)
    if times != 1:
        place = f"{risk.within} of {risk.file}" if risk.within else risk.file
        raise CommandError(f"{risk.name}: its old text must stand once in {place}, got {times} times; {_remedy(risk)}")
    at = text.index(risk.old, start, end)
    return text[:at] + risk.new + text[at + len(risk.old) :]


def _extent(text: str, risk: Risk) -> tuple[int, int]:
    """Return where the named function or class begins and ends in the text."""
    node: ast.AST = ast.parse(text)
    if not risk.within:
        return 0, len(text)
    for name in risk.within.split("."):
        named = [each for each in ast.iter_child_nodes(node) if getattr(each, "name", None) == name]
        if not named:
            raise CommandError(f"{risk.name}: {risk.file} must have {risk.within}; {_remedy(risk)}")
        node = named[0]
    lines = text.splitlines(keepends=True)
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])  # type: ignore[attr-defined]
    return sum(map(len, lines[: first - 1])), sum(map(len, lines[: node.end_lineno]))  # type: ignore[attr-defined]


def _remedy(risk: Risk) -> str:
    return f"say in tests/sabotage/risks.py, {risk.name}, where the protection stands now"
