"""An exception from a policy, with its reason."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Suppression(BaseModel):
    """A rule that is not asked of some resources, by a pattern of their names, and why it need not hold there."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    rule: str = Field(min_length=1)
    resource: str = Field(default="*", min_length=1)
    reason: Annotated[str, StringConstraints(pattern=r"^\S.{18,}\.$")]
