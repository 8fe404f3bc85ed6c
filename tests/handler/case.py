"""The route keys of the sample routes, and the header of an ordinary request."""

from __future__ import annotations

from proof.attack.case import bearer

__all__ = ["ADMIN", "HEALTH", "HELLO", "REPORTS", "bearer"]

HELLO, REPORTS, ADMIN, HEALTH = "GET /hello", "GET /reports", "GET /admin", "GET /health"
