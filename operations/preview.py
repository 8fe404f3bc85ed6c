"""What a pull request would change, in one comment: the stack, who may call what, what front ends build on."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stacks import ROOT
from stacks.command_line import CommandError

LONGEST = 50_000  # characters of one part; GitHub takes 65,536 of a comment
_DEADLINE = 900  # seconds for one command; a preview asks AWS about every resource


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a command said, and whether it went well."""

    title: str
    text: str
    good: bool


ABOUT = "Say what this checkout would change of a stack, as Markdown for a pull request."
EXAMPLES = """example:
  python -m operations preview --stack dev --base main --to preview.md"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the stack, the commit to compare with, and the file to write."""
    parser.add_argument("--stack", required=True, metavar="NAME", help="which stack")
    parser.add_argument("--base", required=True, metavar="REV", help="the commit to compare with")
    parser.add_argument("--to", required=True, type=Path, metavar="FILE", help="write it there, as Markdown")


def execute(arguments: argparse.Namespace) -> None:
    """Write the preview; CommandError if the stack cannot be deployed as it is."""
    made = parts(arguments.stack, arguments.base)
    arguments.to.parent.mkdir(parents=True, exist_ok=True)
    arguments.to.write_text(as_markdown(arguments.stack, made))
    if not made[0].good:
        raise CommandError(f"stack {arguments.stack} must be deployable, and its preview fails")


def mark_of(stack: str) -> str:
    """The first line of a stack's comment, by which the next push finds it again."""
    return f"<!-- preview of {stack} -->"


def parts(stack: str, base: str) -> list[Part]:
    """The stack's preview with the policy pack, and what this checkout changes since `base`."""
    module = [sys.executable, "-m"]
    pulumi = ["pulumi", "preview", "--non-interactive", "--diff", "--color", "never"]
    return [
        _said(f"Stack {stack}", [*pulumi, "--stack", stack, "--policy-pack", "policies"]),
        _said("Who may call what", [*module, "proof", "routes", "--diff", base]),
        _said("What front ends build on", [*module, "contract", "--check"]),
    ]


def as_markdown(stack: str, made: Sequence[Part]) -> str:
    """The comment: a part that went wrong is open, the others can be opened."""
    lines = [mark_of(stack)]
    for part in made:
        text = part.text.strip() or "nothing"
        if len(text) > LONGEST:
            text = f"{text[:LONGEST]}\n… {len(text) - LONGEST} more characters: see the job's log"
        fence = "`" * max(3, 1 + max(len(run) for run in _runs_of_backticks(text)))
        state = "" if part.good else ": failed"
        lines += [
            f"<details{'' if part.good else ' open'}><summary>{part.title}{state}</summary>",
            "",
            f"{fence}diff",
            text,
            fence,
            "</details>",
            "",
        ]
    return "\n".join(lines)


def _runs_of_backticks(text: str) -> list[str]:
    return ["", *(run for run in "".join(each if each == "`" else " " for each in text).split())]


def _said(title: str, command: Sequence[str]) -> Part:
    """The command's output, on the log, too: somebody watches it there."""
    sys.stdout.write(f"{title}: {' '.join(command)}\n")
    sys.stdout.flush()
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_DEADLINE,
        )
    except FileNotFoundError:
        raise CommandError(f"{command[0]} must be installed, and on the path") from None
    except subprocess.TimeoutExpired:
        raise CommandError(f"{' '.join(command[:2])} must end within {_DEADLINE} s") from None
    sys.stdout.write(f"{done.stdout}\n")
    return Part(title=title, text=done.stdout, good=done.returncode == 0)
