"""Settings of the user pool and its app client."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from settings.group import Group, Item
from settings.values import WebUrl

# Cognito: 100 callback and 100 sign-out URLs of an app client
Urls = Annotated[list[WebUrl], Field(min_length=1, max_length=100, examples=["https://app.example.com/"])]


class CustomAttribute(Item):
    """An attribute of the pool's own; `custom:<name>` in tokens."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,19}$", description="Up to 20 letters, digits, _ and -")
    type: Literal["String", "Number", "DateTime", "Boolean"] = Field(description="String, Number, DateTime or Boolean")
    mutable: bool = Field(default=True, description="Whether a user's may change once it is set")
    writable: bool = Field(
        default=False, description="Whether users set their own; otherwise only administrators and triggers do"
    )


class SignIn(Group):
    """How people sign in."""

    title: ClassVar[str] = "Sign-in"

    callback_urls: Urls = Field(
        description="Exact URLs that the sign-in page may return to; https, or http on localhost",
    )
    logout_urls: Urls = Field(
        description="Exact URLs that sign-out may return to; https, or http on localhost",
    )
    user_pool_tier: Literal["LITE", "ESSENTIALS", "PLUS"] = Field(
        default="ESSENTIALS",
        description="What Cognito does, and charges: LITE, ESSENTIALS or PLUS",
    )
    email_as_username: bool = Field(
        default=False,
        description="Users have no user name but their email; cannot be changed once the pool exists",
    )
    custom_attributes: Annotated[list[CustomAttribute], Field(max_length=50)] = Field(
        default=[],
        description="Attributes beside Cognito's, each with a name, a type and whether it may change; add as you like, "
        "one that exists cannot be changed or removed",
        examples=['{"name": "team", "type": "String"}'],
    )
    self_sign_up: bool = Field(
        default=True,
        description="Anyone may sign up; otherwise administrators create users",
    )
    password_sign_in: bool = Field(
        default=False,
        description="The app client may send a password in plain to Cognito (USER_PASSWORD_AUTH) besides SRP; "
        "for tests and tools",
    )
    password_minimum_length: int = Field(
        default=12,
        ge=12,
        le=99,
        description="Characters a password has at least, 12 to 99; upper and lower case, digits and symbols are always "
        "asked for",
    )
    password_history: int = Field(
        default=0,
        ge=0,
        le=24,
        description="Old passwords that may not come back, 0 to 24; above 0 it needs a tier above LITE",
    )
    access_token_minutes: int = Field(
        default=15,
        ge=5,
        le=1440,
        description="Life of access and ID tokens, 5 to 1440 minutes; a revoked token still works that long",
    )
    refresh_token_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="Days until users sign in again, 1 to 3650",
    )
    refresh_token_rotation: bool = Field(
        default=False,
        description="A refresh token works once, and brings the next; clients must keep it (GetTokensFromRefreshToken)",
    )
    refresh_grace_seconds: int = Field(
        default=10,
        ge=0,
        le=60,
        description="Seconds in which a used refresh token works once more, 0 to 60; for answers that were lost",
    )
    deletion_protection: bool = Field(
        default=True,
        description="AWS and Pulumi refuse to delete or replace the user pool and what users keep; off only where "
        "all of it may be lost",
    )
