"""The way in: an HTTP API whose JWT authorizer checks every route that is not said to be public."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pulumi
import pulumi_aws as aws

from components.api_domain import ApiDomain, ApiDomainArgs

# What an access log line says (API Gateway, "HTTP API logging variables"). No header is in it, so no token can be;
# `authorizer.claims` as a whole would log null.
ACCESS_LOG_FIELDS = {
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
    "protocol": "$context.protocol",
}
CALLER_FIELDS = {  # personal data
    "subject": "$context.authorizer.claims.sub",
    "sourceIp": "$context.identity.sourceIp",
    "userAgent": "$context.identity.userAgent",
}


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
    def function(self) -> str: ...
    @property
    def public(self) -> bool: ...
    @property
    def scopes(self) -> Sequence[str]: ...
    @property
    def throttle(self) -> Throttle | None: ...


class Function(Protocol):
    """What the gateway needs to know of a function; `qualifier` is the alias to call, None for the function itself."""

    @property
    def name(self) -> pulumi.Output[str]: ...
    @property
    def invoke_arn(self) -> pulumi.Output[str]: ...
    @property
    def qualifier(self) -> pulumi.Output[str] | None: ...


@dataclass(frozen=True, kw_only=True)
class HttpApiArgs:
    """Routes, who checks their tokens, and which functions answer. Throttle in requests a second; retention in days.

    With `api_domain` the API answers there only, unless `keep_default_endpoint`; see ApiDomainArgs. ValueError for a
    wildcard origin, for a throttle of 0, which API Gateway reads as "refuse everything", and for what else it accepts
    and should not.
    """

    routes: Sequence[Route]
    issuer: pulumi.Input[str]
    audiences: Sequence[pulumi.Input[str]]
    functions: Mapping[str, Function]
    allowed_origins: Sequence[str]
    allow_credentials: bool = False
    throttle_rate: int = 50
    throttle_burst: int = 100
    detailed_metrics: bool = False
    api_domain: str = ""
    api_certificate_arn: str = ""
    api_zone_id: str = ""
    keep_default_endpoint: bool = False
    truststore_uri: str = ""
    truststore_version: str = ""
    access_log_callers: bool = True
    log_retention_days: int = 365
    kms_key_arn: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        if any("*" in origin for origin in self.allowed_origins):
            raise ValueError(f"allowed_origins must be exact, got {', '.join(self.allowed_origins)}")
        if self.throttle_rate < 1 or self.throttle_burst < 1:
            raise ValueError(f"throttle must be above 0, got rate {self.throttle_rate}, burst {self.throttle_burst}")
        if not self.audiences:
            raise ValueError("audiences must name an app client: an authorizer without one admits any client's token")
        unknown = {route.function for route in self.routes} - self.functions.keys()
        if unknown:
            raise ValueError(f"every route must name one of the functions, got {', '.join(sorted(unknown))}")
        if self.truststore_uri and (not self.api_domain or self.keep_default_endpoint):
            raise ValueError(
                "truststore_uri must have api_domain, and no keep_default_endpoint, which asks for no certificate"
            )


class HttpApi(pulumi.ComponentResource):
    """An HTTP API in front of one or more functions, with a JWT authorizer, throttles and an access log."""

    url: pulumi.Output[str]
    id: pulumi.Output[str]
    log_group: pulumi.Output[str]

    def __init__(self, name: str, args: HttpApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:HttpApi", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        api = aws.apigatewayv2.Api(
            f"{name}-api",
            protocol_type="HTTP",
            cors_configuration=_cors(args),
            disable_execute_api_endpoint=bool(args.api_domain) and not args.keep_default_endpoint,
            opts=child,
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
        integrations = {
            key: aws.apigatewayv2.Integration(
                f"{name}-integration-{key}",
                api_id=api.id,
                integration_type="AWS_PROXY",
                integration_uri=function.invoke_arn,
                payload_format_version="2.0",
                opts=child,
            )
            for key, function in args.functions.items()
        }
        routes = _routes(name, api, authorizer, integrations, args.routes, child)
        permissions = [
            _permission(f"{name}-permission-{key}", api, each, child) for key, each in args.functions.items()
        ]
        logs = aws.cloudwatch.LogGroup(
            f"{name}-access",
            # API Gateway delivers logs as a vended source; this prefix keeps the account's one resource policy for
            # them, of 5,120 characters, from filling up ("Enabling logging from AWS services").
            name_prefix=f"/aws/vendedlogs/{name}-access-",
            retention_in_days=args.log_retention_days,
            kms_key_id=args.kms_key_arn,
            opts=child,
        )
        stage = aws.apigatewayv2.Stage(
            f"{name}-stage",
            api_id=api.id,
            name="$default",
            auto_deploy=True,
            default_route_settings={
                "throttling_rate_limit": args.throttle_rate,
                "throttling_burst_limit": args.throttle_burst,
                "detailed_metrics_enabled": args.detailed_metrics,
            },
            route_settings=_route_settings(args),
            access_log_settings={
                "destination_arn": logs.arn,
                "format": access_log_format(callers=args.access_log_callers),
            },
            # Settings of a route that does not exist yet are refused, and a stage without the permission answers 500.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*routes, *permissions]),
        )

        self.url = api.api_endpoint
        if args.api_domain:
            self.url = ApiDomain(f"{name}-domain", _domain_args(args, api, stage), child).url
        self.id = api.id
        self.log_group = logs.name
        self.register_outputs({"url": self.url, "id": self.id, "log_group": self.log_group})


def access_log_format(*, callers: bool) -> str:
    """What API Gateway writes of a request, on one line; who called only if it is to be known."""
    return json.dumps({**ACCESS_LOG_FIELDS, **(CALLER_FIELDS if callers else {})})


def _routes(
    name: str,
    api: aws.apigatewayv2.Api,
    authorizer: aws.apigatewayv2.Authorizer,
    integrations: Mapping[str, aws.apigatewayv2.Integration],
    routes: Sequence[Route],
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    return [
        aws.apigatewayv2.Route(
            f"{name}-{route.key}",
            api_id=api.id,
            route_key=route.key,
            target=pulumi.Output.concat("integrations/", integrations[route.function].id),
            # The type is what protects: with an authorizer's id alone, a route stays open.
            authorization_type="NONE" if route.public else "JWT",
            authorizer_id=None if route.public else authorizer.id,
            authorization_scopes=list(route.scopes) or None,
            opts=opts,
        )
        for route in routes
    ]


def _permission(
    name: str, api: aws.apigatewayv2.Api, function: Function, opts: pulumi.ResourceOptions
) -> aws.lambda_.Permission:
    """Any stage and route of this API, and no other API, may call the function by the name that its routes use.

    One statement for each route would pass the 20 kB that a function's policy may have long before the 300th.
    """
    return aws.lambda_.Permission(
        name,
        action="lambda:InvokeFunction",
        function=function.name,
        qualifier=function.qualifier,
        principal="apigateway.amazonaws.com",
        source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),
        opts=opts,
    )


def _cors(args: HttpApiArgs) -> aws.apigatewayv2.ApiCorsConfigurationArgs | None:
    """Exact origins and the methods that routes have. Credentials only by word: the token is in a header, no cookie."""
    if not args.allowed_origins:
        return None
    return aws.apigatewayv2.ApiCorsConfigurationArgs(
        allow_origins=list(args.allowed_origins),
        allow_methods=sorted({route.key.split(" ")[0] for route in args.routes}),
        allow_headers=["authorization", "content-type"],
        allow_credentials=args.allow_credentials,
        expose_headers=["apigw-requestid", "retry-after", "www-authenticate"],
        max_age=600,
    )


def _route_settings(args: HttpApiArgs) -> list[aws.apigatewayv2.StageRouteSettingArgs]:
    """Settings of routes with a throttle of their own, whole: what a route's entry leaves out is 0, not the stage's."""
    return [
        aws.apigatewayv2.StageRouteSettingArgs(
            route_key=route.key,
            throttling_rate_limit=route.throttle.rate,
            throttling_burst_limit=route.throttle.burst,
            detailed_metrics_enabled=args.detailed_metrics,
        )
        for route in args.routes
        if route.throttle is not None
    ]


def _domain_args(args: HttpApiArgs, api: aws.apigatewayv2.Api, stage: aws.apigatewayv2.Stage) -> ApiDomainArgs:
    return ApiDomainArgs(
        domain=args.api_domain,
        api_id=api.id,
        stage=stage.id,
        certificate_arn=args.api_certificate_arn,
        zone_id=args.api_zone_id,
        truststore_uri=args.truststore_uri,
        truststore_version=args.truststore_version,
    )
