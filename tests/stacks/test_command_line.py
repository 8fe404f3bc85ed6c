"""What every command does alike: one line, exit status 1, and help that is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from argparse import Namespace

import pytest

from docs import generate
from stacks import ROOT
from stacks.command_line import CommandError, Parser, run

COMMANDS = sorted(path.parent.relative_to(ROOT).as_posix() for path in ROOT.glob("*/__main__.py"))
PLUGIN = "components"  # Pulumi starts it, with arguments of its own


def failing(error: BaseException, arguments: list[str]) -> int:
    def command(_: Namespace) -> None:
        raise error

    return run(Parser(prog="python -m made.up"), arguments, command)


def test_each_command_is_written_with_it() -> None:
    """One that brings its own would answer a typing mistake with two lines and exit status 2."""
    for name in {*COMMANDS} - {PLUGIN}:
        sources = "".join(path.read_text() for path in (ROOT / name).glob("*.py"))
        assert re.search(r"from stacks.command_line import .*Parser, run", sources), name


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (CommandError("a pool must be there, got none"), "a pool must be there, got none"),
        (KeyboardInterrupt(), "interrupted"),
    ],
    ids=["error", "interrupt"],
)
def test_end_is_one_line(error: BaseException, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert failing(error, []) == 1
    assert capsys.readouterr().err == f"made.up: {said}\n"


def test_bad_argument_is_one_line_with_the_way_to_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert failing(AssertionError(), ["--nonsense"]) == 1
    assert capsys.readouterr().err == "made.up: unrecognized arguments: --nonsense; see: python -m made.up --help\n"


def test_generator_of_the_pages_takes_its_options_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever asks for its help must not have pages written."""
    monkeypatch.setattr(generate, "PARTS", ((None, None, None),))  # fails if it is used
    with pytest.raises(SystemExit, match="0"):
        generate.main(["--help"])
    assert generate.main(["--chek"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_own_fault_is_not_hidden() -> None:
    """Whoever fixes it needs the traceback."""
    with pytest.raises(ZeroDivisionError):
        failing(ZeroDivisionError(), [])


@pytest.mark.parametrize("lines", [1, 100_000])
def test_reader_that_has_seen_enough_is_no_error(lines: int) -> None:
    """As in `… | head -1`: what cannot be written is not wanted, and nothing is said about it."""
    program = f"""
import sys
from stacks import ROOT
from stacks.command_line import CommandError, Parser, run
sys.exit(run(Parser(prog="many"), [], lambda _: print("line\\n" * {lines})))
"""
    read, write = os.pipe()
    os.close(read)
    environment = {**os.environ, "PYTHONUNBUFFERED": ""}  # unbuffered, nothing would be left to write at the end
    command = [sys.executable, "-c", program]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)

    assert (done.stderr, done.returncode) == ("", 1)
