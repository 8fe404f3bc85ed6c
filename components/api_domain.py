"""The API's own domain: certificate, TLS, clients' certificates where they are asked for, and the way there."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class ApiDomainArgs:
    """A domain name, the API and stage that answer there, and how the name gets its certificate and its record.

    `zone_id` is the Route 53 zone that the name is in: its record is made there, and so is a certificate, unless
    `certificate_arn` has one, which must be of this region. `truststore_uri` is the S3 URI of the certificate
    authorities whose clients may connect; without its `truststore_version` a changed file is not noticed.
    """

    domain: str
    api_id: pulumi.Input[str]
    stage: pulumi.Input[str]
    certificate_arn: str = ""
    zone_id: str = ""
    truststore_uri: str = ""
    truststore_version: str = ""

    def __post_init__(self) -> None:
        if not self.certificate_arn and not self.zone_id:
            raise ValueError(
                f"{self.domain} must have a certificate_arn, or a zone_id to prove a new one in, got neither"
            )
        if self.truststore_version and not self.truststore_uri:
            raise ValueError("truststore_version must have a truststore_uri, got none")


class ApiDomain(pulumi.ComponentResource):
    """A regional domain of one API, TLS 1.2 or newer."""

    url: pulumi.Output[str]

    def __init__(self, name: str, args: ApiDomainArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:ApiDomain", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        domain = aws.apigatewayv2.DomainName(
            f"{name}-name",
            domain_name=args.domain,
            domain_name_configuration={
                "certificate_arn": args.certificate_arn or _proven_certificate(name, args, child),
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

        # Whoever takes the address gets it once something answers there.
        self.url = pulumi.Output.concat("https://", mapping.domain_name)
        self.register_outputs({"url": self.url})


def _mutual_tls(args: ApiDomainArgs) -> aws.apigatewayv2.DomainNameMutualTlsAuthenticationArgs | None:
    if not args.truststore_uri:
        return None
    return aws.apigatewayv2.DomainNameMutualTlsAuthenticationArgs(
        truststore_uri=args.truststore_uri, truststore_version=args.truststore_version or None
    )


def _proven_certificate(name: str, args: ApiDomainArgs, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """A certificate that ACM renews by itself as long as its record stands in the zone."""
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
