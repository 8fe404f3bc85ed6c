"""The command line: `python -m tests.sabotage --help`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from stacks.command_line import CommandError, Parser, run
from tests.sabotage.catalogue import SABOTAGES, Sabotage
from tests.sabotage.live import LIVE
from tests.sabotage.needed import checks, verdicts
from tests.sabotage.page import CAUGHT, NEEDED, NOTHING, code, row
from tests.sabotage.run import AnySabotage, Outcome, outcomes

_ABOUT = "Undo what protects the stack, one thing at a time in a copy, and see that a check notices."
_MORE = """examples:
  python -m tests.sabotage                             all of them; exit status 1 if one goes unnoticed
  python -m tests.sabotage --only '*audience*'         those with such a name
  python -m tests.sabotage --markdown docs/sabotage.md write the results to the page; other rows stay
  python -m tests.sabotage --without all               leave each check out in turn"""


def _parser() -> Parser:
    parser = Parser(prog="python -m tests.sabotage", description=_ABOUT, epilog=_MORE)
    parser.add_argument("--list", action="store_true", help="say what there is, and do nothing")
    parser.add_argument("--only", metavar="NAME", help="those whose name fits this pattern, such as 'live-*'")
    parser.add_argument("--jobs", type=_jobs, default=2, metavar="N", help="how many at once (2)")
    parser.add_argument("--without", metavar="CHECK", help="leave this test file out (or each in turn: all)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write what came of it to this page, too")
    return parser


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"jobs must be 1 to 64, got {text}")
    return int(text)


def _undo(chosen: Sequence[AnySabotage], jobs: int = 2, markdown: Path | None = None) -> int:
    """Do the chosen sabotages and print what came of each; exit status 1 if one went uncaught."""
    started = time.perf_counter()
    known: dict[str, Outcome] = {}
    width = max(len(each.name) for each in chosen)
    for outcome in outcomes(chosen, jobs, _say):
        known[outcome.sabotage.name] = outcome
        word = "caught" if outcome.caught else "UNCAUGHT"
        line = f"{word:<8}  {outcome.seconds:5.1f} s  {outcome.sabotage.name:<{width}}  {_by(outcome)}"
        _say(f"[{len(known):>{len(str(len(chosen)))}}/{len(chosen)}] {line}")
    uncaught = [each.name for each in chosen if not known[each.name].caught]
    seconds = time.perf_counter() - started
    _say(f"{len(chosen)} sabotages, {len(chosen) - len(uncaught)} caught, {len(uncaught)} uncaught, {seconds:.0f} s")
    if markdown is not None:
        CAUGHT.write(markdown, [_row(known[each.name]) for each in chosen], [each.name for each in _every()])
    if uncaught:
        raise CommandError(f"every sabotage must be caught, but no check noticed: {', '.join(uncaught)}")
    return 0


def _leave_out(asked: Sequence[str], jobs: int = 2, markdown: Path | None = None) -> int:
    """Leave out each of the checks in turn, and print what then goes unnoticed; exit status 1 if nothing does."""
    idle = []
    for verdict in verdicts(asked, jobs):
        if markdown is not None:  # at once: all of them take half an hour
            rows = [row(code(verdict.check), verdict.missed or NOTHING)]
            NEEDED.write(markdown, rows, [code(each) for each in checks()])
        if verdict.missed is None:
            idle.append(verdict.check)
            noticed = ", ".join(f"{name} by {by}" for name, by in verdict.noticed)
            _say(f"NOT NEEDED  {verdict.check}: all its sabotages are noticed without it: {noticed}")
        else:
            _say(f"needed      {verdict.check}: without it {verdict.missed} goes unnoticed")
    if idle:
        raise CommandError(f"every check must notice something that no other does, but not {', '.join(idle)}")
    return 0


def _every() -> tuple[AnySabotage, ...]:
    return (*SABOTAGES, *LIVE)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()  # a line for each sabotage, also into a file or a pipe


def _row(outcome: Outcome) -> str:
    """What was undone, what that means, what noticed, and how fast."""
    sabotage = outcome.sabotage
    place = code(sabotage.file) if isinstance(sabotage, Sabotage) else "the running API"
    by = code(_by(outcome)) if outcome.caught else NOTHING
    return row(sabotage.name, place, sabotage.risk, by, f"{outcome.seconds:.1f}")


def _by(outcome: Outcome) -> str:
    return outcome.caught_by or outcome.trouble or "no check noticed"


def _command(asked: argparse.Namespace) -> int:
    chosen = [each for each in _every() if fnmatchcase(each.name, asked.only or "*")]
    if not chosen:
        raise CommandError(f"--only must fit the name of a sabotage, got {asked.only}; see them with: --list")
    if asked.list:
        width = max(len(each.name) for each in chosen)
        for each in chosen:
            _say(f"{each.name:<{width}}  {each.risk}")
        return 0
    if asked.without:
        return _leave_out(checks() if asked.without == "all" else [asked.without], asked.jobs, asked.markdown)
    return _undo(chosen, asked.jobs, asked.markdown)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, or 1 with one line on standard error."""
    return run(_parser(), arguments, _command)


if __name__ == "__main__":
    sys.exit(main())
