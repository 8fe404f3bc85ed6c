"""The embedded run: the very same Pulumi program, against an AWS emulator on this machine."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


class LocalError(Exception):
    """What stops a command. The text is one line for the person at the terminal: what is wrong and what to do."""
