"""DynamoDB's client, and the cause of each of its failures.

Lambda's runtime has boto3 and the package does not. It is imported at the first use: it takes three times as long to
import as everything else, and most routes do not need it.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

from handler.errors import StorageCause, StorageUnavailable

TABLE_PATTERN = r"[A-Za-z0-9_.-]{3,255}"  # DynamoDB: TableName
# Seconds. Two attempts at their slowest end before the shortest timeout of a function, which is 3 seconds.
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 0.5, 0.75, 2

_THROTTLED = {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
_DENIED = {"AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException"}
_lock = threading.Lock()


def call(operation: str, **parameters: Any) -> Any:
    """Call DynamoDB and return its answer. Every failure becomes StorageUnavailable."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return getattr(client(), operation)(**parameters)
    except ClientError as error:
        raise StorageUnavailable(_cause_of_code(error.response["Error"]["Code"])) from error
    except BotoCoreError as error:
        raise StorageUnavailable(_cause_of_type(error)) from error


def client() -> Any:
    """Return the DynamoDB client, with the address and credentials of the environment."""
    with _lock:  # several threads may use one client, but must not create it at the same time
        return _new_client()


@cache
def _new_client() -> Any:
    import boto3
    from botocore.config import Config

    retries = {"mode": "legacy", "total_max_attempts": ATTEMPTS}  # the mode with the shortest pause before a retry
    timeouts = {"connect_timeout": CONNECT_TIMEOUT, "read_timeout": READ_TIMEOUT}
    # Explicit, because boto3 reads AWS_DEFAULT_REGION only.
    return boto3.client("dynamodb", region_name=os.environ["AWS_REGION"], config=Config(retries=retries, **timeouts))


def _cause_of_code(code: str) -> StorageCause:
    if code in _THROTTLED:
        return "throttled"
    if code in _DENIED:
        return "denied"
    return "missing" if code == "ResourceNotFoundException" else "failed"


def _cause_of_type(error: Exception) -> StorageCause:
    from botocore.exceptions import ConnectionError as NoConnectionError
    from botocore.exceptions import ConnectTimeoutError, HTTPClientError, ReadTimeoutError

    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return "timeout"
    return "unreachable" if isinstance(error, NoConnectionError | HTTPClientError) else "failed"
