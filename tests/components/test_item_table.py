"""What ItemTable promises: nothing in it is lost by accident, and a grant is for it alone."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from components.api_function import ApiFunction, ApiFunctionArgs
from components.item_table import ItemTable, ItemTableArgs
from stacks.command_line import CommandError
from stacks.recorder import Recording, record
from tests.components import test_api_function
from tests.components.arguments import arguments

REQUIRED: dict[str, Any] = {"partition_key": "owner", "sort_key": "id"}


def table_of(**changes: Any) -> Recording:
    args = arguments(ItemTableArgs, **{**REQUIRED, **changes})
    return record(lambda: ItemTable("notes", args))


@cache
def default() -> Recording:
    """What a caller gets who says nothing but what must be said."""
    return table_of()


def inputs(recording: Recording) -> dict[str, Any]:
    return dict(recording.one("Table").inputs)


def test_items_belong_to_their_partition_key() -> None:
    """The key is what keeps users apart; an index by another would be a second way to their items."""
    assert inputs(default())["hashKey"] == "owner"
    assert inputs(default())["rangeKey"] == "id"
    assert inputs(default())["attributes"] == [{"name": "owner", "type": "S"}, {"name": "id", "type": "S"}]
    assert not {"globalSecondaryIndexes", "localSecondaryIndexes", "streamEnabled"} & inputs(default()).keys()


def test_table_is_paid_by_use() -> None:
    """Provisioned capacity is paid for at night, and throttles by day."""
    assert inputs(default())["billingMode"] == "PAY_PER_REQUEST"
    assert not {"readCapacity", "writeCapacity"} & inputs(default()).keys()


def test_table_can_be_restored() -> None:
    """A wrong write is found days later; without this there is nothing to go back to."""
    assert inputs(default())["pointInTimeRecovery"] == {"enabled": True}


def test_table_is_encrypted_by_a_key_of_the_account() -> None:
    """Its use is recorded in CloudTrail; the key that DynamoDB takes otherwise nobody sees."""
    assert inputs(default())["serverSideEncryption"] == {"enabled": True}


@pytest.mark.parametrize("protected", [True, False])
def test_deletion_protection_is_aws_s_and_pulumi_s(protected: bool) -> None:
    """AWS refuses a delete; only Pulumi's own protection also refuses a replacement."""
    recording = table_of(deletion_protection=protected)
    table = recording.one("Table")

    assert table.inputs["deletionProtectionEnabled"] is protected
    assert bool(table.protect) is protected


def test_protection_is_on_unless_said_otherwise() -> None:
    """Forgetting a word must not cost what users wrote."""
    assert inputs(default())["deletionProtectionEnabled"] is True


def test_name_is_pulumi_s() -> None:
    """A fixed name cannot be replaced without losing the table first."""
    assert "name" not in inputs(default())


def test_grant_is_for_this_table_and_these_actions() -> None:
    """A pattern for a resource would reach the next stack's table."""

    def create() -> None:
        grant = ItemTable("notes", arguments(ItemTableArgs, **REQUIRED)).grant("PutItem", "Query")
        ApiFunction("function", arguments(ApiFunctionArgs, **test_api_function.REQUIRED, statements=grant))

    recording = record(create)
    *_, statement = json.loads(recording.one("RolePolicy").inputs["policy"])["Statement"]

    assert statement == {
        "Sid": "UseTable",
        "Effect": "Allow",
        "Action": ["dynamodb:PutItem", "dynamodb:Query"],
        "Resource": recording.one("Table").outputs["arn"],
    }


@pytest.mark.parametrize("actions", [("*",), ("Get*",), ("Query", "Put?tem"), ("Query", ""), ("dynamodb:Query",), ()])
def test_grant_of_a_pattern_of_actions_is_refused(actions: tuple[str, ...]) -> None:
    """A wildcard also grants what AWS thinks of next year."""
    with pytest.raises(CommandError, match="ValueError: actions must be names of DynamoDB's, without wildcard, got"):
        record(lambda: ItemTable("notes", arguments(ItemTableArgs, **REQUIRED)).grant(*actions))


def test_items_expire_where_they_are_said_to() -> None:
    """One item for a key, deleted by DynamoDB once nobody needs it; users' own items never are."""
    inputs_ = inputs(table_of(sort_key=None, expiry="expires"))
    assert inputs_["ttl"] == {"enabled": True, "attributeName": "expires"}
    assert inputs_["attributes"] == [{"name": "owner", "type": "S"}]
    assert "rangeKey" not in inputs_
    assert "ttl" not in inputs(default())
