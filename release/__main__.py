"""The command line: `python -m release --help`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

import stack_outputs
from command_line import Parser, run
from local.provider import client as emulator_client
from release import ReleaseError
from release.alias import Alarms, Alias
from release.shift import DEFAULT, Step, rollback, shift

_ABOUT = "Move a deployed function's traffic to its newest version, a share at a time, and back."
_MORE = """examples:
  python -m release --stack prod status              which version answers
  python -m release --stack prod shift               5 % for 5 minutes, 50 % for 10, then all; back if an alarm rings
  python -m release --stack prod shift --steps 10:2,25:5
  python -m release --stack prod rollback            end a shift, or go back to the version before
  python -m release --stack prod rollback --to 41

For a stack with shiftTraffic, where pulumi up publishes a version and leaves the traffic where it is."""


def _parser() -> Parser:
    parser = Parser(prog="python -m release", description=_ABOUT, epilog=_MORE)
    stack_outputs.add_arguments(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("status", help="say which version answers, and what alarms ring")
    move = commands.add_parser("shift", help="move the traffic to a new version, watched by the stack's alarms")
    move.add_argument("--to", metavar="VERSION", help="the version to move to (the newest)")
    shown = ",".join(f"{step.share * 100:g}:{step.minutes:g}" for step in DEFAULT)
    move.add_argument(
        "--steps", type=_steps, default=DEFAULT, metavar="SHARE:MINUTES,…", help=f"percent and minutes ({shown})"
    )
    back = commands.add_parser("rollback", help="end a shift that is under way, or go back to the version before")
    back.add_argument("--to", metavar="VERSION", help="the version to go back to")
    return parser


def _steps(text: str) -> tuple[Step, ...]:
    try:
        pairs = [(float(share), float(minutes)) for share, minutes in (each.split(":") for each in text.split(","))]
    except ValueError:
        raise argparse.ArgumentTypeError(f"steps must be like 5:5,50:10, got {text}") from None
    shares = [share for share, _ in pairs]
    if not all(0 < share < 100 for share in shares) or shares != sorted(shares):
        raise argparse.ArgumentTypeError(f"shares must rise, each above 0 and below 100 percent, got {text}")
    if not all(0 <= minutes <= 24 * 60 for _, minutes in pairs):
        raise argparse.ArgumentTypeError(f"minutes must be 0 to {24 * 60}, got {text}")
    return tuple(Step(share / 100, minutes) for share, minutes in pairs)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _run(arguments: argparse.Namespace) -> None:
    outputs = stack_outputs.read(arguments)
    released = outputs.get("release") or {}
    if not released.get("alias"):
        raise ReleaseError(
            "the stack must have liveAlias on for a release; set it with: pulumi config set liveAlias true"
        )
    alias = Alias(_client(outputs, "lambda"), released["function"], released["alias"])
    alarms = Alarms(_client(outputs, "cloudwatch"), list(released.get("alarms") or []))
    if arguments.command == "status":
        ringing = ", ".join(alarms.ringing()) or "none"
        _say(f"{alias.traffic()}; published: {', '.join(alias.versions())}; alarms ringing: {ringing}")
    elif arguments.command == "rollback":
        rollback(alias, version=arguments.to, say=_say)
    else:
        if not alarms.names:
            _say("no alarm watches this release: alarms are off in this stack")
        shift(alias, alarms, arguments.steps, version=arguments.to, say=_say)


def _client(outputs: dict[str, Any], service: str) -> Any:
    if outputs.get("awsEndpointUrl"):
        return emulator_client(outputs["awsEndpointUrl"], outputs["region"], service)
    try:
        session = boto3.Session(region_name=outputs["region"])
        if session.get_credentials() is None:
            raise ReleaseError("there must be AWS credentials here, for the stack's account")
        return session.client(service, config=Config(retries={"mode": "standard", "max_attempts": 5}))
    except BotoCoreError as error:
        raise ReleaseError(f"the AWS credentials here must be usable, got: {' '.join(str(error).split())}") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0, or 1 with one line on standard error."""
    # A cancelled job gets SIGTERM: it must put the traffic back as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return run(_parser(), arguments, _run, ReleaseError, stack_outputs.OutputsError)


if __name__ == "__main__":
    sys.exit(main())
