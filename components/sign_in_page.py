"""Where people sign in: the page's domains, and how it looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class SignInPageArgs:
    """The page's host: a prefix of Cognito's own domain, and optionally a name of one's own that goes before it.

    The certificate is in us-east-1, since Cognito serves the name by CloudFront; `sign_in_zone_id` is the Route 53 zone
    that gets its record. `branding_file` is a style exported from the managed login editor, for `managed_login` only.
    """

    domain_prefix: str
    sign_in_domain: str = ""
    sign_in_certificate_arn: str = ""
    sign_in_zone_id: str = ""
    managed_login: bool = False
    branding_file: str = ""

    def __post_init__(self) -> None:
        if bool(self.sign_in_domain) is not bool(self.sign_in_certificate_arn):
            raise ValueError("sign_in_domain and sign_in_certificate_arn must be given together")

    @property
    def version(self) -> int | None:
        """Of the page: 2 is managed login; None leaves Cognito's default, the classic page."""
        return 2 if self.managed_login else None


def sign_in_page(
    name: str, pool: aws.cognito.UserPool, region: str, args: SignInPageArgs, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """The page's domains, each with the record that it needs; the base URL of the one that people see."""
    domain = aws.cognito.UserPoolDomain(
        f"{name}-domain",
        domain=args.domain_prefix,
        managed_login_version=args.version,
        user_pool_id=pool.id,
        opts=opts,
    )
    if not args.sign_in_domain:
        return pulumi.Output.concat("https://", domain.domain, f".auth.{region}.amazoncognito.com")
    own = aws.cognito.UserPoolDomain(
        f"{name}-own-domain",
        domain=args.sign_in_domain,
        certificate_arn=args.sign_in_certificate_arn,
        managed_login_version=args.version,
        user_pool_id=pool.id,
        opts=opts,
    )
    if args.sign_in_zone_id:
        aws.route53.Record(
            f"{name}-own-domain-record",
            zone_id=args.sign_in_zone_id,
            name=args.sign_in_domain,
            type="A",
            aliases=[
                {
                    "name": own.cloudfront_distribution,
                    "zone_id": own.cloudfront_distribution_zone_id,
                    "evaluate_target_health": False,
                }
            ],
            opts=opts,
        )
    return pulumi.Output.concat("https://", own.domain)


def branding(
    name: str,
    pool: aws.cognito.UserPool,
    clients: Mapping[str, aws.cognito.UserPoolClient],
    args: SignInPageArgs,
    opts: pulumi.ResourceOptions,
) -> None:
    """A style for each client that people sign in with, by name's suffix: managed login has no page for one without."""
    if not args.managed_login:
        return
    style = Path(args.branding_file).read_text() if args.branding_file else None
    for suffix, client in clients.items():
        aws.cognito.ManagedLoginBranding(
            f"{name}-branding{suffix}",
            user_pool_id=pool.id,
            client_id=client.id,
            settings=style,
            use_cognito_provided_values=None if style else True,
            opts=opts,
        )
