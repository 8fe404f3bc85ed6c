"""Kinds of Route 53 and ACM: names and their certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.mappings.mapping import Endpoint, ResourceMapping, Values, known_by, same, tag_list


def _change(**record: Any) -> dict[str, Any]:
    """One record set of one change, which the inputs fill together."""
    return {"ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}}


def _alias_target(aliases: list[Values]) -> dict[str, Any]:
    names = {"name": "DNSName", "zoneId": "HostedZoneId", "evaluateTargetHealth": "EvaluateTargetHealth"}
    return _change(AliasTarget={names[key]: value for key, value in aliases[0].items()})


def _certificate(_: Values, sent: Values, world: Endpoint) -> tuple[str, dict[str, Any]]:
    arn, domain = world.arn("acm", "certificate/local"), sent["DomainName"]
    proof = {"domainName": domain, "resourceRecordName": f"_local.{domain}."}
    proof |= {"resourceRecordType": "CNAME", "resourceRecordValue": "_local.acm-validations.aws."}
    return arn, {"arn": arn, "domainValidationOptions": [proof]}


def _record(_: Values, sent: Values, __: Endpoint) -> tuple[str, dict[str, Any]]:
    record = sent["ChangeBatch"]["Changes"][0]["ResourceRecordSet"]
    return f"{sent['HostedZoneId']}_{record['Name']}_{record['Type']}", {"fqdn": record["Name"].rstrip(".")}


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
    ),
    "aws:acm/certificate:Certificate": ResourceMapping(
        service="acm",
        call="request_certificate",
        inputs={**same("domainName", "validationMethod"), "tags": tag_list()},
        outputs=_certificate,
        missing="certificates",
    ),
    "aws:acm/certificateValidation:CertificateValidation": ResourceMapping(
        service="acm",
        call="describe_certificate",  # until the certificate is issued
        inputs={"certificateArn": "CertificateArn", "validationRecordFqdns": lambda _: {}},
        outputs=known_by("CertificateArn"),
        missing="certificates",
    ),
}
