"""Sabotage proves the proof: what protects the stack is undone, one thing at a time, and a check must say so."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


class SabotageError(Exception):
    """The run cannot be done as asked. The text is one line: what, and what to do."""
