"""The command line of the records: `python -m pools --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import stack_outputs
from command_line import Parser, run
from pools.record import RecordError, check, identity, write

_ABOUT = """Keep what Cognito cannot change of a stack's user pool in pools/<stack>.json. The program then refuses,
before anything is touched, every setting for which the pool would be replaced and its users lost."""
_MORE = """examples:
  python -m pools record --stack prod                      after pulumi up, then commit the file
  python -m pools check --stack prod                       exit status 1 if the record is not of that pool
  python -m pools record --outputs outputs.json --as prod  without the Pulumi CLI"""


def _parser() -> Parser:
    parser = Parser(prog="python -m pools", description=_ABOUT, epilog=_MORE)
    parser.add_argument("command", choices=("record", "check"), help="write the record, or compare it with the pool")
    stack_outputs.add_arguments(parser)
    parser.add_argument("--as", dest="name", metavar="NAME", help="the stack whose record it is, beside --outputs")
    parser.add_argument(
        "--replaced", action="store_true", help="with record: it is another pool, and the users were moved"
    )
    return parser


def _run(arguments: argparse.Namespace) -> str:
    name = arguments.name or arguments.stack
    if name is None:
        raise RecordError("--stack NAME, or --as NAME, must say whose record it is")
    pool = identity(stack_outputs.read(arguments))
    if arguments.command == "check":
        check(name, pool)
        return f"pools/{name}.json is of {pool.user_pool_id} as it is"
    if write(name, pool, replaced=arguments.replaced):
        return f"pools/{name}.json is written: commit it"
    return f"pools/{name}.json says so already"


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status 0, or 1 with one line on standard error."""
    return run(_parser(), argv, lambda parsed: print(_run(parsed)), RecordError, stack_outputs.OutputsError)


if __name__ == "__main__":
    sys.exit(main())
