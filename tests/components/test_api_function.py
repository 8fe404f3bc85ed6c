"""What ApiFunction promises of the function, its role and its log."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from components.api_function import ApiFunction, ApiFunctionArgs
from tests.pulumi_recorder import ACCOUNT, REGION, Recording, record

REQUIRED: dict[str, Any] = {
    "package": Path(__file__),  # any file: nobody opens it as a zip here
    "entry_point": "handler.app.lambda_handler",
    "environment": {"COGNITO_USER_POOL_ID": f"{REGION}_Ab1", "LOG_LEVEL": "INFO"},
}


def function_of(**changes: Any) -> Recording:
    args = ApiFunctionArgs(**{**REQUIRED, **changes})
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
        """A log group that Lambda makes by itself is kept, and paid for, for ever."""
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

        assert inputs["code"].path == str(REQUIRED["package"])
        assert inputs["packageType"] == "Zip"
        assert inputs["handler"] == "handler.app.lambda_handler"

    @pytest.mark.parametrize("count", [-1, 0, 25])
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

    def test_outputs_are_the_functions(self) -> None:
        """The API integrates the invoke address and permits the name: one for the other deploys and fails."""
        function = default().one("Function")

        assert default().registered[default().one("ApiFunction").urn] == {
            "name": function.outputs["name"],
            "invoke_arn": function.outputs["invokeArn"],
            "log_group": default().one("LogGroup").outputs["name"],
            "reserved_concurrency": -1,
        }


class TestEnvironment:
    def test_environment_is_exactly_the_given_one(self) -> None:
        """Nothing is added that nobody asked for."""
        assert default().one("Function").inputs["environment"] == {"variables": REQUIRED["environment"]}

    @pytest.mark.parametrize(
        "key",
        [
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_ACCESS_KEY_ID",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_ENDPOINT_URL",
            "LAMBDA_TASK_ROOT",
            "LAMBDA_RUNTIME_DIR",
            "_HANDLER",
            "_X_AMZN_TRACE_ID",
        ],
    )
    def test_reserved_variables_are_refused(self, key: str) -> None:
        """Lambda refuses the function half-way through a deployment; AWS_ENDPOINT_URL would move where keys are had."""
        with pytest.raises(ValueError, match=f"environment must not set what Lambda reserves, got {key}"):
            ApiFunctionArgs(**{**REQUIRED, "environment": {"LOG_LEVEL": "INFO", key: "x"}})

    def test_all_reserved_variables_are_named(self) -> None:
        """One round of mending instead of one for each."""
        with pytest.raises(ValueError, match="got AWS_REGION, _HANDLER"):
            ApiFunctionArgs(**{**REQUIRED, "environment": {"_HANDLER": "x", "AWS_REGION": "x"}})

    @pytest.mark.parametrize("key", ["COGNITO_CLIENT_IDS", "LAMBDA_OPTION", "MY_AWS_REGION", "HANDLER"])
    def test_other_variables_are_accepted(self, key: str) -> None:
        """The rule is about names that Lambda has, not names that look alike."""
        assert ApiFunctionArgs(**{**REQUIRED, "environment": {key: "x"}})
