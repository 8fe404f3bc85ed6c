"""What the commands of this project share: a bad argument, an error and Ctrl-C are each one line and exit status 1."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn


class UsageError(Exception):
    """The arguments cannot be used. The text is one line: what is wrong and where the help is."""


class Parser(argparse.ArgumentParser):
    """Raises UsageError instead of leaving the program, and keeps the lines of its texts as they are."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": argparse.RawDescriptionHelpFormatter, **options})

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see: {self.prog} --help")


def run(
    parser: Parser,
    arguments: Sequence[str] | None,
    command: Callable[[argparse.Namespace], int | None],
    *errors: type[Exception],
) -> int:
    """The exit status: what `command` returns, None being 0; or 1 after a line that begins with the module's name.

    `errors` are those whose text says in one line what is wrong; any other is a fault of ours, and shows its traceback.
    """
    expected: tuple[type[Exception], ...] = (UsageError, *errors)
    name = parser.prog.rpartition(" ")[2]
    try:
        status = command(parser.parse_args(arguments)) or 0
        sys.stdout.flush()
    except expected as error:
        sys.stdout.flush()  # the line is the last one, also where both go to one file
        sys.stderr.write(f"{name}: {error}\n")
    except KeyboardInterrupt:
        sys.stderr.write(f"{name}: interrupted\n")
    except BrokenPipeError:  # whoever read the output has seen enough; Python tries to write the rest when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    else:
        return status
    return 1
