"""Secrets by reference: the environment says where each stands, and the first call that asks for one fetches it.

boto3, which the Lambda runtime has, is imported with the first of them: it costs more than all else here together.
"""

from __future__ import annotations

import os
import time
from functools import cache
from typing import Any

_KEPT = 300  # seconds; a rotated secret is in use after that
_fetched: dict[str, tuple[float, str]] = {}


def secret(name: str) -> str:
    """The value of the secret that `secretReferences` calls `name`. LookupError for one that it does not name.

    Of Secrets Manager or Parameter Store, at most every five minutes. What AWS refuses is raised as botocore does, and
    ends in the 500 that says nothing; no value is ever logged.
    """
    try:
        reference = os.environ[f"SECRET_{name}"]
    except KeyError:
        raise LookupError(f"secretReferences must name {name}") from None
    until, value = _fetched.get(name, (0.0, ""))
    if time.monotonic() >= until:
        value = _fetch(reference)
        _fetched[name] = (time.monotonic() + _KEPT, value)
    return value


def _fetch(reference: str) -> str:
    if reference.startswith("/") or ":ssm:" in reference:
        answer = _client("ssm").get_parameter(Name=reference, WithDecryption=True)
        return str(answer["Parameter"]["Value"])
    return str(_client("secretsmanager").get_secret_value(SecretId=reference)["SecretString"])


@cache
def _client(service: str) -> Any:
    import boto3  # noqa: PLC0415 - dear, and not needed where no secret is

    return boto3.client(service)
