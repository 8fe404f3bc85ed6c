"""Proof that a running stack is wired as the program says: `python -m proof routes | smoke | attack`."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


class ProofError(Exception):
    """What stops a command. The text is one line for the person at the terminal: what is wrong and what to do."""
