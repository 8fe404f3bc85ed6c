"""Settings of what the user pool calls on the way to an account and a token."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from settings.group import Group
from settings.values import EmailDomain, GroupName, ScopeName


class Triggers(Group):
    """Each switches on a trigger of the user pool."""

    title: ClassVar[str] = "Triggers"

    group_scopes: dict[GroupName, list[ScopeName]] = Field(
        default={},
        description="Scopes that a group's users get, by group, when they sign in through Cognito's API (SRP, a "
        "password, a passkey); a client of the sign-in page asks for its own",
        examples=[{"admin": ["api/reports.read"]}],
    )
    sign_up_email_domains: list[EmailDomain] = Field(
        default=[],
        max_length=100,
        description="The only domains whose email addresses may have an account, whoever makes it; empty for any",
        examples=["example.com"],
    )
    default_group: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9_.+=@-]{1,128})?$",
        description="Group that new users join once they have confirmed their account; empty for none",
        examples=["member"],
    )
