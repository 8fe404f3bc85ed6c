"""The command line: `python -m operations --help`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from operations import capacity, comment, cost, newest, pool, preview, release, role, sessions
from stacks.command_line import Command, Parser, run

# To add a command, write a module with a COMMAND and add its line.
COMMANDS: Mapping[str, Command] = {
    "release": release.COMMAND,
    "pool": pool.COMMAND,
    **sessions.COMMANDS,
    "role": role.COMMAND,
    "preview": preview.COMMAND,
    "comment": comment.COMMAND,
    "newest": newest.COMMAND,
    "capacity": capacity.COMMAND,
    "cost": cost.COMMAND,
}


def _parser() -> Parser:
    parser = Parser(prog="python -m operations", description="Operate a stack on AWS: release it, and plan for it.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        command.add_arguments(
            commands.add_parser(name, help=command.about, description=command.about, epilog=command.examples)
        )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status: 0, or 1 after one line on standard error."""
    return run(_parser(), arguments, lambda parsed: COMMANDS[parsed.command].execute(parsed))


if __name__ == "__main__":
    sys.exit(main())
