"""Attributes of the pool's own, beside those that Cognito gives every user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import pulumi_aws as aws

# What an app client may write of Cognito's own unless told otherwise ("Attribute permissions and scopes").
_STANDARD = (
    *("address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name"),
    *("nickname", "phone_number", "picture", "preferred_username", "profile", "updated_at", "website", "zoneinfo"),
)


class CustomAttribute(Protocol):
    """An attribute of the pool's own. Cognito adds one in place, and never changes or removes one.

    Users set a `writable` one themselves, with no more than their access token; the others are administrators' and
    triggers', so that a tenant or a plan can be read from a token and believed.
    """

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> Literal["String", "Number", "DateTime", "Boolean"]: ...
    @property
    def mutable(self) -> bool: ...
    @property
    def writable(self) -> bool: ...


def schema(attributes: Sequence[CustomAttribute]) -> list[aws.cognito.UserPoolSchemaArgs] | None:
    """Cognito's own attributes are in every pool; constraints are said in full, or each deployment would differ."""
    text = aws.cognito.UserPoolSchemaStringAttributeConstraintsArgs(min_length="0", max_length="2048")
    number = aws.cognito.UserPoolSchemaNumberAttributeConstraintsArgs()
    return [
        aws.cognito.UserPoolSchemaArgs(
            name=each.name,
            attribute_data_type=each.type,
            mutable=each.mutable,
            string_attribute_constraints=text if each.type == "String" else None,
            number_attribute_constraints=number if each.type == "Number" else None,
        )
        for each in attributes
    ] or None


def written_by_users(attributes: Sequence[CustomAttribute]) -> list[str] | None:
    """What a client lets users write; None, Cognito's default, is everything, and right only without attributes."""
    if not attributes:
        return None
    return [*_STANDARD, *(f"custom:{each.name}" for each in attributes if each.writable)]
