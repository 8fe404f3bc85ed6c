"""What ApiDomain promises of TLS, certificates and the way to the API."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from components.api_domain import ApiDomain, ApiDomainArgs
from stacks.recorder import ACCOUNT, REGION, Recording, record
from tests.components.arguments import arguments

CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/c"
REQUIRED: dict[str, Any] = {
    "domain": "api.example.com",
    "api_id": "a1b2c3",
    "stage": "$default",
    "zone_id": "Z0123456789EXAMPLE",
}


def domain_of(**changes: Any) -> Recording:
    args = arguments(ApiDomainArgs, **{**REQUIRED, **changes})
    return record(lambda: ApiDomain("domain", args))


@cache
def default() -> Recording:
    return domain_of()


def test_tls_is_1_2_and_the_endpoint_regional() -> None:
    """TLS 1.0, the other value, is broken; EDGE is not for HTTP APIs."""
    configuration = default().one("DomainName").inputs["domainNameConfiguration"]

    assert configuration["securityPolicy"] == "TLS_1_2"
    assert configuration["endpointType"] == "REGIONAL"


def test_certificate_is_made_and_proven_in_the_zone() -> None:
    """API Gateway refuses a certificate that is not issued yet: the domain waits for the proof."""
    certificate, domain = default().one("Certificate"), default().one("DomainName")
    record_, validation = default().one("Record", "domain-proof"), default().one("CertificateValidation")
    (proof,) = certificate.outputs["domainValidationOptions"]

    assert certificate.inputs == {"domainName": "api.example.com", "validationMethod": "DNS"}
    assert record_.inputs["zoneId"] == REQUIRED["zone_id"]
    assert (record_.inputs["name"], record_.inputs["type"], record_.inputs["records"]) == (
        proof["resourceRecordName"],
        proof["resourceRecordType"],
        [proof["resourceRecordValue"]],
    )
    assert validation.inputs["certificateArn"] == certificate.outputs["arn"]
    assert validation.inputs["validationRecordFqdns"] == [record_.outputs["fqdn"]]
    assert domain.inputs["domainNameConfiguration"]["certificateArn"] == certificate.outputs["arn"]
    assert default().waits_for(domain, validation)


def test_given_certificate_is_used() -> None:
    """No other is made, and nobody has to prove anything."""
    recording = domain_of(certificate_arn=CERTIFICATE)

    assert recording.one("DomainName").inputs["domainNameConfiguration"]["certificateArn"] == CERTIFICATE
    assert recording.all("Certificate") == []
    assert [each.name for each in recording.all("Record")] == ["domain-record"]


def test_name_leads_to_the_domain() -> None:
    """An alias: it follows API Gateway's addresses, and is not charged for."""
    target = default().one("DomainName").outputs["domainNameConfiguration"]

    assert default().one("Record", "domain-record").inputs == {
        "zoneId": REQUIRED["zone_id"],
        "name": "api.example.com",
        "type": "A",
        "aliases": [
            {
                "name": target["targetDomainName"],
                "zoneId": target["hostedZoneId"],
                "evaluateTargetHealth": False,
            }
        ],
    }


def test_no_zone_means_no_record() -> None:
    """The zone is kept elsewhere; the domain itself is there."""
    recording = domain_of(zone_id="", certificate_arn=CERTIFICATE)

    assert recording.all("Record") == []
    assert recording.one("DomainName")


def test_clients_need_no_certificate_by_default() -> None:
    """Mutual TLS is for machines that were given one."""
    assert "mutualTlsAuthentication" not in default().one("DomainName").inputs


@pytest.mark.parametrize("version", ["v1", ""])
def test_clients_certificates_are_checked_against_the_truststore(version: str) -> None:
    """Without it anybody connects."""
    inputs = domain_of(truststore={"uri": "s3://trust/ca.pem", "version": version}).one("DomainName").inputs

    assert inputs["mutualTlsAuthentication"]["truststoreUri"] == "s3://trust/ca.pem"
    assert inputs["mutualTlsAuthentication"].get("truststoreVersion", "") == version


def test_url_is_there_once_the_domain_answers() -> None:
    """A mapping that is missing answers 403."""
    assert default().registered[default().one("ApiDomain").urn] == {"url": "https://api.example.com"}
