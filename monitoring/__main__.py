"""`python -m monitoring picture`: the dashboard, drawn from its own definition with a load on the emulator."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from command_line import Parser, run
from components.http_api import access_log_format
from local import ROOT, LocalError
from local.deployment import Steps, bring_up
from local.emulator import Emulator
from local.engine import Stack
from local.provider import client
from monitoring import load
from monitoring.drawing import svg
from monitoring.panels import panels

CAPTION = """Drawn by python -m monitoring picture from the dashboard's own definition.
Data: {calls} calls in {seconds:.0f} s on the local stack, each second standing for {pace}; without a source, none."""


def _parser() -> Parser:
    parser = Parser(prog="python -m monitoring", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    picture = commands.add_parser("picture", help="run a load on a local stack and draw the dashboard of it")
    picture.add_argument("--seconds", type=float, default=72, help="how long the load is (default: %(default)s)")
    picture.add_argument("--to", type=Path, default=ROOT / "docs" / "dashboard.svg", help="the file to write")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0, or 1 with one line on standard error."""
    return run(_parser(), arguments, _picture, LocalError)


def _picture(options: argparse.Namespace) -> None:
    options.to.write_text(draw(options.seconds))
    sys.stdout.write(f"written: {options.to}\n")


def draw(seconds: float) -> str:
    """Run the load on a stack of its own; the picture."""
    stack = Stack.load("local")
    with tempfile.TemporaryDirectory() as folder, Emulator(0, stack.region, Path(folder)) as emulator:
        outputs = bring_up(stack, emulator, Steps(show=lambda _: None))
        made = load.run(outputs, seconds, lambda line: sys.stdout.write(line + "\n"))
        body, filters = _deployed(emulator.endpoint, stack.region)
    data = load.samples(made, filters, _names(body), access_log_format(callers=True))
    until = int(seconds * load.PACE)
    caption = CAPTION.format(calls=len(made.seen), seconds=seconds, pace=f"{load.PACE / 60:g} minutes")
    return svg(panels(body, data, until), until, caption)


def _deployed(endpoint: str, region: str) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    """The dashboard and the metric filters as the emulator holds them, the filters in Pulumi's words."""
    cloudwatch, logs = client(endpoint, region, "cloudwatch"), client(endpoint, region, "logs")
    (name,) = [each["DashboardName"] for each in cloudwatch.list_dashboards()["DashboardEntries"]]
    body: dict[str, Any] = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    filters: list[Mapping[str, Any]] = []
    for each in logs.describe_metric_filters()["metricFilters"]:
        (made,) = each["metricTransformations"]
        transformation = {
            "name": made["metricName"],
            "namespace": made["metricNamespace"],
            "value": made["metricValue"],
            "dimensions": made.get("dimensions", {}),
            **({"defaultValue": made["defaultValue"]} if "defaultValue" in made else {}),
        }
        filters.append(
            {
                "logGroupName": each["logGroupName"],
                "pattern": each["filterPattern"],
                "metricTransformation": transformation,
            }
        )
    return body, filters


def _names(body: Mapping[str, Any]) -> dict[str, str]:
    """The dimensions that the body names."""
    return {
        name: value
        for widget in body["widgets"]
        for line in widget["properties"].get("metrics", [])
        for name, value in zip(line[2:-1:2], line[3:-1:2], strict=True)
    }


if __name__ == "__main__":
    sys.exit(main())
