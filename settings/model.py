"""All settings of one stack: which groups there are, and how their values are read and checked."""

from __future__ import annotations

import dataclasses
import difflib
import enum
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import MISSING, field
from typing import Any, NamedTuple, cast, get_args

import pulumi
from pulumi.runtime import config as runtime_config

from components import app_clients, auth_pool, identity_providers, mail, pool_triggers, second_factors, sign_in_page
from components.api_function import OPTION_RULES as FUNCTION_RULES
from components.api_function import FunctionOptionsArgs
from components.app_clients import AppClientsArgs
from components.arguments import (
    Path,
    Problem,
    Rule,
    Set,
    annotations_of,
    converted,
    field_problems,
    frozen,
    rule_problems,
    without_none,
)
from components.auth_pool import SignInArgs
from components.http_api import OPTION_RULES as API_RULES
from components.http_api import HttpApiOptionsArgs
from components.identity_providers import IdentityProvidersArgs
from components.mail import MailArgs
from components.monitoring.options import MonitoringOptionsArgs
from components.pool_triggers import TriggersArgs
from components.revocation import RevocationArgs
from components.second_factors import SecondFactorsArgs
from components.sign_in_page import SignInPageArgs
from components.threat_protection import ThreatProtectionArgs
from settings import rules
from settings.pool_record import rules_of
from settings.problems import SettingsError, key_of
from settings.rules import Route
from settings.stack import StackSettings


@frozen
class Settings(StackSettings):
    """One stack's configuration: the stack's own settings, and a group for each component's."""

    sign_in: SignInArgs
    sign_in_page: SignInPageArgs
    factors: SecondFactorsArgs = field(default_factory=SecondFactorsArgs)
    clients: AppClientsArgs = field(default_factory=AppClientsArgs)
    providers: IdentityProvidersArgs = field(default_factory=IdentityProvidersArgs)
    protection: ThreatProtectionArgs = field(default_factory=ThreatProtectionArgs)
    mail: MailArgs = field(default_factory=MailArgs)
    triggers: TriggersArgs = field(default_factory=TriggersArgs)
    api: HttpApiOptionsArgs
    revocation: RevocationArgs = field(default_factory=RevocationArgs)
    function: FunctionOptionsArgs = field(default_factory=FunctionOptionsArgs)
    monitoring: MonitoringOptionsArgs = field(default_factory=MonitoringOptionsArgs)

    @property
    def functions(self) -> Mapping[str, FunctionOptionsArgs]:
        """The options of every function by its name; `api` is the first one."""
        others = {
            name: dataclasses.replace(
                self.function,
                memory_mb=size.memory_mb,
                timeout_seconds=size.timeout_seconds,
                reserved_concurrency=size.reserved_concurrency,
                provisioned_concurrency=size.provisioned_concurrency,
                secret_references=size.secret_references,
            )
            for name, size in self.other_functions.items()
        }
        return {"api": self.function, **others}

    @property
    def resource_tags(self) -> Mapping[str, str]:
        """The tags of every resource."""
        named = {"Project": pulumi.get_project(), "Stack": pulumi.get_stack(), "Environment": self.environment.value}
        return {**self.tags, **named}

    @classmethod
    def load(cls, routes: Sequence[Route] = ()) -> Settings:
        """Return the current stack's settings; raise SettingsError with every problem if they cannot be deployed."""
        settings, problems = read(_configured(), routes, _secrets(), rules_of(pulumi.get_stack()))
        if settings is None:
            secrets = frozenset(each.name for each in SETTINGS.values() if each.secret)
            raise SettingsError(pulumi.get_stack(), problems, NAMES, secrets)
        return settings


class Setting(NamedTuple):
    """One setting: its group in Settings (None for the stack's own), its field, its type, and whether it is secret."""

    group: str | None
    field: dataclasses.Field[Any]
    annotation: Any
    secret: bool

    @property
    def name(self) -> str:
        """The name of its field."""
        return self.field.name

    @property
    def required(self) -> bool:
        """Whether a stack must set it."""
        return self.field.default is MISSING and self.field.default_factory is MISSING

    @property
    def default(self) -> Any:
        """The value of a stack that does not set it; only if it is not required."""
        return self.field.default if self.field.default_factory is MISSING else self.field.default_factory()


# The name of each group, and its heading in the documentation.
GROUPS: Mapping[str | None, tuple[str, type]] = {
    None: ("Stack", StackSettings),
    "sign_in": ("Sign-in", SignInArgs),
    "factors": ("Factors", SecondFactorsArgs),
    "sign_in_page": ("Sign-in page", SignInPageArgs),
    "clients": ("App clients", AppClientsArgs),
    "providers": ("Identity providers", IdentityProvidersArgs),
    "protection": ("Threat protection", ThreatProtectionArgs),
    "mail": ("Mail", MailArgs),
    "triggers": ("Triggers", TriggersArgs),
    "api": ("API", HttpApiOptionsArgs),
    "revocation": ("Revocation", RevocationArgs),
    "function": ("Function", FunctionOptionsArgs),
    "monitoring": ("Monitoring", MonitoringOptionsArgs),
}


def _settings() -> Iterator[tuple[str, Setting]]:
    for group, (_, arguments) in GROUPS.items():
        annotations = annotations_of(arguments)
        for each in dataclasses.fields(arguments):
            yield (
                key_of(each.name),
                Setting(group, each, without_none(annotations[each.name]), bool(each.metadata.get("secret"))),
            )


SETTINGS: Mapping[str, Setting] = dict(_settings())
"""Every setting by its key."""


def _names(type_: type) -> Iterator[str]:
    annotations = annotations_of(type_)
    for each in dataclasses.fields(type_):
        yield each.name
        annotation = without_none(annotations[each.name])
        for inner in (annotation, *get_args(annotation)):
            if dataclasses.is_dataclass(inner) and isinstance(inner, type):
                yield from _names(inner)


NAMES = frozenset(name for _, arguments in GROUPS.values() for name in _names(arguments))
"""The names of all fields, those of members among them."""

RULES: tuple[Rule, ...] = (
    *second_factors.RULES,
    *sign_in_page.RULES,
    *mail.RULES,
    *app_clients.RULES,
    *identity_providers.RULES,
    *auth_pool.RULES,
    auth_pool.attribute_names_are_unique,
    app_clients.urls_are_as_browsers_send_them,
    pool_triggers.environments_fit,
    *API_RULES,
    *FUNCTION_RULES,
    *rules.RULES,
)


def read(
    values: Mapping[str, object],
    routes: Sequence[Route],
    secrets: AbstractSet[str] = frozenset(),
    deployed: Sequence[Rule] = (),
) -> tuple[Settings | None, list[Problem]]:
    """Return the settings that these values make, or None and everything that is wrong with them.

    `values` are by key, `secrets` are the keys that are encrypted, `deployed` are the rules of the deployed pool. A
    rule is skipped where a setting that it reads has a problem of its own.
    """
    unknown = sorted(values.keys() - SETTINGS.keys())
    prefixes = Counter(key.rpartition(":")[0] for key in unknown if key.rpartition(":")[2] in SETTINGS)
    if renamed := [rules.other_prefix(prefix, keys) for prefix, keys in prefixes.items() if prefix and keys > 1]:
        return None, renamed  # every other problem would follow from it
    problems = [rules.unknown_key(key) for key in unknown]
    right: dict[str, object] = {}
    for key, setting in SETTINGS.items():
        found = _problems(key, setting, values, key in secrets, right)
        problems += found
    problems += rule_problems([*RULES, *deployed], {**right, "routes": routes})
    if problems:
        return None, problems
    groups: dict[str, Any] = {
        group: arguments(**{each.name: right[each.name] for each in dataclasses.fields(arguments)})
        for group, (_, arguments) in GROUPS.items()
        if group is not None
    }
    own: dict[str, Any] = {each.name: right[each.name] for each in dataclasses.fields(StackSettings)}
    return Settings(**own, **groups), []


def _problems(
    key: str, setting: Setting, values: Mapping[str, object], encrypted: bool, right: dict[str, object]
) -> list[Problem]:
    """Return what is wrong with one setting by itself; if nothing is, put its value into `right`."""
    example = setting.field.metadata.get("example")
    fix = Set((setting.name,), example) if example is not None else None
    if key not in values:
        if setting.required:
            return [Problem((setting.name,), "be set", None, fix)]
        right[setting.name] = setting.default
        return []
    if setting.secret and not encrypted and values[key] != setting.default:
        if isinstance(example, dict) and isinstance(given := values[key], Mapping) and given:
            fix = Set((setting.name,), dict.fromkeys(given, *example.values()))  # by the names that the stack has
        return [Problem((setting.name,), "be a Pulumi secret, and stands in plain", None, fix)]
    value, problems = converted(setting.annotation, values[key], (setting.name,), key_of)
    problems = problems or list(field_problems(setting.field, value))
    if not problems:
        right[setting.name] = value
    return [_explained(each, setting, fix) for each in problems]


def _explained(problem: Problem, setting: Setting, fix: Set | None) -> Problem:
    """Return the problem with a remedy that changes the wrong member alone, and without a secret value."""
    value = None if setting.secret else problem.value
    return dataclasses.replace(problem, value=value, fix=problem.fix or _smallest_fix(problem, setting, fix))


def _smallest_fix(problem: Problem, setting: Setting, fix: Set | None) -> Set | str | None:
    if len(problem.path) == 1:
        default = None if setting.required else setting.default
        return fix or (Set(problem.path, default) if isinstance(default, str | int | bool) else None)
    value = _example(setting.annotation, problem.path[1:], setting.field)
    return "see docs/configuration.md for its members" if value is None else Set(problem.path, value)


def _example(annotation: Any, path: Path, field: dataclasses.Field[Any] | None, example: object = None) -> object:
    """Return a value that the member at `path` may have, None where neither an example nor a default says one.

    `field` is the field that holds the whole value, `example` is an example of it where there is no field.
    """
    annotation = without_none(annotation)
    if field is not None:
        default = None if field.default is MISSING or field.default == "" else field.default
        example = field.metadata.get("example") or default
    if not path:
        if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
            example = next(iter(annotation))
        return example.value if isinstance(example, enum.Enum) else example
    if dataclasses.is_dataclass(annotation):
        member = next((each for each in dataclasses.fields(annotation) if each.name == path[0]), None)
        hints = annotations_of(cast("type", annotation))
        return None if member is None else _example(hints[member.name], path[1:], member)
    values = list(example.values()) if isinstance(example, Mapping) else example
    first = values[0] if isinstance(values, list | tuple) and values else None
    inner = get_args(annotation)
    return _example(inner[-1], path[1:], None, first) if inner else None


def _configured() -> dict[str, object]:
    """Return every value that the stack configures for this project, in its type, by its key."""
    prefix = f"{pulumi.get_project()}:"
    # pulumi.Config can only be asked for a key by name; a mistyped key would never be seen.
    configured = {*runtime_config.CONFIG.get(), *runtime_config.get_config_env()}
    values: dict[str, object] = {
        key.removeprefix(prefix): _value(key.removeprefix(prefix)) for key in configured if key.startswith(prefix)
    }
    mistyped = (key for key in configured if _is_mistyped(key, pulumi.get_project()))
    values |= dict.fromkeys(key if ":" in key else f":{key}" for key in mistyped)  # a colon: not the key that is meant
    if "aws:region" in configured:
        values["aws:region"] = pulumi.Config("aws").get("region")
    return values


def _is_mistyped(key: str, project: str) -> bool:
    """Return whether a key of another project is meant for this one: it names a setting, or nearly this project."""
    prefix, _, name = key.rpartition(":")
    if prefix in {project, "aws"}:
        return False
    return not prefix or name in SETTINGS or bool(difflib.get_close_matches(prefix, [project], cutoff=0.85))


def _secrets() -> set[str]:
    """Return the keys of this project that the stack holds encrypted."""
    prefix = f"{pulumi.get_project()}:"
    encrypted = {key for key in runtime_config.CONFIG.get() if runtime_config.is_config_secret(key)}
    keys = encrypted | {*runtime_config.get_config_secret_keys_env()}
    return {key.removeprefix(prefix) for key in keys if key.startswith(prefix)}


def _value(key: str) -> object:
    """Return a value in its type. The CLI hands every value over as a string: JSON, unless it is meant as text."""
    raw = pulumi.Config().get(key)
    if raw is None or key not in SETTINGS or _is_text(SETTINGS[key].annotation):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _is_text(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, str)  # an enumeration here is of texts
