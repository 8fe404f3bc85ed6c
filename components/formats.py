"""The formats that several arguments share: addresses, names of AWS resources, names within Cognito."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .arguments import Check, Path, matching, predicate

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_DEFAULT_PORTS = {"https": 443, "http": 80}
_ACCOUNT = r"\d{12}"
_NAME = r"[A-Za-z0-9_/+=@.-]"

# The regions of the partition "aws" that have Cognito, Lambda and API Gateway (botocore's endpoints). The other
# partitions (China, GovCloud, the European Sovereign Cloud) are not served: docs/decisions/0016.
REGIONS = frozenset(
    {
        *(
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
        ),
        *(
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
        ),
        *("ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"),
        *("eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1"),
        *("sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    }
)


def _split(value: str) -> SplitResult | None:
    """Return the parts of a URL, None where it has none or its port is no port."""
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_exact(value: str) -> bool:
    parts = _split(value)
    return (
        parts is not None
        and bool(parts.scheme)
        and parts.username is None
        and value.isprintable()  # also refuses characters that reverse the direction of text
        and not re.search(r"[*#\s]", value)
    )


def _is_web(value: str) -> bool:
    parts = _split(value)
    if parts is None or not parts.hostname or parts.port == 0 or parts.hostname.endswith("."):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def browser_origin(value: str) -> str:
    """Return the origin of a URL in the spelling in which browsers send it (RFC 6454, section 6.2)."""
    parts = urlsplit(value)
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def browser_url(value: str) -> str:
    """Return a URL in the spelling in which browsers send it: the origin's, with the rest as it is."""
    parts = urlsplit(value)
    if parts.scheme not in _DEFAULT_PORTS:
        return value
    return browser_origin(value) + value.partition("//")[2].removeprefix(parts.netloc)


exact_url = predicate(_is_exact, "be one exact URL, without a wildcard, a fragment, a space or a user")


def _short(value: str) -> Iterator[tuple[Path, str]]:
    # Cognito: 1,024 characters (RedirectUrlType)
    if len(value) > 1024:
        yield (), "have at most 1024 characters"


def web_url(value: str) -> Iterator[tuple[Path, str]]:
    """Check for an exact https URL, or an http URL on localhost; at most 1,024 characters, Cognito's limit."""
    yield from _short(value)
    if not _is_exact(value):
        yield from exact_url(value)
    elif not _is_web(value):
        yield (), "be https://, or http:// on localhost"


def header_name(value: str) -> Iterator[tuple[Path, str]]:
    """Check for a header's exact name. `*` would let a page send any."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,62}", value):
        yield (), "be a header's name: letters, digits and -, without a wildcard"


def return_url(value: str) -> Iterator[tuple[Path, str]]:
    """Check for a web URL, or a URL of a native app's own scheme (RFC 8252: the reversed domain of its maker)."""
    yield from _short(value)
    if not _is_exact(value):
        yield from exact_url(value)
    elif not _is_web(value) and "." not in value.partition(":")[0]:
        yield (), "be https://, http:// on localhost, or an app's own scheme such as com.example.app://"


def https_url(value: str) -> Iterator[tuple[Path, str]]:
    """Check for an exact https URL."""
    if not _is_exact(value):
        yield from exact_url(value)
    elif not _is_web(value) or not value.startswith("https://"):
        yield (), "be https://"


def optional(check: Check) -> Check:
    """Return a check for a text that passes `check`, or for none."""

    def either(value: Any) -> Iterator[tuple[Path, str]]:
        if value:
            yield from check(value)

    return either


def arn(service: str, resource: str, *, region: str = r"[a-z0-9-]+", what: str) -> Check:
    """Return a check for the ARN of a resource in the partition `aws`."""
    return matching(rf"arn:aws:{service}:{region}:{_ACCOUNT}:{resource}", f"be the ARN of {what}")


email = predicate(
    lambda value: len(value) <= 254 and re.fullmatch(r"[^@\s<>]+@[^@\s<>]+\.[^@\s.<>]+", value) is not None,
    "be an email address",
)
hostname = matching(
    r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
    "be a host name in lower case, such as api.example.com",
)
zone_id = matching(r"Z[A-Z0-9]{1,31}", "be the id of a Route 53 hosted zone")
# ACM serves CloudFront, and so Cognito's custom domains, from us-east-1 alone.
certificate_arn = arn("acm", r"certificate/[\w-]+", what="a certificate")
cloudfront_certificate_arn = arn("acm", r"certificate/[\w-]+", region="us-east-1", what="a certificate in us-east-1")
# A web ACL of CloudFront has "global" in place of "regional", and fits no user pool.
web_acl_arn = arn(
    "wafv2", r"regional/webacl/[\w-]{1,128}/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", what="a regional web ACL"
)
# A key, not an alias of one: Lambda and CloudWatch Logs take the key's own ARN.
key_arn = arn("kms", r"key/[\w-]+", what="a KMS key")
s3_uri = matching(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/\S+", "be an S3 URI such as s3://bucket/key")
# Lower case, as triggers/pre_sign_up.py compares; RFC 1035 for the length.
email_domain = matching(
    r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?", "be a domain in lower case"
)
group_name = matching(r"[A-Za-z0-9_.+=@-]{1,128}", "be 1 to 128 letters, digits or _.+=@-")
# ResourceServerScopeType and ResourceServerIdentifierType
scope_name = matching(
    r"[\x21\x23-\x5B\x5D-\x7E]{1,256}/[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]{1,256}", "be <resource server>/<scope>"
)
function_name = matching(
    r"[a-z](?:[a-z0-9-]{0,18}[a-z0-9])?", "be up to 20 lower-case letters, digits and hyphens, a letter first"
)
secret_name = matching(r"[A-Z][A-Z0-9_]{0,63}", "be upper-case letters, digits and _")
secret_reference = matching(
    rf"(?=.{{1,512}}$)(?:/[A-Za-z0-9_./-]+|[A-Za-z0-9_+=@.-]{_NAME}*"
    rf"|arn:aws:ssm:[a-z0-9-]+:{_ACCOUNT}:parameter/[A-Za-z0-9_./-]+"
    rf"|arn:aws:secretsmanager:[a-z0-9-]+:{_ACCOUNT}:secret:{_NAME}+-[A-Za-z0-9]{{6}})",
    "be a parameter's name (/path), a secret's name, or the ARN of either",
)
subnet_id = matching(r"subnet-(?:[0-9a-f]{8}|[0-9a-f]{17})", "be a subnet id")
security_group_id = matching(r"sg-(?:[0-9a-f]{8}|[0-9a-f]{17})", "be a security group id")
# The retentions that CloudWatch Logs has (PutRetentionPolicy).
RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
retention_days = predicate(lambda value: value in RETENTIONS, f"be one of {', '.join(map(str, RETENTIONS))}")
