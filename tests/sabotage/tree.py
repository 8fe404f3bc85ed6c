"""Throw-away copies of the working tree, and one change in one of them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from stacks import ROOT
from stacks.command_line import CommandError
from tests.sabotage.catalogue import Sabotage


def copy_working_tree(target: Path, root: Path = ROOT) -> None:
    """Everything that git tracks or would track, as it stands now. Packages are shared, so no wheel is fetched again.

    CommandError if `root` is not a working tree.
    """
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise CommandError(f"{root} must be a git working tree; sabotage a clone of the repository") from None
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():  # one that is deleted but not committed is listed too
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    (root / ".build").mkdir(exist_ok=True)
    (target / ".build").symlink_to(root / ".build")


def copy_of(master: Path, target: Path) -> None:
    """A copy of a copy, with its compiled modules: times are kept, so they are still good."""
    shutil.copytree(master, target, symlinks=True, ignore=shutil.ignore_patterns(".hypothesis"))


def undo_protection(sabotage: Sabotage, tree: Path) -> None:
    """Make the one change; CommandError, naming the sabotage, if it no longer applies."""
    path = tree / sabotage.file
    stat = path.stat() if path.exists() else None
    changed = changed_text(sabotage, lambda name: (tree / name).read_text())
    path.write_text(changed)
    if stat is not None:  # a compiled module counts as current by whole seconds and size
        os.utime(path, (stat.st_atime, stat.st_mtime + 10))


def changed_text(sabotage: Sabotage, read: Callable[[str], str]) -> str:
    """The file's text with the change; CommandError if the old text does not stand there exactly once."""
    try:
        text = read(sabotage.file)
    except OSError:
        raise CommandError(f"{sabotage.name}: {sabotage.file} must exist; mend tests/sabotage/catalogue") from None
    times = text.count(sabotage.old)
    if times != 1:
        raise CommandError(
            f"{sabotage.name}: its old text must stand in {sabotage.file} exactly once, got {times} times; "
            "mend tests/sabotage/catalogue"
        )
    return text.replace(sabotage.old, sabotage.new)
