"""What a deployed pool asks of the settings: each refusal whole, and that only such changes would replace the pool."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pulumi
import pytest
from settings.deployed_pool import Attribute, DeployedPool

import handler.routes
from handler.route import Route
from handler.route import table as table_of
from settings import Settings, deployed_pool
from stacks import recorder as pulumi_recorder
from stacks.command_line import CommandError
from stacks.engine import Stack
from stacks.recorder import STACKS, Recording, deployed, program, record, record_program
from tests.handler.table import TABLE
from tests.test_settings import refusal_of, settings_with

POOL = DeployedPool(
    user_pool_id="eu-central-1_Ab1Cd2Ef3",
    region="eu-central-1",
    username_attributes=[],
    alias_attributes=["email"],
    case_sensitive=False,
    custom_attributes={"team": Attribute(type="String", mutable=True)},
)
TEAM = '[{"name": "team", "type": "String"}]'
LOST = "every user be lost"
GUIDE = "docs/operations.md"
# For these the AWS provider replaces a pool (ForceNew in its internal/service/cognitoidp/user_pool.go).
REPLACING = ("name", "usernameAttributes", "aliasAttributes", "usernameConfiguration")


@pytest.fixture(autouse=True)
def records(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of records of its own, empty."""
    monkeypatch.setattr(deployed_pool, "FOLDER", tmp_path)
    return tmp_path


def keep(pool: DeployedPool = POOL, stack: str = "test", **changes: Any) -> None:
    text = pool.model_copy(update=changes).model_dump_json(by_alias=True)
    deployed_pool.path_of(stack).write_text(text)


class TestRefused:
    @staticmethod
    def check(message: str, key: str, *parts: str) -> None:
        """One line with the key, the rule, and a remedy that can be typed."""
        assert message.startswith(f"stack test must change {key}: must ")
        assert "\n" not in message
        for part in parts:
            assert part in message

    def test_stack_stays_in_its_region(self) -> None:
        """One word in a file, and everything is made anew elsewhere."""
        keep()
        message = refusal_of(**{"aws:region": "us-east-1", "customAttributes": TEAM})

        self.check(message, "aws:region", '"eu-central-1"', POOL.user_pool_id, LOST, 'got "us-east-1"')
        self.check(message, "aws:region", "pulumi config set aws:region eu-central-1", GUIDE)

    @pytest.mark.parametrize(
        ("there", "now"), [(([], ["email"]), True), ((["email"], []), False)], ids=["to email", "to user names"]
    )
    def test_users_are_named_as_before(self, there: tuple[list[str], list[str]], now: bool) -> None:
        """Both ways."""
        keep(username_attributes=there[0], alias_attributes=there[1])
        before, after = json.dumps(not now), json.dumps(now)
        message = refusal_of(emailAsUsername=after, customAttributes=TEAM)

        self.check(message, "emailAsUsername", f"got {after}", LOST, f"pulumi config set emailAsUsername {before}")
        assert settings_with(emailAsUsername=before, customAttributes=TEAM)

    @pytest.mark.parametrize(
        ("recorded", "there"),
        [
            (
                {"alias_attributes": ["email", "preferred_username"]},
                '"aliasAttributes": ["email", "preferred_username"]',
            ),
            ({"case_sensitive": True}, '{"caseSensitive": true}'),
        ],
        ids=["names", "case"],
    )
    def test_what_no_setting_decides_names_the_component(self, recorded: dict[str, Any], there: str) -> None:
        """Somebody changed the component, or the pool was adopted: no setting fixes that."""
        keep(**recorded)

        self.check(refusal_of(customAttributes=TEAM), "components/auth_pool.py", there, LOST, GUIDE)

    @pytest.mark.parametrize(
        ("wanted", "got"),
        [
            ("[]", ""),
            ('[{"name": "teams", "type": "String"}]', ""),
            ('[{"name": "team", "type": "Number"}]', 'got {"type": "Number", "mutable": true}'),
            ('[{"name": "team", "type": "String", "mutable": false}]', 'got {"type": "String", "mutable": false}'),
        ],
        ids=["removed", "renamed", "type", "mutable"],
    )
    def test_attribute_stays_as_it_is(self, wanted: str, got: str) -> None:
        """Cognito says so only when half of the deployment is done; the remedy can be typed, and keeps what is new."""
        keep()
        message = refusal_of(customAttributes=wanted)

        self.check(message, "customAttributes", '{"name": "team", "type": "String", "mutable": true}', got)
        typed = message.partition("pulumi config set customAttributes '")[2].partition("'")[0]
        assert settings_with(customAttributes=typed)
        assert {each["name"] for each in json.loads(wanted)} <= {each["name"] for each in json.loads(typed)}

    def test_everything_is_reported_at_once(self) -> None:
        """Beside what is wrong by itself."""
        keep()
        message = refusal_of(**{"aws:region": "us-east-1", "emailAsUsername": "true", "memoryMb": "1"})

        assert message.splitlines()[0] == "stack test must change 4 settings:"
        assert {line.split(": must ")[0].strip() for line in message.splitlines()[1:]} == {
            *("aws:region", "emailAsUsername", "customAttributes", "memoryMb"),
        }

    def test_program_stops_before_its_first_resource(self) -> None:
        """`protect` would stop the engine too, but only for the pool, and not where protection is off."""
        keep(stack="dev", region="us-east-1", custom_attributes={})
        refused = pytest.raises(CommandError, match='stack dev must change aws:region: must stay "us-east-1"')
        with mock.patch.object(pulumi_recorder, "_create") as create, refused:
            record_program(deployed("dev"))

        create.assert_not_called()

    @pytest.mark.parametrize(
        ("text", "place"),
        [
            ("", "the file"),
            ("{}", "userPoolId"),
            ('{"userPoolId": "eu-central-1", "region": "eu-central-1"}', "userPoolId"),
            ('{"userPoolId": "eu-central-1_Ab1", "region": 5}', "region"),
            (POOL.model_dump_json(by_alias=True).replace("}}", "}},").rstrip("}") + ' "more": 1}', "more"),
        ],
    )
    def test_record_that_cannot_be_read_is_no_free_pass(self, text: str, place: str) -> None:
        """A conflict marker in it must not open the way to replacing the pool."""
        deployed_pool.path_of("test").write_text(text)

        remedy = "python -m operations pool record --stack test"
        self.check(refusal_of(), "Pulumi.test.pool.json", place, remedy)


class TestAccepted:
    def test_without_a_record_everything_may_change(self) -> None:
        """Nothing is deployed yet, as far as the program knows."""
        assert settings_with(emailAsUsername="true")

    def test_record_of_another_stack_says_nothing(self) -> None:
        """Each stack has a pool of its own."""
        keep(stack="prod")
        assert settings_with(emailAsUsername="true")

    def test_attributes_may_be_added(self) -> None:
        """Cognito adds them in place."""
        keep()
        more = '[{"name": "team", "type": "String"}, {"name": "level", "type": "Number"}]'
        assert settings_with(customAttributes=more)


def identity_of(recording: Recording) -> DeployedPool:
    """The record that a deployment of what was recorded would leave."""
    pool = recording.one("UserPool")
    return DeployedPool(
        user_pool_id=pool.id,
        region=recording.outputs["region"],
        username_attributes=pool.inputs.get("usernameAttributes", []),
        alias_attributes=pool.inputs.get("aliasAttributes", []),
        case_sensitive=pool.inputs["usernameConfiguration"]["caseSensitive"],
        custom_attributes={
            each["name"]: Attribute(type=each["attributeDataType"], mutable=each["mutable"])
            for each in pool.inputs.get("schemas", [])
        },
    )


def replacing(recording: Recording) -> dict[str, Any]:
    inputs = recording.one("UserPool").inputs
    return {key: inputs.get(key) for key in REPLACING} | {"region": recording.outputs["region"]}


def recorded_with(routes: Sequence[Route], stack: Stack) -> Recording:
    """What the whole program registers with this route table."""
    with mock.patch.object(handler.routes, "ROUTES", routes):
        return record_program(stack)


@pytest.fixture(scope="module")
def dev() -> Recording:
    """Stack dev with the tests' own route table."""
    return recorded_with(TABLE, deployed("dev"))


@pytest.mark.acceptance
class TestAgreement:
    """Between the rules and what the program really asks of Pulumi."""

    @pytest.mark.parametrize("name", STACKS)
    def test_stack_as_it_is_may_be_deployed_again(self, name: str) -> None:
        """A rule that is wrong about the program would stop every deployment."""
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
        """Neither more, or teams learn to go round it, nor less."""
        stack = deployed("dev", **{key: value})
        before, after = dev, recorded_with(TABLE, stack)
        keep(identity_of(before), stack="dev")
        try:
            record(lambda: Settings.load(TABLE), stack)
            refused = ""
        except CommandError as error:
            refused = str(error)

        assert ("every user be lost" in refused) is (replacing(before) != replacing(after))

    def test_region_is_among_them(self, dev: Recording) -> None:
        """It stands in the provider's key, not in the pool's inputs."""
        keep(identity_of(dev), stack="dev")
        stack = deployed("dev")
        moved = dataclasses.replace(stack, config={**stack.config, "aws:region": "us-east-1"})
        with pytest.raises(CommandError, match="every user be lost"):
            record(lambda: Settings.load(TABLE), moved)


@pytest.mark.acceptance
class TestNothingElseTouchesThePool:
    """The pool's name, place, inputs and protection, with something gone that hangs on it."""

    @staticmethod
    def same(one: Recording, other: Recording) -> bool:
        pools = [each.one("UserPool") for each in (one, other)]
        first, second = [(each.urn, each.inputs, each.protect) for each in pools]
        return first == second

    def test_pool_has_the_name_that_it_always_had(self, dev: Recording) -> None:
        """Pulumi knows a resource by it: another one is another pool. Its name in AWS is left to Pulumi."""
        pool = dev.one("UserPool")

        assert pool.urn.endswith("secureapi:index:AuthPool$aws:cognito/userPool:UserPool::auth-pool")
        assert "name" not in pool.inputs

    @pytest.mark.parametrize("gone", [route.key for route in TABLE])
    def test_route_is_removed(self, dev: Recording, gone: str) -> None:
        """With its scope and its group, where no other route has them."""
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
        """Seen from the stack that has it."""
        before = recorded_with(TABLE, deployed("dev", **{key: value}))

        assert len(before.all(kind)) == len(dev.all(kind)) + 1
        assert self.same(before, dev)

    def test_output_is_removed(self, dev: Recording) -> None:
        """Outputs are words about resources."""
        export = pulumi.export
        with mock.patch.object(pulumi, "export", lambda name, value: name == "routes" or export(name, value)):
            after = recorded_with(TABLE, deployed("dev"))

        assert dev.outputs.keys() - after.outputs.keys() == {"routes"}
        assert self.same(dev, after)
