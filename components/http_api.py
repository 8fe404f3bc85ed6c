"""The way in: an HTTP API whose JWT authorizer checks every route that is not said to be public."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pulumi
import pulumi_aws as aws

# What an access log line says (API Gateway, "HTTP API logging variables"). No header is in it, so no token can be;
# `authorizer.claims` as a whole would log null.
ACCESS_LOG_FORMAT = json.dumps(
    {
        "requestId": "$context.requestId",
        "time": "$context.requestTime",
        "routeKey": "$context.routeKey",
        "status": "$context.status",
        "responseLength": "$context.responseLength",
        "responseLatency": "$context.responseLatency",
        "integrationLatency": "$context.integrationLatency",
        "integrationStatus": "$context.integrationStatus",
        "integrationError": "$context.integrationErrorMessage",
        "authorizerError": "$context.authorizer.error",
        "error": "$context.error.message",
        "errorType": "$context.error.responseType",
        "subject": "$context.authorizer.claims.sub",
        "sourceIp": "$context.identity.sourceIp",
        "userAgent": "$context.identity.userAgent",
        "protocol": "$context.protocol",
    }
)


class Throttle(Protocol):
    """A route's own limit: steady requests a second, and the most at once."""

    @property
    def rate(self) -> float: ...
    @property
    def burst(self) -> int: ...


class Route(Protocol):
    """What the gateway needs to know of a route; the route table's own entries fit."""

    @property
    def key(self) -> str: ...
    @property
    def public(self) -> bool: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def throttle(self) -> Throttle | None: ...


@dataclass(frozen=True, kw_only=True)
class HttpApiArgs:
    """Routes, who checks their tokens, and what answers. Throttle in requests a second; retention in days.

    ValueError for a wildcard origin, and for a throttle of 0, which API Gateway reads as "refuse everything".
    """

    routes: Sequence[Route]
    issuer: pulumi.Input[str]
    audiences: Sequence[pulumi.Input[str]]
    function_name: pulumi.Input[str]
    function_invoke_arn: pulumi.Input[str]
    allowed_origins: Sequence[str]
    throttle_rate: int = 50
    throttle_burst: int = 100
    log_retention_days: int = 365

    def __post_init__(self) -> None:
        if any("*" in origin for origin in self.allowed_origins):
            raise ValueError(f"allowed_origins must be exact, got {', '.join(self.allowed_origins)}")
        if self.throttle_rate < 1 or self.throttle_burst < 1:
            raise ValueError(f"throttle must be above 0, got rate {self.throttle_rate}, burst {self.throttle_burst}")
        if not self.audiences:
            raise ValueError("audiences must name an app client: an authorizer without one admits any client's token")


class HttpApi(pulumi.ComponentResource):
    """An HTTP API in front of one function, with a JWT authorizer, throttles and an access log."""

    url: pulumi.Output[str]
    id: pulumi.Output[str]
    log_group: pulumi.Output[str]

    def __init__(self, name: str, args: HttpApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:HttpApi", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        api = aws.apigatewayv2.Api(
            f"{name}-api", protocol_type="HTTP", cors_configuration=_cors(args.routes, args.allowed_origins), opts=child
        )
        authorizer = aws.apigatewayv2.Authorizer(
            f"{name}-authorizer",
            name=f"{name}-jwt",
            api_id=api.id,
            authorizer_type="JWT",
            identity_sources=["$request.header.Authorization"],
            jwt_configuration={"issuer": args.issuer, "audiences": list(args.audiences)},
            opts=child,
        )
        integration = aws.apigatewayv2.Integration(
            f"{name}-integration",
            api_id=api.id,
            integration_type="AWS_PROXY",
            integration_uri=args.function_invoke_arn,
            payload_format_version="2.0",
            opts=child,
        )
        routes = _routes(name, api, authorizer, integration, args.routes, child)
        permission = aws.lambda_.Permission(
            f"{name}-permission",
            action="lambda:InvokeFunction",
            function=args.function_name,
            principal="apigateway.amazonaws.com",
            # Any stage and route of this API, and no other API. One statement for each route would pass the 20 kB that
            # a function's policy may have long before the 300th.
            source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),
            opts=child,
        )
        logs = aws.cloudwatch.LogGroup(
            f"{name}-access",
            # API Gateway delivers logs as a vended source; this prefix keeps the account's one resource policy for
            # them, of 5,120 characters, from filling up ("Enabling logging from AWS services").
            name_prefix=f"/aws/vendedlogs/{name}-access-",
            retention_in_days=args.log_retention_days,
            opts=child,
        )
        aws.apigatewayv2.Stage(
            f"{name}-stage",
            api_id=api.id,
            name="$default",
            auto_deploy=True,
            default_route_settings={
                "throttling_rate_limit": args.throttle_rate,
                "throttling_burst_limit": args.throttle_burst,
            },
            route_settings=_route_settings(args.routes),
            access_log_settings={"destination_arn": logs.arn, "format": ACCESS_LOG_FORMAT},
            # Settings of a route that does not exist yet are refused, and a stage without the permission answers 500.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*routes, permission]),
        )

        self.url = api.api_endpoint
        self.id = api.id
        self.log_group = logs.name
        self.register_outputs({"url": self.url, "id": self.id, "log_group": self.log_group})


def _routes(
    name: str,
    api: aws.apigatewayv2.Api,
    authorizer: aws.apigatewayv2.Authorizer,
    integration: aws.apigatewayv2.Integration,
    routes: Sequence[Route],
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    target = pulumi.Output.concat("integrations/", integration.id)
    return [
        aws.apigatewayv2.Route(
            f"{name}-{route.key}",
            api_id=api.id,
            route_key=route.key,
            target=target,
            # The type is what protects: with an authorizer's id alone, a route stays open.
            authorization_type="NONE" if route.public else "JWT",
            authorizer_id=None if route.public else authorizer.id,
            authorization_scopes=list(route.scopes) or None,
            opts=opts,
        )
        for route in routes
    ]


def _cors(routes: Sequence[Route], origins: Sequence[str]) -> aws.apigatewayv2.ApiCorsConfigurationArgs | None:
    """Exact origins, the methods that routes have, and no credentials: the token travels in a header, not a cookie."""
    if not origins:
        return None
    return aws.apigatewayv2.ApiCorsConfigurationArgs(
        allow_origins=list(origins),
        allow_methods=sorted({route.key.split(" ")[0] for route in routes}),
        allow_headers=["authorization", "content-type"],
        expose_headers=["apigw-requestid", "retry-after", "www-authenticate"],
        max_age=600,
    )


def _route_settings(routes: Sequence[Route]) -> list[aws.apigatewayv2.StageRouteSettingArgs]:
    return [
        aws.apigatewayv2.StageRouteSettingArgs(
            route_key=route.key,
            throttling_rate_limit=route.throttle.rate,
            throttling_burst_limit=route.throttle.burst,
        )
        for route in routes
        if route.throttle is not None
    ]
