"""Failures that a route declares and raises: its own code and text for a client, with a status of HTTP.

Subclass one of these with a `reason`, which is the `code` of the answer and of the log line, and a `message`. Then
name it in the route's `errors` and raise it without arguments:

    class OrderTaken(Conflict):
        reason = "order_taken"
        message = "Another order has this number"

A client gets the fixed text only. A failure that the raising route does not declare is answered with 500.
"""

from __future__ import annotations

import re

from handler.errors import Refused


class RouteError(Refused):
    """Base of the failures below."""


def check(error: type[RouteError]) -> None:
    """Raise ValueError if the reason or the message is one that an answer must not have."""
    if not re.fullmatch("[a-z][a-z0-9_]{2,39}", error.reason):
        raise ValueError(f"{error.__name__}: reason must be 3 to 40 lower-case letters, digits and _")
    if not (0 < len(error.message) <= 200 and error.message.isprintable()):
        raise ValueError(f"{error.__name__}: message must be 1 to 200 printable characters")
    if error.reason in _reserved():
        raise ValueError(f"{error.__name__}: reason must not be {error.reason}, which the function uses itself")


def _reserved(base: type[Refused] = Refused) -> set[str]:
    """Return the reason codes that are not a route's own: alarms count them."""
    kinds = [kind for kind in base.__subclasses__() if kind is not RouteError]
    return {kind.reason for kind in kinds if hasattr(kind, "reason")}.union(*map(_reserved, kinds))


class NotFound(RouteError):
    """There is no such item, or none that the caller may know of."""

    status = 404
    reason = "not_found"
    message = "Not Found"


class Conflict(RouteError):
    """The item's present state does not allow the request."""

    status = 409
    reason = "conflict"
    message = "Conflict"


class Gone(RouteError):
    """The item was there and never comes back."""

    status = 410
    reason = "gone"
    message = "Gone"


class PreconditionFailed(RouteError):
    """The item is no longer the one that the request's If-Match names."""

    status = 412
    reason = "precondition_failed"
    message = "Precondition Failed"


class Unprocessable(RouteError):
    """Each value is of its type, but together they do not make sense."""

    status = 422
    reason = "unprocessable"
    message = "Unprocessable Content"
