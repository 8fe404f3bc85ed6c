"""What the project costs, each figure beside a baseline that was measured in the same run: `python -m benchmarks`."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


class CannotMeasure(Exception):  # noqa: N818 - says what happened
    """Something that is measured did not run. The text is one line: what, and what to do."""
