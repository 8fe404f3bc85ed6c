"""Settings of how people prove who they are."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from settings.group import Group

FirstFactor = Literal["password", "passkey", "email"]
SecondFactor = Literal["totp", "email"]


class SecondFactors(Group):
    """Passwords, passkeys, codes by email, and what comes second."""

    title: ClassVar[str] = "Factors"

    mfa: Literal["off", "optional", "required"] = Field(
        default="optional",
        description="A second factor, off, optional or required of everybody",
    )
    mfa_methods: Annotated[list[SecondFactor], Field(min_length=1)] = Field(
        default=["totp"],
        description="What may come second: totp (an authenticator app), email (needs SES; then only administrators "
        "recover accounts)",
        examples=["totp"],
    )
    first_factors: Annotated[list[FirstFactor], Field(min_length=1)] = Field(
        default=["password"],
        description="What people sign in with: password, passkey, email (a code); more than password lets them choose",
        examples=["password"],
    )
    passkey_relying_party_id: str = Field(
        default="",
        pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)+)?$",
        max_length=127,
        description="Domain that passkeys are of; empty for the sign-in page's own",
        examples=["example.com"],
    )
    passkey_user_verification: Literal["required", "preferred"] = Field(
        default="required",
        description="Whether a passkey asks who holds it (a finger, a PIN), required or preferred",
    )
