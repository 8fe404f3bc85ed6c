"""Time `pulumi preview` of dev beside that of one resource: `python -m tests.engine.preview_seconds`.

The benchmark runs it, since the stand-ins for the provider and for Pulumi's language host are the engine tests' own. It
prints the least time of each program in seconds, as JSON.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import yaml

from local.emulator import Emulator
from stacks import ROOT
from tests.engine.conftest import REGION, Engine

ONE_RESOURCE = 'import pulumi_aws as aws\n\naws.cloudwatch.LogGroup("logs")\n'
RUNS = 8


def seconds(engine: Engine) -> dict[str, float]:
    """Return the least time of a preview of each program, in seconds. The programs take turns."""
    config = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"]
    settings = {key if key.startswith("aws:") else key.partition(":")[2]: value for key, value in config.items()}
    engine.good("stack", "init", "dev")
    engine.configure("dev", {**settings, "aws:region": REGION})
    main = engine.program / "__main__.py"
    programs = {"one resource": ONE_RESOURCE, "dev": main.read_text()}
    engine.good("preview", "--stack", "dev")  # builds the package
    least = dict.fromkeys(programs, float("inf"))
    for _ in range(RUNS):
        for name, program in programs.items():
            main.write_text(program)
            began = time.perf_counter()
            engine.good("preview", "--stack", "dev")
            least[name] = min(least[name], time.perf_counter() - began)
    return least


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="preview-") as folder:
        emulated, programs = Path(folder) / "emulator", Path(folder) / "engine"
        emulated.mkdir()
        programs.mkdir()
        with Emulator(0, REGION, emulated) as emulator:
            emulator.wait_until_ready()
            print(json.dumps(seconds(Engine(programs, emulator.endpoint))))


if __name__ == "__main__":
    main()
