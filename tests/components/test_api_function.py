"""What ApiFunction promises of the function, its role and its log."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, ClassVar

import pulumi
import pytest

from components.api_function import ApiFunction, ApiFunctionArgs
from stacks.recorder import ACCOUNT, REGION, Recording, record
from tests.components.arguments import arguments

REQUIRED: dict[str, Any] = {
    "package": pulumi.FileArchive(__file__),  # any file: nobody opens it as a zip here
    "entry_point": "handler.app.lambda_handler",
    "environment": {"COGNITO_USER_POOL_ID": f"{REGION}_Ab1", "LOG_LEVEL": "INFO"},
}


def function_of(**changes: Any) -> Recording:
    args = arguments(ApiFunctionArgs, **{**REQUIRED, **changes})
    return record(lambda: ApiFunction("function", args))


@cache
def default() -> Recording:
    """What a caller gets who says nothing but what must be said."""
    return function_of()


class TestRole:
    def test_only_lambda_assumes_the_role(self) -> None:
        """Whoever else could, would write into the function's log as the function."""
        assert json.loads(default().one("Role").inputs["assumeRolePolicy"]) == {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
            ],
        }

    def test_role_may_write_its_own_log_and_traces_and_nothing_else(self) -> None:
        """The function reads keys that are public; it needs no right in the account, Cognito included."""
        log = default().one("LogGroup")

        assert json.loads(default().one("RolePolicy").inputs["policy"]) == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "WriteOwnLogs",
                    "Effect": "Allow",
                    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                    "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{log.id}:*",
                },
                {
                    "Sid": "SendTraces",
                    "Effect": "Allow",
                    "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
                    "Resource": "*",  # X-Ray knows no resources
                },
            ],
        }

    def test_the_policy_is_the_roles_only_one(self) -> None:
        """AWSLambdaBasicExecutionRole and its like may write every log group of the account."""
        role = default().one("Role")

        assert default().one("RolePolicy").inputs["role"] == role.id
        assert role.inputs.keys() == {"assumeRolePolicy"}
        assert {each.kind for each in default().resources} == {
            "Alias",
            "ApiFunction",
            "Function",
            "LogGroup",
            "Role",
            "RolePolicy",
        }

    def test_function_has_this_role_and_waits_for_its_policy(self) -> None:
        """The first calls of a function whose policy comes later leave no log."""
        function = default().one("Function")

        assert function.inputs["role"] == default().one("Role").outputs["arn"]
        assert default().waits_for(function, default().one("RolePolicy"))


class TestLog:
    @pytest.mark.parametrize("days", [30, 365])
    def test_log_ends_after_its_retention(self, days: int) -> None:
        """A log group that Lambda makes by itself is kept, and paid for, forever."""
        assert function_of(log_retention_days=days).one("LogGroup").inputs["retentionInDays"] == days

    def test_function_logs_to_the_group_and_waits_for_it(self) -> None:
        """Named after the group itself, so that no call can make Lambda create another first."""
        function, log = default().one("Function"), default().one("LogGroup")

        assert function.inputs["loggingConfig"]["logGroup"] == log.outputs["name"]
        assert default().waits_for(function, log)

    def test_log_lines_are_json(self) -> None:
        """What CloudWatch can query; the level filter works on JSON only."""
        assert default().one("Function").inputs["loggingConfig"]["logFormat"] == "JSON"

    @pytest.mark.parametrize(
        ("level", "lambdas"), [("DEBUG", "DEBUG"), ("INFO", "INFO"), ("WARNING", "WARN"), ("ERROR", "ERROR")]
    )
    def test_log_level_is_in_lambdas_words(self, level: str, lambdas: str) -> None:
        """Python says WARNING where Lambda says WARN and refuses anything else."""
        assert function_of(log_level=level).one("Function").inputs["loggingConfig"]["applicationLogLevel"] == lambdas

    def test_every_call_is_reported(self) -> None:
        """Duration, memory and cold starts come with level INFO; a higher one loses them."""
        assert default().one("Function").inputs["loggingConfig"]["systemLogLevel"] == "INFO"

    def test_calls_are_traced(self) -> None:
        """PassThrough, Lambda's default, traces nothing behind an HTTP API, which starts no trace."""
        assert default().one("Function").inputs["tracingConfig"] == {"mode": "Active"}

    def test_tracing_can_be_off(self) -> None:
        """And then nothing may send traces."""
        assert function_of(tracing=False).one("Function").inputs["tracingConfig"] == {"mode": "PassThrough"}
        assert statements(tracing=False).keys() == {"WriteOwnLogs"}


class TestFunction:
    def test_default_platform_is_arm64_with_python_3_13(self) -> None:
        """The package is built for exactly this; another platform cannot load its compiled parts."""
        inputs = default().one("Function").inputs

        assert inputs["architectures"] == ["arm64"]
        assert inputs["runtime"] == "python3.13"

    def test_platform_and_size_can_be_chosen(self) -> None:
        """Each setting must reach the function."""
        changes = {"architecture": "x86_64", "python_version": "3.12", "memory_mb": 1024, "timeout_seconds": 5}
        inputs = function_of(**changes).one("Function").inputs

        assert inputs["architectures"] == ["x86_64"]
        assert inputs["runtime"] == "python3.12"
        assert inputs["memorySize"] == 1024
        assert inputs["timeout"] == 5

    def test_code_is_the_package(self) -> None:
        """A zip as it was built: Pulumi neither packs nor filters it again."""
        inputs = default().one("Function").inputs

        assert inputs["code"].path == REQUIRED["package"].path
        assert inputs["packageType"] == "Zip"
        assert inputs["handler"] == "handler.app.lambda_handler"

    @pytest.mark.parametrize("count", [-1, 1, 25])
    def test_reserved_concurrency_is_what_was_said(self, count: int) -> None:
        """0 stops the function, -1 shares the account's; one taken for the other is an outage or a bill."""
        inputs = function_of(reserved_concurrency=count).one("Function").inputs

        assert inputs["reservedConcurrentExecutions"] == count

    def test_concurrency_is_the_accounts_by_default(self) -> None:
        """Reserving takes from every other function of the account, so it takes a word."""
        assert default().one("Function").inputs["reservedConcurrentExecutions"] == -1

    def test_there_is_no_other_way_in(self) -> None:
        """A function URL would bypass the gateway's authorizer, throttle and access log."""
        assert default().all("FunctionUrl") == []
        assert default().all("Permission") == []


class TestAlias:
    def test_callers_get_the_alias(self) -> None:
        """The API integrates the invoke address and permits the name: the function's own would pass the alias by."""
        function, alias = default().one("Function"), default().one("Alias")

        assert default().registered[default().one("ApiFunction").urn] == {
            "name": function.outputs["name"],
            "invoke_arn": alias.outputs["invokeArn"],
            "qualifier": "live",
            "version": "1",
            "log_group": default().one("LogGroup").outputs["name"],
            "reserved_concurrency": -1,
        }
        assert function.inputs["publish"] is True
        assert alias.inputs == {"name": "live", "functionName": function.outputs["name"], "functionVersion": "1"}
        assert alias.ignores == frozenset()

    def test_alias_can_be_off(self) -> None:
        """Then callers get the function itself, and nothing is published that nobody calls."""
        recording = function_of(live_alias=False)
        function = recording.one("Function")

        assert recording.all("Alias") == []
        assert function.inputs["publish"] is False
        registered = recording.registered[recording.one("ApiFunction").urn]
        assert "qualifier" not in registered
        assert registered["invoke_arn"] == function.outputs["invokeArn"]
        assert registered["version"] == "$LATEST"

    def test_where_a_release_shifts_traffic_a_deployment_does_not(self) -> None:
        """It would undo the weights half-way, or take all traffic at once."""
        assert function_of(shift_traffic=True).one("Alias").ignores == {
            "functionVersion",
            "routingConfig",
            "description",
        }

    @pytest.mark.parametrize("count", [0, 5])
    def test_provisioned_concurrency_is_the_aliases(self, count: int) -> None:
        """On a version it would stay with the version; on the function Lambda refuses it."""
        recording = function_of(provisioned_concurrency=count)

        assert [each.inputs for each in recording.all("ProvisionedConcurrencyConfig")] == [
            {
                "functionName": recording.one("Function").outputs["name"],
                "qualifier": "live",
                "provisionedConcurrentExecutions": count,
            }
        ] * bool(count)

    def test_snap_start_is_of_published_versions(self) -> None:
        """The only ones that Lambda takes a snapshot of."""
        assert function_of(snap_start=True).one("Function").inputs["snapStart"] == {"applyOn": "PublishedVersions"}
        assert "snapStart" not in default().one("Function").inputs

    @pytest.mark.parametrize(
        "changes",
        [
            {"provisioned_concurrency": 5, "reserved_concurrency": 5},
            {"provisioned_concurrency": 5},
            {"snap_start": True, "python_version": "3.12"},
        ],
    )
    def test_possible_pairs_are_accepted(self, changes: dict[str, Any]) -> None:
        """-1 is no bound, and a function can be stopped with 0."""
        assert arguments(ApiFunctionArgs, **{**REQUIRED, **changes})


def statements(**changes: Any) -> dict[str, dict[str, Any]]:
    """The role's statements by Sid."""
    (policy,) = function_of(**changes).all("RolePolicy")
    return {each["Sid"]: each for each in json.loads(policy.inputs["policy"])["Statement"]}


class TestVpc:
    INSIDE: ClassVar = {
        "vpc_subnets": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
        "vpc_security_groups": ["sg-0123456789abcdef0"],
    }

    def test_function_is_in_no_vpc_by_default(self) -> None:
        """It would lose its way to the key endpoint without a NAT gateway."""
        assert "vpcConfig" not in default().one("Function").inputs
        assert statements().keys() == {"WriteOwnLogs", "SendTraces"}

    def test_function_is_where_it_was_said(self) -> None:
        """Other subnets reach other databases."""
        assert function_of(**self.INSIDE).one("Function").inputs["vpcConfig"] == {
            "subnetIds": self.INSIDE["vpc_subnets"],
            "securityGroupIds": self.INSIDE["vpc_security_groups"],
        }

    def test_network_interfaces_are_this_accounts_and_regions(self) -> None:
        """AWS's managed policy says `*` throughout; only the two that describe must."""
        made = statements(**self.INSIDE)

        assert made["ManageNetworkInterfaces"]["Resource"] == f"arn:aws:ec2:{REGION}:{ACCOUNT}:*/*"
        assert all(action.startswith("ec2:Describe") for action in made["DescribeNetwork"]["Action"])

    def test_the_functions_own_code_may_not_touch_the_network(self) -> None:
        """Lambda needs the rights, the code does not: whoever takes the code over would have them."""
        made = statements(**self.INSIDE)
        allowed = {*made["ManageNetworkInterfaces"]["Action"], *made["DescribeNetwork"]["Action"]}
        denied = made["KeepCodeOffTheNetwork"]

        assert denied["Effect"] == "Deny"
        assert set(denied["Action"]) == allowed
        assert denied["Resource"] == "*"
        assert denied["Condition"] == {
            "ArnLike": {"lambda:SourceFunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:*"}
        }


class TestKey:
    KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/k"

    def test_environment_and_log_have_the_key(self) -> None:
        """And the function may decrypt with exactly this key, or it could not start."""
        recording = function_of(kms_key_arn=self.KEY)

        assert recording.one("Function").inputs["kmsKeyArn"] == self.KEY
        assert recording.one("LogGroup").inputs["kmsKeyId"] == self.KEY
        assert statements(kms_key_arn=self.KEY)["Decrypt"] == {
            "Sid": "Decrypt",
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": self.KEY,
        }

    def test_aws_own_key_is_the_default(self) -> None:
        """It costs nothing, and the role needs no right."""
        assert "kmsKeyArn" not in default().one("Function").inputs
        assert "kmsKeyId" not in default().one("LogGroup").inputs


class TestSecrets:
    SECRETS: ClassVar = {
        "PAYMENT_KEY": "secure-api/payment",
        "SIGNING_KEY": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:signing-Ab12Cd",
        "GREETING": "/secure-api/greeting",
        "FAREWELL": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/farewell",
    }

    def test_environment_says_where_they_stand_and_nothing_more(self) -> None:
        """Whoever may read the function's configuration must not read the secrets."""
        variables = function_of(secret_references=self.SECRETS).one("Function").inputs["environment"]["variables"]

        assert variables == {
            **REQUIRED["environment"],
            **{f"SECRET_{name}": where for name, where in self.SECRETS.items()},
        }

    def test_role_reads_exactly_these(self) -> None:
        """A name's ARN ends in six characters of Secrets Manager's own: `-*` would match longer names as well."""
        made = statements(secret_references=self.SECRETS)

        assert made["ReadSecrets"] == {
            "Sid": "ReadSecrets",
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": [
                self.SECRETS["SIGNING_KEY"],
                f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:secure-api/payment-??????",
            ],
        }
        assert made["ReadParameters"] == {
            "Sid": "ReadParameters",
            "Effect": "Allow",
            "Action": ["ssm:GetParameter"],
            "Resource": [
                f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/secure-api/greeting",
                self.SECRETS["FAREWELL"],
            ],
        }

    def test_no_secret_means_no_right(self) -> None:
        """An empty list of resources is refused by IAM; `*` would be every secret of the account."""
        assert not statements().keys() & {"ReadSecrets", "ReadParameters"}

    def test_other_statements_are_taken_as_they_are(self) -> None:
        """What a route needs besides, its table for instance."""
        given = {"sid": "ReadNotes", "actions": ["dynamodb:GetItem"], "resources": ["arn:aws:x"]}

        assert statements(statements=[given])["ReadNotes"] == {
            "Sid": "ReadNotes",
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem"],
            "Resource": "arn:aws:x",
        }


class TestEnvironment:
    def test_environment_is_exactly_the_given_one(self) -> None:
        """Nothing is added that nobody asked for."""
        assert default().one("Function").inputs["environment"] == {"variables": REQUIRED["environment"]}

    @pytest.mark.parametrize("key", ["COGNITO_CLIENT_IDS", "LAMBDA_OPTION", "MY_AWS_REGION", "HANDLER"])
    def test_other_variables_are_accepted(self, key: str) -> None:
        """The rule is about names that Lambda has, not names that look alike."""
        assert arguments(ApiFunctionArgs, **{**REQUIRED, "environment": {key: "x"}})
