"""For the functions' processes, whose standard input carries the events: a debugger there would never get a command."""

from __future__ import annotations

import sys


def skip(*_: object, **__: object) -> None:
    """Take the place of `breakpoint()`: go on, and say in the function's log where a debugger can stop."""
    sys.stderr.write("breakpoint() is skipped here; stop at it with: python -m local call METHOD PATH --here\n")
