"""The command line of the proofs: `python -m proof --help`."""

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

_ABOUT = "Prove that a stack is wired as the program says, and say who may call what."
_MORE = """examples:
  python -m proof routes                         who may call what
  python -m proof routes --diff main             what this checkout changes in that
  python -m proof smoke                          does the stack on this machine answer, refuse, and fit the program?
  python -m proof smoke --stack prod --user ada  the same of a deployed stack, as a user of it
  python -m proof attack --html attack.html      hostile requests against it, and what became of each"""

DEPLOYED_RATE = 20  # requests a second; a stack's own throttle is 50 unless its settings say otherwise


def _parser() -> Parser:
    parser = Parser(prog="python -m proof", description=_ABOUT, epilog=_MORE)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    routes = commands.add_parser(
        "routes",
        help="say who may call what",
        description="Say who may call what, from the route table of this checkout; or what changed in that.",
    )
    routes.add_argument("--format", choices=("text", "markdown", "json"), default="text", help="(text)")
    routes.add_argument(
        "--diff",
        nargs="+",
        metavar="REV",
        help="what changed since this commit, branch or tag; with a second one, up to that instead of this checkout",
    )
    routes.add_argument(
        "--fail-on-opening",
        action="store_true",
        help="with --diff: exit status 1 if somebody may call what nobody of the kind could before",
    )

    smoke = commands.add_parser(
        "smoke",
        help="look at a stack after a deployment",
        description="Check that a running stack answers, refuses and is wired as this checkout says; a line for each.",
    )
    target.add_arguments(smoke)

    attack = commands.add_parser(
        "attack",
        help="send hostile requests and judge the answers",
        description="Send every hostile request that needs no private key of the pool's to every route, and judge the"
        " answers. Exit status 1 on any deviation from what must happen.",
    )
    target.add_arguments(attack)
    attack.add_argument(
        "--rate",
        type=_rate,
        metavar="N",
        help=f"requests a second at most; 0 does not limit ({DEPLOYED_RATE} for a deployed stack, 0 on this machine)",
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
    told = {"text": changes.text, "markdown": changes.markdown, "json": changes.as_json}[arguments.format]
    print(told(found))
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
    from proof.attack import cases, page, report, run, world  # noqa: PLC0415

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
    with client.Client(aim, rate) as http, world.world_of(http, aim, table, user) as seen:
        results = list(run.attack(http, seen, cases.all_cases(), _progress("attack")))
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
    """CommandError now, rather than after a minute's run."""
    try:
        if path is not None:
            path.open("a").close()
    except OSError as error:
        raise CommandError(f"{path} must be writable, got: {error.strerror}") from None


def _progress(what: str) -> Callable[[int, int], None]:
    """Says every other second how far it is: over itself on a terminal, in lines elsewhere."""
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
