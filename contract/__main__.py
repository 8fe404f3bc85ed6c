"""The command line of the contract: `python -m contract --help`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

import stack_outputs
from contract import ContractError

_ABOUT = "Write what front ends build on, from the outputs of the stack that runs here or of a deployed one."
_MORE = """examples:
  python -m contract --to web/contract                 of the stack on this machine
  python -m contract --to web/contract --stack prod    of a deployed one"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise ContractError(f"{message}; see: {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    form = argparse.RawDescriptionHelpFormatter
    parser = _Parser(prog="python -m contract", description=_ABOUT, epilog=_MORE, formatter_class=form)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", type=Path, metavar="DIR", help="write the files there")
    stack_outputs.add_arguments(parser)
    return parser


def _write(arguments: argparse.Namespace) -> None:
    from contract import document, files, outputs  # noqa: PLC0415 - each command loads what it needs

    try:
        found = stack_outputs.read(arguments)
    except stack_outputs.OutputsError as error:
        raise ContractError(str(error)) from None
    contract = document.contract(found)
    made = files.rendered(contract)
    files.write(made, arguments.to, outputs.secrets_of(found))
    print(f"Contract {contract['contractVersion']} of {contract['outputs']['apiUrl']}")
    for name, text in made.items():
        print(
            f"  {arguments.to / name}" if text is not None else f"  {name} is left out: the stack has no sign-in page"
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the command; its exit status: 0, or 1 after one line on standard error."""
    try:
        _write(_parser().parse_args(arguments))
    except ContractError as error:
        print(f"contract: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("contract: interrupted", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
