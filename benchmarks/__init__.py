"""Measure the project's own cost, each figure beside a baseline from the same run: `python -m benchmarks`."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
