"""Moves a deployed function's traffic to its newest version, a share at a time, and back: `python -m release`."""


class ReleaseError(Exception):
    """A release that cannot go on. The text is one line: what is wrong, what was done about it and what to do."""
