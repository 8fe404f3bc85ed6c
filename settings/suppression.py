"""An exception from a policy, with its reason."""

from __future__ import annotations

from pydantic import Field

from settings.group import Item


class Suppression(Item):
    """A rule that is not asked of some resources, by a pattern of their names."""

    rule: str = Field(pattern=r"^[A-Z]+(-[A-Z]+)+$", description="Id of a rule of docs/policies.md")
    resource: str = Field(default="*", min_length=1, description="Pattern of resource names, * for all")
    reason: str = Field(pattern=r"^\S.{18,}\.$", description="Why it need not hold there, a sentence")
