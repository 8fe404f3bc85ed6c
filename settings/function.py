"""Settings of the function behind the API."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from settings.group import Group
from settings.values import SecretName, SecretReference, SecurityGroupId, SubnetId


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
    provisioned_concurrency: int = Field(
        default=0,
        ge=0,
        le=100000,
        description="Calls at once that find the function started already, and are paid for idle; 0 for none",
        examples=[5],
    )
    snap_start: bool = Field(
        default=False,
        description="Lambda starts the function from a snapshot, for a charge; not with provisionedConcurrency",
    )
    live_alias: bool = Field(
        default=True,
        description="Each change is a version, which the API calls by the alias live; off, it calls the newest code",
    )
    shift_traffic: bool = Field(
        default=False,
        description="A deployment publishes its version without traffic; a release moves the alias to it by weight",
    )
    tracing: bool = Field(
        default=True,
        description="X-Ray traces the calls; off, the function may not send traces",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO",
        description="Least severity the function logs, DEBUG, INFO, WARNING or ERROR; refusals are WARNING",
    )
    vpc_subnets: list[SubnetId] = Field(
        default=[],
        max_length=16,
        description="Private subnets the function joins; they need a NAT gateway, or the keys of tokens cannot be had",
        examples=["subnet-0123456789abcdef0"],
    )
    vpc_security_groups: list[SecurityGroupId] = Field(
        default=[],
        max_length=5,
        description="Security groups of the function in its subnets; they must let HTTPS out",
        examples=["sg-0123456789abcdef0"],
    )
    secret_references: dict[SecretName, SecretReference] = Field(
        default={},
        description="Names that the code asks for, each with a parameter (/path) or secret of AWS that holds the value",
        examples=[{"PAYMENT_KEY": "/secure-api/prod/payment-key"}],
    )


class OtherFunction(Group):
    """What a further function has of its own; everything else is as the first one's, but its secrets."""

    title: ClassVar[str] = "Other function"

    memory_mb: int = Field(default=512, ge=128, le=10240)
    timeout_seconds: int = Field(default=10, ge=3, le=29)
    reserved_concurrency: int = Field(default=-1, ge=-1, le=100000)
    provisioned_concurrency: int = Field(default=0, ge=0, le=100000)
    secret_references: dict[SecretName, SecretReference] = Field(default={})
