"""Read the route table of a folder or of a git revision, in a process of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from proof.access import Access, Table, Throttle, default_throttle
from stacks.command_line import CommandError

DEADLINE = 20  # seconds; a table takes a tenth of one

# Prints the table as JSON. An attribute that an older table lacks has the meaning that its absence had.
_SCRIPT = """
import contextlib, json, sys
sys.path.insert(0, sys.argv[1])
with contextlib.redirect_stdout(sys.stderr):
    from handler.routes import ROUTES
    routes = []
    for route in ROUTES:
        throttle = getattr(route, "throttle", None)
        routes.append({
            "key": str(route.key),
            "summary": str(getattr(route, "summary", "")),
            "public": bool(getattr(route, "public", False)),
            "scopes": [str(scope) for scope in getattr(route, "scopes", ())],
            "groups": [str(group) for group in getattr(route, "groups", ())],
            "needs_parameters": bool(getattr(route, "needs_parameters", False)),
            "answer": sorted(getattr(getattr(route, "response", None), "__required_keys__", ())),
            "throttle": throttle and {"rate": float(throttle.rate), "burst": int(throttle.burst)},
        })
print(json.dumps(routes))
"""


def of_folder(folder: Path, name: str, deadline: float = DEADLINE) -> Table:
    """Return the table of the program in `folder`, which error texts call `name`. CommandError if it does not load."""
    routes = tuple(
        Access(
            key=route["key"],
            summary=route["summary"],
            public=route["public"],
            scopes=tuple(route["scopes"]),
            groups=tuple(route["groups"]),
            throttle=Throttle(**route["throttle"]) if route["throttle"] else None,
            needs_parameters=route["needs_parameters"],
            answer=tuple(route["answer"]),
        )
        for route in _evaluated(folder, name, deadline)
    )
    return Table(routes=routes, throttle=default_throttle(folder / "Pulumi.yaml"))


def of_revision(repository: Path, revision: str) -> Table:
    """Return the table of a commit, branch or tag. CommandError if there is none, or its table does not load."""
    found = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if found is None:
        raise CommandError(
            f"revision must be a commit, branch or tag of this repository, got {revision}; fetch it with: git fetch"
        )
    commit = found.decode().strip()
    with tempfile.TemporaryDirectory(prefix="proof-") as name:
        folder = Path(name)
        archive = _git(repository, "archive", "--format=tar", commit, "handler")
        if archive is None:
            raise CommandError(f"revision {revision} must hold handler/routes.py, but has no handler/")
        _unpack(archive, folder)
        declarations = _git(repository, "show", f"{commit}:./Pulumi.yaml")
        if declarations is not None:
            (folder / "Pulumi.yaml").write_bytes(declarations)
        return of_folder(folder, f"revision {revision}")


def _git(repository: Path, *arguments: str) -> bytes | None:
    """Return git's output, or None if it fails."""
    git = shutil.which("git")
    if git is None:
        raise CommandError("git must be installed to compare revisions")
    done = subprocess.run([git, *arguments], cwd=repository, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def _unpack(archive: bytes, folder: Path) -> None:
    """Unpack the plain files. A table needs no links, and git has no names with dots that lead out of the folder."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files:
            content = files.extractfile(member) if member.isfile() else None
            if content is not None:
                path = folder / member.name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())


def _evaluated(folder: Path, name: str, deadline: float) -> list[dict[str, Any]]:
    # -I -S: nothing but the standard library and the folder; and no environment, so nobody's credentials.
    command = [sys.executable, "-I", "-S", "-B", "-c", _SCRIPT, str(folder)]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that its children can be ended with it
    )
    try:
        out, err = process.communicate(timeout=deadline)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise CommandError(f"{name} must load its route table within {deadline:g} s, but does not") from None
    try:
        routes: list[dict[str, Any]] = json.loads(out)
    except ValueError:
        errors = err.strip().splitlines() or [f"exit status {process.returncode}"]
        raise CommandError(f"{name} must load its route table, got: {errors[-1]}") from None
    return routes
