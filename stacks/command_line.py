"""The frame of every command: a bad argument, an error and Ctrl-C are each one line and exit status 1."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from stacks.terminal import printable


class CommandError(Exception):
    """Stop a command. The text is one line for the person at the terminal: the problem and the remedy."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command of several behind `python -m`: its help texts, its options, and the function that runs it."""

    about: str
    examples: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    execute: Callable[[argparse.Namespace], None]


class Parser(argparse.ArgumentParser):
    """An argument parser that raises CommandError instead of exiting, and keeps line breaks in its help texts."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": argparse.RawDescriptionHelpFormatter, **options})

    def error(self, message: str) -> NoReturn:
        raise CommandError(f"{message}; see: {self.prog} --help")


def run(
    parser: Parser,
    arguments: Sequence[str] | None,
    command: Callable[[argparse.Namespace], int | None],
) -> int:
    """Run `command` and return the exit status: its own (None is 0), or 1 after one line that names the module.

    Any exception but CommandError, KeyboardInterrupt and BrokenPipeError is a bug, and shows its traceback.
    """
    name = parser.prog.rpartition(" ")[2]
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that is not UTF-8 must not end the command
    try:
        status = command(parser.parse_args(arguments)) or 0
        sys.stdout.flush()
    except CommandError as error:
        sys.stdout.flush()  # the line is the last one, also where both go to one file
        line = printable(str(error), keep="\n")  # a settings' error may have several lines
        sys.stderr.write(f"{name}: {line}\n")
    except KeyboardInterrupt:
        sys.stderr.write(f"{name}: interrupted\n")
    except BrokenPipeError:  # `| head` has read enough; Python would flush the rest at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    else:
        return status
    return 1
