"""The command line of the audit: `python -m policies.audit --help`."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from policies.audit import allowed, findings, prowler, verdict
from stacks import ROOT
from stacks.command_line import CommandError, Parser, run
from stacks.plan import plan_of

_ABOUT = """Audit a stack of this program, on this machine, with Prowler's checks of Cognito, API Gateway v2 and Lambda.
Exit status 1 if a check fails that policies/audit/allowed.toml does not allow, or if an entry there is stale."""


def _parser() -> Parser:
    parser = Parser(prog="python -m policies.audit", description=_ABOUT)
    parser.add_argument("--stack", default="local", metavar="NAME", help="settings of Pulumi.NAME.yaml (local)")
    return parser


@contextmanager
def _running(stack: str, log: Path) -> Iterator[dict[str, Any]]:
    """Run the stack on a free port, yield its outputs, and stop it."""
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        local = [sys.executable, "-m", "local", "--dir", folder]
        up = [*local, "up", "--detach", "--port", "0", "--stack", stack]
        try:
            prowler.run(up, f"stack {stack}", log, f"stack {stack} must come up, but did not; see {log}")
            outputs: dict[str, Any] = json.loads((Path(folder) / "outputs.json").read_text())
            yield outputs
        finally:
            subprocess.run([*local, "down"], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def _audit(stack: str) -> int:
    environment = plan_of(stack).settings.environment
    entries = allowed.load()
    folder = ROOT / ".build" / "audit" / stack
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"Audit of stack {stack} on this machine", flush=True)
    prowler.install()
    with _running(stack, folder / "stack.log") as outputs:
        report, log = prowler.audit(outputs["awsEndpointUrl"], outputs["region"], folder)
    rows = verdict.judge(
        environment, prowler.checks(), findings.read_findings(report), findings.read_errors(log), entries
    )
    counts = verdict.count(rows)
    content = {"stack": stack, "counts": counts, "rows": [asdict(row) for row in rows]}
    (folder / "audit.json").write_text(json.dumps(content, indent=2) + "\n")
    (folder / "audit.md").write_text(verdict.as_markdown(stack, rows))
    print(f"\n{verdict.as_table(rows)}\n\n{verdict.summary(rows)}. Report: {(folder / 'audit.md').relative_to(ROOT)}")
    if failed := counts[verdict.FAILED]:
        raise CommandError(f"{failed} of {len(rows)} must pass or be allowed; fix them, or see docs/audit.md")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Run the audit and return the exit status: 0, or 1 after one line on standard error."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the stack is stopped then, too
    return run(_parser(), arguments, lambda parsed: _audit(parsed.stack))


if __name__ == "__main__":
    sys.exit(main())
