"""`python -m operations release`: move traffic between the published versions of a function."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from local.provider import client as emulator_client
from operations.alias import Alarms, Alias
from operations.shift import DEFAULT, Step, rollback, shift
from stacks import outputs as stack_outputs
from stacks.command_line import CommandError

ABOUT = "Move a deployed function's traffic to its newest version, a share at a time, and back."
EXAMPLES = """examples:
  python -m operations release --stack prod status              which version answers
  python -m operations release --stack prod shift               5 % for 5 minutes, 50 % for 10, then all
  python -m operations release --stack prod shift --steps 10:2,25:5
  python -m operations release --stack prod rollback            end a shift, or go back to the version before
  python -m operations release --stack prod rollback --to 41

For a stack with shiftTraffic, where pulumi up publishes a version and leaves the traffic where it is."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `status`, `shift` and `rollback`, and the options that name the stack."""
    stack_outputs.add_arguments(parser)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("status", help="say which version answers, and what alarms ring")
    move = actions.add_parser("shift", help="move the traffic to a new version, watched by the stack's alarms")
    move.add_argument("--to", metavar="VERSION", help="the version to move to (the newest)")
    shown = ",".join(f"{step.share * 100:g}:{step.minutes:g}" for step in DEFAULT)
    move.add_argument(
        "--steps", type=_steps, default=DEFAULT, metavar="SHARE:MINUTES,…", help=f"percent and minutes ({shown})"
    )
    back = actions.add_parser("rollback", help="end a shift that is under way, or go back to the version before")
    back.add_argument("--to", metavar="VERSION", help="the version to go back to")


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


def execute(arguments: argparse.Namespace) -> None:
    """Do what the command line asks; CommandError where the stack cannot be released."""
    # A cancelled job gets SIGTERM: it must put the traffic back as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    outputs = stack_outputs.read(arguments)
    released = outputs.get("release") or {}
    if not released.get("alias"):
        raise CommandError(
            "the stack must have liveAlias on for a release; set it with: pulumi config set liveAlias true"
        )
    alias = Alias(_client(outputs, "lambda"), released["function"], released["alias"])
    alarms = Alarms(_client(outputs, "cloudwatch"), list(released.get("alarms") or []))
    if arguments.action == "status":
        ringing = ", ".join(alarms.ringing()) or "none"
        _say(f"{alias.traffic()}; published: {', '.join(alias.versions())}; alarms ringing: {ringing}")
    elif arguments.action == "rollback":
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
            raise CommandError("there must be AWS credentials here, for the stack's account")
        return session.client(service, config=Config(retries={"mode": "standard", "max_attempts": 5}))
    except BotoCoreError as error:
        raise CommandError(f"the AWS credentials here must be usable, got: {' '.join(str(error).split())}") from None
