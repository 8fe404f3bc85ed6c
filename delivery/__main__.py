"""The command line of the pipeline: `python -m delivery --help`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from command_line import Parser, run
from delivery import DeliveryError, comment, preview, role

_ABOUT = "What the workflows of .github need besides the project's own commands; each can be run by hand, too."
_MORE = """examples:
  python -m delivery preview --stack dev --base main --to preview.md   what this checkout would change
  python -m delivery comment --stack dev --pull 7 --body preview.md    as a comment of a pull request
  python -m delivery role --policy --stack prod --account 123456789012 what the role that deploys it may do
  python -m delivery role --trust --stack prod --account 123456789012 --repository acme/api"""


def _parser() -> Parser:
    parser = Parser(prog="python -m delivery", description=_ABOUT, epilog=_MORE)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    previewed = commands.add_parser("preview", help="say what this checkout would change of a stack")
    previewed.add_argument("--stack", required=True, metavar="NAME", help="which stack")
    previewed.add_argument("--base", required=True, metavar="REV", help="the commit to compare with")
    previewed.add_argument("--to", required=True, type=Path, metavar="FILE", help="write it there, as Markdown")
    posted = commands.add_parser("comment", help="put that on a pull request")
    posted.add_argument("--stack", required=True, metavar="NAME", help="which stack")
    posted.add_argument("--pull", required=True, type=int, metavar="N", help="the pull request's number")
    posted.add_argument("--body", required=True, type=Path, metavar="FILE", help="what preview wrote")
    role.add_arguments(commands.add_parser("role", help="print the deploying role's policy, or whom it trusts"))
    return parser


def _preview(arguments: argparse.Namespace) -> None:
    made = preview.parts(arguments.stack, arguments.base)
    arguments.to.parent.mkdir(parents=True, exist_ok=True)
    arguments.to.write_text(preview.as_markdown(arguments.stack, made))
    if not made[0].good:
        raise DeliveryError(f"stack {arguments.stack} must be deployable, and its preview fails")


def _comment(arguments: argparse.Namespace) -> None:
    if not arguments.body.is_file():
        raise DeliveryError(f"{arguments.body} must be there; write it with: python -m delivery preview")
    print(comment.post(arguments.stack, arguments.pull, arguments.body))


_COMMANDS = {"preview": _preview, "comment": _comment, "role": role.show}


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0, or 1 with one line on standard error."""
    return run(_parser(), arguments, lambda parsed: _COMMANDS[parsed.command](parsed), DeliveryError)


if __name__ == "__main__":
    sys.exit(main())
