"""`python -m operations pool`: keep the record of a stack's deployed user pool."""

from __future__ import annotations

import argparse

from operations.pool_record import check, identity, write
from stacks import outputs as stack_outputs
from stacks.command_line import CommandError

ABOUT = """Keep what Cognito cannot change of a stack's user pool in Pulumi.<stack>.pool.json. The program then refuses,
before anything is touched, every setting for which the pool would be replaced and its users lost."""
EXAMPLES = """examples:
  python -m operations pool record --stack prod                      after pulumi up, then commit the file
  python -m operations pool check --stack prod                       exit status 1 if the record is not of that pool
  python -m operations pool record --outputs outputs.json --as prod  without the Pulumi CLI"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `record` and `check`, and the options that name the stack."""
    parser.add_argument("action", choices=("record", "check"), help="write the record, or compare it with the pool")
    stack_outputs.add_arguments(parser)
    parser.add_argument("--as", dest="name", metavar="NAME", help="the stack whose record it is, beside --outputs")
    parser.add_argument(
        "--replaced", action="store_true", help="with record: it is another pool, and the users were moved"
    )


def execute(arguments: argparse.Namespace) -> None:
    """Do what the command line asks; CommandError where the pool cannot be read or is another one."""
    print(_done(arguments))


def _done(arguments: argparse.Namespace) -> str:
    name = arguments.name or arguments.stack
    if name is None:
        raise CommandError("--stack NAME, or --as NAME, must say whose record it is")
    pool = identity(stack_outputs.read(arguments))
    if arguments.action == "check":
        check(name, pool)
        return f"Pulumi.{name}.pool.json is of {pool.user_pool_id} as it is"
    if write(name, pool, replaced=arguments.replaced):
        return f"Pulumi.{name}.pool.json is written: commit it"
    return f"Pulumi.{name}.pool.json says so already"
