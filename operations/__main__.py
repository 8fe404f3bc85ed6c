"""The command line: `python -m operations --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from operations import capacity, comment, cost, pool, preview, release, role
from stacks.command_line import Parser, run


class Command(Protocol):
    """A module of this package that is a command."""

    ABOUT: str
    EXAMPLES: str

    @property
    def add_arguments(self) -> Callable[[argparse.ArgumentParser], None]: ...
    @property
    def execute(self) -> Callable[[argparse.Namespace], None]: ...


COMMANDS: Mapping[str, Command] = {
    "release": release,
    "preview": preview,
    "comment": comment,
    "role": role,
    "capacity": capacity,
    "cost": cost,
    "pool": pool,
}


def _parser() -> Parser:
    parser = Parser(prog="python -m operations", description="Run the stack on AWS: release it, and plan for it.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        module.add_arguments(
            commands.add_parser(name, help=module.ABOUT, description=module.ABOUT, epilog=module.EXAMPLES)
        )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Return the exit status: 0, or 1 after one line on standard error."""
    return run(_parser(), arguments, lambda parsed: COMMANDS[parsed.command].execute(parsed))


if __name__ == "__main__":
    sys.exit(main())
