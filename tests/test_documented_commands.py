"""Every command that the documentation shows is one that exists, with options that it has."""

from __future__ import annotations

import importlib
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from stacks.command_line import CommandError, Parser

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
# Pulumi's command reference: the commands that the pages use, and of their options those.
PULUMI = {
    "login": set(),
    "install": set(),
    "up": {"--stack", "--policy-pack", "--yes", "--refresh"},
    "preview": {"--stack", "--policy-pack", "--diff"},
    "refresh": {"--stack"},
    "destroy": {"--stack", "--skip-preview"},
    "package add": set(),
    "stack init": {"--secrets-provider"},
    "stack rename": set(),
    "stack rm": set(),
    "stack output": {"--json", "--stack", "--show-secrets"},
    "stack change-secrets-provider": {"--stack"},
    "config set": {"--secret", "--path", "--stack"},
    "config rm": {"--path", "--stack"},
    "state unprotect": set(),
}
# Of the AWS command line itself; its command reference, "Global options".
GLOBAL = {"region", "output", "query", "profile"}


def commands() -> Iterator[tuple[str, str]]:
    """Page and command: of every shell session, and of every command that stands in a sentence or a table."""
    for page in PAGES:
        text = page.read_text()
        for block in re.findall(r"^ *```(?:console|bash|sh)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
            for line in re.findall(r"^ *\$ (.*)", block.replace("\\\n", " "), re.MULTILINE):
                yield page.name, line
        prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
        for span in re.findall(r"`([^`\n]+)`", prose):
            if re.match(r"(aws [a-z0-9-]+ [a-z]|make [a-z]|pulumi [a-z]|(\.venv/bin/)?python -m [a-z])", span):
                yield page.name, span


def words(command: str) -> list[str]:
    """The command's words, up to a pipe, a redirection or a comment; placeholders as one word."""
    plain = re.sub(r"<[^>]*>|…", "X", command)
    found = shlex.split(re.sub(r"\$\([^)]*\)|\$\{?\w+\}?", "X", plain), comments=True)
    ends = [place for place, word in enumerate(found) if word in {"|", ">", "&&", ";"}]
    return found[: min(ends, default=len(found))]


def parser_of(module: str) -> Parser:
    """The parser of `python -m module`."""
    for name in (f"{module}.command", f"{module}.__main__"):
        found = importlib.import_module(name) if (ROOT / f"{name.replace('.', '/')}.py").is_file() else None
        if hasattr(found, "_parser"):
            parser: Parser = found._parser()  # type: ignore[union-attr]
            return parser
    raise AssertionError(f"python -m {module} must be a command of this project")


@cache
def operations(service: str) -> dict[str, Any]:
    """The operations of an AWS service, by the names that the AWS command line gives them."""
    model = botocore.session.get_session().get_service_model({"s3api": "s3"}.get(service, service))
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def trouble_with_aws(arguments: list[str], *, whole: bool) -> str | None:
    service, operation, *rest = arguments
    if operation not in operations(service):
        return f"{service} has no {operation}"
    shape = operations(service)[operation].input_shape
    known = {xform_name(name, "-"): name for name in shape.members} if shape else {}
    given = {word.removeprefix("--").partition("=")[0] for word in rest if word.startswith("--")}
    unknown = given - known.keys() - GLOBAL - {f"no-{name}" for name in known}
    if unknown:
        return f"{operation} has no {', '.join(sorted(unknown))}"
    missing = {xform_name(name, "-") for name in (shape.required_members if shape else [])} - given
    return f"{operation} wants {', '.join(sorted(missing))}" if missing and whole else None


def trouble_with_pulumi(arguments: list[str]) -> str | None:
    plain = [word for word in arguments if not word.startswith("-")]
    name = next((each for each in (" ".join(plain[:2]), *plain[:1]) if each in PULUMI), None)
    if name is None:
        return f"pulumi has no {' '.join(plain[:2])}, or PULUMI does not list it"
    unknown = {word.partition("=")[0] for word in arguments if word.startswith("--")} - PULUMI[name]
    return f"pulumi {name} has no {', '.join(sorted(unknown))}, or PULUMI does not list it" if unknown else None


def trouble_with_module(module: str, arguments: list[str]) -> str | None:
    if module in {"docs.changes", "docs.generate", "docs.prose", "pytest", "venv", "tests.handler.fuzz"}:
        return None
    # Numbers stand for whatever a placeholder does; a command that is named without arguments is named, not called.
    typed = ["7" if word in {"X", "N"} else word for word in arguments]
    try:
        if typed and "--help" not in typed:
            parser_of(module).parse_args(typed)
        else:
            parser_of(module)
    except CommandError as error:
        return str(error)
    return None


def trouble_with(command: str, *, whole: bool = True) -> str | None:
    """What is wrong with a command, or None."""
    found = words(command)
    if found[0] == "aws":
        return trouble_with_aws(found[1:], whole=whole)
    if found[0] == "pulumi":
        return trouble_with_pulumi(found[1:])
    if found[0] == "make":
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        unknown = {word for word in found[1:] if "=" not in word and not word.startswith("-")} - targets
        return f"make has no {', '.join(sorted(unknown))}" if unknown else None
    if found[0].endswith("python") and found[1:2] == ["-m"]:
        return trouble_with_module(found[2], found[3:])
    return None


def test_every_command_is_one_that_exists() -> None:
    """In an incident nobody has the time to find out what was meant."""
    shown = list(commands())

    assert len(shown) > 100
    wrong = [
        f"{page}: {command}: {trouble}" for page, command in shown if (trouble := trouble_with(command, whole=False))
    ]
    assert wrong == []


def test_shell_sessions_are_whole() -> None:
    """What stands on a line of its own is copied and run."""
    for page in PAGES:
        for block in re.findall(r"^ *```console\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL):
            for line in re.findall(r"^ *\$ (aws .*)", block.replace("\\\n", " "), re.MULTILINE):
                assert trouble_with(line) is None, (page.name, line)


@pytest.mark.parametrize(
    ("command", "trouble"),
    [
        ("aws cognito-idp admin-unlock-user --username ada", "cognito-idp has no admin-unlock-user"),
        ("aws cognito-idp admin-get-user --user-pool-id X --name ada", "admin-get-user has no name"),
        ("aws cognito-idp admin-get-user --username ada", "admin-get-user wants user-pool-id"),
        ("make tset", "make has no tset"),
        ("python -m proof attak", "invalid choice: 'attak'"),
        ("python -m operations release shift --stack prod --fast", "unrecognized arguments: --fast"),
        ("pulumi stack destroy", "pulumi has no stack destroy"),
        ("pulumi up --force", "pulumi up has no --force"),
    ],
)
def test_made_up_command_is_noticed(command: str, trouble: str) -> None:
    """A check that lets everything pass is no check."""
    assert trouble in (trouble_with(command) or "")
