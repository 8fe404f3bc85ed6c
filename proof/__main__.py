"""Command line of the proofs: `python -m proof --help`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from proof import target
from stacks import ROOT
from stacks.command_line import CommandError, Parser, run

_ABOUT = "Show who may call what, and test that a running stack is what the program says."
_MORE = """examples:
  python -m proof routes                         who may call what
  python -m proof routes --diff main             what this checkout changes, compared with main
  python -m proof smoke                          test the stack on this machine
  python -m proof smoke --stack prod --user ada  test a deployed stack, signed in as one of its users
  python -m proof attack --html attack.html      send hostile requests and write a report"""

DEPLOYED_RATE = 20  # requests a second; a stack's own throttle is 50 unless its settings say otherwise


def _parser() -> Parser:
    parser = Parser(prog="python -m proof", description=_ABOUT, epilog=_MORE)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    routes = commands.add_parser(
        "routes",
        help="show who may call what",
        description="Show who may call what, from the route table of this checkout; or what changed since a revision.",
    )
    routes.add_argument("--format", choices=("text", "markdown", "json"), default="text", help="(text)")
    routes.add_argument(
        "--diff",
        nargs="+",
        metavar="REV",
        help="show the changes since this commit, branch or tag; a second one replaces this checkout",
    )
    routes.add_argument(
        "--fail-on-opening",
        action="store_true",
        help="with --diff: exit with status 1 if a change admits callers that were refused before",
    )

    smoke = commands.add_parser(
        "smoke",
        help="test a stack after a deployment",
        description="Test that a running stack answers, refuses, and is wired as this checkout says. \n"
        "Prints a line for each check. A check that could not be made is shown as skipped, with the reason, and its\n"
        "name is repeated in the last line.",
    )
    target.add_arguments(smoke)

    attack = commands.add_parser(
        "attack",
        help="send hostile requests and judge the answers",
        description="Send every hostile request that can be sent without the pool's private key to every\n"
        "route, and judge the answers. Exits with status 1 if an answer deviates from the expected one.",
    )
    target.add_arguments(attack)
    attack.add_argument(
        "--rate",
        type=_rate,
        metavar="N",
        help=f"maximum requests per second, 0 for no limit (default: {DEPLOYED_RATE}, on this machine 0)",
    )
    for name, words in (("json", "for programs"), ("junit", "as JUnit XML, for CI"), ("html", "as a page to read")):
        attack.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"write the results {words}")
    return parser


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1
    if not 0 <= rate <= 10_000:
        raise argparse.ArgumentTypeError(f"rate must be 0 to 10000 requests a second, got {text}")
    return rate


def _routes(arguments: argparse.Namespace, root: Path) -> int:
    from proof import access, changes, revision  # noqa: PLC0415 - each command loads what it needs

    if arguments.diff is None:
        if arguments.fail_on_opening:
            raise CommandError("--fail-on-opening must come with --diff REV")
        shown = {"text": access.text, "markdown": access.markdown, "json": access.as_json}[arguments.format]
        print(shown(access.current()))
        return 0
    if len(arguments.diff) > 2:
        raise CommandError(f"--diff must name one or two revisions, got {len(arguments.diff)}")
    before = revision.of_revision(root, arguments.diff[0])
    is_pair = len(arguments.diff) == 2
    after = revision.of_revision(root, arguments.diff[1]) if is_pair else revision.of_folder(root, "this checkout")
    found = changes.between(before, after)
    write = {"text": changes.text, "markdown": changes.markdown, "json": changes.as_json}[arguments.format]
    print(write(found))
    openings = [change for change in found if change.opening]
    if arguments.fail_on_opening and openings:
        count = "a change opens" if len(openings) == 1 else f"{len(openings)} changes open"
        raise CommandError(f"{count} the API: {'; '.join(map(str, openings))}")
    return 0


def _smoke(arguments: argparse.Namespace, root: Path) -> int:
    from proof import access, client, smoke  # noqa: PLC0415 - each command loads what it needs

    user = _user(arguments)
    aim = target.read(arguments, root)
    print(f"Smoke test of {aim.api_url}", flush=True)
    with client.Client(aim) as http:
        failed = smoke.run(smoke.checks(http, aim, access.current(), user), lambda line: print(line, flush=True))
    if failed:
        raise CommandError(f"the stack must pass every check, and fails {failed}")
    return 0


def _attack(arguments: argparse.Namespace, root: Path) -> int:
    from proof import access, client  # noqa: PLC0415 - each command loads what it needs
    from proof.attack import cases, page, report, run, stack  # noqa: PLC0415 - likewise

    user = _user(arguments)
    aim, table = target.read(arguments, root), access.current()
    files = {
        arguments.json: report.as_json,
        arguments.junit: report.junit,
        arguments.html: page.html,
    }
    for path in files:
        _check_writable(path)
    rate = arguments.rate if arguments.rate is not None else 0 if aim.is_local else DEPLOYED_RATE
    started, began = datetime.now(UTC), time.perf_counter()
    print(f"Attack on {aim.api_url}", flush=True)
    with client.Client(aim, rate) as http, stack.target_stack(http, aim, table, user) as attacked:
        results = list(run.attack(http, attacked, cases.live_cases(), _progress("attack")))
    done = report.Run(
        api_url=aim.api_url,
        is_local=aim.is_local,
        routes=tuple(route.key for route in table.routes),
        started=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        seconds=time.perf_counter() - began,
        results=results,
    )
    print(report.text(done))
    for path, write in files.items():
        if path is not None:
            path.write_text(write(done), encoding="utf-8")
    if done.deviations:
        raise CommandError(f"the stack must answer as the corpus expects, and has {done.headline}")
    return 0


def _check_writable(path: Path | None) -> None:
    """Raise CommandError before the run if a report cannot be written."""
    try:
        if path is not None:
            path.open("a").close()
    except OSError as error:
        raise CommandError(f"{path} must be writable, got: {error.strerror}") from None


def _progress(what: str) -> Callable[[int, int], None]:
    """Return a function that prints the progress every two seconds; on a terminal, each line overwrites the last."""
    is_terminal = sys.stderr.isatty()
    said = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal said
        is_over = done == total
        if time.monotonic() - said < 2 and not (is_over and is_terminal):
            return
        said = time.monotonic()
        line = f"{what}: {done} of {total}"
        if is_terminal:
            line = "\r" + (" " * len(line) + "\r" if is_over else line)
        print(line, end="" if is_terminal else "\n", file=sys.stderr, flush=True)

    return progress


def _user(arguments: argparse.Namespace) -> tuple[str, str] | None:
    if arguments.user is None:
        if arguments.password is not None:
            raise CommandError("--password must come with --user NAME")
        return None
    password = arguments.password or os.environ.get("PROOF_PASSWORD")
    if not password:
        raise CommandError("--user must come with --password P, or $PROOF_PASSWORD")
    return arguments.user, password


_COMMANDS = {"routes": _routes, "smoke": _smoke, "attack": _attack}


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run one command on the checkout at `root`; its exit status: 0, or 1 after one line on standard error."""
    return run(_parser(), arguments, lambda parsed: _COMMANDS[parsed.command](parsed, root))


if __name__ == "__main__":
    sys.exit(main())
