"""`python -m operations preview`: what a pull request changes in a stack, its routes and its contract, as Markdown."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stacks import ROOT
from stacks.command_line import Command, CommandError

PACK = ROOT / ".build" / "policies-venv" / "bin" / "python"  # as policies/PulumiPolicy.yaml has it
LONGEST = 50_000  # characters of one part; GitHub takes 65,536 of a comment
_DEADLINE = 900  # seconds for one command; a preview asks AWS about every resource


@dataclass(frozen=True, kw_only=True)
class Part:
    """A command's output under a title, and whether it succeeded."""

    title: str
    text: str
    succeeded: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the stack, the commit to compare with, and the file to write."""
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack")
    parser.add_argument("--base", required=True, metavar="REV", help="the commit to compare with")
    parser.add_argument("--to", required=True, type=Path, metavar="FILE", help="the Markdown file to write")


def execute(arguments: argparse.Namespace) -> None:
    """Write the preview; CommandError if the stack's own preview fails."""
    if not PACK.exists():
        raise CommandError("the policy pack must have its environment; make it with: make policies")
    made = parts(arguments.stack, arguments.base)
    arguments.to.parent.mkdir(parents=True, exist_ok=True)
    arguments.to.write_text(as_markdown(arguments.stack, made))
    if not made[0].succeeded:
        lines = [line.strip() for line in made[0].text.splitlines() if line.strip()] or ["nothing was said"]
        reason = next((line for line in lines if line.startswith("error:")), lines[-1])
        raise CommandError(f"the preview of stack {arguments.stack} must succeed, got: {reason}; see {arguments.to}")


def mark_of(stack: str) -> str:
    """Return the first line of a stack's comment, by which the next push finds it."""
    return f"<!-- preview of {stack} -->"


def parts(stack: str, base: str) -> list[Part]:
    """Run the stack's preview with the policy pack, and the comparisons of routes and contract with `base`."""
    module = [sys.executable, "-m"]
    pulumi = ["pulumi", "preview", "--non-interactive", "--diff", "--color", "never"]
    return [
        _run(f"Stack {stack}", [*pulumi, "--stack", stack, "--policy-pack", "policies"]),
        _run("Who may call what", [*module, "proof", "routes", "--diff", base]),
        _run("What front ends build on", [*module, "contract", "--check"]),
    ]


def as_markdown(stack: str, made: Sequence[Part]) -> str:
    """Return the comment. A part that failed is unfolded, the others are folded."""
    lines = [mark_of(stack)]
    for part in made:
        text = part.text.strip() or "nothing"
        if len(text) > LONGEST:
            text = f"{text[:LONGEST]}\n… {len(text) - LONGEST} more characters: see the job's log"
        fence = "`" * max(3, 1 + max(len(run) for run in _runs_of_backticks(text)))
        state = "" if part.succeeded else ": failed"
        lines += [
            f"<details{'' if part.succeeded else ' open'}><summary>{part.title}{state}</summary>",
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


def _run(title: str, command: Sequence[str]) -> Part:
    """Run a command, copy its output to the job's log, and return it."""
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
        raise CommandError(f"{command[0]} must be installed and on the PATH") from None
    except subprocess.TimeoutExpired as error:
        sys.stdout.write(f"{_text(error.stdout)}\n")
        raise CommandError(f"{' '.join(command[:2])} must end within {_DEADLINE} s") from None
    sys.stdout.write(f"{done.stdout}\n")
    return Part(title=title, text=done.stdout, succeeded=done.returncode == 0)


def _text(output: bytes | str | None) -> str:
    """Return what a command said before it was stopped, which arrives as bytes also where text was asked for."""
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""


COMMAND = Command(
    about="Write what this checkout would change in a stack, as Markdown for a pull request.",
    examples="""example:
  python -m operations preview --stack dev --base main --to preview.md""",
    add_arguments=add_arguments,
    execute=execute,
)
