"""Pages of a list: an opaque cursor, bound to the route and to the caller that got it.

A cursor holds the position that the next page begins after, such as a sort key, and a digest that binds it. It is no
secret and grants nothing: whose items a route reads must follow from the caller or the path, never from the cursor.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

from handler.errors import QueryInvalid
from handler.route import Request

LIMIT = 1_400  # characters; DynamoDB's longest sort key is 1,024 bytes
_TAG = 12  # bytes of the digest


def cursor(request: Request[Any], position: str) -> str:
    """Return the cursor for the page after `position`, which only the same caller can use, and on this route only."""
    return urlsafe_b64encode(_tag(request, position) + position.encode()).decode().rstrip("=")


def position(request: Request[Any], given: str, parameter: str = "after") -> str:
    """Return the position in a cursor that `cursor` made for this caller and route.

    Raise QueryInvalid for any other text, naming `parameter`: another caller's cursor does not say what it holds.
    """
    try:
        content = urlsafe_b64decode(given + "=" * (-len(given) % 4))
        found = content[_TAG:].decode()
    except ValueError:  # not base64, not UTF-8
        found = ""
    if not found or given != cursor(request, found):
        raise QueryInvalid("be the cursor of an earlier page", parameter)
    return found


def _tag(request: Request[Any], position: str) -> bytes:
    owner = "" if request.caller is None else request.caller.sub
    return sha256("\0".join([request.event["routeKey"], owner, position]).encode()).digest()[:_TAG]
