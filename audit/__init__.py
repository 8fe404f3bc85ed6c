"""An independent audit of the stack as it runs on this machine: Prowler's checks, and what is allowed to fail."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


class AuditError(Exception):
    """What stops the audit. The text is one line for the person at the terminal: what is wrong and what to do."""
