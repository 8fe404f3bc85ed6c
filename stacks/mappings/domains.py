"""Mappings of Route 53's and ACM's resources: DNS records and certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.mappings.mapping import Deployed, Endpoint, ResourceMapping, Values, known_by, same, tag_list


def _change(**record: Any) -> dict[str, Any]:
    """Return a change batch with one record set. Several inputs add to the same record."""
    return {"ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}}


def _alias_target(aliases: list[Values]) -> dict[str, Any]:
    names = {"name": "DNSName", "zoneId": "HostedZoneId", "evaluateTargetHealth": "EvaluateTargetHealth"}
    return _change(AliasTarget={names[key]: value for key, value in aliases[0].items()})


def _certificate(_: Values, sent: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    arn, domain = emulator.arn("acm", "certificate/local"), sent["DomainName"]
    validation = {"domainName": domain, "resourceRecordName": f"_local.{domain}."}
    validation |= {"resourceRecordType": "CNAME", "resourceRecordValue": "_local.acm-validations.aws."}
    return arn, {"arn": arn, "domainValidationOptions": [validation]}


def _record(_: Values, sent: Values, __: Endpoint) -> tuple[str, dict[str, Any]]:
    record = sent["ChangeBatch"]["Changes"][0]["ResourceRecordSet"]
    return f"{sent['HostedZoneId']}_{record['Name']}_{record['Type']}", {"fqdn": record["Name"].rstrip(".")}


def _deployed_certificate(certificate: Deployed) -> tuple[str, dict[str, Any]]:
    digest, domain = certificate.digest, certificate.inputs["domainName"]
    arn = certificate.arn("acm", f"certificate/{digest[:32]}")
    validation = {
        "domainName": domain,
        "resourceRecordName": f"_{digest[:32]}.{domain}.",
        "resourceRecordType": "CNAME",
        "resourceRecordValue": f"_{digest[32:]}.acm-validations.aws.",
    }
    return arn, {"arn": arn, "domainValidationOptions": [validation]}


MAPPINGS: Mapping[str, ResourceMapping] = {
    "aws:route53/record:Record": ResourceMapping(
        service="route53",
        call="change_resource_record_sets",
        missing="DNS records",
        inputs={
            "zoneId": "HostedZoneId",
            "name": lambda name: _change(Name=name),
            "type": lambda type_: _change(Type=type_),
            "ttl": lambda seconds: _change(TTL=seconds),
            "records": lambda records: _change(ResourceRecords=[{"Value": each} for each in records]),
            "aliases": _alias_target,
        },
        outputs=_record,
        deployed=lambda record: (record.digest[:7], {"fqdn": record.inputs["name"].rstrip(".")}),
    ),
    "aws:acm/certificate:Certificate": ResourceMapping(
        service="acm",
        call="request_certificate",
        inputs={**same("domainName", "validationMethod"), "tags": tag_list()},
        outputs=_certificate,
        deployed=_deployed_certificate,
        missing="certificates",
    ),
    "aws:acm/certificateValidation:CertificateValidation": ResourceMapping(
        service="acm",
        call="describe_certificate",  # Pulumi polls it until the certificate is issued
        inputs={"certificateArn": "CertificateArn", "validationRecordFqdns": lambda _: {}},
        outputs=known_by("CertificateArn"),
        missing="certificates",
    ),
}
