"""Settings of the clients beside the browser's."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from settings.group import Group, Item
from settings.values import LOOPBACK


def _return_url(value: str) -> str:
    """As a web page's, or a native app's own scheme (RFC 8252), which is a domain of its maker turned round."""
    parts = urlsplit(value)
    if re.search(r"[*#\s]", value) or not parts.scheme or parts.username is not None:
        raise ValueError("be one exact URL, without a wildcard, a fragment, a space or a user")
    web = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not (web and parts.hostname) and "." not in parts.scheme:
        raise ValueError("be https://, http:// on localhost, or an app's own scheme such as com.example.app://")
    return value


ReturnUrl = Annotated[str, AfterValidator(_return_url)]


class AppClient(Item):
    """One client. A machine has scopes and no URLs; the others have URLs and may have scopes."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="Short, of lower-case letters, digits and hyphens")
    kind: Literal["browser", "native", "machine"] = Field(
        description="browser, native (an app on a device) or machine (a secret of its own, client credentials)",
    )
    callback_urls: Annotated[list[ReturnUrl], Field(max_length=100)] = Field(
        default=[], description="Exact URLs that the sign-in page may return to; a native app's own scheme too"
    )
    logout_urls: Annotated[list[ReturnUrl], Field(max_length=100)] = Field(
        default=[], description="Exact URLs that sign-out may return to"
    )
    scopes: Annotated[list[str], Field(max_length=47)] = Field(
        default=[], description="Scopes of the route table that it may ask for"
    )
    access_token_minutes: int = Field(default=15, ge=5, le=1440, description="Life of its access and ID tokens")
    refresh_token_days: int = Field(default=30, ge=1, le=3650, description="Days until its users sign in again")
    refresh_token_rotation: bool = Field(default=False, description="A refresh token works once, and brings the next")
    refresh_grace_seconds: int = Field(default=10, ge=0, le=60, description="Seconds in which it works once more")


class AppClients(Group):
    """Further front ends, apps and machines."""

    title: ClassVar[str] = "App clients"

    # API Gateway: 50 audiences of a JWT authorizer; the browser's client is one.
    app_clients: Annotated[list[AppClient], Field(max_length=49)] = Field(
        default=[],
        description="Clients beside the browser's, each with a name, a kind, URLs, scopes and lifetimes",
        examples=['{"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"]}'],
    )
