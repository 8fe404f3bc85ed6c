"""The table from Pulumi type to AWS call: nothing is dropped in silence."""

from __future__ import annotations

from typing import Any

import pytest

from local.emulator import Emulator
from local.provider import Provider
from stacks.command_line import CommandError
from stacks.mappings import MAPPINGS


@pytest.fixture(scope="module")
def provider(emulator: Emulator) -> Provider:
    emulator.wait_until_ready()
    return Provider(emulator.endpoint, "us-east-1")


def test_unknown_type_is_named(provider: Provider) -> None:
    """A resource that quietly does not exist would be found in production."""
    with pytest.raises(CommandError, match=r"aws:xray/group:Group \(traces\) must be mapped"):
        provider.create("aws:xray/group:Group", "traces", {})


def test_unmapped_input_is_named(provider: Provider) -> None:
    """A setting that quietly does nothing would be trusted."""
    with pytest.raises(
        CommandError, match=r"UserPool \(pool\) must map every input, got no mapping for mfaConfig, tier"
    ):
        provider.create("aws:cognito/userPool:UserPool", "pool", {"tier": "PLUS", "mfaConfig": "ON"})


def test_unmapped_member_of_an_input_is_named(provider: Provider) -> None:
    """The same one level down, where names differ between Pulumi and AWS."""
    authorizer = {"apiId": "x", "name": "n", "authorizerType": "JWT", "jwtConfiguration": {"issuers": ["a"]}}
    with pytest.raises(CommandError, match="JwtConfiguration has no mapping for issuers"):
        provider.create("aws:apigatewayv2/authorizer:Authorizer", "a", authorizer)


def test_wrong_member_is_refused_by_the_service_model(provider: Provider) -> None:
    """botocore knows what AWS takes, also where the emulator takes anything."""
    with pytest.raises(CommandError, match=r"Unknown parameter in Policies.PasswordPolicy: \"MinimumLenght\""):
        provider.create("aws:cognito/userPool:UserPool", "pool", {"passwordPolicy": {"minimumLenght": 12}})


def test_refusal_names_resource_and_reason(provider: Provider) -> None:
    """One line must be enough to find the place."""
    domain = {"domain": "some-domain", "userPoolId": "us-east-1_nowhere"}
    with pytest.raises(CommandError, match=r"UserPoolDomain \(auth-domain\) is refused: .*us-east-1_nowhere"):
        provider.create("aws:cognito/userPoolDomain:UserPoolDomain", "auth-domain", domain)


def test_numbers_arrive_whole(provider: Provider) -> None:
    """Pulumi's wire format turns 30 into 30.0, which AWS's models refuse."""
    _, made = provider.create("aws:cloudwatch/logGroup:LogGroup", "whole-logs", {"retentionInDays": 30.0})
    groups = provider.client("logs").describe_log_groups(logGroupNamePrefix="whole-logs")["logGroups"]
    assert groups[0]["retentionInDays"] == made["retentionInDays"] == 30


def attribute(name: str, type_: str = "String") -> dict[str, Any]:
    return {"name": name, "attributeDataType": type_, "mutable": True}


def test_living_pool_gains_attributes_and_keeps_its_users(provider: Provider) -> None:
    """As in Cognito: added in place, and the pool stays the same one."""
    type_ = "aws:cognito/userPool:UserPool"
    made, _ = provider.create(type_, "growing", {"schemas": [attribute("team")]})
    grown, _ = provider.create(type_, "growing", {"schemas": [attribute("team"), attribute("level", "Number")]})
    pool = provider.client("cognito-idp").describe_user_pool(UserPoolId=made)["UserPool"]

    assert grown == made
    assert {"custom:team", "custom:level"} <= {each["Name"] for each in pool["SchemaAttributes"]}


@pytest.mark.parametrize("schema", [[], [attribute("team", "Number")], [{**attribute("team"), "mutable": False}]])
def test_living_pool_neither_loses_nor_changes_an_attribute(provider: Provider, schema: list[dict[str, Any]]) -> None:
    """What AWS refuses at the next deployment is refused while it is being written."""
    type_, name = "aws:cognito/userPool:UserPool", f"steady-{len(schema)}-{len(str(schema))}"
    provider.create(type_, name, {"schemas": [attribute("team")]})

    with pytest.raises(CommandError, match="custom attribute team can neither change nor go while the pool lives"):
        provider.create(type_, name, {"schemas": schema})


def test_second_factor_changes_while_the_pool_lives(provider: Provider) -> None:
    """Its call is one of its own, and must go to the pool there is."""
    type_ = "aws:cognito/userPool:UserPool"
    for enabled in (True, False):
        made, _ = provider.create(type_, "guarded", {"softwareTokenMfaConfiguration": {"enabled": enabled}})
        config = provider.client("cognito-idp").get_user_pool_mfa_config(UserPoolId=made)
        assert config["SoftwareTokenMfaConfiguration"] == {"Enabled": enabled}


def test_what_is_not_emulated_is_still_held_against_aws(provider: Provider) -> None:
    """A wrong value must not wait for the cloud."""
    with pytest.raises(CommandError, match=r'Unknown parameter in input: "Setings"|ClientId|UserPoolId'):
        provider.create("aws:cognito/managedLoginBranding:ManagedLoginBranding", "style", {"userPoolId": "us-east-1_x"})


def test_key_is_made_and_rotates(provider: Provider) -> None:
    """What the emulator has is used, its refusals too."""
    id_, made = provider.create("aws:kms/key:Key", "key", {"enableKeyRotation": True, "tags": {"Owner": "me"}})
    kms = provider.client("kms")

    assert kms.get_key_rotation_status(KeyId=id_)["KeyRotationEnabled"] is True
    assert kms.list_resource_tags(KeyId=made["arn"])["Tags"] == [{"TagKey": "Owner", "TagValue": "me"}]


@pytest.mark.parametrize("type_", sorted(MAPPINGS))
def test_every_call_of_the_table_exists(provider: Provider, type_: str) -> None:
    """A misspelt operation or parameter would only be met by whoever first uses it."""
    mapping = MAPPINGS[type_]
    client = provider.client(mapping.service)
    operation = client.meta.method_to_api_mapping[mapping.call]
    known = client.meta.service_model.operation_model(operation).input_shape.members
    named: list[Any] = [mapping.name, *(place for place in mapping.inputs.values() if isinstance(place, str))]
    assert [name for name in named if name is not None and name not in known] == []


def test_what_a_call_removes_by_the_list_is_removed(provider: Provider) -> None:
    """DeleteAlarms takes names; an alarm that stays behind would watch what is gone."""
    alarm = {
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "evaluationPeriods": 1,
        "threshold": 1,
        "metricQueries": [{"id": "one", "expression": "1", "returnData": True}],
    }
    provider.begin()
    provider.create("aws:cloudwatch/metricAlarm:MetricAlarm", "short-lived", alarm)
    alarms = provider.client("cloudwatch").describe_alarms
    assert [each["AlarmName"] for each in alarms(AlarmNames=["short-lived"])["MetricAlarms"]] == ["short-lived"]

    provider.begin()
    provider.sweep()

    assert alarms(AlarmNames=["short-lived"])["MetricAlarms"] == []


def test_type_that_the_emulator_has_no_call_for_is_checked_all_the_same(provider: Provider) -> None:
    """It is not made, and `up` says so; what AWS would refuse is refused here, too."""
    query = "aws:cloudwatch/queryDefinition:QueryDefinition"
    id_, _ = provider.create(query, "slow", {"name": "slow", "queryString": "limit 1"})

    assert id_ == "slow"
    assert MAPPINGS[query].missing
    with pytest.raises(CommandError, match="logGroupNames, value: everything"):
        provider.create(query, "wrong", {"name": "slow", "queryString": "limit 1", "logGroupNames": "everything"})
