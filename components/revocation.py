"""Whether tokens can be revoked before they expire: the settings, and what a function is given for it."""

from dataclasses import dataclass, field
from enum import StrEnum

import pulumi

from .arguments import between, checked, validate


class OnFailure(StrEnum):
    """Answer to a token while the table cannot be read."""

    REFUSE = "refuse"
    ALLOW = "allow"


@dataclass(frozen=True, kw_only=True)
class RevocationArgs:
    """Revocation of access tokens."""

    revocation: bool = False
    """Make a table of revoked tokens, which the function asks. Off, a token works until it expires."""
    revocation_delay_seconds: int = field(default=10, metadata=checked(between(1, 300)))
    """Seconds for which the table's answer counts, 1 to 300: a revoked token is out after that at the latest."""
    revocation_on_failure: OnFailure = OnFailure.REFUSE
    """Answer while the table cannot be read: refuse (503) or allow, which the log and an alarm tell."""

    def __post_init__(self) -> None:
        validate(self)


def revocation_variables(args: RevocationArgs, table: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """Return the environment variables by which the function finds the table."""
    return {
        "REVOCATION_TABLE": table,
        "REVOCATION_DELAY_SECONDS": str(args.revocation_delay_seconds),
        "REVOCATION_ON_FAILURE": args.revocation_on_failure.value,
    }
