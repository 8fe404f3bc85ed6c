"""The deploying role: it allows every call of the provider, on the right resource, and nothing of another stack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import botocore.client
import pytest

import handler.routes
from local.deployment import Steps, bring_up
from local.emulator import Emulator
from operations.__main__ import main
from operations.resource_types import RESOURCE_TYPES
from operations.role import MOST, SECRET_READS, policies, session_policy, trust
from stacks.command_line import CommandError
from stacks.engine import Stack
from stacks.mappings import MAPPINGS
from stacks.plan import Plan, plan_of, resources_of
from stacks.recorder import ACCOUNT, STACKS, deployed, record_program
from tests.handler.table import TABLE
from tests.operations.iam import Call, allows
from tests.operations.provider_calls import Deployment
from tests.stacks.more_resources import more_resources

REFERENCE: dict[str, Any] = json.loads((Path(__file__).parent / "service_authorization.json").read_text())
# AWS asks for * although the reference has a resource, or the resource is in an account of AWS's.
ON_ANY = {"cloudwatch:DescribeAlarms", "cloudwatch:PutCompositeAlarm", "cloudfront:UpdateDistribution"}
# Operations of S3 that IAM knows by another name.
NAMED_OTHERWISE = dict.fromkeys(("PutPublicAccessBlock", "DeletePublicAccessBlock"), "PutBucketPublicAccessBlock")
TYPES = sorted(name for name in MAPPINGS if not name.startswith("aws:index/"))
FOREIGN_KEY = "arn:aws:kms:eu-central-1:999988887777:key/00000000-0000-0000-0000-000000000000"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/00000000-0000-0000-0000-000000000000"
# Together they have every resource type, and every setting that a right follows from.
EVERYTHING = {
    "apiDomain": "api.example.com",
    "apiZoneId": "Z0123456789EXAMPLE",
    "truststore": '{"uri": "s3://example-trust/clients.pem", "version": "7"}',
    "signInDomain": "login.example.com",
    "signInCertificateArn": CERTIFICATE,
    "signInZoneId": "Z0123456789EXAMPLE",
    "managedLogin": "true",
    "userPoolTier": "PLUS",
    "threatProtection": "enforced",
    "userEventLogs": "true",
    "appClients": '[{"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"]}]',
    "identityProviders": '[{"name": "Partner", "type": "saml", "metadataUrl": "https://idp.example.com/metadata"}]',
    "groupScopes": '{"admin": ["api/reports.read"]}',
    "signUpEmailDomains": '["example.com"]',
    "defaultGroup": "member",
    "groups": '["member"]',
    "provisionedConcurrency": "1",
    "shiftTraffic": "true",
    "vpcSubnets": '["subnet-0123456789abcdef0"]',
    "vpcSecurityGroups": '["sg-0123456789abcdef0"]',
    "alarms": "true",
    "alarmEmails": '["on-call@example.com"]',
    "createKmsKey": "true",
    "signInWebAcl": '{"create": true}',
}
OTHER = {"Project": "secure-serverless-api", "Stack": "other"}  # the tags of another stack
FOREIGN_ACL = "arn:aws:wafv2:eu-central-1:999988887777:regional/webacl/shared/00000000-0000-0000-0000-000000000000"
FOREIGN = {"kmsKeyArn": FOREIGN_KEY, "alarms": "false", "signInWebAcl": json.dumps({"arn": FOREIGN_ACL})}


@cache
def planned(name: str) -> Plan:
    """The plan of a stack, or of stack dev with further settings: `everything`, `a foreign key`."""
    settings = {"everything": EVERYTHING, "a foreign key": FOREIGN}.get(name)
    if settings is None:
        return plan_of(name)
    with mock.patch.object(handler.routes, "ROUTES", TABLE):
        recording = record_program(deployed("dev", **settings), more_resources)
    return replace(plan_of("dev"), resources=resources_of(recording), outputs=recording.outputs)


@cache
def statements(name: str, *, read_only: bool = False, api_id: str = "*") -> tuple[dict[str, Any], ...]:
    made = policies(planned(name), ACCOUNT, read_only=read_only, api_id=api_id)
    return tuple(each for document in made for each in document["Statement"])


def deployment(name: str) -> Deployment:
    return Deployment(planned(name).resources, planned(name).settings.region)


PLANS = [*STACKS, "everything", "a foreign key"]


class TestAllowed:
    @pytest.mark.parametrize("name", PLANS)
    def test_every_call_of_the_provider_is_allowed(self, name: str) -> None:
        """A denied call stops a deployment, an update or the removal of a stack half-way."""
        region = planned(name).settings.region
        denied = {str(call) for call in deployment(name).calls() if not allows(statements(name), call, region)}

        assert not denied

    def test_narrowed_to_its_api_the_role_still_deploys(self) -> None:
        """After the first deployment the API's id is known."""
        (api,) = (each for each in planned("everything").resources if each.kind == "Api")
        narrow, region = statements("everything", api_id=api.id), planned("everything").settings.region

        assert not {str(call) for call in deployment("everything").calls() if not allows(narrow, call, region)}
        other = Call("apigateway:DELETE", f"arn:aws:apigateway:{region}::/apis/other/routes/1")
        assert not allows(narrow, other, region)

    def test_everything_is_every_type(self) -> None:
        """A resource type that no plan has would go untested."""
        tried = {each.type for name in PLANS for each in planned(name).resources}
        assert set(TYPES) <= tried, "add a setting to EVERYTHING above that makes it"

    @pytest.mark.parametrize("type_", TYPES)
    def test_calls_of_the_local_run_are_allowed(self, type_: str) -> None:
        """A new type has no entry in provider_calls.py yet; its mapping's calls must be allowed."""
        assert type_ in RESOURCE_TYPES, f"add {type_} to RESOURCE_TYPES in operations/resource_types.py"
        mapping = MAPPINGS[type_]
        service = {"apigatewayv2": "apigateway"}.get(mapping.service, mapping.service)
        names = {
            f"{right.service}:{action}" for right in RESOURCE_TYPES[type_].rights for action in right.actions.split()
        }
        for method in filter(None, (mapping.call, mapping.update, mapping.delete)):
            operation = "".join(word.title() for word in method.split("_"))
            if service == "apigateway":
                operation = {"Create": "POST", "Update": "PATCH", "Delete": "DELETE"}[operation[:6]]
            operation = NAMED_OTHERWISE.get(operation, operation)
            assert f"{service}:{operation}".lower() in {name.lower() for name in names}, operation


class TestDenied:
    """Stack dev and stack prod in one account: dev's role must not reach prod."""

    def calls(self) -> Iterator[Call]:
        stack = deployment("everything")
        own = {each.kind: each for each in planned("everything").resources}
        function, tags = own["Function"].outputs["arn"].replace("3f9d2c1", "1111111"), OTHER
        mine = {**tags, "Stack": "dev"}
        yield Call("cognito-idp:DeleteUserPool", stack.arn("cognito-idp", "userpool/other"), tags)
        yield Call("cognito-idp:DescribeUserPoolClient", stack.arn("cognito-idp", "userpool/other"), tags)
        yield Call("kms:ScheduleKeyDeletion", stack.arn("kms", "key/other"), tags)
        yield Call("kms:PutKeyPolicy", stack.arn("kms", "key/other"), tags)
        yield Call("lambda:UpdateFunctionCode", function, tags)
        yield Call("lambda:TagResource", function, tags, mine)  # to make it its own
        yield Call("kms:TagResource", stack.arn("kms", "key/other"), tags, mine)
        yield Call("lambda:CreateFunction", function, request_tags=tags)
        yield Call("dynamodb:DeleteTable", stack.arn("dynamodb", "table/notes-table-1111111"), tags)
        yield Call("logs:DeleteLogGroup", stack.arn("logs", "log-group:function-logs-1111111"), tags)
        yield Call("sns:DeleteTopic", stack.arn("sns", "monitoring-alarms-1111111"), tags)
        yield Call("cloudwatch:PutMetricAlarm", stack.arn("cloudwatch", "alarm:monitoring-x-1111111"), tags, mine)
        yield Call("acm:DeleteCertificate", stack.arn("acm", "certificate/other"), tags)
        yield Call("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/function-role-1111111", tags)
        yield Call("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/administrator", tags)
        yield Call("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/somebody")
        yield Call("iam:AttachRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/function-role-3f9d2c1", mine)
        yield Call("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z9999999999OTHER")
        yield Call("apigateway:DELETE", f"arn:aws:apigateway:{stack.region}::/apis/other", tags)
        yield Call("s3:GetObject", "arn:aws:s3:::example-trust/another.pem")
        yield Call("kms:Decrypt", FOREIGN_KEY)
        acl = stack.arn("wafv2", "regional/webacl/sign-in-other/00000000-0000-0000-0000-000000000000")
        yield from (Call(f"wafv2:{action}", acl, tags) for action in ("UpdateWebACL", "DeleteWebACL"))
        yield Call("wafv2:DeleteLoggingConfiguration", acl, tags)
        yield Call("wafv2:AssociateWebACL", acl, tags)
        yield Call("cognito-idp:DisassociateWebACL", stack.arn("cognito-idp", "userpool/other"), tags)
        yield Call("s3:DeleteBucket", "arn:aws:s3:::files-other-111", tags)  # by its name, which has the stack's
        yield Call("sqs:DeleteQueue", stack.arn("sqs", "more-jobs-1111111"), tags)
        yield Call("ssm:PutParameter", stack.arn("ssm", "parameter/shop/limit"), tags)
        yield Call("events:PutTargets", stack.arn("events", "rule/more-nightly-1111111"), tags)

    def test_nothing_of_another_stack_is_allowed(self) -> None:
        """A stolen session of dev's pipeline must not reach production's users."""
        region = planned("everything").settings.region
        (api,) = (each for each in planned("everything").resources if each.kind == "Api")
        granted = statements("everything", api_id=api.id)
        calls = list(self.calls())

        assert len(calls) >= 10
        assert [str(call) for call in calls if allows(granted, call, region)] == []

    @pytest.mark.parametrize("name", PLANS)
    def test_preview_reads_only_and_no_secret(self, name: str) -> None:
        """A preview runs the code of a pull request before anybody has reviewed it."""
        actions = {action for each in statements(name, read_only=True) for action in each["Action"]}

        assert "cognito-idp:DescribeUserPool" in actions
        assert all(re.fullmatch(r"[a-z0-9-]+:(GET|Get|List|Describe)\w*", action) for action in actions)
        assert not actions & SECRET_READS

    def test_every_read_that_answers_a_secret_is_known(self) -> None:
        """Some reads answer secrets."""
        known = {action.partition(":")[2] for action in SECRET_READS}
        reads = {action for action in REFERENCE if re.match(r"[\w-]+:(Get|List|Describe)", action)}
        answering = re.compile(
            r"UserPoolClient$|IdentityProvider$|GetFunction$|FunctionConfiguration$|GetObject|VersionsBy|:GetParameters?$"
        )

        assert {action.partition(":")[2] for action in reads if answering.search(action)} <= known


@pytest.mark.parametrize("name", PLANS)
class TestForm:
    def test_every_statement_is_one_of_the_reference(self, name: str) -> None:
        """IAM accepts a statement that can never match: a wrong action, resource type or condition key."""
        for statement in statements(name):
            conditions = json.dumps(statement.get("Condition", {}))
            for action in statement["Action"]:
                if action not in REFERENCE:
                    pytest.fail(
                        f"{action} is new: run tests/operations/service_authorization.py, as its docstring says"
                    )
                row = REFERENCE[action]
                for arn in statement["Resource"]:
                    fitting = _fitting(action, arn)
                    assert fitting or (arn == "*" and (not row["resources"] or action in ON_ANY)), (action, arn)
                    if '"StringEquals": {"aws:ResourceTag' in conditions:
                        assert any(row["resources"][each] for each in fitting), (action, arn)
                if "aws:RequestTag" in conditions:
                    assert row["requestTags"], action

    def test_any_resource_means_the_stacks_region_or_its_tags(self, name: str) -> None:
        """A stolen session must not reach other teams' resources in other regions."""
        for each in statements(name):
            if "*" in each["Resource"] and each["Action"] != ["cloudfront:UpdateDistribution"]:
                assert re.search("aws:RequestedRegion|aws:RequestTag/Stack", json.dumps(each["Condition"]))

    def test_roles_go_to_lambda_only(self, name: str) -> None:
        """A role that may be passed to any service gives the pipeline that service's rights."""
        for each in statements(name):
            if "iam:PassRole" in each["Action"]:
                assert each["Action"] == ["iam:PassRole"]
                assert each["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
                assert all(re.fullmatch(rf"arn:aws:iam::{ACCOUNT}:role/[a-z-]+-\*", arn) for arn in each["Resource"])

    def test_it_fits(self, name: str) -> None:
        """IAM refuses a longer policy, and more than ten on a role."""
        documents = policies(planned(name), ACCOUNT)

        assert len(documents) <= 10
        for document in documents:
            assert len("".join(json.dumps(document, separators=(",", ":")).split())) <= MOST
            assert "3f9d2c1" not in json.dumps(document)  # what the recorder makes up


def _fitting(action: str, arn: str) -> list[str]:
    """Return the action's ARN formats that the ARN fits."""
    wild = {each: re.sub(r"\$\{\w+\}", "*", each) for each in REFERENCE[action]["resources"]}
    return [each for each, pattern in wild.items() if fnmatchcase(arn, pattern) or fnmatchcase(pattern, arn)]


class TestSessions:
    @pytest.mark.parametrize(
        ("name", "services"), [("prod", {"cognito-idp", "dynamodb", "kms"}), ("dev", {"cognito-idp"})]
    )
    def test_operators_may_end_sessions_of_this_stack_alone(self, name: str, services: set[str]) -> None:
        """Whoever signs prod's users out must not delete them, nor touch another stack's; dev has no table."""
        granted, region = session_policy(planned(name), ACCOUNT)["Statement"], planned(name).settings.region
        assert {action.partition(":")[0] for each in granted for action in each["Action"]} == services
        for each in granted:
            assert "aws:ResourceTag/Stack" in each["Condition"]["StringEquals"]
            for action in each["Action"]:
                assert all(_fitting(action, arn) for arn in each["Resource"] if action in REFERENCE), action
        stack = deployment(name)
        assert not allows(granted, Call("cognito-idp:AdminDeleteUser", stack.pool, stack.tags), region)
        assert allows(granted, Call("cognito-idp:AdminUserGlobalSignOut", stack.pool, stack.tags), region)
        assert not allows(granted, Call("cognito-idp:AdminUserGlobalSignOut", stack.pool, OTHER), region)

    def test_table_is_that_of_revocations(self) -> None:
        """The right to write notes would be one to forge them."""
        granted, region = session_policy(planned("prod"), ACCOUNT)["Statement"], planned("prod").settings.region
        tables = {each.name: each.outputs["arn"] for each in planned("prod").resources if each.kind == "Table"}
        tables["notes-table"] = tables["revocations-table"].replace("revocations", "notes")  # routes may have none
        stack = deployment("prod")
        may = {
            name
            for name, arn in tables.items()
            if allows(granted, Call("dynamodb:UpdateItem", arn, stack.tags), region)
        }

        assert may == {"revocations-table"}


def test_unknown_type_is_an_error_that_names_the_file() -> None:
    """The error names the file to edit."""
    any_ = planned("dev").resources[0]
    new = replace(planned("dev"), resources=(replace(any_, type="aws:some/thing:Thing"),))
    with pytest.raises(CommandError, match=r"add aws:some/thing:Thing to .*operations/resource_types\.py"):
        policies(new, ACCOUNT)


class TestTrust:
    @pytest.mark.parametrize("prefix", ["repo:acme/api", "repo:acme@123456/api@456789"])
    def test_it_is_one_repositorys_environment(self, prefix: str) -> None:
        """Without the subject every repository on GitHub could deploy; with a branch, every job of the branch."""
        (statement,) = trust(ACCOUNT, prefix, "prod")["Statement"]

        assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
        assert statement["Condition"] == {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                "token.actions.githubusercontent.com:sub": f"{prefix}:environment:prod",
            }
        }

    @pytest.mark.parametrize(
        "prefix",
        ["acme/api", "repo:acme/*", "repo:acme", "repo:acme@1/api", "repo:acme/api@2", "repo:acme/api:ref:x", ""],
    )
    def test_other_prefixes_are_refused(self, prefix: str) -> None:
        """A wildcard would trust half of GitHub; a form that GitHub never sends, nobody."""
        with pytest.raises(CommandError, match=r"--subject-prefix must be .*docs/delivery\.md"):
            trust(ACCOUNT, prefix, "prod")


class TestCommandLine:
    def test_policy_and_trust_are_printed(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The output is JSON for IAM."""
        stack = ["--stack", "dev", "--account", "210987654321"]
        assert main(["role", "policy", *stack, "--read-only"]) == 0
        assert "210987654321" in capsys.readouterr().out
        assert main(["role", "trust", *stack, "--subject-prefix", "repo:a/b", "--environment", "preview-dev"]) == 0
        assert json.loads(capsys.readouterr().out)["Version"] == "2012-10-17"

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["trust", "--account", "1234", "--subject-prefix", "repo:a/b"], "--account must be twelve digits"),
            (["trust", "--account", ACCOUNT], "--subject-prefix"),
            (["policy", "--account", ACCOUNT, "--api-id", "A/*"], "--api-id must be"),
        ],
    )
    def test_bad_arguments_are_one_line(
        self, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Each error names the option and its rule."""
        assert main(["role", *arguments, "--stack", "dev"]) == 1
        error = capsys.readouterr().err
        assert words in error
        assert error.count("\n") == 1


@pytest.mark.acceptance
def test_calls_that_the_emulator_saw_are_allowed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The calls that the local run really makes are a second source beside provider_calls.py."""
    seen: set[str] = set()
    make = botocore.client.BaseClient._make_api_call

    def record(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        seen.add(f"{client.meta.service_model.service_name}:{operation}")
        return make(client, operation, parameters)

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", record)
    with Emulator(0, "eu-central-1", tmp_path) as emulator:
        bring_up(Stack.load("dev"), emulator, Steps(show=lambda _: None))
    named = {action for each in statements("dev") for action in each["Action"]}
    changed = {call for call in seen if re.search(":(Create|Put|Set|Update|Delete|Add|Publish|Tag)", call)}

    assert len(changed) > 10
    assert {call for call in changed if not call.startswith("apigatewayv2:")} <= named
