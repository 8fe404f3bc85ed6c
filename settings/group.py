"""What a group of settings is: a frozen model whose keys are its fields in camelCase."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class Group(BaseModel):
    """Settings of one concern. A field has the name, and the default, that it has in the Args of its component.

    Each field carries its description, which Pulumi.yaml and the documentation repeat, and an example where a value
    cannot be guessed.
    """

    title: ClassVar[str]

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", alias_generator=to_camel)
