"""A stack's outputs, from the run on this machine or from a deployed stack, for every command that reads them."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from stacks import ROOT
from stacks.command_line import CommandError

LOCAL = ROOT / ".local" / "outputs.json"
# What a front end builds on; `awsEndpointUrl` comes on top in a local run.
REQUIRED = ("apiUrl", "region", "userPoolId", "userPoolClientId", "issuer", "authDomain", "scopes")
PULUMI_DEADLINE = 120  # seconds; the CLI may have to ask a remote backend


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a command `--outputs FILE` and `--stack NAME`, of which one at most may be used."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--outputs", type=Path, metavar="FILE", help="outputs as JSON (default: .local/outputs.json)")
    source.add_argument("--stack", metavar="NAME", help="a deployed stack, read with: pulumi stack output --json")


def read(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the outputs that the arguments of `add_arguments` point at. CommandError if there are none."""
    if arguments.stack:
        where, text = f"stack {arguments.stack}", _deployed(arguments.stack)
    else:
        path = arguments.outputs or LOCAL
        where, text = str(path), _file(path)
    try:
        outputs = json.loads(text)
    except ValueError:
        raise CommandError(f"{where} must be JSON; write it with: pulumi stack output --json") from None
    missing = [name for name in REQUIRED if name not in outputs] if isinstance(outputs, dict) else list(REQUIRED)
    if missing:
        raise CommandError(f"{where} must hold a stack's outputs, got none of the name {', '.join(missing)}")
    return dict(outputs)


def _file(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        raise CommandError(f"{path} must be readable; start a local stack with: make up") from None


def _deployed(stack: str) -> str:
    # Never --show-secrets: a secret output arrives as "[secret]".
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise CommandError("the Pulumi CLI must be installed to read a deployed stack, or give --outputs FILE")
    command = [pulumi, "stack", "output", "--json", "--stack", stack, "--cwd", str(ROOT), "--non-interactive"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PULUMI_DEADLINE, check=False)
    except subprocess.TimeoutExpired:
        raise CommandError(f"pulumi must answer within {PULUMI_DEADLINE} s for stack {stack}, but did not") from None
    if done.returncode != 0:
        raise CommandError(f"pulumi must know stack {stack}, got: {' '.join(done.stderr.split())}")
    return done.stdout
