"""No target of the Makefile ignores a variable: it passes it on, or refuses it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
MAKE = shutil.which("make") or "make"
TARGETS = re.findall(r"^([a-z-]+):.* ## ", MAKEFILE, re.MULTILINE)
VARIABLES = (re.search(r"^VARIABLES := (.*)", MAKEFILE, re.MULTILINE) or [""])[1].split()


@cache
def dry(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The commands that make would run."""
    plain = {key: value for key, value in os.environ.items() if key not in {"MAKEFLAGS", "MAKELEVEL", *VARIABLES}}
    return subprocess.run(
        [MAKE, "-n", *arguments],
        cwd=ROOT,
        env={**plain, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("variable", VARIABLES)
def test_variable_is_passed_on_or_refused(variable: str) -> None:
    """`make smoke STACK=prod` that checks the local stack says "ok" of a stack that nobody looked at."""
    taken = set()
    for target in TARGETS:
        done = dry(target, f"{variable}=x9")
        if done.returncode:
            assert re.search(rf"make {target} takes .*, got {variable}\b", done.stderr), done.stderr
        else:
            assert done.stdout != dry(target).stdout, target
            taken.add(target)
    told = {
        target
        for target, line in re.findall(r"^([a-z-]+):.* ## (.*)", MAKEFILE, re.MULTILINE)
        if f"{variable}=" in line
    }
    assert taken == told, "the list of make help names them"


@pytest.mark.parametrize("target", ["smoke", "attack", "contract", "web"])
def test_stack_reaches_the_command_however_it_is_given(target: str) -> None:
    """On the command line or in the environment; `local` is the run on this machine."""
    assert "--stack prod" in dry(target, "STACK=prod").stdout
    assert "--stack prod" in dry(target, STACK="prod").stdout
    assert "--stack" not in dry(target, "STACK=local").stdout


def test_every_variable_of_a_recipe_is_known() -> None:
    """A new one would be neither passed on nor refused."""
    given = set(re.findall(r"\$\(if \$\(([A-Z]+)\)", MAKEFILE)) | set(
        re.findall(r"^([A-Z]+) +\?=", MAKEFILE, re.MULTILINE)
    )
    assert given - {"PYTHON"} <= set(VARIABLES)


def test_home_that_cannot_be_written_needs_no_cache_there() -> None:
    """In a container it may be another user's; uv and pip then have their caches in the checkout."""
    assert "UV_CACHE_DIR := " in dry("-p", "help", HOME="/proc").stdout
    assert "UV_CACHE_DIR := " not in dry("-p", "help", HOME=tempfile.mkdtemp()).stdout


def test_environment_whose_python_is_gone_is_made_anew(tmp_path: Path) -> None:
    """Python was upgraded, and the links of .venv lead nowhere: make said only that a file is missing."""
    (tmp_path / "Makefile").write_text(MAKEFILE)
    for name in ("requirements-installer", "requirements", "requirements-dev", "handler/requirements"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.txt").write_text("")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    (tmp_path / ".venv" / ".installed").write_text("")
    for target, anew in ((sys.executable, False), ("/nowhere/python3.9", True)):
        python.unlink(missing_ok=True)
        python.symlink_to(target)
        done = subprocess.run([MAKE, "-n", "install"], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert ("-m venv --clear" in done.stdout) == anew


def test_capacity_without_its_rate_says_which_variable() -> None:
    """The command's own error names an option, which make's user has not typed."""
    assert "make capacity must have RPS" in dry("capacity").stdout
    assert "must have RPS" not in dry("capacity", "RPS=400").stdout
