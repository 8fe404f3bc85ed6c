"""What Encryption promises of its key and of who may use it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from components.api_function import ApiFunction, ApiFunctionArgs
from components.encryption import Encryption, EncryptionArgs
from stacks.recorder import ACCOUNT, REGION, Recording, record
from tests.components import test_api_function
from tests.components.arguments import arguments

REQUIRED: dict[str, Any] = {}


@cache
def default() -> Recording:
    return record(lambda: Encryption("encryption", EncryptionArgs()))


def test_key_rotates() -> None:
    """A key that leaked once would be good forever."""
    assert default().one("Key").inputs["enableKeyRotation"] is True


@pytest.mark.parametrize("days", [7, 30])
def test_deleted_key_can_be_brought_back(days: int) -> None:
    """Without it every log line that it encrypted is lost."""
    recording = record(lambda: Encryption("encryption", arguments(EncryptionArgs, deletion_window_days=days)))

    assert recording.one("Key").inputs["deletionWindowInDays"] == days


def test_key_is_the_accounts_and_cloudwatch_logs_may_encrypt_this_accounts_groups_with_it() -> None:
    """Without the condition any account's log group could name the key; without the account nobody could fix it."""
    policy = default().one("KeyPolicy").inputs

    assert policy["keyId"] == default().one("Key").outputs["keyId"]
    assert json.loads(policy["policy"])["Statement"] == [
        {
            "Sid": "GovernedByTheAccount",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "EncryptLogGroups",
            "Effect": "Allow",
            "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "Resource": "*",
            "Condition": {
                "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*"}
            },
        },
    ]


def test_whoever_uses_the_key_waits_for_its_policy() -> None:
    """CloudWatch refuses a log group whose key it may not use yet."""

    def create() -> None:
        key = Encryption("encryption", EncryptionArgs())
        ApiFunction("function", arguments(ApiFunctionArgs, **test_api_function.REQUIRED, kms_key_arn=key.key_arn))

    recording = record(create)

    assert recording.one("LogGroup").inputs["kmsKeyId"] == recording.one("Key").outputs["arn"]
    assert recording.waits_for(recording.one("LogGroup"), recording.one("KeyPolicy"))
