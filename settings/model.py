"""All settings of one stack, read and checked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, cast

import pulumi
from pulumi.runtime import config as runtime_config
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from settings.api import Api
from settings.app_clients import AppClients
from settings.deployed_pool import rules_of
from settings.function import Function, OtherFunction
from settings.group import Group
from settings.identity_providers import IdentityProviders
from settings.mail import Mail
from settings.monitoring import Monitoring
from settings.problems import Problem, SettingsError, in_plain, is_secret, missing, of_field, unknown
from settings.production import PRODUCTION
from settings.rules import RULES, Route, Rule
from settings.second_factors import SecondFactors
from settings.sign_in import SignIn
from settings.sign_in_page import SignInPage
from settings.suppression import Suppression
from settings.threat_protection import ThreatProtection
from settings.triggers import Triggers
from settings.values import FunctionName, GroupName, KeyArn, LogSalt, RetentionDays, TagName, TagValue


class Stack(Group):
    """What concerns the whole stack."""

    title: ClassVar[str] = "Stack"

    region: str = Field(
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        alias="aws:region",
        description="Where everything is made; the AWS provider's own key",
        examples=["eu-central-1"],
    )
    environment: Literal["dev", "staging", "prod"] = Field(
        default="prod",
        description="How strict the rules are, dev, staging or prod: production refuses what only helps development",
    )
    accept_id_tokens: bool = Field(
        default=False,
        description="The function also accepts ID tokens, which are meant for the client and carry no scopes",
    )
    groups: list[GroupName] = Field(
        default=[],
        description="Groups of users beside those that routes ask for",
        examples=["member"],
    )
    log_retention_days: RetentionDays = Field(
        default=365,
        description="Days that logs are kept; one of CloudWatch's values such as 30 or 365; at least 90 in production",
    )
    log_subject_salt: LogSalt = Field(
        default="",
        description="Salt, of 32 characters at least, with which the function's log names callers by a hash of their "
        "subject; without it, the log names nobody. A Pulumi secret",
        examples=["replace-with-32-random-characters"],
        json_schema_extra={"secret": True},
    )
    create_kms_key: bool = Field(
        default=False,
        description="A KMS key is made for logs and the functions' environments; off, AWS's own keys encrypt them",
    )
    kms_key_arn: KeyArn = Field(
        default="",
        description="A key that there is already, for logs and the functions' environments, instead of createKmsKey; "
        "its policy must let CloudWatch Logs use it",
        examples=["arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000"],
    )
    owner: TagValue = Field(
        default="",
        description="Who answers for the stack, as the tag Owner of all that can be tagged",
        examples=["team-api"],
    )
    cost_center: TagValue = Field(
        default="",
        description="Who pays for the stack, as the tag CostCenter of all that can be tagged",
        examples=["1234"],
    )
    tags: dict[TagName, TagValue] = Field(
        default={},
        max_length=40,  # AWS: 50 of a resource, with these and those that AWS adds
        description="Further tags of all that can be tagged, besides Project, Stack, Environment, Owner and CostCenter",
        examples=[{"DataClass": "internal"}],
    )
    other_functions: dict[FunctionName, OtherFunction] = Field(
        default={},
        description="Functions besides the first, api, by the name that routes give: `memoryMb`, `timeoutSeconds`, "
        "`reservedConcurrency`, `provisionedConcurrency` and `secretReferences` of their own, all else as the first's",
        examples=[{"reports": {"memoryMb": 1024, "timeoutSeconds": 29}}],
    )
    policy_suppressions: list[Suppression] = Field(
        default=[],
        description="Rules of docs/policies.md that need not hold in this stack, each with its reason",
        examples=['{"rule": "L-VPC", "reason": "The VPC has a NAT gateway, so that keys can be fetched."}'],
    )
    package_platform: Literal["lambda", "host"] = Field(
        default="lambda",
        description="What the package is built for, lambda or host; the local run sets host by itself",
    )


class Settings(Stack):
    """One stack's configuration: the stack's own settings, and a group for each concern."""

    sign_in: SignIn
    second_factors: SecondFactors
    sign_in_page: SignInPage
    app_clients: AppClients
    identity_providers: IdentityProviders
    threat_protection: ThreatProtection
    mail: Mail
    triggers: Triggers
    api: Api
    function: Function
    monitoring: Monitoring

    @property
    def runtime(self) -> dict[str, Any]:
        """What every function of the stack has in common, by the names of a component's fields."""
        return {
            "architecture": self.function.architecture,
            "python_version": self.function.python_version,
            "log_retention_days": self.log_retention_days,
        }

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        """Every function's settings by its name, as a component takes them; `api` is the first one."""
        first = {**vars(self.function), "log_retention_days": self.log_retention_days}
        return {"api": first, **{name: {**first, **vars(each)} for name, each in self.other_functions.items()}}

    @property
    def log_environment(self) -> dict[str, Any]:
        """What the functions' environment has of the log, by its variables; a secret stays one in the state."""
        salt = {"LOG_SUBJECT_SALT": pulumi.Output.secret(self.log_subject_salt)} if self.log_subject_salt else {}
        return {"LOG_LEVEL": self.function.log_level, **salt}

    @property
    def resource_tags(self) -> dict[str, str]:
        """What every resource is tagged with. A stack's own tags come first: none of them replaces a named one."""
        named = {"Project": pulumi.get_project(), "Stack": pulumi.get_stack(), "Environment": self.environment}
        optional = {"Owner": self.owner, "CostCenter": self.cost_center}
        return {**self.tags, **named, **{name: value for name, value in optional.items() if value}}

    @classmethod
    def load(cls, routes: Sequence[Route] = ()) -> Settings:
        """The current stack's settings; SettingsError with every problem at once if any cannot be deployed."""
        settings, problems = read(_configured(), routes, _secrets(), rules_of(pulumi.get_stack()))
        if settings is None:
            raise SettingsError.of(pulumi.get_stack(), problems)
        return settings

    @property
    def auth(self) -> dict[str, Any]:
        """The groups of the user pool as one, as it takes them."""
        groups = {name: value for group in AUTH for name, value in vars(getattr(self, group)).items()}
        return {"region": self.region, "log_retention_days": self.log_retention_days, **groups}


# What the user pool takes, concern by concern.
AUTH = (
    "sign_in",
    "second_factors",
    "sign_in_page",
    "app_clients",
    "identity_providers",
    "threat_protection",
    "mail",
)
GROUPS: Mapping[str, type[Group]] = {
    "sign_in": SignIn,
    "second_factors": SecondFactors,
    "sign_in_page": SignInPage,
    "app_clients": AppClients,
    "identity_providers": IdentityProviders,
    "threat_protection": ThreatProtection,
    "mail": Mail,
    "triggers": Triggers,
    "api": Api,
    "function": Function,
    "monitoring": Monitoring,
}


class Place(NamedTuple):
    """Where a key belongs: the group's name in Settings, None for the stack's own, the field's name, the field."""

    group: str | None
    name: str
    field: FieldInfo


_MODELS: list[tuple[str | None, type[Group]]] = [(None, Stack), *GROUPS.items()]
PLACES: Mapping[str, Place] = {
    str(field.alias): Place(group, name, field)
    for group, model in _MODELS
    for name, field in model.model_fields.items()
}


def read(
    values: Mapping[str, object],
    routes: Sequence[Route],
    secrets: AbstractSet[str] = frozenset(),
    deployed: Sequence[Rule] = (),
) -> tuple[Settings | None, list[Problem]]:
    """The settings that these values make, or None and all that is wrong with them.

    `secrets` are the keys that are encrypted, `deployed` what the stack's deployed pool asks.
    """
    problems = [unknown(key) for key in sorted(values.keys() - PLACES.keys())]
    known: dict[str | None, dict[str, Any]] = {None: {}, **{group: {} for group in GROUPS}}
    for key, (group, name, field) in PLACES.items():
        if key not in values and field.is_required():
            problems.append(missing(key, field))
        elif key not in values:
            known[group][name] = field.get_default(call_default_factory=True)
        elif is_secret(field) and key not in secrets and values[key] != field.default:
            problems.append(in_plain(key, field))
        else:
            try:
                known[group][name] = _adapter(key).validate_python(values[key], strict=True)
            except ValidationError as error:
                problems += [of_field(key, detail, field) for detail in error.errors(include_url=False)]
    groups = {group: _View(known[group]) for group in GROUPS}
    view = cast("Settings", _View({**known[None], **groups}))
    for rule in (*RULES, *PRODUCTION, *deployed):
        with suppress(_NotKnown):
            problems += rule(view, routes)
    if problems:
        return None, problems
    made: dict[str, Any] = {group: model.model_construct(**known[group]) for group, model in GROUPS.items()}
    return Settings.model_construct(**known[None], **made), []


@cache
def _adapter(key: str) -> TypeAdapter[Any]:
    field = PLACES[key].field
    # Annotated asks for one piece of metadata at least; pydantic passes over what it does not know.
    annotation: Any = Annotated[field.annotation, *(field.metadata or [None])]
    return TypeAdapter(annotation)


def _configured() -> dict[str, object]:
    """Every value that the stack configures for this project, in its type, by its key."""
    prefix = f"{pulumi.get_project()}:"
    # pulumi.Config can only be asked for a key by name; a mistyped key would never be seen.
    configured = {*runtime_config.CONFIG.get(), *runtime_config.get_config_env()}
    values: dict[str, object] = {
        key.removeprefix(prefix): _value(key.removeprefix(prefix)) for key in configured if key.startswith(prefix)
    }
    if "aws:region" in configured:
        values["aws:region"] = pulumi.Config("aws").get("region")
    return values


def _secrets() -> set[str]:
    """The keys of this project that the stack holds encrypted."""
    prefix = f"{pulumi.get_project()}:"
    encrypted = {key for key in runtime_config.CONFIG.get() if runtime_config.is_config_secret(key)}
    keys = encrypted | {*runtime_config.get_config_secret_keys_env()}
    return {key.removeprefix(prefix) for key in keys if key.startswith(prefix)}


def _value(key: str) -> object:
    """The CLI hands every value over as a string: JSON, unless it is meant as text."""
    raw = pulumi.Config().get(key)
    if raw is None or key not in PLACES or _is_text(PLACES[key].field.annotation):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _is_text(annotation: Any) -> bool:
    return annotation is str or getattr(annotation, "__origin__", None) is Literal


class _NotKnown(Exception):  # noqa: N818 - not an error: the setting has a problem of its own, which is reported
    """A rule reads a setting that has no right value."""


class _View:
    """Those of the settings that are right by themselves, as rules read them."""

    def __init__(self, known: Mapping[str, object]) -> None:
        self._known = known

    def __getattr__(self, name: str) -> object:
        if name not in self._known:
            raise _NotKnown
        return self._known[name]
