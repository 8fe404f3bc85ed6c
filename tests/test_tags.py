"""Everything that can be tagged is, in every stack; by the classes' own word, not by a list."""

from __future__ import annotations

import importlib
import inspect
import json
from functools import cache
from typing import Any

import pulumi_aws as aws
import pytest

from components.tags import tag_everything
from stacks.recorder import STACKS, RecordedResource, deployed, program, record, record_program

NAMED = {"Project", "Stack", "Environment"}


@cache
def can_be_tagged(type_: str) -> bool:
    """Whether the class of this type takes an input `tags`."""
    _, module, name = type_.split(":")
    package = importlib.import_module(f"pulumi_aws.{module.partition('/')[0].replace('lambda', 'lambda_')}")
    return "tags" in inspect.signature(getattr(package, name)._internal_init).parameters


def taggable(resources: list[RecordedResource]) -> list[RecordedResource]:
    return [each for each in resources if each.type.startswith("aws:") and can_be_tagged(each.type)]


@pytest.mark.parametrize("stack", STACKS)
def test_everything_that_can_be_tagged_is(stack: str) -> None:
    """A resource without tags is on nobody's bill, and nobody knows whose it is."""
    found = taggable(program(stack).resources)

    assert {"UserPool", "Role", "LogGroup", "Function", "Api", "Stage"} <= {each.kind for each in found}
    for each in found:
        assert each.inputs.get("tags", {}).keys() >= NAMED, each.type
        assert each.inputs["tags"]["Stack"] == stack


def test_tags_of_settings_reach_everything() -> None:
    """Also what only some stacks have: a custom domain with its certificate, and a key."""
    tags = {"Owner": "team-api", "CostCenter": "1234", "DataClass": "internal"}
    changes = {"tags": json.dumps(tags), "createKmsKey": "true"}
    domain = {"apiDomain": "api.example.com", "apiZoneId": "Z0123456789EXAMPLE"}
    found = taggable(record_program(deployed("dev", **changes, **domain)).resources)

    assert {"Certificate", "DomainName", "Key"} <= {each.kind for each in found}
    for each in found:
        assert each.inputs["tags"].items() >= tags.items(), each.type


def test_what_cannot_be_tagged_is_left_alone() -> None:
    """AWS refuses a resource with an input that it does not have."""
    others: list[Any] = [each for each in program("dev").resources if each not in taggable(program("dev").resources)]

    assert {"RolePolicy", "Route", "Permission"} <= {each.kind for each in others}
    assert not [each.type for each in others if "tags" in each.inputs]


def test_a_resources_own_tags_win() -> None:
    """Who says it at the resource knows better."""

    def create() -> None:
        tag_everything({"Owner": "everybody", "Stack": "test"})
        aws.iam.Role("role", assume_role_policy="{}", tags={"Owner": "me"})

    assert record(create).one("Role").inputs["tags"] == {"Owner": "me", "Stack": "test"}
