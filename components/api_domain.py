"""The API's custom domain: certificate, TLS, client certificates where they are required, and the DNS record."""

from collections.abc import Iterator
from dataclasses import field

import pulumi
import pulumi_aws as aws

from .arguments import Problem, Set, checked, frozen, matching, typed, validate
from .formats import certificate_arn as an_arn
from .formats import hostname, optional, s3_uri
from .formats import zone_id as a_zone

_CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"


def others_need_the_file(uri: str, version: str, ownership_certificate_arn: str) -> Iterator[Problem]:
    """Without the object's place the others do nothing."""
    for name, value in {"version": version, "ownership_certificate_arn": ownership_certificate_arn}.items():
        if value and not uri:
            yield Problem(("uri",), f"be set with {name}", None, Set(("uri",), "s3://example-trust/clients.pem"))


@frozen
class TruststoreArgs:
    """Certificate authorities whose clients may connect (mutual TLS)."""

    uri: str = field(default="", metadata=checked(optional(s3_uri), example="s3://example-trust/clients.pem"))
    """S3 URI of the file of authorities. Empty: no client certificate is required."""
    version: str = field(default="", metadata=checked(matching(r"\S*", "have no space")))
    """Version of the object. Without it a changed file is not noticed."""
    ownership_certificate_arn: str = field(default="", metadata=checked(optional(an_arn), example=_CERTIFICATE))
    """Certificate that ACM issued for the domain, needed beside one that was imported or comes from a private CA."""

    def __post_init__(self) -> None:
        validate(self, others_need_the_file)


def certificate_can_be_proven(certificate_arn: str, zone_id: str, domain: str) -> Iterator[Problem]:
    """A domain has a certificate, or a zone in which ACM proves a new one."""
    if domain and not certificate_arn and not zone_id:
        fix = Set(("zone_id",), "Z0123456789EXAMPLE")
        yield Problem(("zone_id",), "be set with domain, unless certificate_arn is", None, fix)


@frozen
class ApiDomainArgs:
    """A domain name, the API and stage that answer there, and the name's certificate and record."""

    domain: str = field(metadata=checked(hostname, example="api.example.com"))
    """The domain name."""
    api_id: pulumi.Input[str]
    """Id of the API."""
    stage: pulumi.Input[str]
    """Name of the stage."""
    certificate_arn: str = field(default="", metadata=checked(optional(an_arn), example=_CERTIFICATE))
    """ARN of the certificate, in this region. Empty: a new certificate, proven in the zone."""
    zone_id: str = field(default="", metadata=checked(optional(a_zone), example="Z0123456789EXAMPLE"))
    """Route 53 zone that gets the name's record. Empty: the record is made elsewhere."""
    truststore: TruststoreArgs = field(default_factory=TruststoreArgs)
    """Certificate authorities whose clients may connect (mutual TLS)."""

    def __post_init__(self) -> None:
        validate(self, certificate_can_be_proven)


class ApiDomain(pulumi.ComponentResource):
    """A regional domain of one API, with TLS 1.2 or newer."""

    url: pulumi.Output[str]
    """Base URL of the API at this domain."""

    def __init__(self, name: str, args: ApiDomainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:ApiDomain", name, None, opts)
        args = typed(ApiDomainArgs, args)
        child = pulumi.ResourceOptions(parent=self)

        domain = aws.apigatewayv2.DomainName(
            f"{name}-name",
            domain_name=args.domain,
            domain_name_configuration={
                "certificate_arn": args.certificate_arn or _proven_certificate(name, args, child),
                "ownership_verification_certificate_arn": args.truststore.ownership_certificate_arn or None,
                "endpoint_type": "REGIONAL",  # the only one that an HTTP API has
                "security_policy": "TLS_1_2",
            },
            mutual_tls_authentication=_mutual_tls(args),
            opts=child,
        )
        mapping = aws.apigatewayv2.ApiMapping(
            f"{name}-mapping", api_id=args.api_id, domain_name=domain.id, stage=args.stage, opts=child
        )
        if args.zone_id:
            target = domain.domain_name_configuration
            aws.route53.Record(
                f"{name}-record",
                zone_id=args.zone_id,
                name=args.domain,
                type="A",
                aliases=[
                    {
                        "name": target.target_domain_name,
                        "zone_id": target.hosted_zone_id,
                        "evaluate_target_health": False,
                    }
                ],
                opts=child,
            )

        # Whoever uses the address gets it once the API answers there.
        self.url = pulumi.Output.concat("https://", mapping.domain_name)
        self.register_outputs({"url": self.url})


def _mutual_tls(args: ApiDomainArgs) -> aws.apigatewayv2.DomainNameMutualTlsAuthenticationArgs | None:
    if not args.truststore.uri:
        return None
    return aws.apigatewayv2.DomainNameMutualTlsAuthenticationArgs(
        truststore_uri=args.truststore.uri, truststore_version=args.truststore.version or None
    )


def _proven_certificate(name: str, args: ApiDomainArgs, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """Make a certificate, which ACM renews as long as its record stands in the zone; return its ARN."""
    certificate = aws.acm.Certificate(
        f"{name}-certificate", domain_name=args.domain, validation_method="DNS", opts=opts
    )
    proof = certificate.domain_validation_options[0]
    record = aws.route53.Record(
        f"{name}-proof",
        zone_id=args.zone_id,
        name=proof.resource_record_name,
        type=proof.resource_record_type,
        records=[proof.resource_record_value],
        ttl=300,
        opts=opts,
    )
    validated = aws.acm.CertificateValidation(
        f"{name}-validation",
        certificate_arn=certificate.arn,
        validation_record_fqdns=[record.fqdn],
        opts=opts,
    )
    return validated.certificate_arn
