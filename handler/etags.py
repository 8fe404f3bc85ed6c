"""Entity tags (RFC 9110, 8.8.3): the version of an item, and the conditions of a request on it."""

from __future__ import annotations

import re
from hashlib import sha256

_TAGS = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')
TAG = re.compile(r"[\x21\x23-\x7e]{1,128}").fullmatch


def digest(body: str) -> str:
    """Return the tag of a body that has no version of its own."""
    return sha256(body.encode()).hexdigest()[:32]


def matches(condition: str | None, tag: str, *, weak: bool = False) -> bool:
    """Return whether the value of If-Match, or with `weak` of If-None-Match, names the item with this tag.

    A missing header names none, and `*` names every item. If-Match compares strongly: a tag that begins with `W/` never
    matches (RFC 9110, 13.1.1).
    """
    if condition is None:
        return False
    if condition.strip() == "*":
        return True
    return any(found == tag and (weak or not mark) for mark, found in _TAGS.findall(condition))
