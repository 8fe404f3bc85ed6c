"""The command line of the contract: `python -m contract --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from contract.changes import Change, next_version
from stacks import outputs as stack_outputs
from stacks.command_line import CommandError, Parser, run

_ABOUT = (
    "Write what front ends build on, from a stack's outputs and the route table; or compare it with the last release."
)
_MORE = """examples:
  python -m contract --to web/contract                 of the stack that runs on this machine
  python -m contract --to web/contract --stack prod    of a deployed one
  python -m contract --check                           what changed since the last release?
  python -m contract --release                         the program's contract becomes the last release"""


def _parser() -> Parser:
    parser = Parser(prog="python -m contract", description=_ABOUT, epilog=_MORE)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", type=Path, metavar="DIR", help="write the files there")
    what.add_argument(
        "--check", action="store_true", help="say what changed since contract/released.json; exit status 1 if anything"
    )
    what.add_argument("--release", action="store_true", help="write contract/released.json, with the version it needs")
    stack_outputs.add_arguments(parser)
    parser.add_argument("--breaking", action="store_true", help="with --release: front ends may lose something")
    return parser


def _write(arguments: argparse.Namespace) -> None:
    from contract import document, files, outputs, release  # noqa: PLC0415 - each command loads what it needs

    found = stack_outputs.read(arguments)
    contract = document.contract(found, release.version())
    made = files.rendered(contract)
    files.write(made, arguments.to, outputs.secrets_of(found))
    print(f"Contract {contract['contractVersion']} of {contract['outputs']['apiUrl']}")
    for name, text in made.items():
        print(
            f"  {arguments.to / name}" if text is not None else f"  {name} is left out: the stack has no sign-in page"
        )


def _check(_: argparse.Namespace) -> None:
    from contract import release  # noqa: PLC0415 - brings Pulumi in

    before = release.released()
    changes = release.since_release(before, release.program_outputs())
    version = before["contractVersion"]
    if not changes:
        print(f"The contract is that of {version}.")
        return
    _say(changes)
    breaks = any(change.breaks for change in changes)
    remedy = (
        "; if that is meant, make contract-release BREAKING=1" if breaks else "; write it with: make contract-release"
    )
    what = f"breaks that of {version}" if breaks else f"adds to that of {version}"
    raise CommandError(f"the contract must be that of contract/released.json, but {what}{remedy}")


def _release(arguments: argparse.Namespace) -> None:
    from contract import release  # noqa: PLC0415 - brings Pulumi in

    outputs = release.program_outputs()
    if not release.RELEASED.exists():
        release.write(outputs, "1.0.0")
        print("Contract 1.0.0 is the first release.")
        return
    before = release.released()
    changes = release.since_release(before, outputs)
    _say(changes)
    if any(change.breaks for change in changes) and not arguments.breaking:
        raise CommandError("a release must break nothing, unless it is meant: make contract-release BREAKING=1")
    version = next_version(before["contractVersion"], changes)
    release.write(outputs, version)
    print(f"Contract {version} is the last release.")


def _say(changes: Sequence[Change]) -> None:
    for change in changes:
        print(f"{'BREAKS' if change.breaks else 'adds  '}  {change}")


def _command(parsed: argparse.Namespace) -> None:
    chosen = _check if parsed.check else _release if parsed.release else _write
    chosen(parsed)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; its exit status: 0, or 1 after one line on standard error."""
    return run(_parser(), arguments, _command)


if __name__ == "__main__":
    sys.exit(main())
