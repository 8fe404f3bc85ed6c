"""The stack's settings: the only reader of `pulumi.Config`. All are checked before the first resource exists."""

from __future__ import annotations

import json
import re
import shlex
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import pulumi
from pulumi.runtime import config as runtime_config
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

# The retentions that CloudWatch Logs has (PutRetentionPolicy).
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SettingsError(pulumi.RunError):
    """The configuration of this stack cannot be deployed. The text has a line for each problem, and its remedy."""


def _web_url(value: str) -> str:
    parts = urlsplit(value)
    if re.search(r"[*#\s]", value) or not parts.hostname or parts.port == 0 or parts.username is not None:
        raise ValueError("be one exact URL, without a wildcard, a fragment, a space or a user")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ValueError("be https://, or http:// on localhost")
    return value


def _origin(value: str) -> str:
    parts = urlsplit(_web_url(value))
    if value != f"{parts.scheme}://{parts.netloc}".lower() or value.endswith(":"):
        raise ValueError("be an origin: scheme, host and port in lower case, no path, no final slash")
    return value


def _domain_prefix(value: str) -> str:
    for word in ("aws", "amazon", "cognito"):  # Cognito refuses them in a prefix domain
        if word in value:
            raise ValueError(f"not contain {word!r}")
    return value


def _retention(value: int) -> int:
    if value not in RETENTIONS:
        raise ValueError(f"be one of {', '.join(map(str, RETENTIONS))}")
    return value


WebUrl = Annotated[str, AfterValidator(_web_url)]
Origin = Annotated[str, AfterValidator(_origin)]
DomainPrefix = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"), AfterValidator(_domain_prefix)]


class Settings(BaseModel):
    """One stack's configuration. Keys are the fields in camelCase; Pulumi.yaml declares and explains each."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", alias_generator=to_camel)

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", alias="aws:region", examples=["eu-central-1"])]

    callback_urls: Annotated[list[WebUrl], Field(min_length=1, max_length=100, examples=["https://app.example.com/"])]
    logout_urls: Annotated[list[WebUrl], Field(min_length=1, max_length=100, examples=["https://app.example.com/"])]
    allowed_origins: Annotated[list[Origin], Field(min_length=1, max_length=50, examples=["https://app.example.com"])]
    domain_prefix: Annotated[DomainPrefix, Field(examples=["example-dev"])]

    email_as_username: bool = False
    self_sign_up: bool = True
    password_sign_in: bool = False
    password_minimum_length: Annotated[int, Field(ge=12, le=99)] = 12
    access_token_minutes: Annotated[int, Field(ge=5, le=1440)] = 15
    refresh_token_days: Annotated[int, Field(ge=1, le=3650)] = 30
    accept_id_tokens: bool = False
    deletion_protection: bool = True

    architecture: Literal["arm64", "x86_64"] = "arm64"
    python_version: Literal["3.12", "3.13", "3.14"] = "3.13"
    package_platform: Literal["lambda", "host"] = "lambda"
    memory_mb: Annotated[int, Field(ge=128, le=10240)] = 512
    timeout_seconds: Annotated[int, Field(ge=3, le=29)] = 10
    reserved_concurrency: Annotated[int, Field(ge=-1, le=100000, examples=[10])] = -1
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_retention_days: Annotated[int, AfterValidator(_retention)] = 30

    throttle_rate: Annotated[int, Field(ge=1, le=10000)] = 50
    throttle_burst: Annotated[int, Field(ge=1, le=5000)] = 100

    @classmethod
    def load(cls) -> Settings:
        """The current stack's settings; SettingsError with every problem at once if any cannot be deployed."""
        project = pulumi.get_project()
        prefix = f"{project}:"
        values: dict[str, object] = {}
        for key in _configured_keys():
            if key == "aws:region":
                values[key] = pulumi.Config("aws").get("region")
            elif key.startswith(prefix):
                values[key.removeprefix(prefix)] = _value(key.removeprefix(prefix))
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problems = [_problem(detail) for detail in error.errors(include_url=False)]
        if len(problems) == 1:
            raise SettingsError(f"stack {pulumi.get_stack()} must change {problems[0].strip()}")
        raise SettingsError("\n".join([f"stack {pulumi.get_stack()} must change {len(problems)} settings:", *problems]))


def _configured_keys() -> set[str]:
    # pulumi.Config can only be asked for a key by name; a mistyped key would never be seen.
    return {*runtime_config.CONFIG.get(), *runtime_config.get_config_env()}


def _value(key: str) -> object:
    """A configured value in its type. The CLI hands every value over as a string: JSON, unless it is meant as text."""
    raw = pulumi.Config().get(key)
    field = next((field for field in Settings.model_fields.values() if field.alias == key), None)
    if raw is None or field is None or _is_text(field.annotation):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _is_text(annotation: Any) -> bool:
    return annotation is str or getattr(annotation, "__origin__", None) is Literal


def _problem(detail: ErrorDetails) -> str:
    """One line: `key: must <rule>, got <value>`, and the command that mends it."""
    key = str(detail["loc"][0])
    place = key + "".join(f"[{part}]" for part in detail["loc"][1:])
    if detail["type"] == "extra_forbidden":
        return f"  {place}: must be a key that Pulumi.yaml declares (remove it with: pulumi config rm {place})"
    command = f"pulumi config set {_example(key, *detail['loc'][1:2])}"
    if detail["type"] == "missing":
        return f"  {place}: must be set (set it with: {command})"
    rule = re.sub(r"^(Value error, |\w+ should )", "", detail["msg"])
    rule = rule if rule.startswith(("be ", "not ", "have ", "match ")) else f"be right: {rule}"
    return f"  {place}: must {rule}, got {json.dumps(detail['input'])} (set it with: {command})"


def _example(key: str, index: int | str = 0) -> str:
    field = next(field for field in Settings.model_fields.values() if field.alias == key)
    example = field.examples[0] if field.examples else field.default
    if getattr(field.annotation, "__origin__", None) is list:
        return f"--path {shlex.quote(f'{key}[{index}]')} {shlex.quote(str(example))}"
    return f"{key} {shlex.quote(example if isinstance(example, str) else json.dumps(example))}"
