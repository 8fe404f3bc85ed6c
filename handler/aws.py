"""Calls of AWS's services, with timeouts that fit into a function's, and the cause of each failure.

Lambda's runtime has boto3 and the package does not. It is imported with the first client: it takes three times as long
to import as everything else, and most routes do not need it.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

from handler.errors import StorageCause, StorageUnavailable

# Seconds. Two attempts at their slowest end before the shortest timeout of a function, which is 3 seconds.
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 0.5, 0.75, 2

_CAUSES: dict[str, StorageCause] = {
    **dict.fromkeys(("ProvisionedThroughputExceededException", "RequestLimitExceeded"), "throttled"),
    **dict.fromkeys(("ThrottlingException", "TooManyRequestsException"), "throttled"),
    **dict.fromkeys(("AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException"), "denied"),
    "ResourceNotFoundException": "missing",
}
_lock = threading.Lock()


def call(service: str, operation: str, *, expected: str = "", **parameters: Any) -> Any:
    """Call a service that speaks JSON, such as `dynamodb`, and return its answer.

    For the error code `expected`, the answer has the member `Error`. Any other failure, or the answer of another
    server, becomes StorageUnavailable.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    method = getattr(client(service), operation)
    try:
        answer = method(**parameters)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == expected:
            return error.response
        raise StorageUnavailable(_CAUSES.get(code, "failed")) from error
    except BotoCoreError as error:
        raise StorageUnavailable(_cause_of_type(error)) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:  # botocore cannot read the answer
        raise StorageUnavailable("failed") from error
    # botocore takes any answer of status 200 for a success, such as a proxy's page: what was written would be lost.
    if not answer["ResponseMetadata"]["HTTPHeaders"].get("content-type", "").startswith("application/x-amz-json-1."):
        raise StorageUnavailable("failed")
    return answer


def client(service: str) -> Any:
    """Return the client of a service, such as `dynamodb`, with the address and credentials of the environment."""
    with _lock:  # several threads may use one client, but must not create it at the same time
        return _new_client(service)


@cache
def _new_client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    retries = {"mode": "legacy", "total_max_attempts": ATTEMPTS}  # the mode with the shortest pause before a retry
    timeouts = {"connect_timeout": CONNECT_TIMEOUT, "read_timeout": READ_TIMEOUT}
    # Explicit, because boto3 reads AWS_DEFAULT_REGION only.
    return boto3.client(service, region_name=os.environ["AWS_REGION"], config=Config(retries=retries, **timeouts))


def _cause_of_type(error: Exception) -> StorageCause:
    from botocore.exceptions import ConnectionError as NoConnectionError
    from botocore.exceptions import ConnectTimeoutError, HTTPClientError, ReadTimeoutError

    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return "timeout"
    return "unreachable" if isinstance(error, NoConnectionError | HTTPClientError) else "failed"
