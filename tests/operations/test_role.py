"""The deploying role: everything that the program makes, nothing that it does not, and whom it trusts."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import botocore.session
import pytest

from operations.__main__ import main
from operations.rights import RIGHTS
from operations.role import MOST, policies, trust
from stacks.command_line import CommandError
from stacks.mappings import MAPPINGS
from stacks.plan import resources_of
from stacks.recorder import STACKS, program
from stacks.resource import Resource

REGION, ACCOUNT = "eu-central-1", "123456789012"
# What the reference calls otherwise than the service's own operation.
SERVICES = {"sns": "sns", "kms": "kms", "ec2": "ec2"}
# In the reference, but no operation: "Enabling logging from AWS services", API Gateway Management V2.
NO_OPERATIONS = {
    *(
        f"logs:{each}"
        for each in (
            "CreateLogDelivery",
            "GetLogDelivery",
            "UpdateLogDelivery",
            "DeleteLogDelivery",
            "ListLogDeliveries",
        )
    ),
    *(
        f"apigateway:{each}"
        for each in ("GET", "POST", "PUT", "PATCH", "DELETE", "AddCertificateToDomain", "RemoveCertificateFromDomain")
    ),
    "iam:PassRole",
    "lambda:InvokeFunction",
}


@cache
def statements(stack: str, *, read_only: bool = False) -> list[dict[str, Any]]:
    made = policies(resources_of(program(stack)), REGION, ACCOUNT, read_only=read_only)
    return [each for document in made for each in document["Statement"]]


def test_every_kind_of_resource_is_known() -> None:
    """One that is forgotten ends the first deployment half-way."""
    assert {type_ for type_ in MAPPINGS if not type_.startswith("aws:index/")} == RIGHTS.keys()


@cache
def _operations(service: str) -> set[str]:
    name = {"apigateway": "apigatewayv2"}.get(service, service)
    return set(botocore.session.get_session().get_service_model(name).operation_names)


def test_every_action_is_one_of_the_service() -> None:
    """IAM takes a mistyped one in silence, and it allows nothing."""
    for rights in RIGHTS.values():
        for right in rights:
            for action in (*right.actions.split(), *right.anywhere.split()):
                assert f"{right.service}:{action}" in NO_OPERATIONS or action in _operations(right.service), action


@pytest.mark.parametrize("type_", sorted(MAPPINGS.keys() & RIGHTS.keys()))
def test_what_makes_and_deletes_it_is_allowed(type_: str) -> None:
    """The local run makes each by the same operations: none of them may be missing."""
    kind = MAPPINGS[type_]
    called = {"".join(part.title() for part in call.split("_")) for call in (kind.call, kind.delete) if call}
    allowed = {
        f"{right.service}:{action}".lower()
        for right in RIGHTS[type_]
        for action in (*right.actions.split(), *right.anywhere.split())
    }
    service = kind.service.removesuffix("v2")
    if service == "apigateway":
        assert {"apigateway:post", "apigateway:delete"} <= allowed
        return
    for call in called:
        if not call.startswith(("Describe", "Get")):
            assert f"{service}:{call}".lower() in allowed


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_allowed_by_a_pattern_of_actions(stack: str) -> None:
    """`iam:*` is an administrator, whatever the resource says."""
    for each in statements(stack):
        assert all(re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action) for action in each["Action"])


@pytest.mark.parametrize("stack", STACKS)
def test_what_takes_any_resource_stays_in_the_region_and_out_of_iam(stack: str) -> None:
    """A stolen session of the pipeline must not reach what other teams have elsewhere."""
    for each in statements(stack):
        if each["Resource"] != "*":
            assert all("{" not in place and place != "*" for place in each["Resource"])
            continue
        assert each["Condition"] == {"StringEquals": {"aws:RequestedRegion": REGION}}
        assert not any(action.startswith(("iam:", "lambda:", "dynamodb:", "kms:Put")) for action in each["Action"])


@pytest.mark.parametrize("stack", STACKS)
def test_roles_are_the_stacks_own_and_go_to_lambda_only(stack: str) -> None:
    """With any role, or to any service, the pipeline could hand itself the account."""
    for each in statements(stack):
        if each["Action"] == ["iam:CreateServiceLinkedRole"]:  # AWS's own, which nobody can pass or change
            own = rf"arn:aws:iam::{ACCOUNT}:role/aws-service-role/[a-z.-]+/\*"
            assert all(re.fullmatch(own, place) for place in each["Resource"])
            continue
        if any(action.startswith("iam:") for action in each["Action"]):
            assert all(re.fullmatch(rf"arn:aws:iam::{ACCOUNT}:role/[a-z]+-\*", place) for place in each["Resource"])
        if "iam:PassRole" in each["Action"]:
            assert each["Action"] == ["iam:PassRole"]
            assert each["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


@pytest.mark.parametrize("stack", STACKS)
def test_each_policy_fits(stack: str) -> None:
    """IAM refuses a longer one."""
    for document in policies(resources_of(program(stack)), REGION, ACCOUNT):
        assert len("".join(json.dumps(document).split())) <= MOST


@pytest.mark.parametrize("stack", STACKS)
def test_preview_reads_only(stack: str) -> None:
    """Anybody who opens a pull request runs their code with it."""
    actions = {action for each in statements(stack, read_only=True) for action in each["Action"]}

    assert "cognito-idp:DescribeUserPool" in actions
    assert all(re.fullmatch(r"[a-z0-9-]+:(GET|Get|List|Describe)\w*", action) for action in actions)


def test_sign_in_page_at_an_own_name_takes_cloudfront() -> None:
    """And no other stack may touch a distribution."""
    domain = Resource(
        type="aws:cognito/userPoolDomain:UserPoolDomain",
        name="auth-domain",
        inputs={"certificateArn": "arn"},
        protect=False,
    )
    allowed = {
        action
        for document in policies([domain], REGION, ACCOUNT)
        for each in document["Statement"]
        for action in each["Action"]
    }

    assert "cloudfront:UpdateDistribution" in allowed
    assert not [each for each in statements("prod") if "cloudfront:UpdateDistribution" in each["Action"]]


def test_unknown_kind_is_an_error_that_names_the_file() -> None:
    """Whoever adds a resource learns where to say what it takes."""
    new = Resource(type="aws:sqs/queue:Queue", name="jobs-queue", inputs={}, protect=False)
    with pytest.raises(CommandError, match=r"operations/rights\.py must say what aws:sqs/queue:Queue takes"):
        policies([new], REGION, ACCOUNT)


def test_trust_is_this_repositorys_environment_and_nothing_wider() -> None:
    """Without the subject every repository on GitHub could deploy; with a branch, every job of the branch."""
    (statement,) = trust(ACCOUNT, "acme/api", "prod")["Statement"]

    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:acme/api:environment:prod",
        }
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--account", "1234"], "--account must be twelve digits, got 1234"),
        (["--account", ACCOUNT], "--repository must be OWNER/NAME, got ''"),
        (["--account", ACCOUNT, "--repository", "acme/*"], "--repository must be OWNER/NAME, got 'acme/*'"),
    ],
)
def test_bad_arguments_are_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wildcard in the repository would trust half of GitHub."""
    assert main(["role", "--trust", "--stack", "prod", *arguments]) == 1
    assert capsys.readouterr().err == f"operations: {said}\n"
