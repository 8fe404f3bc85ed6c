"""Settings of the HTTP API."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from settings.group import Group
from settings.values import Origin


class Api(Group):
    """Who may call from where, and how often."""

    title: ClassVar[str] = "API"

    allowed_origins: Annotated[list[Origin], Field(min_length=1, max_length=50)] = Field(
        description="Exact origins whose pages may call the API (CORS); https, or http on localhost",
        examples=["https://app.example.com"],
    )
    throttle_rate: int = Field(
        default=50,
        ge=1,
        le=10000,
        description="Requests a second that each route takes steadily, 1 to 10000",
    )
    throttle_burst: int = Field(
        default=100,
        ge=1,
        le=5000,
        description="Requests that each route takes at once, 1 to 5000",
    )
