"""Settings of the HTTP API."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from settings.group import Group
from settings.values import CertificateArn, Hostname, Origin, S3Uri, ZoneId


class Api(Group):
    """Who may call from where, and how often."""

    title: ClassVar[str] = "API"

    allowed_origins: Annotated[list[Origin], Field(min_length=1, max_length=50)] = Field(
        description="Exact origins whose pages may call the API (CORS); https, or http on localhost",
        examples=["https://app.example.com"],
    )
    allow_credentials: bool = Field(
        default=False,
        description="Browsers may send cookies of these origins along; the API needs none, since its token is a header",
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
        description="Requests that each route takes at once, 1 to 5000, and not less than throttleRate",
    )
    detailed_metrics: bool = Field(
        default=False,
        description="CloudWatch measures each route by itself, for the price of metrics of one's own",
    )
    access_log_callers: bool = Field(
        default=True,
        description="The access log says who called: subject, address and user agent; off, it has nothing personal",
    )
    api_domain: Hostname = Field(
        default="",
        description="A domain name of one's own for the API, instead of AWS's, which then answers no more",
        examples=["api.example.com"],
    )
    api_certificate_arn: CertificateArn = Field(
        default="",
        description="Certificate for apiDomain, of this region; without it one is made and proven in apiZoneId",
        examples=["arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"],
    )
    api_zone_id: ZoneId = Field(
        default="",
        description="Route 53 zone that apiDomain is in; without it, its record is made elsewhere",
        examples=["Z0123456789EXAMPLE"],
    )
    keep_default_endpoint: bool = Field(
        default=False,
        description="AWS's own address answers besides apiDomain, while callers move",
    )
    truststore_uri: S3Uri = Field(
        default="",
        description="S3 URI of the authorities whose clients' certificates apiDomain asks for (mutual TLS)",
        examples=["s3://example-trust/clients.pem"],
    )
    truststore_version: str = Field(
        default="",
        pattern=r"^\S*$",
        description="Version of the object at truststoreUri; without it a changed file is not noticed",
    )
