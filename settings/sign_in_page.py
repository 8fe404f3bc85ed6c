"""Settings of the page where people sign in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from settings.group import Group
from settings.values import DomainPrefix

_PROJECT = Path(__file__).parents[1]


def _style(value: str) -> str:
    """The file's whole path, once it is there and JSON."""
    if not value:
        return value
    path = _PROJECT / value
    try:
        json.loads(path.read_text())
    except (OSError, ValueError):
        raise ValueError("be a file of JSON in this project, or empty") from None
    return str(path)


class SignInPage(Group):
    """Its host, and how it looks."""

    title: ClassVar[str] = "Sign-in page"

    domain_prefix: DomainPrefix = Field(
        description="First part of the sign-in page's host name; unique within the AWS region",
        examples=["example-dev"],
    )
    sign_in_domain: str = Field(
        default="",
        pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)+)?$",
        description="Own host name of the page, which people then see; empty for the prefix alone",
        examples=["login.example.com"],
    )
    sign_in_certificate_arn: str = Field(
        default="",
        # Cognito serves an own domain by CloudFront, whose certificates are in us-east-1.
        pattern=r"^(arn:aws[\w-]*:acm:us-east-1:\d{12}:certificate/[\w-]+)?$",
        description="ARN of that name's certificate in ACM, in us-east-1",
        examples=["arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e-0000-0000-0000-000000000000"],
    )
    sign_in_zone_id: str = Field(
        default="",
        pattern=r"^(Z[A-Z0-9]{1,31})?$",
        description="Route 53 zone that gets the name's record; empty where DNS is elsewhere",
        examples=["Z0123456789ABCDEFGHIJ"],
    )
    managed_login: bool = Field(
        default=False,
        description="The newer page (managed login) instead of the classic one; needs a tier above LITE",
    )
    branding_file: Annotated[str, AfterValidator(_style)] = Field(
        default="",
        description="Style of managed login, a file of JSON as its editor exports it; empty for Cognito's own",
        examples=[""],
    )
