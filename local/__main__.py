"""The command line of the local run: `python -m local --help`."""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from local.recorder import LOG
from local.running import Folder
from local.tail import Tail
from stacks import ROOT
from stacks.command_line import CommandError, Parser, run
from stacks.terminal import printable

_ABOUT = "Run the stack on this machine: the same Pulumi program, against an AWS emulator. No account, no Docker."
_MORE = """examples:
  python -m local up                         until Ctrl-C
  python -m local up --detach --port 0       in the background, on a free port
  python -m local token --user ada           an access token; the user is created if new
  python -m local call GET /PATH --user ada --scope SCOPE
  python -m local call POST /PATH --user ada --data '{"name": "value"}'
  python -m local call GET /PATH --user ada --here       in this process, for a debugger
  python -m local logs --follow              what the functions write, until Ctrl-C
  python -m local down"""

POLL_INTERVAL = 0.3  # seconds between two reads of the log
_IN_URLS = "/:?#[]@!$&'()*+,;=%"  # of RFC 3986; others are sent in percent encoding, as a browser does
STATUS_PATIENCE = 5  # seconds
MAXIMUM_LINE = 1_048_576  # characters that are shown of an answer or a log line: CloudWatch's maximum, 1 MB


def _parser() -> Parser:
    parser = Parser(prog="python -m local", description=_ABOUT, epilog=_MORE)
    parser.add_argument("--dir", type=Path, default=ROOT / ".local", help="folder for the run's files (.local)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    up = commands.add_parser(
        "up", help="bring the stack up", description="Bring the stack up and keep it until Ctrl-C."
    )
    up.add_argument("--stack", default="local", metavar="NAME", help="use the settings of Pulumi.NAME.yaml (local)")
    up.add_argument(
        "--port", type=_port, default=4566, metavar="N", help="port on 127.0.0.1; 0 picks a free one (4566)"
    )
    up.add_argument("--reset", action="store_true", help="begin without the users and items of the last run")
    up.add_argument("--detach", action="store_true", help="return once the stack is up, and leave it running")

    commands.add_parser("down", help="stop the stack", description="Stop the stack if one runs on this machine.")
    reset = commands.add_parser(
        "reset",
        help="delete users and items",
        description="Delete the users and items that a stopped stack has saved; the next `up` begins anew.",
    )
    reset.add_argument("--stack", default="local", metavar="NAME", help="the stack of Pulumi.NAME.yaml (local)")
    commands.add_parser(
        "status",
        help="show what runs",
        description="Show the stack that runs on this machine; exit status 1 if none does.",
    )

    token = commands.add_parser("token", help="print a token", description="Sign a user in and print the token alone.")
    _add_user_options(token, user="demo")
    token.add_argument("--id", action="store_true", help="print the ID token instead of the access token")

    call = commands.add_parser(
        "call", help="call the API", description="Call a route; exit status 1 if the answer is an error."
    )
    call.add_argument("method", metavar="METHOD", help="such as GET")
    call.add_argument("path", metavar="PATH", help="the route's path, which begins with /")
    call.add_argument("--data", metavar="JSON", help="a body, or @FILE with the body; sent as application/json")
    call.add_argument(
        "--here", action="store_true", help="run the function's code in this process, so that a debugger can stop in it"
    )
    _add_user_options(call, user=None)

    logs = commands.add_parser("logs", help="print the functions' logs", description="Print what the functions wrote.")
    logs.add_argument("--follow", action="store_true", help="go on until Ctrl-C")
    return parser


def _add_user_options(parser: argparse.ArgumentParser, user: str | None) -> None:
    default = f"sign in as this user ({user})" if user else "sign in as this user; without it no token is sent"
    parser.add_argument("--user", default=user, type=_name, metavar="NAME", help=f"{default}; created if new")
    parser.add_argument(
        "--client", type=_name, metavar="NAME", help="use a machine client of appClients instead of a user"
    )
    parser.add_argument(
        "--group", action="append", default=[], metavar="G", help="add the user to this group; may repeat"
    )
    parser.add_argument("--scope", action="append", default=[], metavar="S", help="ask for this scope; may repeat")
    parser.add_argument("--password", metavar="P", help="password of a user that these commands did not create")


def _name(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError(f"the name must not be empty, got {text!r}")
    return text


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"port must be 0 to 65535, got {text}")
    return int(text)


def _up(arguments: argparse.Namespace, folder: Folder) -> int:
    from local import up  # noqa: PLC0415 - imports Pulumi, which would cost the other commands a second

    try:
        start = up.up_detached if arguments.detach else up.up
        start(arguments.stack, arguments.port, folder, reset=arguments.reset)
    except up.Interrupted:
        raise CommandError("interrupted before the stack was up; nothing is left running") from None
    return 0


def _down(_: argparse.Namespace, folder: Folder) -> int:
    print("Stopped." if folder.stop() else "Nothing was running.")
    return 0


def _reset(arguments: argparse.Namespace, folder: Folder) -> int:
    from local.state import State  # noqa: PLC0415 - as above
    from stacks.engine import Stack  # noqa: PLC0415 - likewise

    stack = Stack.load(arguments.stack)
    with folder.held():
        there = State(folder.path, stack.name, stack.region).reset()
    print(f"Stack {stack.name} begins anew." if there else f"Stack {stack.name} had nothing saved.")
    return 0


def _status(_: argparse.Namespace, folder: Folder) -> int:
    run, outputs = folder.run(), folder.outputs()
    minutes = (time.time() - run.started_at) / 60
    print(f"Stack {run.stack} has been up for {minutes:.0f} min, process {run.pid}")
    print(f"  API           {outputs['apiUrl']}")
    print(f"  AWS endpoint  {run.endpoint}")
    if run.first_call:
        method, path = run.first_call.split(" ")
        answered = _request(outputs["apiUrl"], method, path, timeout=STATUS_PATIENCE)[0]
        print(f"  {run.first_call:<12}  {answered}")
        if answered == 404 or answered >= 500:
            raise CommandError(f"{run.first_call} must answer, got {answered}; restart the stack with: make down up")
    return 0


def _token_of(arguments: argparse.Namespace, folder: Folder, use: str) -> str:
    from local.provider import refusals_in_one_line  # noqa: PLC0415 - imports boto3, which other commands do not need
    from local.users import Users  # noqa: PLC0415 - likewise

    with refusals_in_one_line():
        outputs, run_ = folder.outputs(), folder.run()
        users = Users(outputs, run_.password, earlier=run_.earlier_passwords)
        if arguments.client:
            return users.machine_token(arguments.client, arguments.scope)
        name = users.ensure(arguments.user, arguments.group)
        return str(users.tokens(name, arguments.scope, arguments.password)[use])


def _token(arguments: argparse.Namespace, folder: Folder) -> int:
    print(_token_of(arguments, folder, "id_token" if arguments.id else "access_token"))
    return 0


def _call(arguments: argparse.Namespace, folder: Folder) -> int:
    token = _token_of(arguments, folder, "access_token") if arguments.user or arguments.client else None
    method, path = arguments.method.upper(), arguments.path
    if not path.startswith("/"):
        raise CommandError(f"path must start with /, got {path}")
    body = _body(arguments.data) if arguments.data is not None else None
    path = quote(path, safe="/?&=%" + "!$'()*+,;:@-._~")  # as a browser sends it
    outputs = folder.outputs()
    if arguments.here:
        status, reason, answer = _here(outputs, method, path, token, body)
    else:
        status, reason, answer = _request(outputs["apiUrl"], method, path, token, body)
    print(printable(answer, MAXIMUM_LINE, keep="\n\t"))
    if status >= 400:
        raise CommandError(f"{method} {printable(path, 200)} answered {status} {reason}")
    return 0


def _logs(arguments: argparse.Namespace, folder: Folder) -> int:
    folder.run()
    log = folder.path / LOG
    older = log.with_name(f"{LOG}.1")
    with (
        contextlib.suppress(KeyboardInterrupt),
        closing(Tail(log, from_start=True)) as lines,
    ):  # Ctrl-C is the usual end
        if older.exists():
            with older.open(errors="replace") as before:
                for line in before:
                    print(printable(line, MAXIMUM_LINE, keep="\n\t"), end="")
        while True:
            for line in lines.new():
                print(printable(line, MAXIMUM_LINE, keep="\t"), flush=True)
            if not arguments.follow:
                break
            if not folder.is_up():
                raise CommandError("the stack has stopped; start one with: make up")
            time.sleep(POLL_INTERVAL)
    return 0


def _body(data: str) -> bytes:
    """Return the body that --data gives: the text itself, or a file's content."""
    if not data.startswith("@"):
        return os.fsencode(data)
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        raise CommandError(f"--data {data} must name a readable file, got: {error.strerror}") from None


def _here(
    outputs: dict[str, Any], method: str, path: str, token: str | None, body: bytes | None
) -> tuple[int, str, str]:
    from local import here  # noqa: PLC0415 - imports the function's code

    return here.call(outputs, method, path, token, None if body is None else body.decode(errors="replace"))


def _request(
    api_url: str, method: str, path: str, token: str | None = None, body: bytes | None = None, timeout: float = 35
) -> tuple[int, str, str]:
    url = urlsplit(api_url)
    connection = http.client.HTTPConnection(url.netloc, timeout=timeout)
    try:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, f"{url.path}{quote(path, safe=_IN_URLS)}", body, headers)
        response = connection.getresponse()
        return response.status, response.reason, response.read().decode(errors="replace")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise CommandError(f"{url.netloc} must answer, got: {error}") from None
    finally:
        connection.close()


_COMMANDS = {
    "up": _up,
    "down": _down,
    "reset": _reset,
    "status": _status,
    "token": _token,
    "call": _call,
    "logs": _logs,
}


def _command(parsed: argparse.Namespace) -> int:
    return _COMMANDS[parsed.command](parsed, Folder(parsed.dir.resolve()))


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status: 0, or 1 after one line on standard error."""
    return run(_parser(), arguments, _command)


if __name__ == "__main__":
    sys.exit(main())
