"""Settings of the user pool and its app client."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from settings.group import Group
from settings.values import DomainPrefix, WebUrl

# Cognito: 100 callback and 100 sign-out URLs of an app client
Urls = Annotated[list[WebUrl], Field(min_length=1, max_length=100, examples=["https://app.example.com/"])]


class SignIn(Group):
    """How people sign in."""

    title: ClassVar[str] = "Sign-in"

    callback_urls: Urls = Field(
        description="Exact URLs that the sign-in page may return to; https, or http on localhost",
    )
    logout_urls: Urls = Field(
        description="Exact URLs that sign-out may return to; https, or http on localhost",
    )
    domain_prefix: DomainPrefix = Field(
        description="First part of the sign-in page's host name; unique within the AWS region",
        examples=["example-dev"],
    )
    email_as_username: bool = Field(
        default=False,
        description="Users have no user name but their email; cannot be changed once the pool exists",
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
    deletion_protection: bool = Field(
        default=True,
        description="Cognito and Pulumi refuse to delete or replace the user pool; off only where every user may be "
        "lost",
    )
