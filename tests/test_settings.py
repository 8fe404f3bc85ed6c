"""Each rule of the settings, what a refusal says, and that Pulumi.yaml and the stack files tell the same story."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection
from typing import Any, Literal, get_args, get_origin

import jsonschema
import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from settings.values import RETENTIONS

from handler.routes import ROUTES
from settings import Settings, SettingsError
from settings.model import PLACES
from settings.problems import is_secret
from stacks import ROOT
from stacks.command_line import CommandError
from stacks.engine import Stack
from stacks.recorder import PROJECT, STACKS, record

SCOPES = sorted({scope for route in ROUTES for scope in route.scopes})
REQUIRED = {
    "callbackUrls": '["https://app.example.com/"]',
    "logoutUrls": '["https://app.example.com/"]',
    "allowedOrigins": '["https://app.example.com"]',
    "domainPrefix": "example-test",
}
# Production's alarms need somebody who hears them, if not these addresses then others.
HEARD = {"alarmEmails": '["on-call@example.com"]'}
FIELDS: dict[str, FieldInfo] = {key: place.field for key, place in PLACES.items()}
OWN_FIELDS = {key: field for key, field in FIELDS.items() if key != "aws:region"}
GOOGLE = '[{"name": "Google", "type": "google", "clientId": "at-google"}]'
IDENTITY = "arn:aws:ses:eu-central-1:123456789012:identity/example.com"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1b2c3d4e-0000-0000-0000-000000000000"
# What a value needs beside it, where rules hold settings together.
TOGETHER: dict[str, dict[str, str]] = {
    "apiCertificateArn": {"apiDomain": "api.example.com"},
    "apiDomain": {"apiZoneId": "Z0123456789EXAMPLE"},
    "apiZoneId": {"apiDomain": "api.example.com"},
    "throttleBurst": {"throttleRate": "1"},
    "throttleRate": {"throttleBurst": "5000"},
    "truststoreUri": {"apiDomain": "api.example.com", "apiZoneId": "Z0123456789EXAMPLE"},
    "vpcSecurityGroups": {"vpcSubnets": '["subnet-0123456789abcdef0"]'},
    "vpcSubnets": {"vpcSecurityGroups": '["sg-0123456789abcdef0"]'},
    "emailFrom": {"emailSourceArn": IDENTITY},
    "emailSourceArn": {"emailFrom": "hello@example.com"},
    "emailReplyTo": {"emailSourceArn": IDENTITY, "emailFrom": "hello@example.com"},
    "emailConfigurationSet": {"emailSourceArn": IDENTITY, "emailFrom": "hello@example.com"},
    "identityProviderSecrets": {"identityProviders": GOOGLE},
    "passkeyRelyingPartyId": {"firstFactors": '["password", "passkey"]'},
    "signInCertificateArn": {"signInDomain": "login.example.com"},
    "signInDomain": {"signInCertificateArn": CERTIFICATE},
    "signInZoneId": {"signInDomain": "login.example.com", "signInCertificateArn": CERTIFICATE},
}


def declared_type(field: FieldInfo) -> str | None:
    """None for what the project file has no type for: objects, and lists of them."""
    if get_origin(field.annotation) is dict:
        return None
    if get_origin(field.annotation) is list:
        item = get_args(field.annotation)[0]
        return None if isinstance(item, type) and issubclass(item, BaseModel) else "array"
    names: dict[object, str] = {bool: "boolean", int: "integer"}
    return names.get(field.annotation, "string")


REFUSING = OWN_FIELDS.keys() - {"tags"}  # of which any object of texts is one
INTEGERS = {key: field for key, field in OWN_FIELDS.items() if field.annotation is int}
DECLARED = {key: field for key, field in OWN_FIELDS.items() if declared_type(field)}

# What Pulumi asks of a project file, as far as this one goes (pulumi/pulumi, sdk/go/common/workspace/project.json).
_TYPES = {"enum": ["string", "integer", "boolean", "array"]}
PROJECT_SCHEMA = {
    "type": "object",
    "required": ["name", "runtime"],
    "properties": {
        "name": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,100}$"},
        "description": {"type": "string"},
        "runtime": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"const": "python"}, "options": {"type": "object"}},
            "additionalProperties": False,
        },
        "config": {"type": "object", "additionalProperties": {"$ref": "#/$defs/declaration"}},
    },
    "additionalProperties": False,  # Pulumi ignores other members, so one here would be a mistyped one
    "$defs": {
        "items": {"type": "object", "required": ["type"], "properties": {"type": _TYPES}},
        "declaration": {
            "type": "object",
            "required": ["type", "description"],  # Pulumi does not ask for a description; we do
            "properties": {
                "type": _TYPES,
                "items": {"$ref": "#/$defs/items"},
                "description": {"type": "string", "minLength": 10},
                "secret": {"type": "boolean"},
                "default": True,
            },
            "additionalProperties": False,
            "if": {"properties": {"type": {"const": "array"}}},
            "then": {"required": ["items"]},
        },
    },
}
STACK_FILE_SCHEMA = {
    "type": "object",
    "required": ["config"],
    "properties": {
        "config": {"type": "object"},
        "environment": {},
        "secretsprovider": {"type": "string"},
        "encryptedkey": {"type": "string"},
        "encryptionsalt": {"type": "string"},
    },
    "additionalProperties": False,
}


def load(values: dict[str, str], secrets: Collection[str] = ()) -> Settings:
    """The settings of a stack that the CLI would run with these values, each a string; SettingsError as raised."""
    region = {"aws:region": values["aws:region"]} if "aws:region" in values else {}
    own = {f"{PROJECT}:{key}": value for key, value in {**HEARD, **values}.items() if key != "aws:region"}
    found: list[Settings | SettingsError] = []

    def read() -> None:
        try:
            found.append(Settings.load(ROUTES))
        except SettingsError as error:
            found.append(error)

    encrypted = frozenset(f"{PROJECT}:{key}" for key in secrets)
    record(read, Stack(PROJECT, "test", {**region, **own}, encrypted))
    if isinstance(found[0], SettingsError):
        raise found[0]
    return found[0]


def settings_with(secrets: Collection[str] = (), **changes: str) -> Settings:
    return load({"aws:region": "eu-central-1", **REQUIRED, **changes}, secrets)


def value(settings: Settings, key: str) -> Any:
    """What a key of the stack became."""
    place = PLACES[key]
    return getattr(settings if place.group is None else getattr(settings, place.group), place.name)


def refusal_of(secrets: Collection[str] = (), **changes: str) -> str:
    with pytest.raises(SettingsError) as refused:
        settings_with(secrets, **changes)
    return str(refused.value)


def project() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    return content


def stack_file(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / f"Pulumi.{name}.yaml").read_text())
    return content


class TestAccepted:
    def test_only_what_has_no_safe_default_must_be_set(self) -> None:
        """Secure is the default and costs nothing; addresses cannot be guessed."""
        assert {key for key, field in FIELDS.items() if field.is_required()} == {"aws:region", *REQUIRED}
        assert settings_with().sign_in.callback_urls == ["https://app.example.com/"]

    def test_strings_of_the_cli_become_their_types(self) -> None:
        """The CLI hands every value over as a string; "false" is true to whoever forgets it."""
        settings = settings_with(selfSignUp="false", acceptIdTokens="true", memoryMb="1024", pythonVersion="3.12")

        assert settings.sign_in.self_sign_up is False
        assert settings.accept_id_tokens is True
        assert settings.function.memory_mb == 1024
        assert settings.function.python_version == "3.12"

    def test_zero_is_not_swallowed(self) -> None:
        """0 stops the function at once; taken for "not set", the stop would not happen."""
        assert settings_with(reservedConcurrency="0").function.reserved_concurrency == 0

    def test_minus_one_shares_the_accounts_concurrency(self) -> None:
        """The one negative number that means something."""
        assert settings_with(reservedConcurrency="-1").function.reserved_concurrency == -1

    @pytest.mark.parametrize("key", sorted(INTEGERS))
    def test_limits_themselves_are_accepted(self, key: str) -> None:
        """A limit that is off by one refuses what AWS takes."""
        for limit in limits_of(key):
            assert value(settings_with(**{**TOGETHER.get(key, {}), key: str(limit)}, environment="dev"), key) == limit

    @pytest.mark.parametrize(
        "url",
        [
            "https://app.example.com/",
            "https://app.example.com:8443/signed-in?from=api",
            "http://localhost:5173/",
            "http://127.0.0.1:3000/",
            "http://[::1]:3000/",
        ],
    )
    def test_exact_urls_are_accepted(self, url: str) -> None:
        """https anywhere; http where the request never leaves the machine."""
        assert settings_with(callbackUrls=json.dumps([url]), environment="dev").sign_in.callback_urls == [url]

    @pytest.mark.parametrize("origin", ["https://app.example.com", "https://a.example:8443", "http://localhost:5173"])
    def test_exact_origins_are_accepted(self, origin: str) -> None:
        """As a browser sends them."""
        assert settings_with(allowedOrigins=json.dumps([origin]), environment="dev").api.allowed_origins == [origin]

    def test_values_come_from_the_clis_environment_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Under `pulumi up` the configuration arrives in PULUMI_CONFIG, mistyped keys included."""
        values = {f"{PROJECT}:{key}": value for key, value in {**REQUIRED, "memoryMb": "2048"}.items()}
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps({"aws:region": "eu-west-1", **values}))

        assert load({}).function.memory_mb == 2048
        assert load({}).region == "eu-west-1"

        monkeypatch.setenv(
            "PULUMI_CONFIG", json.dumps({"aws:region": "eu-west-1", **values, f"{PROJECT}:memoryMB": "1"})
        )
        with pytest.raises(SettingsError, match=r"memoryMB: must be a key that docs/configuration\.md lists"):
            load({})

    def test_other_packages_keys_are_theirs(self) -> None:
        """`aws:profile` and the like are the provider's to read and to refuse."""
        values = {f"{PROJECT}:{key}": value for key, value in {**REQUIRED, **HEARD}.items()}
        stack = Stack(PROJECT, "test", {"aws:region": "eu-central-1", "aws:profile": "work", **values})
        found: list[Settings] = []
        record(lambda: found.append(Settings.load()), stack)

        assert found[0].region == "eu-central-1"

    def test_settings_cannot_change(self) -> None:
        """What was checked is what is deployed."""
        with pytest.raises(ValueError, match="frozen"):
            settings_with().sign_in.deletion_protection = False  # type: ignore[misc]


class TestRefused:
    @pytest.mark.parametrize(
        ("key", "value", "rule"),
        [
            ("aws:region", "Frankfurt", "match pattern"),
            ("aws:region", "eu-central-1a", "match pattern"),
            ("domainPrefix", "Example", "match pattern"),
            ("domainPrefix", "-example", "match pattern"),
            ("domainPrefix", "a" * 64, "match pattern"),
            ("domainPrefix", "my-aws-app", "not contain 'aws'"),
            ("domainPrefix", "my-cognito", "not contain 'cognito'"),
            ("domainPrefix", "amazonian", "not contain 'amazon'"),
            ("callbackUrls", "[]", "have at least 1 item"),
            ("logoutUrls", "[]", "have at least 1 item"),
            ("allowedOrigins", "[]", "have at least 1 item"),
            ("callbackUrls", json.dumps(["https://a.example/"] * 101), "have at most 100 items"),
            ("allowedOrigins", json.dumps(["https://a.example"] * 51), "have at most 50 items"),
            ("callbackUrls", "https://app.example.com/", "be a valid list"),
            ("emailAsUsername", "yes", "be a valid boolean"),
            ("selfSignUp", "1", "be a valid boolean"),
            ("memoryMb", "lots", "be a valid integer"),
            ("memoryMb", "512.5", "be a valid integer"),
            ("memoryMb", '"512"', "be a valid integer"),
            ("memoryMb", "true", "be a valid integer"),
            ("timeoutSeconds", "30", "be less than or equal to 29"),
            ("reservedConcurrency", "-2", "be greater than or equal to -1"),
            ("throttleRate", "0", "be greater than or equal to 1"),
            ("throttleBurst", "0", "be greater than or equal to 1"),
            ("passwordMinimumLength", "8", "be greater than or equal to 12"),
            ("architecture", "arm", "be 'arm64' or 'x86_64'"),
            ("pythonVersion", "3.11", "be '3.12', '3.13' or '3.14'"),
            ("packagePlatform", "docker", "be 'lambda' or 'host'"),
            ("logLevel", "info", "be 'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
            ("logRetentionDays", "10", "be one of 1, 3, 5, 7, 14, 30"),
            ("logRetentionDays", "0", "be one of 1, 3, 5, 7, 14, 30"),
        ],
    )
    def test_refusal_names_key_rule_value_and_remedy(self, key: str, value: str, rule: str) -> None:
        """One line is enough to mend it, without opening a file."""
        message = refusal_of(**{key: value})

        assert f"{key}: must " in message
        assert f" {rule}" in message
        assert json.loads(message.partition(", got ")[2].partition(" (set it with: pulumi config set ")[0]) in (
            value,
            parsed(value),
        )

    @pytest.mark.parametrize("key", sorted(INTEGERS))
    def test_beyond_a_limit_is_refused(self, key: str) -> None:
        """What AWS would refuse half-way through, or take and choke on, is refused before the first resource."""
        lowest, highest = limits_of(key)
        for value in (lowest - 1, highest + 1):
            assert f"{key}: must be " in refusal_of(**{key: str(value)})

    @pytest.mark.parametrize("key", ["callbackUrls", "logoutUrls", "allowedOrigins"])
    @pytest.mark.parametrize(
        "url",
        [
            "http://app.example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost@app.example.com",
            "http://10.0.0.1",
            "https://*.example.com",
            "*",
            "null",
            "app.example.com",
            "//app.example.com",
            "javascript:alert(1)",
            "https://",
            "https://:443",
            "https://user@app.example.com",
            "https://@app.example.com",
            "https://app.example.com#part",
            "https://app.example.com#",
            "https://app.example.com:0",
            "https://app.example.com:99999",
            "https://[::1",
            " https://app.example.com",
            "https://app.exam\tple.com",
            "https://app.example.com\n",
        ],
    )
    def test_addresses_that_lead_elsewhere_are_refused(self, key: str, url: str) -> None:
        """A code or a token goes wherever these point: never in plain, never to a pattern, never to a look-alike."""
        message = refusal_of(environment="dev", **{key: json.dumps([url])})  # where production's own rule is no help

        assert f"{key}[0]: must be " in message
        assert f", got {json.dumps(url)} (set it with: pulumi config set --path '{key}[0]' https://" in message

    @pytest.mark.parametrize(
        "origin",
        [
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://app.example.com?",
            "https://App.example.com",
            "https://app.example.com:",
        ],
    )
    def test_origins_that_no_browser_sends_are_refused(self, origin: str) -> None:
        """API Gateway compares as text: such an origin is accepted, and lets nobody in."""
        assert "allowedOrigins[0]: must be an origin" in refusal_of(allowedOrigins=json.dumps([origin]))

    def test_short_salt_is_refused_and_not_shown(self) -> None:
        """One that can be found by trying hides nobody; and the line goes into logs of builds."""
        assert refusal_of({"logSubjectSalt"}, logSubjectSalt="s3cr3t" * 5).endswith(
            r"logSubjectSalt: must match pattern '^([!-~]{32,256})?$' "
            "(set it with: pulumi config set --secret logSubjectSalt replace-with-32-random-characters)"
        )

    def test_remedy_points_at_the_wrong_item(self) -> None:
        """Mending the first where the second is wrong breaks the right one."""
        message = refusal_of(environment="dev", callbackUrls='["https://app.example.com/", "http://app.example.com/"]')

        assert "callbackUrls[1]: must be https://" in message
        assert "pulumi config set --path 'callbackUrls[1]' https://app.example.com/" in message

    def test_unknown_key_is_refused(self) -> None:
        """A mistyped key leaves the default in force, in silence."""
        assert refusal_of(memoryMB="1024") == (
            "stack test must change memoryMB: must be a key that docs/configuration.md lists "
            "(remove it with: pulumi config rm memoryMB)"
        )

    @pytest.mark.parametrize("key", ["aws:region", *REQUIRED])
    def test_missing_key_is_refused_with_an_example(self, key: str) -> None:
        """The example is one that would be accepted."""
        values = {"aws:region": "eu-central-1", **REQUIRED}
        del values[key]
        with pytest.raises(SettingsError) as refused:
            load(values)
        command = re.search(r"must be set \(set it with: pulumi config set (.*)\)$", str(refused.value))

        assert command
        *_, example = shlex.split(command[1])
        values[key] = json.dumps([example]) if "--path" in command[1] else example
        assert load(values)

    def test_all_problems_are_reported_at_once(self) -> None:
        """One round of mending instead of one for each."""
        message = refusal_of(memoryMb="1", logLevel="LOUD", callbackUrls='["ftp://a", "*"]', tpyo="x")
        first, *lines = message.splitlines()

        assert first == "stack test must change 5 settings:"
        assert sorted(line.split(":")[0].strip() for line in lines) == [
            "callbackUrls[0]",
            "callbackUrls[1]",
            "logLevel",
            "memoryMb",
            "tpyo",
        ]

    @pytest.mark.parametrize("key", sorted(REFUSING - {"otherFunctions"}))
    def test_every_remedy_can_be_typed(self, key: str) -> None:
        """Its value is one that is accepted, and none looks like an option to the shell's reader."""
        message = refusal_of(**{key: '{"no": "such value"}'})
        command = re.search(r"\(set it with: pulumi config set (.*)\)$", message)

        assert command, message
        *_, place, typed = shlex.split(command[1])
        assert not typed.startswith("-") or " -- " in command[1]
        if "[" in place:
            typed = json.dumps([typed])
        elif "." in place:
            typed = json.dumps({place.partition(".")[2]: typed})
        secrets = [key] if "--secret" in command[1] else []
        # The group that examples name, and what goes with the key.
        assert settings_with(secrets, **{"groups": '["member"]', **TOGETHER.get(key, {}), key: typed})

    def test_refusal_stops_the_program_before_its_first_resource(self) -> None:
        """Half a stack is harder to mend than none; Pulumi shows a RunError without a traceback."""
        stack = Stack.load("dev")
        broken = Stack(stack.project, "dev", {**stack.config, f"{PROJECT}:memoryMb": "1"})
        with pytest.raises(CommandError, match="stack dev must change memoryMb: must be greater than or equal to 128"):
            record(Settings.load, broken)


class TestRules:
    """Rules across settings: each with what it says, whole."""

    @pytest.mark.parametrize(
        ("key", "value", "better"),
        [
            ("callbackUrls", "http://localhost:5173/", "https://app.example.com/"),
            ("logoutUrls", "http://127.0.0.1:5173/", "https://app.example.com/"),
            ("allowedOrigins", "http://localhost:5173", "https://app.example.com"),
        ],
    )
    def test_production_refuses_a_page_of_somebodys_machine(self, key: str, value: str, better: str) -> None:
        """Whatever listens on that port there gets codes and answers; the other environments may have it."""
        assert refusal_of(**{key: json.dumps([value])}) == (
            f"stack test must change {key}[0]: must be https:// in production, got {json.dumps(value)} "
            f"(set it with: pulumi config set --path '{key}[0]' {better})"
        )
        for environment in ("dev", "staging"):
            assert settings_with(**{key: json.dumps([value])}, environment=environment)

    @pytest.mark.parametrize(
        ("key", "value", "rule", "better"),
        [
            ("passwordSignIn", "true", "be false in production", "false"),
            ("deletionProtection", "false", "be true in production", "true"),
            ("logRetentionDays", "60", "be at least 90 in production", "365"),
        ],
    )
    def test_production_refuses_what_only_helps_development(self, key: str, value: str, rule: str, better: str) -> None:
        """It is refused before the first resource, with what to type; the other environments may have it."""
        assert refusal_of(**{key: value}) == (
            f"stack test must change {key}: must {rule}, got {value} (set it with: pulumi config set {key} {better})"
        )
        assert settings_with(**{key: better})
        for environment in ("dev", "staging"):
            assert settings_with(**{key: value}, environment=environment)

    def test_everything_that_production_refuses_is_one_report(self) -> None:
        """One round of mending, and none of a password or a pool on the way."""
        message = refusal_of(
            passwordSignIn="true",
            deletionProtection="false",
            logRetentionDays="14",
            callbackUrls='["http://localhost:5173/"]',
            allowedOrigins='["https://*.example.com"]',
            throttleRate="0",
        )
        first, *lines = message.splitlines()

        assert first == "stack test must change 6 settings:"
        assert sorted(line.split(":")[0].strip() for line in lines) == [
            "allowedOrigins[0]",
            "callbackUrls[0]",
            "deletionProtection",
            "logRetentionDays",
            "passwordSignIn",
            "throttleRate",
        ]
        assert all(
            ": must " in line and ", got " in line and "(set it with: pulumi config set " in line for line in lines
        )

    def test_production_is_what_holds_unless_a_stack_says_otherwise(self) -> None:
        """The environment that somebody forgot to name must be the strict one."""
        assert settings_with().environment == "prod"

    def test_rules_and_single_values_are_reported_together(self) -> None:
        """One round of mending, whatever kind of problem it is."""
        message = refusal_of(callbackUrls='["http://localhost/"]', memoryMb="1")

        assert "callbackUrls[0]: must be https:// in production" in message
        assert "memoryMb: must be greater than or equal to 128" in message

    def test_rule_is_silent_about_what_is_wrong_by_itself(self) -> None:
        """One problem is said once, and no rule stumbles over a value that is none."""
        assert refusal_of(callbackUrls='"http://localhost/"').count("callbackUrls") == 2  # the problem, its remedy

    def test_group_with_scopes_must_exist(self) -> None:
        """Of the route table, or of the stack's own groups."""
        assert refusal_of(groupScopes='{"analyst": ["api/reports.read"]}', groups='["member"]') == (
            "stack test must change groupScopes.analyst: must be a group that a route asks for or groups lists, "
            "got \"analyst\" (known are: admin, member; add it with: pulumi config set --path 'groups[1]' analyst)"
        )
        for accepted in ('{"admin": ["api/reports.read"]}', '{"member": []}'):
            assert settings_with(groupScopes=accepted, groups='["member"]')

    def test_scope_of_a_group_must_be_a_routes(self) -> None:
        """A mistyped one is in the token and opens nothing."""
        assert refusal_of(groupScopes='{"admin": ["api/reports.read", "api/report.read"]}') == (
            "stack test must change groupScopes.admin[1]: must be a scope that a route asks for, "
            f'got "api/report.read" (routes ask for: {", ".join(SCOPES)})'
        )

    def test_default_group_must_exist(self) -> None:
        """Else every confirmation of an account ends in an error."""
        assert refusal_of(defaultGroup="member") == (
            "stack test must change defaultGroup: must be a group that a route asks for or groups lists, "
            "got \"member\" (known are: admin; add it with: pulumi config set --path 'groups[0]' member)"
        )
        assert settings_with(defaultGroup="member", groups='["member"]').triggers.default_group == "member"

    def test_default_group_must_not_open_routes_to_whoever_signs_up(self) -> None:
        """With `admin` as the default, everybody is one."""
        assert refusal_of(defaultGroup="admin") == (
            "stack test must change defaultGroup: must be a group that no route asks for while anyone may sign up, "
            'got "admin" (or set signUpEmailDomains, or close sign-up with: pulumi config set selfSignUp false)'
        )
        assert settings_with(defaultGroup="admin", selfSignUp="false")
        assert settings_with(defaultGroup="admin", signUpEmailDomains='["example.com"]')

    @pytest.mark.parametrize(
        "domain",
        [
            "Example.com",
            "example.com.",
            "@example.com",
            "*.example.com",
            "ex\u00e4mple.com",
            "example",
            "a..b",
            "-a.b",
            "",
        ],
    )
    def test_domain_that_no_address_can_match_is_refused(self, domain: str) -> None:
        """The trigger compares exactly: it would refuse everybody, or the wrong ones."""
        message = refusal_of(signUpEmailDomains=json.dumps(["example.com", domain]))

        assert message.startswith("stack test must change signUpEmailDomains[1]: must match pattern ")
        assert message.endswith("(set it with: pulumi config set --path 'signUpEmailDomains[1]' example.com)")

    @pytest.mark.parametrize("key", sorted(REFUSING))
    def test_rules_bear_any_setting_missing_or_wrong(self, key: str) -> None:
        """A rule that reads what is not there would end in a traceback instead of the report."""
        of_member = get_origin(OWN_FIELDS[key].annotation) is dict and not is_secret(OWN_FIELDS[key])
        place = re.escape(key) + (r"\.no" if of_member else "")
        message = refusal_of(**{key: '{"no": "such value"}'})
        # Of a map, the member's name and its value may each be wrong.
        assert re.match(rf"stack test must change (\d+ settings:\n  )?{place}: ", message)


class TestProjectFile:
    def test_project_file_is_what_pulumi_reads(self) -> None:
        """The CLI refuses a file that is not, and nothing else here would notice."""
        jsonschema.validate(project(), PROJECT_SCHEMA)

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("runtime", "toolchain"), "pip"),
            (("config", "memoryMb", "type"), "number"),
            (("config", "memoryMb", "minimum"), 128),
            (("config", "callbackUrls"), {"type": "array", "description": "Without its items"}),
            (("config", "memoryMb"), {"type": "integer"}),
            (("confg",), {}),
            (("name",), ""),
        ],
    )
    def test_schema_refuses_what_pulumi_refuses(self, path: tuple[str, ...], value: object) -> None:
        """A schema that takes everything would prove nothing."""
        content = project()
        place = content
        for part in path[:-1]:
            place = place[part]
        place[path[-1]] = value

        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content, PROJECT_SCHEMA)

    def test_pulumi_uses_the_virtual_environment_of_the_makefile(self) -> None:
        """Else `pulumi up` runs the program with another Python and finds no package."""
        assert project()["runtime"]["options"] == {"toolchain": "pip", "virtualenv": ".venv"}
        assert "VENV := .venv\n" in (ROOT / "Makefile").read_text()

    def test_every_key_is_declared_once_on_both_sides(self) -> None:
        """A key on one side only is either refused by the program or unknown to `pulumi config`."""
        assert project()["config"].keys() == DECLARED.keys()

    @pytest.mark.parametrize("key", sorted(DECLARED))
    def test_type_and_default_are_the_same(self, key: str) -> None:
        """The CLI fills in its own default, so the model's is never used: a different one would be a lie."""
        declaration, field = project()["config"][key], OWN_FIELDS[key]

        assert declaration["type"] == declared_type(field)
        assert ("default" in declaration) is not field.is_required()
        if not field.is_required():
            assert declaration["default"] == field.default
            assert type(declaration["default"]) is type(field.default)
        if declaration["type"] == "array":
            assert declaration["items"] == {"type": "string"}

    @pytest.mark.parametrize("key", sorted(DECLARED))
    def test_description_states_the_rule(self, key: str) -> None:
        """`pulumi config` and the reader see only this: a range or choice in it must be the one that is checked."""
        description, field = project()["config"][key]["description"], OWN_FIELDS[key]

        if get_origin(field.annotation) is Literal:
            choices = get_args(field.annotation)
            assert {choices[0], choices[-1]} <= set(re.findall(r"[\w.]+", description))
        if key in INTEGERS and re.search(r"\d to \d", description):
            assert "{} to {}".format(*limits_of(key)) in description

    def test_ranges_are_in_most_descriptions(self) -> None:
        """Else the test before would pass by saying nothing."""
        stated = [key for key in INTEGERS if re.search(r"\d to \d", project()["config"][key]["description"])]

        assert len(stated) >= 6


@pytest.mark.parametrize("name", STACKS)
class TestStackFiles:
    def test_stack_file_is_what_pulumi_reads(self, name: str) -> None:
        """The CLI ignores a mistyped member, and the stack runs with defaults."""
        jsonschema.validate(stack_file(name), STACK_FILE_SCHEMA)

    def test_stack_file_sets_what_has_no_default(self, name: str) -> None:
        """A fresh clone must deploy without a question."""
        needed = {
            f"{PROJECT}:{key}" for key, declaration in project()["config"].items() if "default" not in declaration
        }

        assert needed | {"aws:region"} <= stack_file(name)["config"].keys()

    def test_stack_file_has_no_unknown_key(self, name: str) -> None:
        """It would be refused at the next deployment, not now."""
        known = {f"{PROJECT}:{key}" for key in OWN_FIELDS} | {"aws:region"}

        assert stack_file(name)["config"].keys() <= known

    def test_values_have_the_declared_types(self, name: str) -> None:
        """The CLI compares them with Pulumi.yaml and refuses the stack."""
        for key, value in stack_file(name)["config"].items():
            if key.removeprefix(f"{PROJECT}:") in DECLARED:
                declaration = project()["config"][key.removeprefix(f"{PROJECT}:")]
                jsonschema.validate(
                    value, {name: declaration[name] for name in ("type", "items") if name in declaration}
                )

    def test_stack_is_accepted(self, name: str) -> None:
        """All rules at once, those across keys included."""
        found: list[Settings] = []
        record(lambda: found.append(Settings.load(ROUTES)), Stack.load(name))

        assert found[0].region == stack_file(name)["config"]["aws:region"]


def limits_of(key: str) -> tuple[int, int]:
    """The least and greatest value that the model takes."""
    if key == "logRetentionDays":
        return RETENTIONS[0], RETENTIONS[-1]
    bounds = {
        name: getattr(each, name) for each in FIELDS[key].metadata for name in ("ge", "le") if hasattr(each, name)
    }
    return bounds["ge"], bounds["le"]


def parsed(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return None


class TestAlarms:
    def test_alarms_see_refusals(self) -> None:
        """At ERROR the line of a lost authorizer is not written, and its alarm waits for ever."""
        assert (
            'logLevel: must be WARNING or below where alarms are on, which count refusals, got "ERROR" '
            "(set it with: pulumi config set logLevel WARNING)"
        ) in refusal_of(logLevel="ERROR")
        assert settings_with(logLevel="ERROR", alarms="false").function.log_level == "ERROR"

    def test_production_alarms_must_be_heard(self) -> None:
        """Else the users are the ones who notice."""
        assert (
            "alarmEmails[0]: must name somebody in production, or alarmUrls must, or alarms be false "
            "(set it with: pulumi config set --path 'alarmEmails[0]' on-call@example.com)"
        ) in refusal_of(alarmEmails="[]")

    @pytest.mark.parametrize(
        "changes",
        [{"alarmUrls": '["https://page.example.com/"]'}, {"alarms": "false"}, {"environment": "dev"}],
        ids=["a paging service", "no alarms", "not production"],
    )
    def test_nobody_has_to_hear_by_mail(self, changes: dict[str, str]) -> None:
        """Whoever is told otherwise, or has said that nobody need be, is left alone."""
        assert settings_with(alarmEmails="[]", **changes).monitoring.alarm_emails == []

    @pytest.mark.parametrize("address", ["on-call", "on call@example.com", "a@b", "@example.com", "a@example.com."])
    def test_address_that_no_mail_reaches_is_refused(self, address: str) -> None:
        """SNS takes it and the confirmation never comes."""
        assert "alarmEmails[0]: must be an email address" in refusal_of(alarmEmails=json.dumps([address]))

    def test_alarms_go_out_encrypted_only(self) -> None:
        """They name what is broken; http would tell everybody on the way, localhost included."""
        assert "alarmUrls[0]: must be https://" in refusal_of(alarmUrls='["http://localhost:8080/"]')

    @pytest.mark.parametrize("url", ["http://git.example.com", "git.example.com", "https://git.example.com/x#y"])
    def test_runbook_is_a_page_on_the_web(self, url: str) -> None:
        """The section is added to it."""
        assert "runbookUrl: must match pattern" in refusal_of(runbookUrl=url)
