"""The kinds of value that settings have: addresses, origins, names, days."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

# The retentions that CloudWatch Logs has (PutRetentionPolicy).
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _web_url(value: str) -> str:
    parts = urlsplit(value)
    if re.search(r"[*#\s]", value) or not parts.hostname or parts.port == 0 or parts.username is not None:
        raise ValueError("be one exact URL, without a wildcard, a fragment, a space or a user")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise ValueError("be https://, or http:// on localhost")
    return value


def _origin(value: str) -> str:
    parts = urlsplit(_web_url(value))
    if value != f"{parts.scheme}://{parts.netloc}".lower() or value.endswith(":"):
        raise ValueError("be an origin: scheme, host and port in lower case, no path, no final slash")
    return value


def _https_url(value: str) -> str:
    if not _web_url(value).startswith("https://"):
        raise ValueError("be https://")
    return value


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", value) or len(value) > 254:
        raise ValueError("be an email address")
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


def _tag_name(value: str) -> str:
    if value.lower().startswith("aws:"):
        raise ValueError("not begin with aws:, which is AWS's own")
    return value


def _function_name(value: str) -> str:
    if value == "api":
        raise ValueError("not be api, whose settings stand by themselves")
    return value


WebUrl = Annotated[str, AfterValidator(_web_url)]
HttpsUrl = Annotated[str, AfterValidator(_https_url)]
Email = Annotated[str, AfterValidator(_email)]
Origin = Annotated[str, AfterValidator(_origin)]
DomainPrefix = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$"), AfterValidator(_domain_prefix)]
# Lower case, as triggers/pre_sign_up.py compares; RFC 1035 for the length.
EmailDomain = Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")]
# As narrow as the route table's (handler/routes.py).
GroupName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+=@-]{1,128}$")]
ScopeName = Annotated[str, Field(pattern=r"^[\x21\x23-\x5B\x5D-\x7E]{1,256}/[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}$")]
# As the function reads it (handler/settings.py). A short one is found by trying, and with it every subject known.
LogSalt = Annotated[str, Field(pattern=r"^([!-~]{32,256})?$")]
RetentionDays = Annotated[int, AfterValidator(_retention)]

# The route table's own pattern of a function's name (handler/routes.py); the first one's is not for another.
FunctionName = Annotated[str, Field(pattern=r"^[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?$"), AfterValidator(_function_name)]
# A host's name (RFC 1123) in at least two parts, as API Gateway and Cognito take it.
Hostname = Annotated[
    str, Field(max_length=253, pattern=r"^(?:(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})?$")
]
ZoneId = Annotated[str, Field(pattern=r"^(?:Z[A-Z0-9]{1,31})?$")]
S3Uri = Annotated[str, Field(pattern=r"^(?:s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/\S+)?$")]
CertificateArn = Annotated[str, Field(pattern=r"^(?:arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[\w-]+)?$")]
# A key, not an alias of one: Lambda and CloudWatch Logs take the key's own ARN.
KeyArn = Annotated[str, Field(pattern=r"^(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+)?$")]
SubnetId = Annotated[str, Field(pattern=r"^subnet-(?:[0-9a-f]{8}|[0-9a-f]{17})$")]
SecurityGroupId = Annotated[str, Field(pattern=r"^sg-(?:[0-9a-f]{8}|[0-9a-f]{17})$")]
SecretName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,63}$")]
# The name of a parameter in a path, the name of a secret, or the ARN of either.
_NAME = r"[A-Za-z0-9_/+=@.-]"
SecretReference = Annotated[
    str,
    Field(
        max_length=512,
        pattern=rf"^(?:/[A-Za-z0-9_./-]+|[A-Za-z0-9_+=@.-]{_NAME}*"
        r"|arn:aws[a-z-]*:ssm:[a-z0-9-]+:\d{12}:parameter/[A-Za-z0-9_./-]+"
        rf"|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{{12}}:secret:{_NAME}+-[A-Za-z0-9]{{6}})$",
    ),
]
# The narrowest of AWS's services: letters, digits, space and _.:/=+-@, and nothing that begins like AWS's own.
TagName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\w .:/=+@-]+$"), AfterValidator(_tag_name)]
TagValue = Annotated[str, Field(max_length=256, pattern=r"^[\w .:/=+@-]*$")]
