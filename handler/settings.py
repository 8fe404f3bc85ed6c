"""The function's environment variables, read once at cold start and refused if they cannot be right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from handler.frozen import frozen

REGION_PATTERN = r"[a-z]{2}(-[a-z]+)+-[0-9]"
POOL_ID_PATTERN = rf"{REGION_PATTERN}_[0-9A-Za-z]{{1,45}}"  # Cognito: UserPoolIdType, 55 characters at most
CLIENT_ID_PATTERN = r"[A-Za-z0-9_+]{1,128}"  # Cognito: ClientIdType
RESOURCE_PATTERN = r"https?://[!-~]{1,1024}"  # RFC 8707 2: an absolute URI, which no client id can be
TABLE_PATTERN = r"[A-Za-z0-9_.-]{3,255}"  # DynamoDB: TableName
SALT_PATTERN = r"[!-~]{32,256}"  # a shorter salt could be found by trying
TOKEN_USES = frozenset({"access", "id"})
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingsError(Exception):
    """An environment variable is missing or cannot be right. Names the variable and its rule, never its value."""

    def __init__(self, variable: str, rule: str) -> None:
        super().__init__(f"{variable} must {rule}")
        self.variable = variable


@frozen
class RevocationSettings:
    """The table of revocations, the seconds for which its answer counts, and whether to go on while it fails."""

    table: str
    delay: int
    allows_unchecked: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> RevocationSettings | None:
        """Read and check the variables; None if no table is named."""
        if "REVOCATION_TABLE" not in environment:
            return None
        table = matching(environment, "REVOCATION_TABLE", TABLE_PATTERN)
        delay = matching(environment, "REVOCATION_DELAY_SECONDS", r"[1-9]\d{0,2}")
        on_failure = matching(environment, "REVOCATION_ON_FAILURE", "refuse|allow")
        return cls(table, int(delay), on_failure == "allow")


@frozen
class Settings:
    """The issuer of tokens, and the tokens that are accepted.

    `issuer` and `jwks_url` follow from the region and the pool id. They cannot be set.
    """

    issuer: str
    jwks_url: str
    client_ids: frozenset[str]
    token_uses: frozenset[str]
    log_level: str
    subject_salt: str
    revocation: RevocationSettings | None = None
    resources: frozenset[str] = frozenset()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read and check every variable. Raise SettingsError for the first that is wrong."""
        region = matching(environment, "AWS_REGION", REGION_PATTERN)
        pool_id = matching(environment, "COGNITO_USER_POOL_ID", POOL_ID_PATTERN)
        if not pool_id.startswith(f"{region}_"):
            raise SettingsError("COGNITO_USER_POOL_ID", "name a pool in AWS_REGION")
        client_ids = frozenset(filter(None, environment.get("COGNITO_CLIENT_IDS", "").split(",")))
        if not client_ids or not all(re.fullmatch(CLIENT_ID_PATTERN, client_id) for client_id in client_ids):
            raise SettingsError("COGNITO_CLIENT_IDS", "be a comma-separated list of app client ids")
        token_uses = frozenset(environment.get("COGNITO_TOKEN_USES", "access").split(","))
        if not token_uses <= TOKEN_USES:
            raise SettingsError("COGNITO_TOKEN_USES", "be access, id or access,id")
        log_level = environment.get("LOG_LEVEL", "INFO")
        if log_level not in LOG_LEVELS:
            raise SettingsError("LOG_LEVEL", f"be one of {', '.join(LOG_LEVELS)}")
        salt = environment.get("LOG_SUBJECT_SALT", "")
        if salt and not re.fullmatch(SALT_PATTERN, salt):
            raise SettingsError("LOG_SUBJECT_SALT", "be 32 to 256 printable ASCII characters without spaces, or unset")

        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        issuer = f"https://cognito-idp.{region}.{suffix}/{pool_id}"
        emulator = _loopback_endpoint(environment)
        base = f"{emulator}/{pool_id}" if emulator else issuer
        revocation = RevocationSettings.from_environment(environment)
        resources = frozenset(environment.get("COGNITO_RESOURCES", "").split())
        if not all(re.fullmatch(RESOURCE_PATTERN, resource) for resource in resources):
            raise SettingsError("COGNITO_RESOURCES", "be a list of URLs with spaces between them")
        keys = f"{base}/.well-known/jwks.json"
        return cls(issuer, keys, client_ids, token_uses, log_level, salt, revocation, resources)


def matching(environment: Mapping[str, str], name: str, pattern: str) -> str:
    """Return the variable `name`. SettingsError if it is missing or does not match `pattern` as a whole."""
    value = environment.get(name, "")
    if not re.fullmatch(pattern, value):
        raise SettingsError(name, f"match {pattern}")
    return value


def _loopback_endpoint(environment: Mapping[str, str]) -> str | None:
    """Return the emulator's base URL, or None.

    Only a loopback address is accepted: whoever chooses the endpoint chooses the keys that are trusted.
    """
    endpoint = environment.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER") or environment.get("AWS_ENDPOINT_URL", "")
    try:
        url = urlsplit(endpoint)
        host, port = url.hostname, url.port
        if url.scheme not in {"http", "https"} or not host or url.username or url.password:
            return None
        if host != "localhost" and not ip_address(host).is_loopback:
            return None
    except ValueError:  # not a URL, a bad port, or a name that cannot be shown to be loopback
        return None
    netloc = f"[{host}]" if ":" in host else host
    return f"{url.scheme}://{netloc}" + (f":{port}" if port else "")
