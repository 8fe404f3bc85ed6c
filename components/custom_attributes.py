"""A user pool's custom attributes."""

from collections.abc import Sequence
from dataclasses import field
from enum import StrEnum

import pulumi_aws as aws

from .arguments import checked, frozen, matching, validate

# What an app client may write of Cognito's own attributes by default ("Attribute permissions and scopes").
STANDARD = (
    *("address", "birthdate", "email", "family_name", "gender", "given_name", "locale", "middle_name", "name"),
    *("nickname", "phone_number", "picture", "preferred_username", "profile", "updated_at", "website", "zoneinfo"),
)


class AttributeType(StrEnum):
    """The type of a custom attribute (AttributeDataType)."""

    STRING = "String"
    NUMBER = "Number"
    DATE_TIME = "DateTime"
    BOOLEAN = "Boolean"


@frozen
class CustomAttributeArgs:
    """An attribute in addition to Cognito's. Cognito adds one in place, and never changes or removes one."""

    name: str = field(
        metadata=checked(
            matching(r"[A-Za-z][A-Za-z0-9_-]{0,19}", "be up to 20 letters, digits, _ and -, a letter first"),
            example="team",
        )
    )
    """Up to 20 letters, digits, _ and -. Tokens have it as `custom:<name>`."""
    type: AttributeType
    """String, Number, DateTime or Boolean."""
    mutable: bool = True
    """Whether a user's value may change once it is set."""
    writable: bool = False
    """Whether users set their own value, with no more than their access token. Otherwise only administrators and
    triggers do, so that a tenant or a plan can be read from a token and believed."""

    def __post_init__(self) -> None:
        validate(self)


def schema(attributes: Sequence[CustomAttributeArgs]) -> list[aws.cognito.UserPoolSchemaArgs] | None:
    """Return the attributes as the pool takes them. Constraints are complete, or each deployment would differ."""
    text = aws.cognito.UserPoolSchemaStringAttributeConstraintsArgs(min_length="0", max_length="2048")
    number = aws.cognito.UserPoolSchemaNumberAttributeConstraintsArgs()
    return [
        aws.cognito.UserPoolSchemaArgs(
            name=each.name,
            attribute_data_type=each.type.value,
            mutable=each.mutable,
            string_attribute_constraints=text if each.type is AttributeType.STRING else None,
            number_attribute_constraints=number if each.type is AttributeType.NUMBER else None,
        )
        for each in attributes
    ] or None


def written_by_users(attributes: Sequence[CustomAttributeArgs]) -> list[str]:
    """Return what a client lets users write. It is complete: left out, Cognito would keep the list before."""
    return [*STANDARD, *(f"custom:{each.name}" for each in attributes if each.writable)]
