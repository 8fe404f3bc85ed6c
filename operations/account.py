"""AWS clients for a stack's account, and their refusals in one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from handler.errors import StorageUnavailable
from local.provider import client as emulator_client
from stacks.command_line import CommandError


def client(outputs: Mapping[str, Any], service: str) -> Any:
    """Return a boto3 client: of the emulator for a stack on this machine, else with the credentials that are here."""
    if outputs.get("awsEndpointUrl"):
        return emulator_client(outputs["awsEndpointUrl"], outputs["region"], service)
    try:
        session = boto3.Session(region_name=outputs["region"])
        if session.get_credentials() is None:
            raise CommandError("AWS credentials for the stack's account must be set; sign in with: aws sso login")
        return session.client(service, config=Config(retries={"mode": "standard", "max_attempts": 5}))
    except BotoCoreError as error:
        raise CommandError(f"the AWS credentials must be usable, got: {' '.join(str(error).split())}") from None


@contextlib.contextmanager
def refusals_in_one_line() -> Iterator[None]:
    """Turn a refusal by AWS into CommandError."""
    try:
        yield
    except StorageUnavailable as failed:
        raise CommandError(f"the table of revocations must answer, got: {failed.cause}") from None
    except (ClientError, BotoCoreError) as error:
        raise CommandError(f"AWS must do it, got: {' '.join(str(error).split())}") from None
