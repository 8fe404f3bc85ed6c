"""Refuse the user names that Cognito refuses and the emulator takes.

These are names with a space, a name that differs from another user's only in case (where the pool does not tell the
case apart), and names that look like an email address in a pool where an email address is an alias.

It is put into the emulator's own process, over the functions of its module for Cognito; `local/serve.py` does that.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

_KINDS = set("LMSNP")  # of Cognito's pattern, [\p{L}\p{M}\p{S}\p{N}\p{P}]+ (UsernameType)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


def install(cognito: Any) -> None:
    """Have the emulator's module for Cognito check the name of each user that is made."""
    for name in ("_sign_up", "_admin_create_user"):
        _check_first(cognito, name)


def _check_first(cognito: Any, name: str) -> None:
    original = getattr(cognito, name)

    def checked(data: dict[str, Any]) -> Any:
        refusal = _refusal(cognito, data)
        return original(data) if refusal is None else cognito.error_response_json(*refusal, 400)

    setattr(cognito, name, checked)


def _refusal(cognito: Any, data: dict[str, Any]) -> tuple[str, str] | None:
    """Return the error's type and message, or None."""
    name = str(data.get("Username") or "")
    pool = _pool(cognito, data)
    if not name or pool is None:
        return None  # the emulator says what is missing
    if any(unicodedata.category(each)[0] not in _KINDS for each in name):
        text = (
            "1 validation error detected: Value at 'username' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+"
        )
        return "InvalidParameterException", text
    if _EMAIL.fullmatch(name) and "email" in (pool.get("AliasAttributes") or []):
        text = "Username cannot be of email format, since user pool is configured for email alias."
        return "InvalidParameterException", text
    tells_case = (pool.get("UsernameConfiguration") or {}).get("CaseSensitive", True)
    if not tells_case and name not in pool["_users"] and _is_used(name, pool):
        return "UsernameExistsException", "User account already exists"
    return None


def _is_used(name: str, pool: dict[str, Any]) -> bool:
    return name.casefold() in {each.casefold() for each in list(pool["_users"])}


def _pool(cognito: Any, data: dict[str, Any]) -> dict[str, Any] | None:
    if "UserPoolId" in data:
        found: dict[str, Any] | None = cognito._user_pools.get(data["UserPoolId"])
        return found
    _, pool, _ = cognito._find_pool_by_client_id(data.get("ClientId", ""))
    return pool if isinstance(pool, dict) else None
