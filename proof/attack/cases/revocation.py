"""Group S: tokens that are good but for an entry in the table of revocations."""

from __future__ import annotations

from collections.abc import Iterator

from proof.attack.case import Case, tokens
from proof.attack.stack import OF_ENDED_SESSION, OF_REVOKED_USER


def revocation_cases() -> Iterator[Case]:
    made = {
        "revoked-user": lambda stack: stack.real(OF_REVOKED_USER).access,
        "revoked-session": lambda stack: stack.real(OF_ENDED_SESSION).access,
    }
    # No reason: alone, the function of these tests has no table.
    yield from tokens("S01", "a real token that was revoked", None, made, on="protected", by="function")
