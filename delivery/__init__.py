"""What the workflows need besides the project's own commands: `python -m delivery`."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


class DeliveryError(Exception):
    """Something the pipeline asks for cannot be done. The text is one line: what is wrong and what to do."""
