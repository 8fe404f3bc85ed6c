"""Calls of DynamoDB, and the cause of each failure."""

from __future__ import annotations

from typing import Any

from handler.aws import client
from handler.errors import StorageCause, StorageUnavailable

TABLE_PATTERN = r"[A-Za-z0-9_.-]{3,255}"  # DynamoDB: TableName

_THROTTLED = {"ProvisionedThroughputExceededException", "RequestLimitExceeded", "ThrottlingException"}
_DENIED = {"AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException"}


def call(operation: str, **parameters: Any) -> Any:
    """Call DynamoDB and return its answer. Any failure, or the answer of another server, becomes StorageUnavailable."""
    from botocore.exceptions import BotoCoreError, ClientError

    method = getattr(client("dynamodb"), operation)
    try:
        answer = method(**parameters)
    except ClientError as error:
        raise StorageUnavailable(_cause_of_code(error.response["Error"]["Code"])) from error
    except BotoCoreError as error:
        raise StorageUnavailable(_cause_of_type(error)) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:  # botocore cannot read the answer
        raise StorageUnavailable("failed") from error
    # botocore takes any answer of status 200 for a success, such as a proxy's page: what was written would be lost.
    if answer["ResponseMetadata"]["HTTPHeaders"].get("content-type") != "application/x-amz-json-1.0":
        raise StorageUnavailable("failed")
    return answer


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
