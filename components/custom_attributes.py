"""Attributes of the pool's own, beside those that Cognito gives every user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import pulumi_aws as aws


class CustomAttribute(Protocol):
    """An attribute of the pool's own. Cognito adds one in place, and never changes or removes one."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> Literal["String", "Number", "DateTime", "Boolean"]: ...
    @property
    def mutable(self) -> bool: ...


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
