"""The page where users sign in: its domains, and its style."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path as File

import pulumi
import pulumi_aws as aws

from .arguments import Path, Problem, Set, checked, frozen, matching, validate
from .formats import cloudfront_certificate_arn, hostname, optional, zone_id

_CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e-0000-0000-0000-000000000000"


def _without_reserved_words(value: str) -> Iterator[tuple[Path, str]]:
    for word in ("aws", "amazon", "cognito"):  # Cognito refuses them in a prefix domain
        if word in value:
            yield (), f"not contain {word!r}"


def _fits_cognito(value: str) -> Iterator[tuple[Path, str]]:
    if len(value) > 63:  # DomainType, as Cognito's custom domains are checked
        yield (), "have at most 63 characters"


def _is_json_file(value: str) -> Iterator[tuple[Path, str]]:
    if not value:
        return
    try:
        json.loads(File(value).read_text())
    except (OSError, ValueError):
        yield (), "be a file of JSON in this project, or empty"


def custom_domain_is_complete(
    sign_in_domain: str, sign_in_certificate_arn: str, sign_in_zone_id: str
) -> Iterator[Problem]:
    """A custom domain is a name and a certificate (CustomDomainConfigType); without a name the others do nothing."""
    if sign_in_domain and not sign_in_certificate_arn:
        fix = Set(("sign_in_certificate_arn",), _CERTIFICATE)
        yield Problem(("sign_in_certificate_arn",), "be set with sign_in_domain", "", fix)
    for name, value in {"sign_in_certificate_arn": sign_in_certificate_arn, "sign_in_zone_id": sign_in_zone_id}.items():
        if value and not sign_in_domain:
            fix = Set(("sign_in_domain",), "login.example.com")
            yield Problem((name,), "be empty without sign_in_domain", value, fix)


def style_needs_managed_login(branding_file: str, managed_login: bool) -> Iterator[Problem]:
    """Only managed login has styles of this kind."""
    if branding_file and not managed_login:
        fix = Set(("managed_login",), value=True)
        yield Problem(("branding_file",), "be empty without managed_login", branding_file, fix)


RULES = (custom_domain_is_complete, style_needs_managed_login)


@frozen
class SignInPageArgs:
    """Host and style of the sign-in page."""

    domain_prefix: str = field(
        metadata=checked(
            matching(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", "be up to 63 lower-case letters, digits and hyphens"),
            _without_reserved_words,
            example="example-dev",
        )
    )
    """First part of the sign-in page's host name. It must be unique within the AWS region."""
    sign_in_domain: str = field(
        default="", metadata=checked(optional(hostname), _fits_cognito, example="login.example.com")
    )
    """Custom domain of the page, whose parent domain must resolve. Empty: the prefix alone."""
    sign_in_certificate_arn: str = field(
        default="",
        # Cognito serves a custom domain by CloudFront, whose certificates are in us-east-1.
        metadata=checked(optional(cloudfront_certificate_arn), example=_CERTIFICATE),
    )
    """ARN of the custom domain's certificate in ACM, in us-east-1."""
    sign_in_zone_id: str = field(default="", metadata=checked(optional(zone_id), example="Z0123456789ABCDEFGHIJ"))
    """Route 53 zone that gets the custom domain's record. Empty: the record is made elsewhere."""
    managed_login: bool = False
    """Use the newer page (managed login) instead of the classic one. Needs a tier above LITE."""
    branding_file: str = field(default="", metadata=checked(_is_json_file, example=""))
    """Style of managed login: a file of JSON, as its editor exports it. Empty: Cognito's own."""

    def __post_init__(self) -> None:
        validate(self, *RULES)

    @property
    def version(self) -> int:
        """The page's version: 2 is managed login, 1 the classic page. Left out, Cognito would keep the one before."""
        return 2 if self.managed_login else 1


def sign_in_page(
    name: str, pool: aws.cognito.UserPool, region: str, args: SignInPageArgs, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Make the page's domains, each with the record that it needs; return the base URL that users see."""
    # Cognito allows a pool one domain of each kind, so the old one goes first.
    one_of_a_kind = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
    domain = aws.cognito.UserPoolDomain(
        f"{name}-domain",
        domain=args.domain_prefix,
        managed_login_version=args.version,
        user_pool_id=pool.id,
        opts=one_of_a_kind,
    )
    if not args.sign_in_domain:
        return pulumi.Output.concat("https://", domain.domain, f".auth.{region}.amazoncognito.com")
    custom = aws.cognito.UserPoolDomain(
        f"{name}-own-domain",
        domain=args.sign_in_domain,
        certificate_arn=args.sign_in_certificate_arn,
        managed_login_version=args.version,
        user_pool_id=pool.id,
        opts=one_of_a_kind,
    )
    if args.sign_in_zone_id:
        aws.route53.Record(
            f"{name}-own-domain-record",
            zone_id=args.sign_in_zone_id,
            name=args.sign_in_domain,
            type="A",
            aliases=[
                {
                    "name": custom.cloudfront_distribution,
                    "zone_id": custom.cloudfront_distribution_zone_id,
                    "evaluate_target_health": False,
                }
            ],
            opts=opts,
        )
    return pulumi.Output.concat("https://", custom.domain)


def branding(
    name: str,
    pool: aws.cognito.UserPool,
    clients: Mapping[str, aws.cognito.UserPoolClient],
    args: SignInPageArgs,
    opts: pulumi.ResourceOptions,
) -> None:
    """Make a style for each client of users, by its name's suffix: without one, managed login shows no page."""
    if not args.managed_login:
        return
    style = File(args.branding_file).read_text() if args.branding_file else None
    for suffix, client in clients.items():
        aws.cognito.ManagedLoginBranding(
            f"{name}-branding{suffix}",
            user_pool_id=pool.id,
            client_id=client.id,
            settings=style,
            use_cognito_provided_values=None if style else True,
            # Cognito allows a client one style.
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
        )
