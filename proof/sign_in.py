"""Sign users of a stack in on its sign-in page. This needs no right beyond the user's password."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from local.users import SignInPage, sign_in
from proof.client import Client
from proof.target import Target
from stacks.command_line import CommandError


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """A user's access token and ID token, as Cognito issued them."""

    access: str
    id: str

    @property
    def claims(self) -> dict[str, Any]:
        """The access token's claims, without any verification."""
        return claims_of(self.access)

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(str(self.claims.get("scope", "")).split())

    @property
    def groups(self) -> frozenset[str]:
        groups = self.claims.get("cognito:groups", [])
        return frozenset(groups if isinstance(groups, list) else [])


def claims_of(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def tokens_of(client: Client, target: Target, name: str, password: str, scopes: Iterable[str] = ()) -> Tokens:
    """Sign in on the stack's sign-in page and ask for these scopes. CommandError if that is impossible or refused."""
    if target.sign_in_url is None:
        raise CommandError("the stack must have a sign-in page for --user, but its authDomain is null")
    if target.expected is None:
        raise CommandError("the callback URL must be known to sign in; name the stack's settings with: --settings NAME")
    page = SignInPage(target.sign_in_url, target.client_id, target.expected.callback_url)
    try:
        issued = sign_in(page, name, password, scopes, client.browser())
        return Tokens(access=issued["access_token"], id=issued["id_token"])
    except (KeyError, ValueError):
        raise CommandError("the token endpoint must issue tokens, but its answer has none") from None
