"""`python -m operations comment`: keep one comment for each stack on a pull request, with GitHub's command `gh`."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from operations.preview import mark_of
from stacks import ROOT
from stacks.command_line import Command, CommandError

_BOT = "github-actions[bot]"  # the author of comments that a workflow's token writes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the stack, the pull request and the file that `preview` wrote."""
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack")
    parser.add_argument("--pull", required=True, type=int, metavar="N", help="the pull request's number")
    parser.add_argument("--body", required=True, type=Path, metavar="FILE", help="the file that preview wrote")


def execute(arguments: argparse.Namespace) -> None:
    """Write the comment; CommandError if there is no preview, or GitHub refuses."""
    if not arguments.body.is_file():
        raise CommandError(f"{arguments.body} must exist; write it with: python -m operations preview")
    print(post(arguments.stack, arguments.pull, arguments.body))


def post(stack: str, pull: int, body: Path) -> str:
    """Create the stack's comment or replace its text; return one line that says which."""
    comments = f"repos/{{owner}}/{{repo}}/issues/{pull}/comments"
    # Only comments by the workflow: its token may overwrite anybody's, and anybody may write the mark.
    mine = f'.[] | select(.user.login == "{_BOT}" and (.body | startswith("{mark_of(stack)}"))) | .id'
    found = github("api", "--paginate", comments, "--jq", mine).split()
    if found:
        github(
            "api", "--method", "PATCH", f"repos/{{owner}}/{{repo}}/issues/comments/{found[0]}", "-F", f"body=@{body}"
        )
        return f"comment {found[0]} is updated"
    github("api", "--method", "POST", comments, "-F", f"body=@{body}")
    return "the comment is created"


def github(*arguments: str) -> str:
    """Run GitHub's command line and return its output; CommandError if it is missing or refuses."""
    try:
        done = subprocess.run(["gh", *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError:
        raise CommandError("gh must be installed and on the PATH") from None
    if done.returncode != 0:
        raise CommandError(f"gh must succeed, got: {' '.join(done.stderr.split())}")
    return done.stdout


COMMAND = Command(
    about="Put a preview on a pull request, replacing the one of the previous push.",
    examples="""example:
  python -m operations comment --stack dev --pull 7 --body preview.md""",
    add_arguments=add_arguments,
    execute=execute,
)
