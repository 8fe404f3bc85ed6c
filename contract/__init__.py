"""What front ends build on, written from a stack's outputs and the route table: `python -m contract`."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


class ContractError(Exception):
    """What stops a command. The text is one line for the person at the terminal: what is wrong and what to do."""
