"""How long a person waits for `pulumi preview`."""

from __future__ import annotations

import time

import pytest
import yaml

from stacks import ROOT
from tests.engine.conftest import Engine

pytestmark = pytest.mark.acceptance

EMPTY = 'import pulumi_aws as aws\n\naws.cloudwatch.LogGroup("logs")\n'
LIMIT = 1.6
RUNS = 4


def test_preview_takes_little_more_than_an_empty_program(engine: Engine) -> None:
    """The engine, the provider and the import of Pulumi take their time; the program itself must not double it."""
    config = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    settings = {key if key.startswith("aws:") else key.partition(":")[2]: value for key, value in config.items()}
    engine.good("stack", "init", "dev")
    engine.configure("dev", {**settings, "aws:region": "eu-central-1"})
    main = engine.program / "__main__.py"
    programs = {"empty": EMPTY, "ours": main.read_text()}
    engine.good("preview", "--stack", "dev")  # builds the package
    least = dict.fromkeys(programs, float("inf"))
    for _ in range(RUNS):
        for name, program in programs.items():
            main.write_text(program)
            began = time.perf_counter()
            engine.good("preview", "--stack", "dev")
            least[name] = min(least[name], time.perf_counter() - began)
    assert least["ours"] < LIMIT * least["empty"], least
