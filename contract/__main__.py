"""The command line of the contract: `python -m contract --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from contract.changes import Change, next_version
from handler import routes as table
from stacks import outputs as stack_outputs
from stacks.command_line import CommandError, Parser, run

_ABOUT = "Write the files that front ends use, from a stack's outputs and the route table; check and release them."
_MORE = """examples:
  python -m contract --to web/contract                 from the stack that runs on this machine
  python -m contract --to web/contract --stack prod    from a deployed stack
  python -m contract --check                           list the changes since the last release
  python -m contract --release                         make this checkout's contract the released one"""


def _parser() -> Parser:
    parser = Parser(prog="python -m contract", description=_ABOUT, epilog=_MORE)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", type=Path, metavar="DIR", help="write the files to DIR")
    what.add_argument(
        "--check",
        action="store_true",
        help="list the changes since contract/released.json; exit status 1 if any",
    )
    what.add_argument("--release", action="store_true", help="write contract/released.json with its next version")
    stack_outputs.add_arguments(parser)
    parser.add_argument("--breaking", action="store_true", help="with --release: accept changes that break front ends")
    return parser


def _write(arguments: argparse.Namespace) -> None:
    from contract import document, files, outputs, release  # noqa: PLC0415 - each command loads what it needs

    found = stack_outputs.read(arguments)
    contract = document.contract(found, release.version(), table.ROUTES)
    made = files.rendered(contract)
    files.write(made, arguments.to, outputs.secrets_of(found))
    print(f"Contract {contract['contractVersion']} of {contract['outputs']['apiUrl']}")
    for name, text in made.items():
        print(f"  {arguments.to / name}" if text else f"  {name} is left out: the stack has no sign-in page")


def _check(_: argparse.Namespace) -> None:
    from contract import release  # noqa: PLC0415 - brings Pulumi in

    before = release.released()
    changes = release.since_release(before, release.program_outputs())
    version = before["contractVersion"]
    if not changes:
        print(f"The contract is unchanged since {version}.")
        return
    _say(changes)
    breaks = any(change.breaks for change in changes)
    if breaks:
        raise CommandError(
            f"the contract must keep {version}; to break it on purpose: make contract-release BREAKING=1"
        )
    raise CommandError(f"contract/released.json must have the additions to {version}; run: make contract-release")


def _release(arguments: argparse.Namespace) -> None:
    from contract import release  # noqa: PLC0415 - brings Pulumi in

    outputs = release.program_outputs()
    if not release.RELEASED.exists():
        release.write(outputs, "1.0.0")
        print("Contract 1.0.0 is released, the first one.")
        return
    before = release.released()
    changes = release.since_release(before, outputs)
    _say(changes)
    if any(change.breaks for change in changes) and not arguments.breaking:
        raise CommandError("a release must keep the contract; to break it, run: make contract-release BREAKING=1")
    version = next_version(before["contractVersion"], changes)
    release.write(outputs, version)
    print(f"Contract {version} is released.")


def _say(changes: Sequence[Change]) -> None:
    for change in changes:
        print(f"{'BREAKS' if change.breaks else 'adds  '}  {change}")


def _command(parsed: argparse.Namespace) -> None:
    chosen = _check if parsed.check else _release if parsed.release else _write
    chosen(parsed)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return the exit status: 0, or 1 after one line on standard error."""
    return run(_parser(), arguments, _command)


if __name__ == "__main__":
    sys.exit(main())
