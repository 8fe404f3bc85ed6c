"""Install Prowler into a separate environment, and run it against a stack on this machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from uv import find_uv_bin

from stacks import ROOT
from stacks.command_line import CommandError

SERVICES = ("apigatewayv2", "awslambda", "cognito")
LOCK = ROOT / "policies" / "audit" / "requirements.txt"
VENV = ROOT / ".build" / "audit-venv"
DEADLINE = 900  # seconds for each command; an installation takes some two minutes, a run one
_NOWHERE = "http://127.0.0.1:9"  # discard port: requests to other hosts fail here


def install() -> None:
    """Create the environment from the lock file unless it is up to date; CommandError that names the log on failure."""
    stamp = VENV / ".installed"
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    log = VENV.with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    # Prowler 5.46 asks for a Python below 3.14; uv looks for one among those that are here.
    python = sys.executable if sys.version_info < (3, 14) else ">=3.11,<3.14"
    uv = [find_uv_bin(), "--no-config"]
    failed = f"Prowler must be installed, but that failed; see {log}"
    run([*uv, "venv", "--quiet", "--no-python-downloads", "--python", python, str(VENV)], "Python", log, failed)
    # Without --only-binary: a few packages that Prowler needs for other clouds exist as source alone.
    into = ["--python", str(VENV / "bin" / "python"), "--require-hashes", "-r", str(LOCK)]
    run([*uv, "pip", "install", *into], f"installing Prowler into {VENV.relative_to(ROOT)} (once)", log, failed)
    stamp.write_text(wanted)


def checks() -> list[str]:
    """Return every check of the installed Prowler for SERVICES, sorted; CommandError for a service without checks."""
    names: list[str] = []
    for service in SERVICES:
        pattern = f"lib/python*/site-packages/prowler/providers/aws/services/{service}/*/*.metadata.json"
        found = [path.name.removesuffix(".metadata.json") for path in VENV.glob(pattern)]
        if not found:
            raise CommandError(
                f"Prowler must have checks for {service}, but {VENV} holds none; remove it and run again"
            )
        names += found
    return sorted(names)


def audit(endpoint: str, region: str, folder: Path) -> tuple[Path, Path]:
    """Run every check against the stack; return the paths of the findings and of Prowler's log, both in `folder`.

    The checks are named one by one: given only services, Prowler leaves out its threat-detection checks. Prowler gets
    no variable of this shell, and cannot reach the network.
    """
    output, log = folder / "prowler.out", folder / "prowler.log.jsonl"
    command = [str(VENV / "bin" / "prowler"), "aws", "--region", region, "--checks", *checks()]
    command += ["--output-formats", "json-ocsf", "--output-directory", str(folder), "--output-filename", "prowler"]
    command += ["--ignore-exit-code-3", "--no-banner", "--no-color", "--log-level", "ERROR", "--log-file", str(log)]
    with tempfile.TemporaryDirectory(prefix="audit-home-") as home:
        environment = {
            "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": home,
            "TMPDIR": home,
            "LANG": "C.UTF-8",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_DEFAULT_REGION": region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "HTTP_PROXY": _NOWHERE,
            "HTTPS_PROXY": _NOWHERE,
            "NO_PROXY": "127.0.0.1,localhost",
        }
        run(command, "Prowler", output, f"Prowler must run, but failed; see {output}", environment)
    return folder / "prowler.ocsf.json", log


def run(
    command: Sequence[str], what: str, log: Path, failed: str, environment: Mapping[str, str] | None = None
) -> None:
    """Run a command with its output in `log` and a line of progress; CommandError(`failed`) if it fails."""
    began = shown = time.monotonic()
    with log.open("ab") as sink:
        try:
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=environment
            )
        except OSError as error:
            sink.write(f"{command[0]}: {error}\n".encode())
            raise CommandError(failed) from None
        try:
            while (status := _ended(process)) is None:
                now = time.monotonic()
                if now - began > DEADLINE:
                    raise CommandError(f"{failed}; it took more than {DEADLINE} s")
                if now - shown >= (2 if sys.stdout.isatty() else 5):
                    shown = now
                    print(f"  {now - began:6.0f} s  {what} …", flush=True, end="\r" if sys.stdout.isatty() else "\n")
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)  # so that it can clean up
                try:
                    process.wait(timeout=5)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
    if status != 0:
        raise CommandError(failed)
    print(f"  {time.monotonic() - began:6.1f} s  {what}  ", flush=True)


def _ended(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        return None
