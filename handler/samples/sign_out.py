"""Signing out everywhere: every session of the caller ends, on every device."""

from __future__ import annotations

from typing import TypedDict

from handler.revoking import sign_out_everywhere
from handler.route import Request


class SignedOut(TypedDict):
    """The seconds after which none of the user's tokens is accepted any more; none is refreshed from now on."""

    effectiveWithinSeconds: int


def sign_out(request: Request[None]) -> SignedOut:
    """End the caller's sessions. Raises StorageUnavailable if Cognito or the table cannot do it; then do it again."""
    return {"effectiveWithinSeconds": sign_out_everywhere(request.user)}
