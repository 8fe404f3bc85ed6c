"""The time that a person waits for `pulumi preview`, with the real engine."""

from __future__ import annotations

import json

from benchmarks import child
from benchmarks.figures import Figure, Table
from stacks import ROOT
from stacks.command_line import CommandError

_CLI = ROOT / ".build" / "engine" / "pulumi"


def measure() -> Table:
    if not _CLI.is_file():
        raise CommandError(f"the preview needs the Pulumi CLI, build it with: make {_CLI.relative_to(ROOT)}")
    least = json.loads(child.run(["-m", "tests.engine.preview_seconds"], deadline=300))
    one, dev = least["one resource"], least["dev"]
    return Table(
        topic="preview",
        title="Preview: pulumi preview of the dev stack with the real engine, nothing deployed yet",
        baseline="",
        method="time by the clock, the least of 8 runs of each, in turn; a stand-in for the AWS provider",
        figures=[
            Figure(name="a Python program with one resource", amount=one, unit="s"),
            Figure(name="dev, compared with that", amount=dev, unit="s", ratio=dev / one, limit=1.6),
        ],
    )
