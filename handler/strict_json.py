"""Hooks for `json.JSONDecoder` that refuse JSON which two parsers can read in two ways. Both raise ValueError."""

from __future__ import annotations

from typing import Any, NoReturn


def unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object, or refuse a repeated member: parsers differ in which one counts (RFC 7493 2.3)."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("repeated member")
    return members


def no_constant(name: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(name)
