"""Clients of AWS's services, with timeouts that fit into a function's.

Lambda's runtime has boto3 and the package does not. It is imported with the first client: it takes three times as long
to import as everything else, and most routes do not need it.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from typing import Any

# Seconds. Two attempts at their slowest end before the shortest timeout of a function, which is 3 seconds.
CONNECT_TIMEOUT, READ_TIMEOUT, ATTEMPTS = 0.5, 0.75, 2

_lock = threading.Lock()


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
