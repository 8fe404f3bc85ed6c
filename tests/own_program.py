"""The program with the route table and the settings of the tests, so that they hold whatever a team's own ones are."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from local.deployment import Deployment, Steps
from local.emulator import Emulator
from local.live import PROGRAM, forget_program
from stacks import ROOT
from stacks.engine import Stack

STACK_FILE = """config:
  aws:region: us-east-1
  secure-serverless-api:environment: dev
  secure-serverless-api:domainPrefix: secure-api-tests
  secure-serverless-api:callbackUrls: ["http://localhost:5173/"]
  secure-serverless-api:logoutUrls: ["http://localhost:5173/"]
  secure-serverless-api:allowedOrigins: ["http://localhost:5173"]
  secure-serverless-api:passwordSignIn: true
  secure-serverless-api:deletionProtection: false
  secure-serverless-api:logLevel: DEBUG
  secure-serverless-api:alarms: false
  secure-serverless-api:revocation: true
"""


def project(folder: Path, change: Callable[[str], str] = str) -> Path:
    """Copy the project to `folder`, with the route table of `tests/handler/table.py` and one stack, `local`.

    `change` edits the table's source.
    """
    folder.mkdir(parents=True)
    (ROOT / ".build").mkdir(exist_ok=True)
    for name in (".build", "components", "contract", "local", "proof", "settings", "stacks", "triggers"):
        (folder / name).symlink_to(ROOT / name)
    for name in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "handler", folder / "handler", ignore=shutil.ignore_patterns("__pycache__", "samples"))
    table = (ROOT / "tests" / "handler" / "table.py").read_text()
    (folder / "handler" / "routes.py").write_text(f"{change(table)}\nROUTES = TABLE\n")
    (folder / "Pulumi.local.yaml").write_text(STACK_FILE)
    return folder


@contextlib.contextmanager
def imported_from(folder: Path) -> Iterator[None]:
    """Import the program's modules from a project in `folder` while the block runs; then have the others back."""
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in PROGRAM}
    forget_program()
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        forget_program()
        sys.modules.update(before)


def with_settings(stack: Stack, **settings: Any) -> Stack:
    """Return the stack with these settings; a value that is no text is written as JSON."""
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()}
    changed = {key if ":" in key else f"{stack.project}:{key}": value for key, value in values.items()}
    secrets = changed.keys() & {f"{stack.project}:identityProviderSecrets"}
    return dataclasses.replace(stack, config={**stack.config, **changed}, secrets=frozenset(secrets))


@contextlib.contextmanager
def brought_up(
    folder: Path, change: Callable[[str], str] = str, **settings: Any
) -> Iterator[tuple[Deployment, dict[str, Any]]]:
    """Bring the tests' program up in an emulator of its own; its deployment and outputs."""
    root = project(folder / "project", change)
    stack = with_settings(Stack.load("local", root), **settings)
    with imported_from(root), Emulator(0, stack.region, folder) as emulator:
        deployment = Deployment(emulator, stack.region, strict=True)
        yield deployment, deployment.bring_up(stack, Steps(show=lambda _: None))
