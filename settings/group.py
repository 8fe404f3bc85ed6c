"""What a group of settings is: a frozen model whose keys are its fields in camelCase."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel


class Group(BaseModel):
    """Settings of one concern. A field has the name, and the default, that it has in the Args of its component.

    Each field carries its description, which Pulumi.yaml and the documentation repeat, and an example where a value
    cannot be guessed.
    """

    title: ClassVar[str]

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", alias_generator=to_camel, defer_build=True)


class Item(BaseModel):
    """One of several objects that a setting lists; its members are its fields in camelCase."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", alias_generator=to_camel, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _from_json(cls, value: Any) -> Any:
        """`pulumi config set --path 'key[0]' '{…}'` writes an object as text."""
        try:
            return json.loads(value) if isinstance(value, str) else value
        except ValueError:
            return value
