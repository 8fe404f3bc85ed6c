"""Only changes that would replace the deployed pool, and its users, are refused: the rules and the program agree."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
import pytest

import handler.routes
from components.custom_attributes import AttributeType
from handler.route import Route
from handler.route import table as table_of
from settings import Settings, pool_record
from settings.pool_record import Attribute, PoolRecord
from stacks import recorder as pulumi_recorder
from stacks.command_line import CommandError
from stacks.engine import Stack
from stacks.recorder import STACKS, Recording, deployed, program, record, record_program
from tests.handler.table import TABLE
from tests.settings.stack import POOL, PRODUCTION, lines_of

TEAM = '[{"name": "team", "type": "String"}]'
LOST = "every user be lost"
# For these the AWS provider replaces a pool (ForceNew in its internal/service/cognitoidp/user_pool.go).
REPLACING = ("name", "usernameAttributes", "aliasAttributes", "usernameConfiguration")


@pytest.fixture(autouse=True)
def records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Use an empty folder of records."""
    monkeypatch.setattr(pool_record, "FOLDER", tmp_path)
    return tmp_path


def keep(pool: PoolRecord = POOL, stack: str = "test", **changes: Any) -> None:
    pool_record.path_of(stack).write_text(dataclasses.replace(pool, **changes).as_json())


def test_everything_is_reported_at_once() -> None:
    """With the settings that are wrong by themselves."""
    keep(custom_attributes={"team": Attribute(type=AttributeType.STRING, mutable=True)})
    lines = lines_of({**PRODUCTION, "aws:region": "us-east-1", "emailAsUsername": True, "memoryMb": 1})

    keys = {"aws:region", "emailAsUsername", "customAttributes", "memoryMb"}
    assert {line.partition(": must ")[0] for line in lines} == keys


def test_program_stops_before_its_first_resource() -> None:
    """Pulumi's `protect` would stop it too, but only for the pool, and only where protection is on."""
    keep(stack="dev", aws_region="us-east-1")
    refused = pytest.raises(CommandError, match='stack dev must change aws:region: must stay "us-east-1"')
    with mock.patch.object(pulumi_recorder, "_create") as create, refused:
        record_program(deployed("dev"))

    create.assert_not_called()


@pytest.mark.parametrize("stack", ["", "prod"])
def test_without_a_record_of_the_stack_everything_may_change(stack: str) -> None:
    """Nothing is deployed yet, as far as the program knows; each stack has its own pool."""
    if stack:
        keep(stack=stack)
    assert lines_of({**PRODUCTION, "emailAsUsername": True}) == []


def test_attributes_may_be_added() -> None:
    """Cognito adds attributes without replacing the pool."""
    keep(custom_attributes={"team": Attribute(type=AttributeType.STRING, mutable=True)})
    more = [{"name": "team", "type": "String"}, {"name": "level", "type": "Number"}]
    assert lines_of({**PRODUCTION, "customAttributes": more}) == []


def identity_of(recording: Recording) -> PoolRecord:
    """Return the record that a deployment of this recording would leave."""
    pool = recording.one("UserPool")
    return PoolRecord(
        user_pool_id=pool.id,
        aws_region=recording.outputs["region"],
        username_attributes=pool.inputs.get("usernameAttributes", []),
        alias_attributes=pool.inputs.get("aliasAttributes", []),
        case_sensitive=pool.inputs["usernameConfiguration"]["caseSensitive"],
        custom_attributes={
            each["name"]: Attribute(type=AttributeType(each["attributeDataType"]), mutable=each["mutable"])
            for each in pool.inputs.get("schemas", [])
        },
    )


def replacing(recording: Recording) -> dict[str, Any]:
    inputs = recording.one("UserPool").inputs
    return {key: inputs.get(key) for key in REPLACING} | {"region": recording.outputs["region"]}


def recorded_with(routes: Sequence[Route], stack: Stack) -> Recording:
    """Record the whole program with this route table."""
    with mock.patch.object(handler.routes, "ROUTES", routes):
        return record_program(stack)


@pytest.fixture(scope="module")
def dev() -> Recording:
    """Stack dev with the tests' own route table."""
    return recorded_with(TABLE, deployed("dev"))


@pytest.mark.acceptance
class TestAgreement:
    """The rules agree with the program: they refuse exactly the changes that replace the pool."""

    @pytest.mark.parametrize("name", STACKS)
    def test_stack_as_it_is_may_be_deployed_again(self, name: str) -> None:
        """A wrong rule would stop every deployment of an unchanged stack."""
        keep(identity_of(program(name)), stack=name)
        record(lambda: Settings.load(handler.routes.ROUTES), deployed(name))  # CommandError if refused

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("emailAsUsername", "true"),
            ("selfSignUp", "false"),
            ("passwordMinimumLength", "20"),
            ("userPoolTier", "PLUS"),
            ("mfa", "optional"),
            ("deletionProtection", "true"),
            ("domainPrefix", "another"),
            ("customAttributes", TEAM),
            ("groups", '["member"]'),
            ("groupScopes", '{"admin": ["api/reports.read"]}'),
            ("signUpEmailDomains", '["example.com"]'),
        ],
    )
    def test_what_is_refused_is_what_would_replace_the_pool(self, dev: Recording, key: str, value: str) -> None:
        """A rule that refuses too much gets bypassed; one that refuses too little loses users."""
        stack = deployed("dev", **{key: value})
        before, after = dev, recorded_with(TABLE, stack)
        keep(identity_of(before), stack="dev")
        try:
            record(lambda: Settings.load(TABLE), stack)
            refused = ""
        except CommandError as error:
            refused = str(error)

        assert (LOST in refused) is (replacing(before) != replacing(after))

    def test_region_is_among_them(self, dev: Recording) -> None:
        """The region is a setting of the provider, not an input of the pool."""
        keep(identity_of(dev), stack="dev")
        stack = deployed("dev")
        moved = dataclasses.replace(stack, config={**stack.config, "aws:region": "us-east-1"})
        with pytest.raises(CommandError, match=LOST):
            record(lambda: Settings.load(TABLE), moved)


@pytest.mark.acceptance
class TestNothingElseTouchesThePool:
    """Removing something that belongs to the pool leaves the pool's name, inputs and protection unchanged."""

    @staticmethod
    def same(one: Recording, other: Recording) -> bool:
        pools = [each.one("UserPool") for each in (one, other)]
        first, second = [(each.urn, each.inputs, each.protect) for each in pools]
        return first == second

    def test_pool_has_the_name_that_it_always_had(self, dev: Recording) -> None:
        """Pulumi identifies the pool by its name in the program: another name would be another pool."""
        pool = dev.one("UserPool")

        assert pool.urn.endswith("secureapi:index:AuthPool$aws:cognito/userPool:UserPool::auth-pool")
        assert "name" not in pool.inputs

    @pytest.mark.parametrize("gone", [route.key for route in TABLE])
    def test_route_is_removed(self, dev: Recording, gone: str) -> None:
        """A scope and a group that no other route has go with the route."""
        table = table_of(*(route for route in TABLE if route.key != gone))
        after = recorded_with(table, deployed("dev"))

        assert len(after.all("Route")) == len(dev.all("Route")) - 1
        assert self.same(dev, after)

    @pytest.mark.parametrize(
        ("key", "value", "kind"),
        [
            ("groups", '["member"]', "UserGroup"),
            (
                "appClients",
                '[{"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"]}]',
                "UserPoolClient",
            ),
        ],
    )
    def test_group_or_client_is_removed(self, dev: Recording, key: str, value: str, kind: str) -> None:
        """Compare the stack that has it with the one that does not."""
        before = recorded_with(TABLE, deployed("dev", **{key: value}))

        assert len(before.all(kind)) == len(dev.all(kind)) + 1
        assert self.same(before, dev)

    def test_output_is_removed(self, dev: Recording) -> None:
        """An output describes resources and changes none."""
        export = pulumi.export
        with mock.patch.object(pulumi, "export", lambda name, value: name == "routes" or export(name, value)):
            after = recorded_with(TABLE, deployed("dev"))

        assert dev.outputs.keys() - after.outputs.keys() == {"routes"}
        assert self.same(dev, after)
