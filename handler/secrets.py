"""Secrets by reference: the environment holds the location of each secret, and the first use fetches its value.

boto3, which the Lambda runtime has, is imported when the first secret is fetched: its import takes longer than all
others together.
"""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

_MAX_AGE = 300  # seconds; then a rotated secret is in use
_fetched: dict[str, tuple[float, str]] = {}


def secret(name: str) -> str:
    """Return the value of the secret that `secretReferences` names `name`. LookupError for any other name.

    The value comes from Secrets Manager or Parameter Store, and is fetched again after five minutes. AWS's refusals are
    raised as botocore's exceptions and become a plain 500. No value is logged.
    """
    try:
        reference = os.environ[f"SECRET_{name}"]
    except KeyError:
        raise LookupError(f"secretReferences must name {name}") from None
    until, value = _fetched.get(name, (0.0, ""))
    if time.monotonic() >= until:
        value = _fetch(reference)
        _fetched[name] = (time.monotonic() + _MAX_AGE, value)
    return value


def _fetch(reference: str) -> str:
    if reference.startswith("/") or ":ssm:" in reference:
        answer = _client("ssm").get_parameter(Name=reference, WithDecryption=True)
        return str(answer["Parameter"]["Value"])
    return str(_client("secretsmanager").get_secret_value(SecretId=reference)["SecretString"])


@cache
def _client(service: str) -> Any:
    import boto3  # noqa: PLC0415 - slow, and not needed without secrets

    return boto3.client(service)
