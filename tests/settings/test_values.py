"""Each setting by itself: its type, limits, format, and that the remedy of a refusal is a value that is accepted."""

from __future__ import annotations

import enum
import inspect
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, fields, is_dataclass
from typing import Any, get_args, get_origin

import botocore.session
import pytest

from components.arguments import annotations_of, distinct, field_problems, without_none
from components.formats import REGIONS, RETENTIONS
from docs.generate import docstrings
from settings.model import GROUPS, SETTINGS
from tests.settings.stack import (
    CERTIFICATE,
    GOOGLE,
    IDENTITY,
    KEY,
    PRODUCTION,
    SCOPES,
    Config,
    lines_of,
    remedy_in,
    settings_with,
    typed,
)

APP, ORIGIN = "https://app.example.com/", "https://app.example.com"
DOMAIN = {"apiDomain": "api.example.com", "apiZoneId": "Z0123456789EXAMPLE"}
SUBNET, GROUP = "subnet-0123456789abcdef0", "sg-0123456789abcdef0"
# Settings that a value needs with it, where rules hold settings together.
TOGETHER: Mapping[str, Config] = {
    "apiCertificateArn": {"apiDomain": "api.example.com"},
    "apiDomain": {"apiZoneId": "Z0123456789EXAMPLE"},
    "apiZoneId": {"apiDomain": "api.example.com"},
    "defaultGroup": {"groups": ["member"]},
    "emailConfigurationSet": {"emailSourceArn": IDENTITY, "emailFrom": "hello@example.com"},
    "emailFrom": {"emailSourceArn": IDENTITY},
    "emailReplyTo": {"emailSourceArn": IDENTITY, "emailFrom": "hello@example.com"},
    "emailSourceArn": {"emailFrom": "hello@example.com"},
    "identityProviderSecrets": {"identityProviders": GOOGLE},
    "passkeyRelyingPartyId": {"firstFactors": ["password", "passkey"], "managedLogin": True},
    "signInCertificateArn": {"signInDomain": "login.example.com"},
    "signInDomain": {"signInCertificateArn": CERTIFICATE},
    "signInZoneId": {"signInDomain": "login.example.com", "signInCertificateArn": CERTIFICATE},
    "truststore": DOMAIN,
    "vpcSecurityGroups": {"vpcSubnets": [SUBNET]},
    "vpcSubnets": {"vpcSecurityGroups": [GROUP]},
}


def all_fields() -> Iterator[tuple[type, Field[Any], Any]]:
    """Yield each field of the settings and of their members, with its type."""
    pending = [arguments for _, arguments in GROUPS.values()]
    for arguments in pending:
        annotations = annotations_of(arguments)
        for field in fields(arguments):
            annotation = without_none(annotations[field.name])
            yield arguments, field, annotation
            inner = [each for each in (annotation, *get_args(annotation)) if is_dataclass(each)]
            pending += [each for each in inner if isinstance(each, type) and each not in pending]


def limits(kind: str) -> list[Any]:
    """Return every field with a check of this kind of components/arguments.py, with the check's two limits."""
    return [
        pytest.param(
            arguments, field, annotation, inspect.getclosurevars(check).nonlocals, id=field_id(arguments, field)
        )
        for arguments, field, annotation in all_fields()
        for check in field.metadata.get("checks", ())
        if getattr(check, "__qualname__", "").startswith(f"{kind}.")
    ]


def field_id(arguments: type, field: Field[Any]) -> str:
    return f"{arguments.__name__}.{field.name}"


class TestLimits:
    @pytest.mark.parametrize(("arguments", "field", "annotation", "limits"), limits("between"))
    def test_number_is_held_at_its_limits(
        self, arguments: type, field: Field[Any], annotation: object, limits: Mapping[str, int]
    ) -> None:
        """A limit that is off by one refuses a value that AWS takes, or takes one that AWS refuses half-way."""
        low, high = limits["low"], limits["high"]
        rule = f"be {low} to {high}"

        assert annotation is int
        for value, refused in [(low - 1, True), (low, False), (high, False), (high + 1, True)]:
            assert (rule in [each.rule for each in field_problems(field, value)]) is refused
        if high < 100_000:  # beyond, there is no limit that anybody meets
            assert re.search(rf"\b{low} to {high}\b", docstrings(arguments)[field.name])

    @pytest.mark.parametrize(("_arguments", "field", "annotation", "limits"), limits("sized"))
    def test_size_is_held_at_its_limits(
        self, _arguments: type, field: Field[Any], annotation: object, limits: Mapping[str, Any]
    ) -> None:
        """A list that is too long is refused when half of the deployment is done."""
        low, high, unit = limits["low"], limits["high"], limits["unit"]
        for size in {max(low - 1, 0), low, high, high + 1}:
            entries = [f"e{index}" for index in range(size)]
            value: object = "x" * size if unit == "characters" else entries
            if get_origin(annotation) is not None and issubclass(get_origin(annotation), Mapping):
                value = dict.fromkeys(entries, "x")
            found = [each.rule for each in field_problems(field, value)]
            assert (f"have at least {low} {unit}" in found) is (size < low)
            assert (f"have at most {high} {unit}" in found) is (size > high)

    def test_limits_are_found(self) -> None:
        """A scan that finds nothing would hold nothing."""
        assert len(limits("between")) > 15
        assert len(limits("sized")) > 15

    def test_every_list_of_texts_refuses_a_repeated_entry(self) -> None:
        """AWS refuses some of these lists half-way, and Pulumi others by the name of a resource."""
        lists = {
            field_id(arguments, field): field.metadata.get("checks", ())
            for arguments, field, annotation in all_fields()
            if get_origin(annotation) is Sequence and not is_dataclass(get_args(annotation)[0])
        }

        assert len(lists) > 12
        assert [name for name, checks in lists.items() if distinct not in checks] == []
        assert [rule for _, rule in distinct(["a", "b", "a"])] == ["not repeat an entry"]

    def test_words_are_the_ones_of_the_type(self) -> None:
        """Each word is accepted, and no other, whichever setting or member it is for."""
        words = {key: setting.annotation for key, setting in SETTINGS.items() if is_word(setting.annotation)}

        assert len(words) >= 10
        for key, type_ in words.items():
            (line,) = lines_of({**PRODUCTION, key: "no such word"})
            assert line.startswith(f"{key}: must be one of {', '.join(type_)}, got ")


def is_word(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, enum.Enum)


def client(**changes: Any) -> list[dict[str, Any]]:
    urls = {name: ["https://shop.example.com/"] for name in ("callbackUrls", "logoutUrls")}
    return [{"name": "shop", "kind": "browser", **urls, **changes}]


def provider(**changes: Any) -> list[dict[str, Any]]:
    return [{"name": "Work", "type": "saml", "metadataUrl": "https://idp.example.com/m", **changes}]


ADDRESSES = [
    *("http://app.example.com", "http://localhost.example.com", "http://127.0.0.1.example.com", "http://10.0.0.1"),
    *("http://localhost@app.example.com", "https://*.example.com", "*", "null", "app.example.com", "//app.example.com"),
    *("javascript:alert(1)", "data:text/html,x", "http://0.0.0.0", "http://2130706433", "https://", "https://:443"),
    *("https://user@app.example.com", "https://@app.example.com", "https://app.example.com#part"),
    *("https://app.example.com#", "https://app.example.com:0", "https://app.example.com:99999", "https://[::1"),
    *(" https://app.example.com", "https://app.exam\tple.com", "https://app.example.com\n", "https://app.example.com."),
    *("https://app.example.com/\u202e", "https://app.example.com/\x00", f"https://app.example.com/{'x' * 1001}"),
]
URLS = ["callbackUrls", "logoutUrls", "allowedOrigins"]
# The place that the refusal names, the key, its value, and a part of the rule.
REFUSED: list[tuple[str, str, Any, str]] = [
    *(
        ("aws:region", "aws:region", value, "be a region of the partition aws")
        for value in ("Frankfurt", "eu-central-1a", "us-gov-west-1", "cn-north-1", "eu-central-9")
    ),
    *(("domainPrefix", "domainPrefix", value, "be up to 63") for value in ("Example", "-example", "a" * 64)),
    *(("domainPrefix", "domainPrefix", f"my-{word}-app", f"not contain '{word}'") for word in ("aws", "cognito")),
    *((f"{key}[0]", key, [value], "be ") for key in URLS for value in ADDRESSES if len(value) < 1025),
    *((f"{key}[0]", key, [ADDRESSES[-1]], "have at most 1024 characters") for key in URLS[:2]),
    ("callbackUrls", "callbackUrls", APP, "be a list"),
    ("callbackUrls[1]", "callbackUrls", [APP, APP], "not repeat an entry"),
    ("vpcSubnets[1]", "vpcSubnets", [SUBNET, SUBNET], "not repeat an entry"),
    ("alarmEmails[1]", "alarmEmails", ["a@example.com", "a@example.com"], "not repeat an entry"),
    *(("selfSignUp", "selfSignUp", value, "be true or false") for value in ("yes", 1, "")),
    *(("memoryMb", "memoryMb", value, "be a whole number") for value in ("lots", 512.5, '"512"', True, [1])),
    *(("throttleRate", "throttleRate", value, "be 1 to 10000") for value in (0, -1, 10**30)),
    ("reservedConcurrency", "reservedConcurrency", 0, "be -1, or at least 1"),
    ("triggerConcurrency", "triggerConcurrency", 0, "be -1, or at least 1"),
    (
        "otherFunctions.reports.reservedConcurrency",
        "otherFunctions",
        {"reports": {"reservedConcurrency": 0}},
        "be -1, or at least 1",
    ),
    *(("logRetentionDays", "logRetentionDays", value, "be one of 1, 3, 5, 7, 14, 30") for value in (0, 10, 3654)),
    *(
        ("signUpEmailDomains[1]", "signUpEmailDomains", ["example.com", value], "be a domain in lower case")
        for value in (
            *("Example.com", "example.com.", "@example.com", "*.example.com", "ex\u00e4mple.com", "example"),
            *("a..b", "-a.b", ""),
        )
    ),
    *(
        ("alarmEmails[0]", "alarmEmails", [value], "be an email address")
        for value in (
            "on-call",
            "on call@example.com",
            "a@b",
            "@example.com",
            "a@example.com.",
            f"{'x' * 243}@example.com",
        )
    ),
    ("alarmUrls[0]", "alarmUrls", ["http://localhost:8080/"], "be https://"),
    *(
        ("runbookUrl", "runbookUrl", value, "be an https:// address")
        for value in ("http://git.example.com", "git.example.com", "https://git.example.com/x#y")
    ),
    *(("emailFrom", "emailFrom", value, "be an address, or a name") for value in ("somebody", "A <b>", "a@b <c@d>")),
    ("emailSourceArn", "emailSourceArn", IDENTITY.replace(":ses:", ":sns:"), "be the ARN of an SES identity"),
    ("invitation.message", "invitation", {"message": "Welcome {username}"}, "include {####}"),
    ("invitation.message", "invitation", {"message": "Your password is {####}"}, "include {username}"),
    ("invitation.subject", "invitation", {"subject": "Your password is {####}"}, "have no placeholder"),
    ("signInCertificateArn", "signInCertificateArn", CERTIFICATE.replace("us-east-1", "eu-west-1"), "in us-east-1"),
    ("signInDomain", "signInDomain", "https://login.example.com", "be a host name"),
    ("signInDomain", "signInDomain", f"{'a' * 52}.example.com", "have at most 63 characters"),
    *(
        ("apiDomain", "apiDomain", value, "be a host name")
        for value in ("API.example.com", "https://a.example.com", "x")
    ),
    ("apiZoneId", "apiZoneId", "/hostedzone/Z1", "be the id of a Route 53 hosted zone"),
    *(
        ("apiCertificateArn", "apiCertificateArn", value, "of a certificate")
        for value in (
            "arn:aws:iam::123456789012:server-certificate/c",
            "arn:aws-cn:acm:eu-central-1:123456789012:certificate/1b2c3d4e-0000-0000-0000-000000000000",
        )
    ),
    ("truststore.uri", "truststore", {"uri": "https://example.com/ca.pem"}, "be an S3 URI"),
    *(
        ("kmsKeyArn", "kmsKeyArn", value, "be the ARN of a KMS key")
        for value in ("alias/logs", KEY.replace("key/", "alias/"), KEY.replace("arn:aws:", "arn:aws-cn:"))
    ),
    ("vpcSubnets[0]", "vpcSubnets", ["subnet-1"], "be a subnet id"),
    ("vpcSecurityGroups[0]", "vpcSecurityGroups", ["default"], "be a security group id"),
    *(
        (f"secretReferences.{name}", "secretReferences", {name: "/app/token"}, "be upper-case letters")
        for name in ("token", "AWS-KEY")
    ),
    *(
        ("secretReferences.TOKEN", "secretReferences", {"TOKEN": value}, "be a parameter's name")
        for value in (
            "hunter2 is the password",
            "arn:aws:s3:::bucket",
            "arn:aws:secretsmanager:eu-central-1:123456789012:secret:token",
            "arn:aws-cn:ssm:eu-central-1:123456789012:parameter/token",
        )
    ),
    ("otherFunctions.Reports", "otherFunctions", {"Reports": {}}, "be up to 20 lower-case"),
    ("otherFunctions.api", "otherFunctions", {"api": {}}, "not be api"),
    ("otherFunctions.reports.memoryMb", "otherFunctions", {"reports": {"memoryMb": 64}}, "be 128 to 10240"),
    ("otherFunctions.reports.memory", "otherFunctions", {"reports": {"memory": 512}}, "be one of "),
    ('tags["aws:mine"]', "tags", {"aws:mine": "x"}, "not begin with aws:"),
    ('tags["a;b"]', "tags", {"a;b": "x"}, "have a name of 1 to 128"),
    ("tags.Owner", "tags", {"Owner": "x" * 257}, "be up to 256"),
    *(("tags." + key, "tags", {key: "x"}, "not be Project, Stack or") for key in ("Project", "environment", "STACK")),
    ("tags", "tags", {f"T{number}": "x" for number in range(41)}, "have at most 40 entries"),
    ("tags.team", "tags", {"Team": "a", "team": "b"}, "differ from the other tags in more than case"),
    ("mfaMethods", "mfaMethods", [], "have at least 1"),
    ("mfaMethods[0]", "mfaMethods", ["sms"], "be one of totp, email"),
    ("passkeyRelyingPartyId", "passkeyRelyingPartyId", "localhost", "be a domain name"),
    *(("brandingFile", "brandingFile", value, "be a file of JSON") for value in ("no-such-file.json", "README.md")),
    ("customAttributes[0].name", "customAttributes", [{"name": "a b", "type": "String"}], "be up to 20 letters"),
    ("customAttributes[0].type", "customAttributes", [{"name": "a", "type": "Text"}], "be one of String, Number"),
    ("appClients[0].kind", "appClients", client(kind="robot"), "be one of browser, native, machine"),
    ("appClients[0].name", "appClients", client(name="Shop"), "be up to 31 lower-case"),
    ("appClients[0].accessTokenMinutes", "appClients", client(accessTokenMinutes=4), "be 5 to 1440"),
    ("appClients[0].callbackUrls[0]", "appClients", client(callbackUrls=["myapp://x"]), "be https://, http://"),
    ("appClients[0].callbackUrls[0]", "appClients", client(callbackUrls=["https://*.example"]), "be one exact URL"),
    ("appClients[0].logoutUrls[0]", "appClients", client(kind="native", logoutUrls=["http://a.b"]), "be https://"),
    ("appClients[0].color", "appClients", client(color="red"), "be one of accessTokenMinutes"),
    ("appClients[0]", "appClients", ["shop"], "be an object"),
    ("identityProviders[0].name", "identityProviders", provider(name="a_b"), "be 3 to 32 letters"),
    ("identityProviders[0].type", "identityProviders", provider(type="ldap"), "be one of oidc, saml, google"),
    ("identityProviders[0].metadataUrl", "identityProviders", provider(metadataUrl="http://a.b/m"), "be https://"),
    ("groups[0]", "groups", ["two words"], "be 1 to 128 letters"),
    ("groups[0]", "groups", ["x" * 129], "be 1 to 128 letters"),
    ("groupScopes.admin[0]", "groupScopes", {"admin": ["reports.read"]}, "be <resource server>/<scope>"),
    ("groupScopes.admin[1]", "groupScopes", {"admin": [SCOPES[0], SCOPES[0]]}, "not repeat an entry"),
    ('groupScopes["two words"]', "groupScopes", {"two words": [SCOPES[0]]}, "be 1 to 128 letters"),
    ("policySuppressions[0].rule", "policySuppressions", [{"rule": "x", "reason": "y"}], "be the id of a rule"),
    (
        "policySuppressions[0].reason",
        "policySuppressions",
        [{"rule": "L-VPC", "reason": "TODO"}],
        "be a sentence of 20 characters or more",
    ),
    ("logSubjectSalt", "logSubjectSalt", {"secure": "s3cr3t" * 5}, "be 32 to 256 characters of ASCII"),
]


@pytest.mark.parametrize(
    ("place", "key", "value", "rule"),
    REFUSED,
    ids=[f"{place}-{json.dumps(value)[:60]}" for place, _, value, _ in REFUSED],
)
def test_value_is_refused_and_its_remedy_accepted(place: str, key: str, value: Any, rule: str) -> None:
    """In one line, by the value's own form, before anything is asked of AWS. In dev, where fewer rules help."""
    config = {**PRODUCTION, "environment": "dev", **TOGETHER.get(key, {}), key: value}
    (line,) = [each for each in lines_of(config) if each.startswith(f"{place}: must ") and rule in each] or [""]

    assert line, lines_of(config)
    assert all(each.startswith(key) for each in lines_of(config))
    assert ", got " in line or SETTINGS[key].secret or remedy_in(line).startswith("pulumi config rm")
    if command := remedy_in(line):
        assert place == key or key not in shlex.split(command), "a remedy changes the wrong member alone"
        after = lines_of(typed(command, config))
        assert not any(each.startswith(f"{place}:") for each in after), (command, after)
    else:
        assert line.endswith("(see docs/configuration.md for its members)")
        assert key == "policySuppressions", "a made-up reason is none"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            (key, [f"{url}/" if key != "allowedOrigins" else url])
            for key in URLS
            for url in (ORIGIN, f"{ORIGIN}:8443", "http://localhost:5173", "http://127.0.0.1:3000", "http://[::1]:3000")
        ),
        ("callbackUrls", ["https://app.example.com/signed-in?from=api"]),
        ("callbackUrls", [f"https://app.example.com/{'x' * 1000}"]),
        ("allowedOrigins", []),
        *(("aws:region", region) for region in sorted(REGIONS)),
        *(("logRetentionDays", days) for days in RETENTIONS),
        ("reservedConcurrency", -1),
        ("reservedConcurrency", 1),
        ("alarmEmails", [f"{'x' * 242}@example.com"]),  # RFC 5321, 4.5.3.1.3, less the angle brackets
        ("signInDomain", f"{'a' * 51}.example.com"),
        ("appClients", [{"name": f"job-{n}", "kind": "machine", "scopes": ["api/reports.read"]} for n in range(49)]),
        ("logSubjectSalt", {"secure": "x" * 32}),
        ("brandingFile", ""),
        ("invitation", {"subject": "Welcome", "message": "Hello {username}: {####}"}),
    ],
    ids=str,
)
def test_value_is_accepted(key: str, value: object) -> None:
    """A check that refuses too much is worked around by whoever meets it."""
    assert settings_with(**{"environment": "dev", **TOGETHER.get(key, {}), key: value})


@pytest.mark.parametrize("key", SETTINGS)
def test_remedy_for_a_wrong_type_is_accepted(key: str) -> None:
    """Each example can be typed as it stands, and the stack is then accepted as far as this setting goes."""
    wrong: Any = 5 if get_origin(SETTINGS[key].annotation) or is_dataclass(SETTINGS[key].annotation) else {"no": [1]}
    config = {**PRODUCTION, "groups": ["member"], **TOGETHER.get(key, {}), key: wrong}
    (line,) = lines_of(config)
    command = remedy_in(line)

    assert line.startswith(f"{key}: must be ")
    assert command, line
    after = lines_of(typed(command, config))
    assert not [each for each in after if not each.startswith("otherFunctions.reports: must be the function")]


@pytest.mark.parametrize("key", sorted(PRODUCTION.keys() - {"alarmEmails"}))
def test_missing_setting_is_refused_with_an_example(key: str) -> None:
    """The example is accepted."""
    config = {name: value for name, value in PRODUCTION.items() if name != key}
    (line,) = lines_of(config)

    assert line.startswith(f"{key}: must be set (set it with: ")
    assert lines_of(typed(remedy_in(line), config)) == []


PARTITIONS = sorted({*botocore.session.get_session().get_available_partitions(), "aws-eusc"} - {"aws"})


@pytest.mark.parametrize("partition", PARTITIONS)
def test_other_partitions_are_refused(partition: str) -> None:
    """Each ARN and each region of theirs, in one line: nothing here was tried there (decision 0016)."""
    session, arns = botocore.session.get_session(), 0
    for arguments, field, _ in all_fields():
        example = field.metadata.get("example")
        if isinstance(example, str) and example.startswith("arn:aws:"):
            arns += 1
            there = example.replace("arn:aws:", f"arn:{partition}:", 1)
            assert [each.rule for each in field_problems(field, there)], field_id(arguments, field)
    references = SETTINGS["secretReferences"].field
    for service, name in {"ssm": "parameter/token", "secretsmanager": "secret:token-Ab1Cd2"}.items():
        arn = f"arn:{{}}:{service}:eu-central-1:123456789012:{name}".format
        assert [each.rule for each in field_problems(references, {"TOKEN": arn(partition)})]
        assert not [*field_problems(references, {"TOKEN": arn("aws")})]

    assert arns >= 4
    for region in session.get_available_regions("lambda", partition):
        (line,) = lines_of({**PRODUCTION, "aws:region": region})
        assert line.startswith("aws:region: must be a region of the partition aws ")
