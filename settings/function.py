"""Settings of the function behind the API."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from settings.group import Group


class Function(Group):
    """What the function runs on, and with how much."""

    title: ClassVar[str] = "Function"

    architecture: Literal["arm64", "x86_64"] = Field(
        default="arm64",
        description="Processor of the function, arm64 or x86_64",
    )
    python_version: Literal["3.12", "3.13", "3.14"] = Field(
        default="3.13",
        description="Python of the function, 3.12 to 3.14",
    )
    memory_mb: int = Field(
        default=512,
        ge=128,
        le=10240,
        description="Memory of the function in MB, 128 to 10240; the processor's share grows with it",
    )
    timeout_seconds: int = Field(
        default=10,
        ge=3,
        le=29,
        description="Seconds a call may take, 3 to 29; API Gateway gives up at 30",
    )
    reserved_concurrency: int = Field(
        default=-1,
        ge=-1,
        le=100000,
        description="Calls at once that are kept for the function and are its limit; -1 shares the account's",
        examples=[10],
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO",
        description="Least severity the function logs, DEBUG, INFO, WARNING or ERROR; refusals are WARNING",
    )
