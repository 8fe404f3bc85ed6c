"""Pulumi.yaml, the stack files, how values and secrets are read, and the report of what is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from docs.generate import declarations, docstrings
from handler.routes import ROUTES
from settings import Settings, SettingsError, pool_record
from settings.model import GROUPS, SETTINGS
from stacks import ROOT
from stacks.command_line import CommandError
from stacks.engine import MADE_UP, Stack
from stacks.recorder import PROJECT, STACKS, record
from tests.settings.stack import (
    GOOGLE,
    POOL,
    PRODUCTION,
    Config,
    Route,
    as_selected,
    lines_of,
    load,
    refusal_of,
    remedy_in,
    settings_with,
    typed,
)

STACK_FILE_MEMBERS = {"config", "environment", "secretsprovider", "encryptedkey", "encryptionsalt"}


def read_yaml(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return content


class TestProjectFile:
    def test_declarations_are_those_of_the_settings(self) -> None:
        """The CLI fills in Pulumi.yaml's defaults, so the fields' own would be a lie if they differed."""
        assert f"# <settings>\n{declarations()}\n  # <end>" in (ROOT / "Pulumi.yaml").read_text()

    def test_cli_leaves_every_refusal_to_the_program(self) -> None:
        """It would refuse a value of another declared type, or a key without a default, without a remedy."""
        for key, declaration in read_yaml("Pulumi.yaml")["config"].items():
            assert declaration.keys() == {"description", "default"}, key

    def test_every_setting_is_described(self) -> None:
        """`pulumi config` and the documentation show nothing else; a range in it is the one that is checked."""
        for key, setting in SETTINGS.items():
            text = docstrings(GROUPS[setting.group][1])[setting.name]
            assert len(text) > 20, key
            assert text.endswith("."), key

    def test_pulumi_uses_the_virtual_environment_of_the_makefile(self) -> None:
        """Otherwise `pulumi up` runs the program with another Python and finds no package."""
        runtime = read_yaml("Pulumi.yaml")["runtime"]

        assert runtime == {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
        assert "VENV := .venv\n" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("name", STACKS)
class TestStackFiles:
    """Also of stacks that a user added."""

    def test_file_has_known_members_and_keys(self, name: str) -> None:
        """The CLI ignores a mistyped member, and the stack runs with defaults."""
        content = read_yaml(f"Pulumi.{name}.yaml")

        assert content.keys() <= STACK_FILE_MEMBERS
        own = {key.removeprefix(f"{PROJECT}:") for key in content["config"] if key.startswith(f"{PROJECT}:")}
        assert own <= SETTINGS.keys()

    def test_stack_is_accepted(self, name: str) -> None:
        """A fresh clone must deploy without a question."""
        found: list[Settings] = []
        record(lambda: found.append(Settings.load(ROUTES)), Stack.load(name))

        assert found[0].region == read_yaml(f"Pulumi.{name}.yaml")["config"]["aws:region"]


class TestValues:
    def test_only_settings_without_a_safe_default_must_be_set(self) -> None:
        """Secure is the default and costs nothing; addresses cannot be guessed."""
        required = {key for key, setting in SETTINGS.items() if setting.required}

        assert required == PRODUCTION.keys() - {"alarmEmails"}
        defaults = settings_with()
        assert defaults.environment == "prod"
        assert defaults.sign_in.deletion_protection
        assert not defaults.accept_id_tokens
        assert defaults.sign_in.access_token_minutes == 15

    def test_texts_of_the_cli_become_their_types(self) -> None:
        """The CLI hands every value over as a text, and "false" is true to whoever forgets it."""
        settings = settings_with(selfSignUp="false", acceptIdTokens="true", memoryMb="1024", pythonVersion="3.12")

        assert settings.sign_in.self_sign_up is False
        assert settings.accept_id_tokens is True
        assert settings.function.memory_mb == 1024
        assert settings.function.python_version == "3.12"

    def test_object_may_be_typed_as_text(self) -> None:
        """As `pulumi config set --path 'appClients[0]' '{…}'` writes it."""
        command = """pulumi config set --path 'customAttributes[0]' '{"name": "team", "type": "String"}'"""
        assert load(typed(command, PRODUCTION)).sign_in.custom_attributes[0].name == "team"

    def test_values_come_from_the_clis_environment_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Under `pulumi up` the configuration arrives in PULUMI_CONFIG, mistyped keys and secrets included."""
        given = {**PRODUCTION, "memoryMb": 2048, "logSubjectSalt": "x" * 32, "memoryMB": 1}
        values = {key if ":" in key else f"{PROJECT}:{key}": value for key, value in given.items()}
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps(texts))
        monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps([f"{PROJECT}:logSubjectSalt"]))

        (line,) = lines_of({})
        assert line.startswith("memoryMB: must be a key that docs/configuration.md lists")
        del texts[f"{PROJECT}:memoryMB"]
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps(texts))
        assert load({}).function.memory_mb == 2048

    def test_settings_cannot_change(self) -> None:
        """The values that were checked are deployed."""
        with pytest.raises(AttributeError, match="deletion_protection"):
            settings_with().sign_in.deletion_protection = False  # type: ignore[misc]

    def test_other_function_has_its_size_and_the_rest_of_the_first(self) -> None:
        """The right to a secret is each function's own."""
        own = {"memoryMb": 1024, "timeoutSeconds": 29}
        changes = {"memoryMb": 256, "logLevel": "DEBUG", "secretReferences": {"TOKEN": "/app/token"}}
        routes = [Route("GET /a", function="reports")]
        settings = load({**PRODUCTION, **changes, "otherFunctions": {"reports": own}}, routes)
        first, reports = settings.functions["api"], settings.functions["reports"]

        assert (first.memory_mb, reports.memory_mb) == (256, 1024)
        assert (first.timeout_seconds, reports.timeout_seconds) == (10, 29)
        assert (first.secret_references, reports.secret_references) == ({"TOKEN": "/app/token"}, {})
        assert reports.log_level == "DEBUG"

    def test_tags_are_the_programs_and_the_stacks_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Bills and alarms are told apart by them."""
        settings = settings_with(environment="staging", tags={"DataClass": "internal"})
        monkeypatch.setattr("pulumi.get_stack", lambda: "test")
        monkeypatch.setattr("pulumi.get_project", lambda: PROJECT)

        assert settings.resource_tags == {
            "Project": PROJECT,
            "Stack": "test",
            "Environment": "staging",
            "DataClass": "internal",
        }


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "remedy"),
        [
            (f"{PROJECT}:memoryMB", "pulumi config rm memoryMB"),
            (f"{PROJECT[:-1]}:mfa", f"pulumi config rm {PROJECT[:-1]}:mfa"),
            (f"{PROJECT[1:]}:memoryMB", f"pulumi config rm {PROJECT[1:]}:memoryMB"),
            ("other:mfa", "pulumi config rm other:mfa"),
        ],
    )
    def test_mistyped_key_is_refused(self, key: str, remedy: str) -> None:
        """The intended setting would keep its default, in silence."""
        with pytest.raises(CommandError) as refused:
            record(lambda: Settings.load(ROUTES), stack_with({key: "required"}))

        message = as_selected(str(refused.value), "test")
        assert message.startswith(f"stack test must change {key.removeprefix(f'{PROJECT}:')}: must be a key that ")
        assert message.endswith(f"(remove it with: {remedy})")

    def test_keys_of_a_renamed_project_are_one_problem(self) -> None:
        """Whoever renames the project in Pulumi.yaml must not be told to remove every key, and to set each again."""
        keys = {"old-name:mfa": "required", "old-name:domainPrefix": "x", "old-name:callbackUrls": "[]"}
        with pytest.raises(CommandError) as refused:
            record(lambda: Settings.load(ROUTES), stack_with({f"{PROJECT}:mfa": "maybe", **keys}))

        assert str(refused.value) == (
            f"stack test must change old-name:…: must begin with {PROJECT}:, the project's name in Pulumi.yaml "
            "(rename the prefix of its 3 keys in Pulumi.test.yaml)"
        )

    @pytest.mark.parametrize("key", ["mfa", "5", "None"])
    def test_key_without_the_projects_name_is_refused(self, key: str) -> None:
        """The CLI refuses such a stack file; the setting itself may be there as well, and a number or `~` be a key."""
        own = stack_with({f"{PROJECT}:mfa": "optional"})
        with pytest.raises(CommandError) as refused:
            record(lambda: Settings.load(ROUTES), replace(own, config={**own.config, key: "required"}))

        message = str(refused.value)
        assert message.startswith(f"stack test must change {key}: must be written as {PROJECT}:{key} in the stack file")
        assert message.endswith("(add the prefix in Pulumi.test.yaml)")

    def test_keys_of_other_packages_are_theirs(self) -> None:
        """`aws:profile` and the like are the provider's to read and to refuse."""
        record(
            lambda: Settings.load(ROUTES), stack_with({"aws:profile": "work", "datadog:apiUrl": "x", "aws:mfa": "x"})
        )


def stack_with(more: dict[str, str]) -> Stack:
    own = {key if ":" in key else f"{PROJECT}:{key}": value for key, value in PRODUCTION.items()}
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in own.items()}
    return Stack(PROJECT, "test", {**texts, **more})


class TestSecrets:
    SECRETS: ClassVar[Config] = {"logSubjectSalt": "hush" * 8, "identityProviderSecrets": {"Okta": "hush"}}

    def test_they_are_two(self) -> None:
        """A secret that is not marked is shown in reports, and accepted in plain."""
        assert {key for key, setting in SETTINGS.items() if setting.secret} == self.SECRETS.keys()

    @pytest.mark.parametrize("key", SECRETS)
    def test_secret_in_plain_is_refused_and_not_repeated(self, key: str) -> None:
        """It stands in a file of the repository, and the refusal in a log."""
        said = refusal_of(**{"identityProviders": GOOGLE, key: self.SECRETS[key]})

        line = next(line for line in said.splitlines() if "stands in plain" in line)
        assert f"{key}: must be a Pulumi secret" in line
        assert remedy_in(line).startswith("pulumi config set --secret ")
        assert key == "logSubjectSalt" or "identityProviderSecrets.Okta" in line, (
            "the remedy names the stack's provider"
        )
        assert "hush" not in said

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("logSubjectSalt", {"secure": "hush"}),
            ("identityProviderSecrets", {"Google": {"secure": ["hush"]}}),
            ("identityProviderSecrets", {"secure": '["hush"]'}),
            ("identityProviderSecrets", {"Gogle": {"secure": "hush"}}),
        ],
    )
    def test_wrong_secret_is_not_repeated(self, key: str, value: Any) -> None:
        """A wrong form may hold the right secret."""
        said = refusal_of(**{"identityProviders": GOOGLE, key: value})

        assert f"{key}" in said
        assert "hush" not in said

    def test_encrypted_secret_is_accepted(self) -> None:
        """As Pulumi hands it over: in plain, its key among the encrypted ones."""
        settings = settings_with(identityProviders=GOOGLE, identityProviderSecrets={"Google": {"secure": "hush"}})

        assert settings.providers.identity_provider_secrets == {"Google": "hush"}
        assert "hush" not in repr(settings)

    def test_secrets_of_the_cloud_are_made_up_on_this_machine(self, tmp_path: Path) -> None:
        """The local run has no key to decrypt them, and no use for them."""
        (tmp_path / "Pulumi.yaml").write_text("name: p\n")
        text = "config:\n  p:identityProviderSecrets:\n    Google: {secure: v1:abc}\n  p:plain: {a: b}\n"
        (tmp_path / "Pulumi.prod.yaml").write_text(text)
        stack = Stack.load("prod", tmp_path)

        assert json.loads(stack.config["p:identityProviderSecrets"]) == {"Google": MADE_UP}
        assert stack.secrets == {"p:identityProviderSecrets"}


class TestReport:
    def test_all_problems_are_reported_at_once(self) -> None:
        """One round of fixing, whatever kind of problem it is."""
        message = refusal_of(
            memoryMb=1,
            logLevel="LOUD",
            callbackUrls=["ftp://a", "*"],
            allowedOrigins=["https://*.example.com"],
            deletionProtection=False,
            tpyo="x",
        )
        first, *lines = message.splitlines()

        assert first == "stack test must change 7 settings:"
        keys = ["allowedOrigins[0]", "callbackUrls[0]", "callbackUrls[1]", "deletionProtection"]
        assert sorted(line.split(":")[0].strip() for line in lines) == [*keys, "logLevel", "memoryMb", "tpyo"]
        assert all(": must " in line and remedy_in(line) for line in lines)

    def test_every_production_setting_at_once(self) -> None:
        """One report shows that a stack for development was taken for production."""
        changes = {"passwordSignIn": True, "deletionProtection": False, "logRetentionDays": 14, "mfa": "off"}
        assert len(lines_of({**PRODUCTION, **changes})) == 4

    def test_rule_is_skipped_where_a_setting_is_wrong_by_itself(self) -> None:
        """A problem is reported once, and no rule has to doubt a value."""
        lines = lines_of({**PRODUCTION, "callbackUrls": "http://localhost/", "throttleRate": 0, "throttleBurst": 0})

        assert [line.partition(":")[0] for line in lines] == ["callbackUrls", "throttleRate", "throttleBurst"]

    @pytest.mark.parametrize("key", SETTINGS)
    def test_rules_bear_any_setting_that_is_wrong_or_missing(self, key: str) -> None:
        """A rule that reads a value that is not there would end in a traceback instead of the report."""
        wrong = lines_of({**PRODUCTION, key: {"no": [1]}})

        assert wrong
        assert all(re.match(rf"{key}\b.*: must ", line) for line in wrong)
        missing = lines_of({**PRODUCTION, key: None})
        assert len(missing) == (key in PRODUCTION)

    def test_data_keeps_its_spelling(self) -> None:
        """Only names of fields are turned into keys; a group is data."""
        (line,) = lines_of({**PRODUCTION, "defaultGroup": "team_b", "groups": ["team_a"]})

        assert "(admin, audit, team_a)" in line
        assert remedy_in(line) == "pulumi config set --path 'groups[1]' team_b"

    def test_refusal_stops_the_program_before_its_first_resource(self) -> None:
        """Half a stack is harder to repair than none. Pulumi shows a RunError without a traceback."""
        stack = Stack.load("dev")
        broken = Stack(stack.project, "dev", {**stack.config, f"{PROJECT}:memoryMb": "1"})
        with pytest.raises(CommandError, match=r"^stack dev must change memoryMb: must be 128 to 10240, got 1 "):
            record(Settings.load, broken)

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("", "the file"),
            ("{}", "userPoolId"),
            (POOL.as_json().replace("_Ab1", "-Ab1"), "userPoolId"),
            (POOL.as_json().replace('"region": "eu-central-1"', '"region": 5'), "region"),
            ('{"more": 1}', "more"),
        ],
    )
    def test_pool_record_that_cannot_be_read_is_refused(
        self, text: str, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """A conflict marker in it must not open the way to replacing the pool."""
        monkeypatch.setattr(pool_record, "FOLDER", tmp_path)
        (tmp_path / "Pulumi.test.pool.json").write_text(text)
        (line,) = lines_of(PRODUCTION)

        assert line.startswith("Pulumi.test.pool.json: must be as python -m operations pool record wrote it")
        assert "python -m operations pool record --stack test" in line
        assert f", but {place} is not" in line


def test_settings_error_has_its_problems() -> None:
    """Tools read them as data."""
    with pytest.raises(SettingsError) as refused:
        settings_with(memoryMb=1)
    assert [each.path for each in refused.value.problems] == [("memory_mb",)]
