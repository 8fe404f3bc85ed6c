"""What the project costs, each figure beside a baseline that was measured in the same run: `python -m benchmarks`."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
