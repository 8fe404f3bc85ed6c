"""Each rule of settings of the API, the functions and the keys: what it refuses, in which words, and what passes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from settings import Settings, SettingsError
from settings.model import read
from tests.test_settings import HEARD, REQUIRED, load

DOMAIN = {"apiDomain": "api.example.com", "apiZoneId": "Z0123456789EXAMPLE"}
VPC = {"vpcSubnets": '["subnet-0123456789abcdef0"]', "vpcSecurityGroups": '["sg-0123456789abcdef0"]'}
OTHER = "arn:aws:{}:us-east-1:123456789012:{}"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/k"


def settings_with(**changes: str) -> Settings:
    return load({"aws:region": "eu-central-1", **REQUIRED, **changes})


def refusal_of(**changes: str) -> str:
    with pytest.raises(SettingsError) as refused:
        settings_with(**changes)
    return str(refused.value)


@dataclass(frozen=True)
class Route:
    """What rules ask of a route."""

    key: str
    function: str = "api"
    public: bool = False
    scopes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "domain without a certificate": (
        {"apiDomain": "api.example.com"},
        (
            "apiZoneId: must be set with apiDomain, or apiCertificateArn must "
            "(set it with: pulumi config set apiZoneId Z0123456789EXAMPLE)"
        ),
    ),
    "zone without a domain": (
        {"apiZoneId": "Z0123456789EXAMPLE"},
        "apiDomain: must be set with apiZoneId (set it with: pulumi config set apiDomain api.example.com)",
    ),
    "certificate without a domain": (
        {"apiCertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/c"},
        "apiDomain: must be set with apiCertificateArn (set it with: pulumi config set apiDomain api.example.com)",
    ),
    "kept endpoint without another": (
        {"keepDefaultEndpoint": "true"},
        "apiDomain: must be set with keepDefaultEndpoint (set it with: pulumi config set apiDomain api.example.com)",
    ),
    "mutual TLS without a domain": (
        {"truststoreUri": "s3://example-trust/clients.pem"},
        "apiDomain: must be set with truststoreUri (set it with: pulumi config set apiDomain api.example.com)",
    ),
    "mutual TLS with a second door": (
        {**DOMAIN, "truststoreUri": "s3://example-trust/clients.pem", "keepDefaultEndpoint": "true"},
        (
            "keepDefaultEndpoint: must be false with truststoreUri, got true "
            "(set it with: pulumi config set keepDefaultEndpoint false)"
        ),
    ),
    "version of no truststore": (
        {**DOMAIN, "truststoreVersion": "v1"},
        (
            "truststoreUri: must be set with truststoreVersion "
            "(set it with: pulumi config set truststoreUri s3://example-trust/clients.pem)"
        ),
    ),
    "certificate of another region": (
        {"apiDomain": "api.example.com", "apiCertificateArn": OTHER.format("acm", "certificate/c")},
        (
            "apiCertificateArn: must be of region eu-central-1, "
            'got "arn:aws:acm:us-east-1:123456789012:certificate/c" '
            "(set it with: pulumi config set apiCertificateArn arn:aws:acm:eu-central-1:123456789012:certificate/c)"
        ),
    ),
    "key of another region": (
        {"kmsKeyArn": OTHER.format("kms", "key/k")},
        (
            'kmsKeyArn: must be of region eu-central-1, got "arn:aws:kms:us-east-1:123456789012:key/k" '
            f"(set it with: pulumi config set kmsKeyArn {KEY})"
        ),
    ),
    "secret of another region": (
        {"secretReferences": json.dumps({"TOKEN": OTHER.format("ssm", "parameter/token")})},
        (
            "secretReferences.TOKEN: must be of region eu-central-1, "
            'got "arn:aws:ssm:us-east-1:123456789012:parameter/token" '
            "(set it with: pulumi config set --path secretReferences.TOKEN "
            "arn:aws:ssm:eu-central-1:123456789012:parameter/token)"
        ),
    ),
    "two keys": (
        {"createKmsKey": "true", "kmsKeyArn": KEY},
        "createKmsKey: must be false with kmsKeyArn, got true (set it with: pulumi config set createKmsKey false)",
    ),
    "burst below the rate": (
        {"throttleRate": "200", "throttleBurst": "100"},
        (
            "throttleBurst: must be at least 200 with a throttleRate of 200, got 100 "
            "(set it with: pulumi config set throttleBurst 200)"
        ),
    ),
    "burst below the greatest there is": (
        {"throttleRate": "10000", "throttleBurst": "4999"},
        (
            "throttleBurst: must be at least 5000 with a throttleRate of 10000, got 4999 "
            "(set it with: pulumi config set throttleBurst 5000)"
        ),
    ),
    "SnapStart without versions": (
        {"snapStart": "true", "liveAlias": "false"},
        "liveAlias: must be true with snapStart, got false (set it with: pulumi config set liveAlias true)",
    ),
    "weights without versions": (
        {"shiftTraffic": "true", "liveAlias": "false"},
        "liveAlias: must be true with shiftTraffic, got false (set it with: pulumi config set liveAlias true)",
    ),
    "provisioned concurrency without versions": (
        {"provisionedConcurrency": "1", "liveAlias": "false"},
        (
            "liveAlias: must be true with provisionedConcurrency, got false "
            "(set it with: pulumi config set liveAlias true)"
        ),
    ),
    "SnapStart and provisioned concurrency": (
        {"provisionedConcurrency": "1", "snapStart": "true"},
        (
            "provisionedConcurrency: must be 0 with snapStart, got 1 "
            "(set it with: pulumi config set provisionedConcurrency 0)"
        ),
    ),
    "more provisioned than reserved": (
        {"provisionedConcurrency": "6", "reservedConcurrency": "5"},
        (
            "provisionedConcurrency: must be at most reservedConcurrency, 5, got 6 "
            "(set it with: pulumi config set provisionedConcurrency 5)"
        ),
    ),
    "provisioned for a function that is off": (
        {"provisionedConcurrency": "1", "reservedConcurrency": "0"},
        (
            "provisionedConcurrency: must be at most reservedConcurrency, 0, got 1 "
            "(set it with: pulumi config set provisionedConcurrency 0)"
        ),
    ),
    "subnets without security groups": (
        {"vpcSubnets": VPC["vpcSubnets"]},
        (
            "vpcSecurityGroups[0]: must be set with vpcSubnets "
            "(set it with: pulumi config set --path 'vpcSecurityGroups[0]' sg-0123456789abcdef0)"
        ),
    ),
    "security groups without subnets": (
        {"vpcSecurityGroups": VPC["vpcSecurityGroups"]},
        (
            "vpcSubnets[0]: must be set with vpcSecurityGroups "
            "(set it with: pulumi config set --path 'vpcSubnets[0]' subnet-0123456789abcdef0)"
        ),
    ),
    "secrets that pass the environment": (
        {"secretReferences": json.dumps({f"S{number}": "x" * 500 for number in range(7)})},
        (
            "secretReferences: must have names and references of 3072 bytes at most, got 3563 "
            "(remove it with: pulumi config rm secretReferences)"
        ),
    ),
    "untraced production": (
        {"tracing": "false"},
        "tracing: must be true in production, got false (set it with: pulumi config set tracing true)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusal_is_one_line_with_its_remedy(name: str) -> None:
    """Before the first resource, where AWS would refuse half-way, or not at all."""
    changes, problem = REFUSED[name]

    assert refusal_of(**changes) == f"stack test must change {problem}"


@pytest.mark.parametrize(
    "changes",
    [
        DOMAIN,
        {"apiDomain": "api.example.com", "apiCertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/c"},
        {**DOMAIN, "keepDefaultEndpoint": "true"},
        {**DOMAIN, "truststoreUri": "s3://example-trust/clients.pem", "truststoreVersion": "v1"},
        {"kmsKeyArn": KEY},
        {"createKmsKey": "true"},
        {"throttleRate": "100", "throttleBurst": "100"},
        {"throttleRate": "10000", "throttleBurst": "5000"},
        {"liveAlias": "false"},
        {"snapStart": "true"},
        {"provisionedConcurrency": "5", "reservedConcurrency": "5"},
        {"provisionedConcurrency": "5"},
        {"reservedConcurrency": "0"},
        VPC,
        {"secretReferences": '{"TOKEN": "/app/token", "KEY": "app/key"}'},
        {"secretReferences": json.dumps({f"S{number}": "x" * 503 for number in range(6)})},  # 3,072 bytes
        {"logRetentionDays": "90"},
        {"logRetentionDays": "1", "tracing": "false", "environment": "dev"},
    ],
    ids=str,
)
def test_what_fits_together_is_accepted(changes: dict[str, str]) -> None:
    """A rule that refuses too much is turned off by whoever meets it."""
    assert settings_with(**changes)


@pytest.mark.parametrize(
    ("key", "value", "rule"),
    [
        ("apiDomain", "API.example.com", "match"),
        ("apiDomain", "https://api.example.com", "match"),
        ("apiDomain", "localhost", "match"),
        ("apiZoneId", "/hostedzone/Z1", "match"),
        ("apiCertificateArn", "arn:aws:iam::123456789012:server-certificate/c", "match"),
        ("truststoreUri", "https://example.com/ca.pem", "match"),
        ("kmsKeyArn", "alias/logs", "match"),
        ("kmsKeyArn", "arn:aws:kms:eu-central-1:123456789012:alias/logs", "match"),
        ("vpcSubnets", '["subnet-1"]', "match"),
        ("vpcSecurityGroups", '["default"]', "match"),
        ("secretReferences", '{"token": "/app/token"}', "match"),
        ("secretReferences", '{"AWS-KEY": "/app/token"}', "match"),
        ("secretReferences", '{"TOKEN": "hunter2 is the password"}', "match"),
        ("secretReferences", '{"TOKEN": "arn:aws:s3:::bucket"}', "match"),
        ("secretReferences", '{"TOKEN": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:token"}', "match"),
        ("otherFunctions", '{"Reports": {}}', "match"),
        ("otherFunctions", '{"api": {}}', "not be api, whose settings stand by themselves"),
        ("otherFunctions", '{"reports": {"memoryMb": 64}}', "be greater than or equal to 128"),
        ("otherFunctions", '{"reports": {"memory": 512}}', "be right: Extra inputs are not permitted"),
        ("tags", '{"aws:mine": "x"}', "not begin with aws:, which is AWS's own"),
        ("tags", '{"a;b": "x"}', "match"),
        ("owner", "team; drop", "match"),
        ("costCenter", "x" * 257, "have at most 256 characters"),
    ],
)
def test_value_that_aws_would_refuse_is_refused(key: str, value: str, rule: str) -> None:
    """By its own shape, before anything is asked of AWS."""
    assert refusal_of(**{key: value}).startswith(f"stack test must change {key}")
    assert f": must {rule}" in refusal_of(**{key: value})


VALUES: dict[str, Any] = {
    "aws:region": "eu-central-1",
    **{key: json.loads(value) if value.startswith("[") else value for key, value in {**REQUIRED, **HEARD}.items()},
}


def problems_with(routes: list[Route], **changes: Any) -> list[str]:
    _, problems = read({**VALUES, **changes}, routes)
    return [str(problem) for problem in problems]


class TestFunctionsOfRoutes:
    def test_route_of_an_unknown_function_is_refused(self) -> None:
        """And says which route names it."""
        assert problems_with([Route("GET /a"), Route("GET /b", function="reports")]) == [
            (
                "otherFunctions.reports: must be set, since GET /b names it "
                "(set it with: pulumi config set --path otherFunctions.reports.memoryMb 512)"
            )
        ]

    def test_function_that_no_route_leads_to_is_refused(self) -> None:
        """It would be deployed, and paid for, and never called; most likely its name is mistyped."""
        assert problems_with([Route("GET /a")], otherFunctions={"report": {}}) == [
            (
                "otherFunctions.report: must be the function of a route "
                "(remove it with: pulumi config rm --path otherFunctions.report)"
            )
        ]

    def test_functions_and_routes_that_fit_are_accepted(self) -> None:
        """Any number of routes may share one."""
        routes = [Route("GET /a", "reports"), Route("GET /b", "reports"), Route("GET /c")]

        assert problems_with(routes, otherFunctions={"reports": {}}) == []

    def test_more_provisioned_than_reserved_is_refused_of_every_function(self) -> None:
        """Each has its own share."""
        sizes = {"provisionedConcurrency": 6, "reservedConcurrency": 5}

        assert problems_with([Route("GET /a", "reports")], otherFunctions={"reports": sizes}) == [
            (
                "otherFunctions.reports.provisionedConcurrency: must be at most "
                "otherFunctions.reports.reservedConcurrency, 5, got 6 "
                "(set it with: pulumi config set --path otherFunctions.reports.provisionedConcurrency 5)"
            )
        ]


class TestDerived:
    def test_other_function_is_as_the_first_but_for_its_own(self) -> None:
        """What is said once holds for all; rights to secrets are each one's own."""
        settings, _ = read(
            {
                **VALUES,
                "memoryMb": 256,
                "tracing": True,
                "secretReferences": {"TOKEN": "/app/token"},
                "otherFunctions": {"reports": {"memoryMb": 1024, "timeoutSeconds": 29}},
            },
            [Route("GET /a", "reports")],
        )
        assert settings is not None
        first, reports = settings.functions["api"], settings.functions["reports"]

        assert (first["memory_mb"], reports["memory_mb"]) == (256, 1024)
        assert (first["timeout_seconds"], reports["timeout_seconds"]) == (10, 29)
        assert (first["secret_references"], reports["secret_references"]) == ({"TOKEN": "/app/token"}, {})
        assert first.keys() == reports.keys()
        assert reports["tracing"] is True

    def test_tags_are_the_stacks_own_and_the_named_ones(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Bills and alarms are told apart by them; a further tag must not replace a named one."""
        monkeypatch.setattr("pulumi.get_stack", lambda: "test")
        settings = settings_with(
            environment="staging", owner="team-api", costCenter="1234", tags='{"DataClass": "internal", "Stack": "x"}'
        )

        assert settings.resource_tags.keys() == {"Project", "Stack", "Environment", "Owner", "CostCenter", "DataClass"}
        assert settings.resource_tags["Stack"] == "test"
        assert settings.resource_tags["Owner"] == "team-api"
        assert settings.resource_tags["CostCenter"] == "1234"
        assert settings.resource_tags["Environment"] == "staging"

    def test_tags_without_a_value_are_left_out(self) -> None:
        """An empty owner looks like one who left."""
        assert settings_with().resource_tags.keys() == {"Project", "Stack", "Environment"}
