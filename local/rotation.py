"""Rotation of refresh tokens, which the emulator lacks: a refresh token works once, and brings the next.

As Cognito does it ("Refresh tokens" in its developer guide): with rotation on, GetTokensFromRefreshToken and the token
endpoint answer with a new refresh token, and the one that was used goes on for the grace period, then no more.
InitiateAuth with a refresh token is not for such a client.

It is put into the emulator's own process, over the functions of its module for Cognito; `local/serve.py` does that.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs

Answer = tuple[int, dict[str, str], bytes]  # status, headers, body


class _Rotation:
    """The emulator's functions of the same names, and what each does for a client whose tokens rotate."""

    def __init__(self, cognito: ModuleType, clock: Callable[[], float]) -> None:
        self._cognito: Any = cognito
        self._clock = clock
        self._used: dict[str, float] = {}  # refresh tokens, and when each was first used
        self._refresh = self._cognito._refresh_auth_result
        self._initiate = self._cognito._initiate_auth
        self._token_endpoint = self._cognito._oauth2_token
        self._state, self._restore = self._cognito.get_state, self._cognito.load_persisted_state

    def get_state(self) -> dict[str, Any]:
        """Return the module's state for its file, with the refresh tokens that were used."""
        return {**self._state(), "rotated": self._used}

    def load_persisted_state(self, state: dict[str, Any]) -> None:
        """Restore what `get_state` returned."""
        self._used.update(state.get("rotated", {}))
        self._restore(state)

    def refresh_auth_result(self, pool: Any, pool_id: str, client_id: str, token: str) -> tuple[Any, Any]:
        """Return the answer of GetTokensFromRefreshToken: tokens, or an error."""
        grace = self._grace(client_id)
        if grace is None:
            return tuple(self._refresh(pool, pool_id, client_id, token))
        if self._ended(token, grace):
            text = "Refresh token has been invalidated by refresh token rotation."
            return None, self._cognito.error_response_json("RefreshTokenReuseException", text, 400)
        result, error = self._refresh(pool, pool_id, client_id, token)
        return (None, error) if error else ({**result, "RefreshToken": self._following(token)}, None)

    def initiate_auth(self, data: dict[str, Any]) -> Any:
        """InitiateAuth, which does not refresh for such a client."""
        refreshes = str(data.get("AuthFlow", "")).startswith("REFRESH_TOKEN")
        if refreshes and self._grace(str(data.get("ClientId", ""))) is not None:
            text = "Refresh token rotation is enabled for this client: use GetTokensFromRefreshToken."
            return self._cognito.error_response_json("NotAuthorizedException", text, 400)
        return self._initiate(data)

    def oauth2_token(
        self, data: Any, query: Any, raw_body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        """Answer at the token endpoint."""
        form = {name: values[0] for name, values in parse_qs(raw_body.decode(errors="replace")).items()}
        token = form.get("refresh_token", "") if form.get("grant_type") == "refresh_token" else ""
        grace = self._grace(str(self._cognito._token_claims(token).get("client_id", "")))
        if grace is not None and self._ended(token, grace):
            refused: Answer = self._cognito._oauth2_error("invalid_grant", "Invalid refresh token.")
            return refused
        status, sent, body = self._token_endpoint(data, query, raw_body, headers)
        if grace is not None and status == 200:
            body = json.dumps({**json.loads(body), "refresh_token": self._following(token)}).encode()
        return status, sent, body

    def _grace(self, client_id: str) -> int | None:
        """Return the seconds for which a used token goes on; None where the client's do not rotate."""
        _, _, client = self._cognito._find_pool_by_client_id(client_id)
        rotation = (client or {}).get("RefreshTokenRotation") or {}
        return int(rotation.get("RetryGracePeriodSeconds", 0)) if rotation.get("Feature") == "ENABLED" else None

    def _ended(self, token: str, grace: int) -> bool:
        origin = self._cognito._token_claims(token).get("origin_jti")
        if origin is not None and origin in self._cognito._revoked_tokens:
            return True  # the last one was revoked, and with it the sign-in
        return token in self._used and self._clock() > self._used[token] + grace

    def _following(self, token: str) -> str:
        """Return the next token of the same sign-in: revoking the sign-in ends both."""
        self._used.setdefault(token, self._clock())
        old = self._cognito._token_claims(token)
        same = {"origin_jti": old.get("origin_jti", ""), "scope": old.get("scope")}
        pool_id = old["iss"].rpartition("/")[2]
        made = str(self._cognito._fake_token(old["sub"], pool_id, old["client_id"], "refresh", **same))
        granted = self._cognito._refresh_tokens.get(token)
        if granted is not None:  # by the sign-in page
            self._cognito._refresh_tokens[made] = dict(granted)
        return made


def install(cognito: Any, clock: Callable[[], float] = time.time) -> None:
    """Give the emulator's module for Cognito rotation, for the app clients that ask for it."""
    _keep_the_setting(cognito, "_create_user_pool_client")
    _keep_the_setting(cognito, "_update_user_pool_client")
    rotation = _Rotation(cognito, clock)
    cognito._refresh_auth_result = rotation.refresh_auth_result
    cognito._initiate_auth = rotation.initiate_auth
    cognito._oauth2_token = rotation.oauth2_token
    cognito.get_state, cognito.load_persisted_state = rotation.get_state, rotation.load_persisted_state


def _keep_the_setting(cognito: Any, name: str) -> None:
    """Keep the request's rotation settings in the client's record, so that DescribeUserPoolClient answers them."""
    original = getattr(cognito, name)

    def kept(data: dict[str, Any]) -> Answer:
        answer: Answer = original(data)
        status, headers, body = answer
        if status != 200:
            return answer
        shown = json.loads(body)
        _, _, client = cognito._find_pool_by_client_id(shown["UserPoolClient"]["ClientId"])
        client["RefreshTokenRotation"] = data.get("RefreshTokenRotation")
        shown["UserPoolClient"]["RefreshTokenRotation"] = client["RefreshTokenRotation"]
        return status, headers, json.dumps(shown).encode()

    setattr(cognito, name, kept)
