"""The function's environment, read once at cold start and refused when it cannot be right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d", re.ASCII)
_POOL_ID = re.compile(r"[a-z]{2}(-[a-z]+)+-\d_[0-9A-Za-z]{1,45}", re.ASCII)  # Cognito: [\w-]+_[0-9a-zA-Z]+, 55 at most
_CLIENT_ID = re.compile(r"[\w+]{1,128}", re.ASCII)  # Cognito: ClientIdType
_TABLE = re.compile(r"[\w.-]{3,255}", re.ASCII)  # DynamoDB: TableName
_TOKEN_USES = frozenset({"access", "id"})
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """A variable of the environment is missing or cannot be right. Names the variable and its rule, never its value."""

    def __init__(self, variable: str, rule: str) -> None:
        super().__init__(f"{variable} must {rule}")
        self.variable = variable


class Settings(NamedTuple):
    """Where tokens come from and which are accepted.

    `issuer` and `jwks_url` follow from region and pool id and cannot be set apart from them.
    """

    issuer: str
    jwks_url: str
    client_ids: frozenset[str]
    token_uses: frozenset[str]
    log_level: str
    subject_salt: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read and check every variable; raise SettingsError naming the first that is wrong."""
        region = _matching(environment, "AWS_REGION", _REGION)
        pool_id = _matching(environment, "COGNITO_USER_POOL_ID", _POOL_ID)
        if not pool_id.startswith(f"{region}_"):
            raise SettingsError("COGNITO_USER_POOL_ID", "name a pool in AWS_REGION")
        client_ids = frozenset(filter(None, environment.get("COGNITO_CLIENT_IDS", "").split(",")))
        if not client_ids or not all(_CLIENT_ID.fullmatch(client_id) for client_id in client_ids):
            raise SettingsError("COGNITO_CLIENT_IDS", "be a comma-separated list of app client ids")
        token_uses = frozenset(environment.get("COGNITO_TOKEN_USES", "access").split(","))
        if not token_uses <= _TOKEN_USES:
            raise SettingsError("COGNITO_TOKEN_USES", "be access, id or access,id")
        log_level = environment.get("LOG_LEVEL", "INFO")
        if log_level not in _LOG_LEVELS:
            raise SettingsError("LOG_LEVEL", f"be one of {', '.join(_LOG_LEVELS)}")

        salt = environment.get("LOG_SUBJECT_SALT", "")
        if salt and not (32 <= len(salt) <= 256 and salt.isascii() and salt.isprintable() and " " not in salt):
            raise SettingsError("LOG_SUBJECT_SALT", "be 32 to 256 printable characters, or not be set")

        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        issuer = f"https://cognito-idp.{region}.{suffix}/{pool_id}"
        base = _loopback_endpoint(environment)
        keys_at = f"{base}/{pool_id}" if base else issuer
        return cls(issuer, f"{keys_at}/.well-known/jwks.json", client_ids, token_uses, log_level, salt)


def notes_table(environment: Mapping[str, str]) -> str:
    """The name of the table that keeps notes; SettingsError without it. Apart: the other routes need no table."""
    return _matching(environment, "NOTES_TABLE", _TABLE)


def _matching(environment: Mapping[str, str], name: str, pattern: re.Pattern[str]) -> str:
    value = environment.get(name, "")
    if not pattern.fullmatch(value):
        raise SettingsError(name, f"match {pattern.pattern}")
    return value


def _loopback_endpoint(environment: Mapping[str, str]) -> str | None:
    """The emulator's address, or None. Only a loopback address counts: nothing else may say which keys are trusted."""
    endpoint = environment.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER") or environment.get("AWS_ENDPOINT_URL", "")
    try:
        url = urlsplit(endpoint)
        host, port = url.hostname, url.port
        if url.scheme not in {"http", "https"} or not host or url.username or url.password:
            return None
        if host != "localhost" and not ip_address(host).is_loopback:
            return None
    except ValueError:  # not a URL, not a port, or a name: it cannot be shown to be loopback
        return None
    netloc = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{netloc}" + (f":{port}" if port else "")
