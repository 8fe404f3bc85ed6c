"""A copy of the project to change: commands run in it as a developer would type them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from stacks import ROOT
from tests.sabotage.tree import copy_working_tree


class Copy:
    """A copy of the working tree in a folder of its own, with a git repository."""

    def __init__(self, root: Path) -> None:
        self.root = root
        copy_working_tree(root)
        for command in ("init --quiet", "add --all"):  # some tests list the files that git knows
            subprocess.run(["/usr/bin/env", "git", *command.split()], cwd=root, check=True)

    def run(self, *arguments: str, timeout: float = 600) -> str:
        """Run `python -m …` and return its standard output; if it fails, so does the test, with its output."""
        done = self.attempt(*arguments, timeout=timeout)
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
        return done.stdout

    def attempt(self, *arguments: str, timeout: float = 600) -> subprocess.CompletedProcess[str]:
        """Run `python -m …`, whatever its exit status."""
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, timeout=timeout, check=False)

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs of the stack that runs from this copy."""
        outputs: dict[str, Any] = json.loads((self.root / ".local" / "outputs.json").read_text())
        return outputs

    def write(self, name: str, text: str) -> None:
        """Write a file; its folder may be new."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def insert(self, name: str, *, after: str, text: str) -> None:
        """Insert text after a place that the file has exactly once."""
        old = (self.root / name).read_text()
        assert old.count(after) == 1, f"{name} must have this text exactly once: {after}"
        self.write(name, old.replace(after, after + text))


def type_readme(copy: Copy) -> None:
    """Type README's example of a route into the copy."""
    chapter = (ROOT / "README.md").read_text().partition("## Add a route\n")[2].partition("\n## ")[0]
    module, lines = re.findall(r"^```python\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    copy.write("handler/orders.py", module)
    type_routes(copy, lines)


def type_routes(copy: Copy, snippet: str) -> None:
    """Type imports and lines into the copy's route table, as a page shows them around `...`."""
    imports, _, routes = snippet.rstrip().removesuffix(")").partition("\n\nROUTES = table(\n    ...\n")
    assert routes
    copy.insert("handler/routes.py", after="from handler.route import Route, table\n", text=imports + "\n")
    copy.insert("handler/routes.py", after="ROUTES = table(\n", text=routes)
