"""The time of the sign-in in tokens (`auth_time`), which the emulator takes anew for each token.

Cognito keeps it over every refresh, as OpenID Connect Core 12.2 asks, and a client that checks it, such as
oidc-client-ts, ends the session otherwise. `local/serve.py` puts this into the emulator's own process.
"""

from __future__ import annotations

from typing import Any


def install(cognito: Any) -> None:
    """Have the emulator's module for Cognito sign all tokens of one sign-in with the time of the first one."""
    sign = cognito._signed_jwt

    def signed(claims: dict[str, Any], pool_id: str = "", use: str = "") -> str:
        # A refresh, too, starts with the sign-in's origin_jti; tokens of machines have no sign-in and no refresh.
        if "auth_time" in claims and ("username" in claims or "cognito:username" in claims):
            times = cognito._get_pool_unscoped(pool_id).setdefault("_sign_in_times", {})  # saved with the pool
            claims = {**claims, "auth_time": times.setdefault(claims["origin_jti"], claims["auth_time"])}
        return str(sign(claims, pool_id, use))

    cognito._signed_jwt = signed
