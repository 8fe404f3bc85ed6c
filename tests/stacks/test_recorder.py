"""That the recorder refuses what Pulumi's mocks let through: else every test that uses it proves less than it says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from stacks.command_line import CommandError
from stacks.recorder import record


def _route(**changes: object) -> Callable[[], object]:
    inputs: dict[str, Any] = {"api_id": "api", "route_key": "GET /", "authorization_type": "JWT", **changes}
    return lambda: aws.apigatewayv2.Route("route", **inputs)


def test_enumerations_are_aws_own() -> None:
    """`jwt` for `JWT` passes every mock, and fails in the account."""
    with pytest.raises(CommandError, match=r"route.*AuthorizationType must be one of NONE, .*, got jwt"):
        record(_route(authorization_type="jwt"))


def test_patterns_are_aws_own() -> None:
    """A name that AWS refuses must not wait for the deployment to be refused."""
    with pytest.raises(CommandError, match=r"Domain must match .*, got No Prefix"):
        record(lambda: aws.cognito.UserPoolDomain("domain", domain="No Prefix", user_pool_id="eu-central-1_a"))


def test_limits_are_aws_own() -> None:
    """The greatest length of a list is in no type."""
    urls = [f"https://{number}.example.com" for number in range(101)]

    with pytest.raises(CommandError, match=r"CallbackURLs must be at most 100, got 101"):
        record(lambda: aws.cognito.UserPoolClient("client", user_pool_id="eu-central-1_a", callback_urls=urls))


def test_required_inputs_are_aws_own() -> None:
    """Pulumi lets every name be left out; an authorizer's is one that AWS asks for and Pulumi does not make up."""

    def create() -> None:
        aws.apigatewayv2.Authorizer(
            "jwt", api_id="api", authorizer_type="JWT", identity_sources=["$request.header.Authorization"]
        )

    with pytest.raises(CommandError, match='Missing required parameter in input: "Name"'):
        record(create)


def test_unmapped_inputs_are_refused() -> None:
    """An input that the embedded run drops would be tested here and absent there."""
    with pytest.raises(CommandError, match=r"got no mapping for operationName: .* `inputs` .* stacks/mappings"):
        record(_route(operation_name="hello"))


def test_unmapped_types_are_refused() -> None:
    """A resource that nobody prepared must not get made-up outputs."""
    with pytest.raises(CommandError, match=r"aws:xray/group:Group \(group\) .* add .* to MAPPINGS .* stacks/mappings"):
        record(lambda: aws.xray.Group("group", group_name="any", filter_expression="any"))


def test_names_are_unique() -> None:
    """Pulumi's engine refuses a repeated name; its mocks do not."""
    with pytest.raises(CommandError, match="resource names must be unique"):
        record(lambda: [_route()(), _route()()])


def test_outputs_are_never_formatted_as_text() -> None:
    """An Output in an f-string becomes a sentence about itself, which deploys."""

    def create() -> None:
        api = aws.apigatewayv2.Api("api", protocol_type="HTTP")
        aws.apigatewayv2.Route("route", api_id=api.id, route_key="GET /", target=f"integrations/{api.id}")

    with pytest.raises(CommandError, match=r"route.* must join outputs with Output\.concat"):
        record(create)


def test_failures_inside_apply_are_seen() -> None:
    """Whatever is asserted there must have run before the test ends."""

    def fail(_: str) -> str:
        raise ValueError("inside apply")

    def create() -> None:
        api = aws.apigatewayv2.Api("api", protocol_type="HTTP")
        pulumi.export("failed", api.id.apply(fail))

    with pytest.raises(CommandError, match="inside apply"):
        record(create)
