"""Secrets by reference: the environment holds the location of each secret, and the first use fetches its value."""

from __future__ import annotations

import os
import time

from handler.aws import client

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
    fetched_at, value = _fetched.get(name, (float("-inf"), ""))
    now = time.time()  # monotonic time stops while a Lambda environment is frozen
    if not 0 <= now - fetched_at < _MAX_AGE:
        value = _fetch(reference)
        _fetched[name] = (now, value)
    return value


def _fetch(reference: str) -> str:
    if reference.startswith("/") or ":ssm:" in reference:
        answer = client("ssm").get_parameter(Name=reference, WithDecryption=True)
        return str(answer["Parameter"]["Value"])
    return str(client("secretsmanager").get_secret_value(SecretId=reference)["SecretString"])
