"""The HTTP API, whose JWT authorizer checks every route that is not public."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

import pulumi
import pulumi_aws as aws

from .api_domain import ApiDomain, ApiDomainArgs, TruststoreArgs
from .arguments import (
    Problem,
    Remove,
    Set,
    between,
    checked,
    distinct,
    each_entry,
    frozen,
    matching,
    sized,
    typed,
    validate,
)
from .formats import browser_origin, certificate_arn, header_name, hostname, optional, retention_days, web_url, zone_id

# Fields of an access log line (API Gateway, "HTTP API logging variables"). No header is among them, so no token can
# be; `authorizer.claims` as a whole would log null.
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

CORS_HEADERS = ("authorization", "content-type", "if-none-match")  # which every page may send


@frozen
class ThrottleArgs:
    """A route's own limit."""

    rate: float
    """Requests a second that the route takes steadily."""
    burst: int = field(metadata=checked(between(1, 5000)))
    """Requests that the route takes at once."""

    def __post_init__(self) -> None:
        validate(self)


@frozen
class RouteArgs:
    """One route. It is protected unless `public` says otherwise."""

    key: str = field(
        metadata=checked(matching(r"(GET|HEAD|POST|PUT|PATCH|DELETE) /\S*", "be a method and a path, as GET /orders"))
    )
    """Method and path, as `GET /orders`."""
    function: str = "api"
    """Name of the function that answers."""
    public: bool = False
    """Anyone may call the route, without a token."""
    scopes: Sequence[str] = field(default=(), metadata=checked(sized(0, 10), distinct))
    """Scopes of which a token must have one. API Gateway takes ten."""
    headers: Sequence[str] = field(default=(), metadata=checked(each_entry(header_name)))
    """Headers that the route reads, besides those of every route. Pages of the allowed origins may send them."""
    throttle: ThrottleArgs | None = None
    """The route's own limit. None: the stage's."""

    def __post_init__(self) -> None:
        validate(self)


@frozen
class TargetArgs:
    """A function that answers routes."""

    name: pulumi.Input[str]
    """Name of the function."""
    invoke_arn: pulumi.Input[str]
    """ARN by which API Gateway invokes the function or its alias."""
    qualifier: pulumi.Input[str] | None = None
    """Name of the alias. None: the function itself."""


def origins_are_as_browsers_send_them(allowed_origins: Sequence[str]) -> Iterator[Problem]:
    """API Gateway compares texts, so an origin in any other spelling lets no page in (RFC 6454, section 6.2)."""
    for index, value in enumerate(allowed_origins):
        right, path = browser_origin(value), ("allowed_origins", index)
        if value != right:
            fix = Remove(path) if right in allowed_origins else Set(path, right)
            yield Problem(path, "be an origin as browsers send it", value, fix)


def burst_holds_a_second(throttle_rate: int, throttle_burst: int) -> Iterator[Problem]:
    """The bucket is refilled at the rate: a smaller bucket overflows, and the rate is never reached."""
    least = min(throttle_rate, 5000)  # the greatest burst there is
    if throttle_burst < least:
        rule = f"be at least {least} with a throttle_rate of {throttle_rate}"
        yield Problem(("throttle_burst",), rule, throttle_burst, Set(("throttle_burst",), least))


def custom_domain_is_complete(
    api_domain: str,
    api_certificate_arn: str,
    api_zone_id: str,
    keep_default_endpoint: bool,
    truststore: TruststoreArgs,
) -> Iterator[Problem]:
    """A domain needs a certificate; what belongs to a domain does nothing without one."""
    if api_domain and not api_certificate_arn and not api_zone_id:
        fix = Set(("api_zone_id",), "Z0123456789EXAMPLE")
        yield Problem(("api_zone_id",), "be set with api_domain, or api_certificate_arn must", None, fix)
    if not api_domain:
        for name, value in {
            "api_certificate_arn": api_certificate_arn,
            "api_zone_id": api_zone_id,
            "keep_default_endpoint": keep_default_endpoint,
            "truststore": truststore.uri,
        }.items():
            if value:
                fix = Set(("api_domain",), "api.example.com")
                yield Problem(("api_domain",), f"be set with {name}", None, fix)


def mutual_tls_has_one_door(
    truststore: TruststoreArgs,
    keep_default_endpoint: bool,
) -> Iterator[Problem]:
    """The default endpoint asks no client for a certificate."""
    if truststore.uri and keep_default_endpoint:
        fix = Set(("keep_default_endpoint",), value=False)
        yield Problem(("keep_default_endpoint",), "be false with truststore", value=True, fix=fix)


OPTION_RULES = (
    origins_are_as_browsers_send_them,
    burst_holds_a_second,
    custom_domain_is_complete,
    mutual_tls_has_one_door,
)


@frozen
class HttpApiOptionsArgs:
    """The API's tokens, origins and throttles."""

    allowed_origins: Sequence[str] = field(
        metadata=checked(sized(0, 50), distinct, each_entry(web_url), example=["https://app.example.com"])
    )
    """Exact origins whose pages may call the API (CORS): https, or http on localhost. Empty: no page may."""
    allowed_headers: Sequence[str] = field(
        default=(),
        metadata=checked(sized(0, 50), distinct, each_entry(header_name), example=["traceparent", "baggage"]),
    )
    """Further headers that pages may send, by exact name, such as those of tracing libraries."""
    resource_identifiers: Sequence[str] = field(
        default=(), metadata=checked(sized(0, 20), distinct, each_entry(web_url), example=["https://api.example.com"])
    )
    """Identifiers of this API that clients may bind access tokens to (RFC 8707), as clients of MCP servers do."""
    allow_credentials: bool = False
    """Browsers may send cookies of these origins. The API needs none, since its token is a header."""
    throttle_rate: int = field(default=50, metadata=checked(between(1, 10_000)))
    """Requests a second that each route takes steadily, 1 to 10000."""
    throttle_burst: int = field(default=100, metadata=checked(between(1, 5000)))
    """Requests that each route takes at once, 1 to 5000, and not less than the rate."""
    detailed_metrics: bool = False
    """CloudWatch measures each route separately, at the price of custom metrics."""
    access_log_callers: bool = True
    """The access log names the caller: subject, address and user agent. Off, it holds no personal data."""
    api_domain: str = field(default="", metadata=checked(optional(hostname), example="api.example.com"))
    """Custom domain for the API. Disables the default execute-api endpoint."""
    api_certificate_arn: str = field(
        default="",
        metadata=checked(
            optional(certificate_arn),
            example="arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
        ),
    )
    """Certificate for the custom domain, in this region. Empty: a new one, proven in the Route 53 zone."""
    api_zone_id: str = field(default="", metadata=checked(optional(zone_id), example="Z0123456789EXAMPLE"))
    """Route 53 zone of the custom domain. Empty: its record is made elsewhere."""
    keep_default_endpoint: bool = False
    """The default endpoint answers as well as the custom domain, while callers move."""
    truststore: TruststoreArgs = field(
        default_factory=TruststoreArgs, metadata=checked(example={"uri": "s3://example-trust/clients.pem"})
    )
    """Authorities of the client certificates that the custom domain requires (mutual TLS): `uri` and `version`."""

    def __post_init__(self) -> None:
        validate(self, *OPTION_RULES)


def routes_have_their_functions(routes: Sequence[RouteArgs], functions: Mapping[str, TargetArgs]) -> Iterator[Problem]:
    """A route leads to a function."""
    for index, route in enumerate(routes):
        if route.function not in functions:
            rule = f"be one of {', '.join(sorted(functions)) or 'no functions'}"
            yield Problem(("routes", index, "function"), rule, route.function)


def audiences_fit(audiences: Sequence[object], options: HttpApiOptionsArgs) -> Iterator[Problem]:
    """API Gateway takes 50 audiences, and resource identifiers are audiences as well."""
    most = 50 - len(audiences)
    if len(options.resource_identifiers) > most:
        path, rule = ("options", "resource_identifiers"), f"be {most} at most beside {len(audiences)} app clients"
        yield Problem(path, rule, list(options.resource_identifiers))


@frozen
class HttpApiArgs:
    """Arguments of an API. Raises ArgumentsError for what API Gateway would refuse, or accepts and should not."""

    routes: Sequence[RouteArgs] = field(metadata=checked(sized(0, 300)))
    """The routes. API Gateway takes 300."""
    issuer: pulumi.Input[str]
    """Issuer of the tokens."""
    # An authorizer without an audience admits any client's token; API Gateway takes 50.
    audiences: Sequence[pulumi.Input[str]] = field(metadata=checked(sized(1, 50)))
    """App clients whose tokens the authorizer admits."""
    functions: Mapping[str, TargetArgs]
    """The functions that answer, by the names that routes use."""
    options: HttpApiOptionsArgs
    """Origins, throttles, logs and the custom domain."""
    log_retention_days: int = field(default=365, metadata=checked(retention_days))
    """Days that the access log is kept."""
    kms_key_arn: pulumi.Input[str] | None = None
    """Key that encrypts the access log. None: a key that AWS owns."""

    def __post_init__(self) -> None:
        validate(self, routes_have_their_functions, audiences_fit)


class HttpApi(pulumi.ComponentResource):
    """An HTTP API in front of one or more functions, with a JWT authorizer, throttles and an access log."""

    url: pulumi.Output[str]
    """Base URL of the API."""
    id: pulumi.Output[str]
    """Id of the API."""
    log_group: pulumi.Output[str]
    """Name of the access log's group."""

    def __init__(self, name: str, args: HttpApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("secureapi:index:HttpApi", name, None, opts)
        args = typed(HttpApiArgs, args)
        child = pulumi.ResourceOptions(parent=self)
        options = args.options

        api = aws.apigatewayv2.Api(
            f"{name}-api",
            protocol_type="HTTP",
            cors_configuration=_cors(args),
            disable_execute_api_endpoint=bool(options.api_domain) and not options.keep_default_endpoint,
            opts=child,
        )
        authorizer = aws.apigatewayv2.Authorizer(
            f"{name}-authorizer",
            name=f"{name}-jwt",
            api_id=api.id,
            authorizer_type="JWT",
            identity_sources=["$request.header.Authorization"],
            jwt_configuration={"issuer": args.issuer, "audiences": [*args.audiences, *options.resource_identifiers]},
            opts=child,
        )
        permissions = {
            key: _permission(f"{name}-permission-{key}", api, each, child) for key, each in args.functions.items()
        }
        integrations = {
            key: aws.apigatewayv2.Integration(
                f"{name}-integration-{key}",
                api_id=api.id,
                integration_type="AWS_PROXY",
                integration_uri=function.invoke_arn,
                payload_format_version="2.0",
                # An integration that leads to an alias, or no longer does, answers 500 until it may call there.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[permissions[key]]),
            )
            for key, function in args.functions.items()
        }
        routes = _routes(name, api, authorizer, integrations, args.routes, child)
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
                "throttling_rate_limit": options.throttle_rate,
                "throttling_burst_limit": options.throttle_burst,
                "detailed_metrics_enabled": options.detailed_metrics,
            },
            route_settings=_route_settings(args),
            access_log_settings={
                "destination_arn": logs.arn,
                "format": access_log_format(callers=options.access_log_callers),
            },
            # Settings of a route that does not exist yet are refused.
            opts=pulumi.ResourceOptions(parent=self, depends_on=routes),
        )

        self.url = api.api_endpoint
        if options.api_domain:
            self.url = ApiDomain(f"{name}-domain", _domain_args(args, api, stage), child).url
        self.id = api.id
        self.log_group = logs.name
        self.register_outputs({"url": self.url, "id": self.id, "log_group": self.log_group})


def access_log_format(*, callers: bool) -> str:
    """Return the format of a line of the access log; `callers` adds personal data."""
    return json.dumps({**ACCESS_LOG_FIELDS, **(CALLER_FIELDS if callers else {})})


def _routes(
    name: str,
    api: aws.apigatewayv2.Api,
    authorizer: aws.apigatewayv2.Authorizer,
    integrations: Mapping[str, aws.apigatewayv2.Integration],
    routes: Sequence[RouteArgs],
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    targets = {key: pulumi.Output.concat("integrations/", each.id) for key, each in integrations.items()}
    return [
        aws.apigatewayv2.Route(
            f"{name}-{route.key}",
            api_id=api.id,
            route_key=route.key,
            target=targets[route.function],
            # The type is what protects: with an authorizer's id alone, a route stays open.
            authorization_type="NONE" if route.public else "JWT",
            authorizer_id=None if route.public else authorizer.id,
            authorization_scopes=list(route.scopes) or None,
            opts=opts,
        )
        for route in routes
    ]


def _permission(
    name: str, api: aws.apigatewayv2.Api, function: TargetArgs, opts: pulumi.ResourceOptions
) -> aws.lambda_.Permission:
    """Let every stage and route of this API, and no other API, call the function.

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
    """Return the CORS settings: exact origins, methods and headers that routes have. None: no page may call the API."""
    if not args.options.allowed_origins:
        return None
    own = [name for route in args.routes for name in route.headers]
    return aws.apigatewayv2.ApiCorsConfigurationArgs(
        allow_origins=list(args.options.allowed_origins),
        allow_methods=sorted({route.key.split(" ")[0] for route in args.routes}),
        allow_headers=sorted({name.lower() for name in (*CORS_HEADERS, *args.options.allowed_headers, *own)}),
        allow_credentials=args.options.allow_credentials,
        expose_headers=["apigw-requestid", "etag", "location", "retry-after", "www-authenticate"],
        max_age=600,
    )


def _route_settings(args: HttpApiArgs) -> list[aws.apigatewayv2.StageRouteSettingArgs]:
    """Return per-route stage settings. API Gateway treats an omitted field as 0, so every field is set."""
    return [
        aws.apigatewayv2.StageRouteSettingArgs(
            route_key=route.key,
            throttling_rate_limit=route.throttle.rate,
            throttling_burst_limit=route.throttle.burst,
            detailed_metrics_enabled=args.options.detailed_metrics,
        )
        for route in args.routes
        if route.throttle is not None
    ]


def _domain_args(args: HttpApiArgs, api: aws.apigatewayv2.Api, stage: aws.apigatewayv2.Stage) -> ApiDomainArgs:
    return ApiDomainArgs(
        domain=args.options.api_domain,
        api_id=api.id,
        stage=stage.id,
        certificate_arn=args.options.api_certificate_arn,
        zone_id=args.options.api_zone_id,
        truststore=args.options.truststore,
    )
