"""`make mutation`: change each line of a module of the handler, and list the changes that no test notices."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from stacks.command_line import CommandError, Parser, run
from tests.sabotage.tree import copy_working_tree

_TESTS = {
    "handler/tokens.py": ("tests/handler/test_tokens.py", "tests/handler/test_attack_corpus.py"),
    "handler/strict_json.py": ("tests/handler/test_tokens.py", "tests/handler/test_bodies.py"),
    "handler/bodies.py": ("tests/handler/test_bodies.py",),
    "handler/keys.py": ("tests/handler/test_keys.py",),
    "handler/fetch.py": ("tests/handler/test_keys.py",),
    "handler/app.py": ("tests/handler/test_app.py", "tests/handler/test_attack_corpus.py"),
}
_COPIED = ("components", "contract", "local", "policies", "proof", "settings", "stacks", "tests", "triggers")
_FILES = ("pyproject.toml", "__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", "Pulumi.local.yaml")
_ABOUT = "Change each line of a module of the handler with mutmut, and list the changes that no test notices."


def _parser() -> Parser:
    parser = Parser(prog="python -m tests.sabotage.mutation", description=_ABOUT)
    parser.add_argument("--module", choices=_TESTS, default="handler/tokens.py", help="the module (handler/tokens.py)")
    parser.add_argument("--mutmut", type=Path, required=True, metavar="FILE", help="mutmut's command")
    return parser


def _mutate(asked: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        tree = Path(folder, "tree")
        copy_working_tree(tree)
        copied = "\n    ".join(name for name in (*_COPIED, *_FILES) if (tree / name).exists())
        tests = "\n    ".join(_TESTS[asked.module])
        (tree / "setup.cfg").write_text(
            f"[mutmut]\nsource_paths=\n    handler/\nonly_mutate=\n    {asked.module}\n"
            f"pytest_add_cli_args_test_selection=\n    {tests}\nalso_copy=\n    {copied}\n"
        )
        mutmut = str(asked.mutmut.absolute())
        subprocess.run([mutmut, "run"], cwd=tree, check=False)  # draws its progress
        results = subprocess.run([mutmut, "results"], cwd=tree, capture_output=True, text=True, check=False).stdout
        survivors = [line.strip().partition(":")[0] for line in results.splitlines() if line.endswith("survived")]
        if not results and not (tree / "mutants").exists():
            raise CommandError(f"mutmut must run the tests of {asked.module}, but did not")
        for name in survivors:
            shown = subprocess.run([mutmut, "show", name], cwd=tree, capture_output=True, text=True, check=False).stdout
            print(f"\n{name}")
            print("\n".join(line for line in shown.splitlines() if line.startswith(("+ ", "- "))))
        print(f"\n{asked.module}: {len(survivors)} changes that no test notices")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status: 0, or 1 after one line on standard error if mutmut does not run."""
    return run(_parser(), arguments, _mutate)


if __name__ == "__main__":
    sys.exit(main())
