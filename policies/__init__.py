"""The infrastructure checklist as rules: a Pulumi policy pack, a report without AWS, and what the tests run."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


class PolicyError(Exception):
    """What stops the policies. The text is one line for the person at the terminal: what is wrong and what to do."""
