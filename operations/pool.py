"""`python -m operations pool`: keep the record of a stack's deployed user pool."""

from __future__ import annotations

import argparse

from operations.pool_record import check, describe, write
from stacks import outputs as stack_outputs
from stacks.command_line import Command, CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `record` and `check`, each with the options that name the stack."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    record = actions.add_parser("record", help="write Pulumi.<stack>.pool.json from the deployed pool")
    record.add_argument("--replaced", action="store_true", help="accept another pool: the users were moved to it")
    for action in (record, actions.add_parser("check", help="compare Pulumi.<stack>.pool.json with the deployed pool")):
        stack_outputs.add_arguments(action)
        action.add_argument("--as", dest="name", metavar="NAME", help="the stack of the record, with --outputs")


def execute(arguments: argparse.Namespace) -> None:
    """Run the action and print its outcome; CommandError where the pool cannot be read or is not the recorded one."""
    name = arguments.name or arguments.stack
    if name is None:
        raise CommandError("--stack NAME, or --as NAME with --outputs, must name the stack of the record")
    pool = describe(stack_outputs.read(arguments), whole=arguments.action == "record")
    if arguments.action == "check":
        check(name, pool)
        print(f"Pulumi.{name}.pool.json matches pool {pool.user_pool_id}")
    elif write(name, pool, replaced=arguments.replaced):
        print(f"Pulumi.{name}.pool.json is written: commit it")
    else:
        print(f"Pulumi.{name}.pool.json is up to date")


COMMAND = Command(
    about="""Record the properties of a deployed user pool that Cognito cannot change, in Pulumi.<stack>.pool.json.
The program then refuses, before it changes anything, every setting that would replace the pool and lose its users.""",
    examples="""examples:
  python -m operations pool record --stack prod                      after pulumi up, then commit the file
  python -m operations pool check --stack prod                       exit status 1 if the record does not match
  python -m operations pool record --outputs outputs.json --as prod  without the Pulumi CLI""",
    add_arguments=add_arguments,
    execute=execute,
)
