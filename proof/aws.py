"""AWS clients: of the emulator for a stack on this machine, else with the credentials that boto3 finds."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from local.emulator import CREDENTIALS
from proof.target import Target
from stacks.command_line import CommandError


def client_of(target: Target, service: str) -> Any:
    """Return a boto3 client for the stack's account. CommandError if there are no usable AWS credentials."""
    return _client(target.endpoint, target.region, service)


@cache  # a session reads boto3's service models, which takes longer than the calls
def _session(region: str, *, is_local: bool) -> boto3.Session:
    if not is_local:
        return boto3.Session(region_name=region)
    return boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=region,
    )


@cache
def _client(endpoint: str | None, region: str, service: str) -> Any:
    if endpoint is not None:
        config = Config(proxies={}, retries={"max_attempts": 0})
        return _session(region, is_local=True).client(service, endpoint_url=endpoint, config=config)
    try:
        session = _session(region, is_local=False)
        if session.get_credentials() is None:
            raise CommandError("there are no AWS credentials here")
        return session.client(service)
    except BotoCoreError as error:
        raise CommandError(f"the AWS credentials here cannot be used: {' '.join(str(error).split())}") from None
