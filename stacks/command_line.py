"""What the commands of this project share: a bad argument, an error and Ctrl-C are each one line and exit status 1."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn


class CommandError(Exception):
    """What stops a command. The text is one line for the person at the terminal: what is wrong and what to do."""


class Parser(argparse.ArgumentParser):
    """Raises CommandError instead of leaving the program, and keeps the lines of its texts as they are."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": argparse.RawDescriptionHelpFormatter, **options})

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message}; see: {self.prog} --help")


def run(
    parser: Parser,
    arguments: Sequence[str] | None,
    command: Callable[[argparse.Namespace], int | None],
) -> int:
    """The exit status: what `command` returns, None being 0; or 1 after a line that begins with the module's name.

    A CommandError says in one line what is wrong; any other exception is a fault of this project, and shows its
    traceback.
    """
    name = parser.prog.rpartition(" ")[2]
    try:
        status = command(parser.parse_args(arguments)) or 0
        sys.stdout.flush()
    except CommandError as error:
        sys.stdout.flush()  # the line is the last one, also where both go to one file
        sys.stderr.write(f"{name}: {error}\n")
    except KeyboardInterrupt:
        sys.stderr.write(f"{name}: interrupted\n")
    except BrokenPipeError:  # whoever read the output has seen enough; Python tries to write the rest when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    else:
        return status
    return 1
