"""`python -m operations newest`: refuse to deploy an older commit over a newer one."""

from __future__ import annotations

import argparse

from operations.comment import github
from stacks.command_line import Command, CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the commit and its branch."""
    parser.add_argument("--commit", required=True, metavar="SHA", help="the commit to deploy")
    parser.add_argument("--branch", required=True, metavar="NAME", help="its branch")


def execute(arguments: argparse.Namespace) -> None:
    """Return if the commit is the branch's newest one; otherwise CommandError."""
    newest = github("api", f"repos/{{owner}}/{{repo}}/commits/{arguments.branch}", "--jq", ".sha").strip()
    if newest != arguments.commit:
        raise CommandError(
            f"--commit must be the newest of {arguments.branch}, {newest}, got {arguments.commit}; "
            "approve the deployment of the newest commit instead"
        )


COMMAND = Command(
    about="Check that a commit is the newest of its branch, before it is deployed.",
    examples="""A deployment may wait for days until somebody approves it. By then a newer commit may be deployed.

example:
  python -m operations newest --branch main --commit "$GITHUB_SHA\"""",
    add_arguments=add_arguments,
    execute=execute,
)
