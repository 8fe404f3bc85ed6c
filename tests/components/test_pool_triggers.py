"""What PoolTriggers promises of each trigger's function and role, and AuthPool of letting its pool call them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.auth_pool import AuthPool, AuthPoolArgs
from components.pool_triggers import PoolTriggers, PoolTriggersArgs
from stacks.recorder import ACCOUNT, REGION, Recording, record
from tests.components.arguments import arguments
from tests.components.test_auth_pool import REQUIRED as POOL

REQUIRED: dict[str, Any] = {"package": pulumi.FileArchive(__file__)}  # any file: nobody opens it as a zip here
EVERY: dict[str, Any] = {
    "group_scopes": {"analyst": ["api/reports.read"], "admin": ["api/reports.write", "api/reports.read"]},
    "sign_up_email_domains": ["example.com", "a.example"],
    "default_group": "member",
}
NAMES = {
    "group_scopes": "pre-token-generation",
    "sign_up_email_domains": "pre-sign-up",
    "default_group": "post-confirmation",
}


def stack_of(**changes: Any) -> Recording:
    """The triggers and a pool that has them."""

    def create() -> None:
        triggers = PoolTriggers("triggers", arguments(PoolTriggersArgs, **{**REQUIRED, **changes}))
        groups = {"member": "Everybody", "admin": "Administers", "analyst": "Reads"}
        AuthPool("auth", arguments(AuthPoolArgs, **POOL, groups=groups, triggers=triggers.triggers))

    return record(create)


@cache
def default() -> Recording:
    return stack_of()


@cache
def every() -> Recording:
    return stack_of(**EVERY)


def function_of(recording: Recording, key: str) -> dict[str, Any]:
    return dict(recording.one("Function", f"triggers-{NAMES[key]}-function").inputs)


class TestSwitches:
    def test_nothing_is_made_unless_asked_for(self) -> None:
        """A trigger stands between users and their tokens; one that does nothing can still fail."""
        assert {each.kind for each in default().resources} == {
            *("AuthPool", "PoolTriggers", "UserPool", "UserPoolClient", "UserPoolDomain", "UserGroup"),
        }
        assert "lambdaConfig" not in default().one("UserPool").inputs

    @pytest.mark.parametrize("key", sorted(EVERY))
    def test_each_is_switched_on_alone(self, key: str) -> None:
        """By its own setting and with no other."""
        alone = stack_of(**{key: EVERY[key]})
        (function,) = alone.all("Function")

        assert function.name == f"triggers-{NAMES[key]}-function"
        assert alone.one("UserPool").inputs["lambdaConfig"].keys() == every().one("UserPool").inputs[
            "lambdaConfig"
        ].keys() & {"preTokenGenerationConfig" if key == "group_scopes" else _camel(NAMES[key])}

    def test_pool_calls_each_for_its_event(self) -> None:
        """Version 2 of the token event is the one that reaches access tokens."""
        arns = {key: every().one("Function", f"triggers-{name}-function").outputs["arn"] for key, name in NAMES.items()}

        assert every().one("UserPool").inputs["lambdaConfig"] == {
            "preSignUp": arns["sign_up_email_domains"],
            "postConfirmation": arns["default_group"],
            "preTokenGenerationConfig": {"lambdaArn": arns["group_scopes"], "lambdaVersion": "V2_0"},
        }


class TestFunction:
    @pytest.mark.parametrize(
        ("key", "variables"),
        [
            ("sign_up_email_domains", {"SIGN_UP_EMAIL_DOMAINS": '["a.example", "example.com"]'}),
            ("default_group", {"DEFAULT_GROUP": "member"}),
            (
                "group_scopes",
                {
                    "GROUP_SCOPES": (
                        '{"admin": ["api/reports.write", "api/reports.read"], "analyst": ["api/reports.read"]}'
                    )
                },
            ),
        ],
    )
    def test_setting_reaches_its_function_and_no_other(self, key: str, variables: dict[str, str]) -> None:
        """In an order that does not change with how it was written down: no deployment without a change."""
        assert function_of(every(), key)["environment"] == {"variables": variables}

    @pytest.mark.parametrize("key", sorted(EVERY))
    def test_entry_point_exists(self, key: str) -> None:
        """A mistyped one deploys, and nobody can sign in."""
        module, _, function = function_of(every(), key)["handler"].rpartition(".")
        source = Path(*module.split(".")).with_suffix(".py")

        assert module == f"triggers.{NAMES[key].replace('-', '_')}"
        assert f"\ndef {function}(event" in (Path(__file__).parents[2] / source).read_text()

    @pytest.mark.parametrize("key", sorted(EVERY))
    def test_function_ends_when_cognito_stops_waiting(self, key: str) -> None:
        """Cognito waits 5 seconds and calls again: a longer run would be two at once."""
        assert function_of(every(), key)["timeout"] == 5

    def test_processor_python_and_retention_are_the_callers(self) -> None:
        """One answer for the stack."""
        changed = stack_of(**EVERY, architecture="x86_64", python_version="3.12", log_retention_days=90)

        assert {tuple(each.inputs["architectures"]) for each in changed.all("Function")} == {("x86_64",)}
        assert {each.inputs["runtime"] for each in changed.all("Function")} == {"python3.12"}
        assert {each.inputs["retentionInDays"] for each in changed.all("LogGroup")} == {90}

    def test_key_is_for_logs_and_environment_and_may_be_used_to_read_them(self) -> None:
        """Lambda decrypts the environment as the function; without a key, AWS's own does."""
        key = "arn:aws:kms:eu-central-1:123456789012:key/1"
        made = stack_of(**EVERY, kms_key_arn=key)

        assert {each.inputs["kmsKeyId"] for each in made.all("LogGroup")} == {key}
        assert {each.inputs["kmsKeyArn"] for each in made.all("Function")} == {key}
        assert not [each for each in (*every().all("LogGroup"), *every().all("Function")) if "kms" in str(each.inputs)]
        for function in (each for each in made.all("RolePolicy") if each.name.startswith("triggers-")):
            statements = json.loads(function.inputs["policy"])["Statement"]
            if any(each["Sid"] == "WriteOwnLogs" for each in statements):
                assert [each["Resource"] for each in statements if each["Action"] == ["kms:Decrypt"]] == [key]

    def test_each_writes_json_to_its_own_log(self) -> None:
        """A refused sign-up is found by its reason, apart from tokens."""
        groups = {each.name: each.outputs["name"] for each in every().all("LogGroup")}

        for name in NAMES.values():
            logging = every().one("Function", f"triggers-{name}-function").inputs["loggingConfig"]
            assert logging["logFormat"] == "JSON"
            assert logging["logGroup"] == groups[f"triggers-{name}-logs"]


class TestRights:
    def test_only_lambda_assumes_the_roles(self) -> None:
        """Whoever else could, would add users to groups."""
        for role in every().all("Role"):
            (statement,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
            assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}

    def test_only_this_pool_may_call(self) -> None:
        """Without the pool's ARN anybody's pool could, and would be answered as if it were this one."""
        pool = every().one("UserPool").outputs["arn"]
        functions = {each.outputs["name"] for each in every().all("Function")}
        permissions = [dict(each.inputs) for each in every().all("Permission")]

        assert {each.pop("function") for each in permissions} == functions
        assert permissions == 3 * [
            {"action": "lambda:InvokeFunction", "principal": "cognito-idp.amazonaws.com", "sourceArn": pool}
        ]

    def test_permissions_and_rights_come_after_the_pool_and_the_pool_after_the_functions(self) -> None:
        """The circle that it would otherwise be: pool, function, permission, pool."""
        pool = every().one("UserPool")

        assert all(every().waits_for(each, pool) for each in every().all("Permission"))
        assert all(every().waits_for(pool, each) for each in every().all("Function"))

    def test_roles_write_their_own_logs_and_one_adds_to_groups_of_this_pool(self) -> None:
        """All the rights that the triggers have, in full."""
        rights: dict[str, list[dict[str, Any]]] = {}
        for policy in every().all("RolePolicy"):
            rights.setdefault(policy.inputs["role"], []).extend(json.loads(policy.inputs["policy"])["Statement"])
        pool = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{every().one('UserPool').id}"
        expected: dict[str, list[dict[str, Any]]] = {
            every().one("Role", f"triggers-{name}-role").id: [
                {
                    "Sid": "WriteOwnLogs",
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": every().one("LogGroup", f"triggers-{name}-logs").outputs["arn"] + ":*",
                },
                {
                    "Sid": "SendTraces",
                    "Effect": "Allow",
                    "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
                    "Resource": "*",
                },
            ]
            for name in NAMES.values()
        }
        expected[every().one("Role", "triggers-post-confirmation-role").id].append(
            {
                "Sid": "ServeThisPool",
                "Effect": "Allow",
                "Action": ["cognito-idp:AdminAddUserToGroup"],
                "Resource": pool,
            }
        )

        assert rights == expected
        assert not every().all("RolePolicyAttachment")


def _camel(name: str) -> str:
    first, *rest = name.split("-")
    return first + "".join(word.capitalize() for word in rest)
