"""`python -m operations release`: move traffic between the published versions of the API's functions."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

from handler.routes import ROUTES
from operations.account import client
from operations.alias import Alarms, Alias
from operations.shift import DEFAULT, Released, Step, rollback, shift
from stacks import outputs as stack_outputs
from stacks.command_line import Command, CommandError
from stacks.routes import public_route


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the actions, each with the options that name the stack."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    status = actions.add_parser("status", help="show which version answers, and which alarms are on")
    shifting = actions.add_parser(
        "shift", help="move the traffic to the newest versions, watched by the stack's alarms"
    )
    shifting.add_argument("--to", metavar="VERSION", help="the version of one function to move to (the newest)")
    shown = ",".join(f"{step.share * 100:g}:{step.minutes:g}" for step in DEFAULT)
    shifting.add_argument(
        "--steps", type=_steps, default=DEFAULT, metavar="SHARE:MINUTES,…", help=f"percent and minutes ({shown})"
    )
    back = actions.add_parser("rollback", help="end a shift in progress, or undo the last release")
    back.add_argument("--to", metavar="VERSION", help="the version of one function to go back to")
    for action in (status, shifting, back):
        action.add_argument("--function", metavar="NAME", help="one function, by its name in the route table (all)")
        stack_outputs.add_arguments(action)


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
    """Run the action; CommandError where the stack cannot be released."""
    # A canceled job gets SIGTERM: it must shift the traffic back as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    outputs = stack_outputs.read(arguments)
    named = f" --stack {arguments.stack}" if arguments.stack else ""
    functions = _functions(outputs, arguments.function, named)

    def say(line: str) -> None:
        _say(line.replace("release rollback", f"release rollback{named}"))

    if getattr(arguments, "to", None) and len(functions) > 1:
        names = "|".join(each.name for each in functions)
        raise CommandError(f"--to must be the version of one function; name it with: --function {names}")
    alarms = Alarms(client(outputs, "cloudwatch"), list(outputs["release"].get("alarms") or []))
    if arguments.action == "status":
        for each in functions:
            _say(f"{each.name}: {each.alias.traffic()}; published: {', '.join(each.alias.versions())}")
        _say(f"alarms on: {', '.join(alarms.in_alarm()) or 'none'}")
    elif arguments.action == "rollback":
        rollback(functions, version=arguments.to, say=say)
    else:
        if not alarms.names:
            _say("no alarm watches this release: the stack has none")
        shift(functions, alarms, arguments.steps, version=arguments.to, say=say)


def _functions(outputs: dict[str, Any], chosen: str | None, named: str) -> list[Released]:
    """Return the functions of the output `release`, or the chosen one."""
    known = (outputs.get("release") or {}).get("functions") or {}
    if not any(each.get("alias") for each in known.values()):
        raise CommandError(f"liveAlias must be on for a release; set it with: pulumi config set{named} liveAlias true")
    if chosen is not None and chosen not in known:
        raise CommandError(f"--function must be one of {', '.join(known)}, got {chosen}")
    aws_lambda, made = client(outputs, "lambda"), []
    for name, each in known.items():
        route = public_route(route for route in ROUTES if route.function == name)
        alias = Alias(aws_lambda, each["function"], each["alias"])
        made.append(Released(name=name, alias=alias, route_key=route.key if route else None))
    return [each for each in made if chosen in {None, each.name}]


COMMAND = Command(
    about="Move the traffic of the deployed functions to their newest versions in steps, and back.",
    examples="""examples:
  python -m operations release status --stack prod              show which versions answer
  python -m operations release shift --stack prod               5 % for 5 minutes, 50 % for 10, then all
  python -m operations release shift --stack prod --steps 10:2,25:5
  python -m operations release rollback --stack prod            end a shift, or undo the last release
  python -m operations release rollback --stack prod --function api --to 41

For a stack with shiftTraffic, where pulumi up publishes versions and leaves the traffic where it is.""",
    add_arguments=add_arguments,
    execute=execute,
)
