"""The command line: `python -m tests.sabotage --help`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from stacks.command_line import CommandError, Parser, run
from tests.sabotage.live import LIVE
from tests.sabotage.page import NOTHING, code, row, write
from tests.sabotage.risks import Risk
from tests.sabotage.run import AnyRisk, Outcome, outcomes
from tests.sabotage.tree import every_risk

_ABOUT = "Undo what protects the stack, one protection at a time in a copy, and see that a test notices."
_MORE = """examples:
  python -m tests.sabotage                             all of them; exit status 1 if one goes unnoticed
  python -m tests.sabotage --only '*audience*'         those with such a name
  python -m tests.sabotage --markdown docs/sabotage.md write the results to the page; other rows stay"""


def _parser() -> Parser:
    parser = Parser(prog="python -m tests.sabotage", description=_ABOUT, epilog=_MORE)
    parser.add_argument("--list", action="store_true", help="say what there is, and do nothing")
    parser.add_argument("--only", metavar="NAME", help="those whose name fits this pattern, such as 'live-*'")
    parser.add_argument("--jobs", type=_jobs, default=2, metavar="N", help="how many at once (2)")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write what came of it to this page, too")
    return parser


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise argparse.ArgumentTypeError(f"jobs must be 1 to 64, got {text}")
    return int(text)


def _undo(chosen: Sequence[AnyRisk], jobs: int = 2, markdown: Path | None = None) -> int:
    """Undo the chosen protections and print each result; exit status 1 if no test noticed one."""
    started = time.perf_counter()
    known: dict[str, Outcome] = {}
    width = max(len(each.name) for each in chosen)
    for outcome in outcomes(chosen, jobs, _say):
        known[outcome.risk.name] = outcome
        word = "caught" if outcome.caught else "UNCAUGHT"
        line = f"{word:<8}  {outcome.seconds:5.1f} s  {outcome.risk.name:<{width}}  {_by(outcome)}"
        _say(f"[{len(known):>{len(str(len(chosen)))}}/{len(chosen)}] {line}")
    uncaught = [each.name for each in chosen if not known[each.name].caught]
    seconds = time.perf_counter() - started
    _say(f"{len(chosen)} risks, {len(chosen) - len(uncaught)} caught, {len(uncaught)} uncaught, {seconds:.0f} s")
    if markdown is not None:
        write(markdown, [_row(known[each.name]) for each in chosen], [each.name for each in _every()])
    if uncaught:
        raise CommandError(f"every risk must be caught, but no test noticed: {', '.join(uncaught)}")
    return 0


def _every() -> tuple[AnyRisk, ...]:
    return (*every_risk(), *LIVE)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()  # a line for each sabotage, also into a file or a pipe


def _row(outcome: Outcome) -> str:
    """Return the row: what was undone, what it would mean, and which test noticed."""
    risk = outcome.risk
    place = code(risk.file) if isinstance(risk, Risk) else "the running API"
    by = code(_by(outcome)) if outcome.caught else NOTHING
    return row(code(risk.name), place, risk.gain, by)


def _by(outcome: Outcome) -> str:
    return outcome.caught_by or outcome.trouble or "no test noticed"


def _command(asked: argparse.Namespace) -> int:
    chosen = [each for each in _every() if fnmatchcase(each.name, asked.only or "*")]
    if not chosen:
        raise CommandError(f"--only must fit the name of a risk, got {asked.only}; see them with: --list")
    if asked.list:
        width = max(len(each.name) for each in chosen)
        for each in chosen:
            _say(f"{each.name:<{width}}  {each.gain}")
        return 0
    return _undo(chosen, asked.jobs, asked.markdown)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, or 1 with one line on standard error."""
    return run(_parser(), arguments, _command)


if __name__ == "__main__":
    sys.exit(main())
