"""Rules for the HTTP API: routes, authorizer, stage, CORS and domain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from handler.routes import ROUTES
from policies.rule import PRODUCTION, ResourceRule, Severity, at, shown, wants
from stacks.resource import Resource

API = "aws:apigatewayv2/api:Api"
AUTHORIZER = "aws:apigatewayv2/authorizer:Authorizer"
DOMAIN = "aws:apigatewayv2/domainName:DomainName"
ROUTE = "aws:apigatewayv2/route:Route"
STAGE = "aws:apigatewayv2/stage:Stage"

PUBLIC = frozenset(route.key for route in ROUTES if route.public)
LOGGED = (
    "requestId",
    "routeKey",
    "status",
    "authorizer.error",
    "integrationErrorMessage",
    "error.message",
    "identity.sourceIp",
    "authorizer.claims.sub",
)
# API Gateway compares it with the token's `iss` as text: with a trailing slash it would refuse every token.
_ISSUER = re.compile(r"https://cognito-idp\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com(\.cn)?/\1_\w+")
_METHOD = re.compile(r"GET|HEAD|POST|PUT|PATCH|DELETE")


def _protected(route: Resource) -> Iterator[str]:
    if route.inputs.get("routeKey") in PUBLIC:
        return
    yield from wants(route, "authorizationType", "JWT")
    if not route.inputs.get("authorizerId"):
        yield "authorizerId must name the JWT authorizer, got nothing"


def _declared(route: Resource) -> Iterator[str]:
    key = str(route.inputs.get("routeKey") or "")
    method, _, path = key.partition(" ")
    if not _METHOD.fullmatch(method) or "+}" in path or not path.startswith("/"):
        yield f"routeKey must be one method and one path, got {key}"


def _issuer(authorizer: Resource) -> Iterator[str]:
    issuer = at(authorizer.inputs, "jwtConfiguration.issuer")
    if not _ISSUER.fullmatch(str(issuer or "")):
        yield f"jwtConfiguration.issuer must be https://cognito-idp.<region>.amazonaws.com/<pool>, got {shown(issuer)}"


def _audience(authorizer: Resource) -> Iterator[str]:
    if not at(authorizer.inputs, "jwtConfiguration.audiences"):
        yield "jwtConfiguration.audiences must name an app client, got nothing"


def _token_source(authorizer: Resource) -> Iterator[str]:
    sources = authorizer.inputs.get("identitySources") or []
    if list(sources) != ["$request.header.Authorization"]:
        yield f"identitySources must be the Authorization header alone, got {shown(sources)}"


def _access_log(stage: Resource) -> Iterator[str]:
    settings: Mapping[str, Any] = stage.inputs.get("accessLogSettings") or {}
    if not settings.get("destinationArn"):
        yield "accessLogSettings.destinationArn must name a log group, got nothing"
    try:
        format_ = json.loads(str(settings.get("format") or ""))
    except ValueError:
        yield f"accessLogSettings.format must be JSON, got {shown(settings.get('format'))}"
        return
    logged = set(format_.values())
    missing = [name for name in LOGGED if f"$context.{name}" not in logged]
    if missing:
        yield f"accessLogSettings.format must hold {', '.join(missing)}, got none of them"
    leaks = sorted(each for each in logged if re.search(r"authorization|header|\.claims$", str(each), re.IGNORECASE))
    if leaks:
        yield f"accessLogSettings.format must hold no header and no token, got {shown(leaks)}"


def _throttled(stage: Resource) -> Iterator[str]:
    limits = {"defaultRouteSettings": stage.inputs.get("defaultRouteSettings") or {}}
    for route in stage.inputs.get("routeSettings") or ():
        limits[f"routeSettings of {route.get('routeKey')}"] = route
    for place, settings in limits.items():
        for key in ("throttlingRateLimit", "throttlingBurstLimit"):
            if not (settings.get(key) or 0) > 0:
                yield f"{place}: {key} must be above 0, got {shown(settings.get(key))}"


def _cors(api: Resource) -> Iterator[str]:
    cors: Mapping[str, Any] = api.inputs.get("corsConfiguration") or {}
    for origin in cors.get("allowOrigins") or ():
        if not re.fullmatch(r"https://[^*/\s]+", str(origin)):
            yield f"corsConfiguration.allowOrigins must be exact https:// origins, got {origin}"
    for key in ("allowMethods", "allowHeaders"):
        if "*" in (cors.get(key) or ()):
            yield f"corsConfiguration.{key} must be named one by one, got *"


def _domain(domain: Resource) -> Iterator[str]:
    yield from wants(domain, "domainNameConfiguration.securityPolicy", "TLS_1_2")
    yield from wants(domain, "domainNameConfiguration.endpointType", "REGIONAL")


RULES = (
    ResourceRule(
        id="API-JWT",
        severity=Severity.CRITICAL,
        title="Every route requires a token, except those that the route table declares public",
        remedy="remove public=True from the route in handler/routes.py",
        sources=("APIG4", "SH APIGateway.8", "CKV_AWS_309"),
        types=(ROUTE,),
        check=_protected,
    ),
    ResourceRule(
        id="API-CATCH-ALL",
        severity=Severity.HIGH,
        title="Each route is one method and one path: no $default, no ANY, no {proxy+}",
        remedy="declare each route in handler/routes.py",
        sources=("APIG4", "OWASP API9"),
        types=(ROUTE,),
        check=_declared,
    ),
    ResourceRule(
        id="API-ISSUER",
        severity=Severity.CRITICAL,
        title="The authorizer trusts the exact issuer URL of a Cognito user pool",
        remedy="issuer=auth.issuer on the authorizer",
        sources=("API Gateway: JWT authorizers",),
        types=(AUTHORIZER,),
        check=_issuer,
    ),
    ResourceRule(
        id="API-AUDIENCE",
        severity=Severity.CRITICAL,
        title="The authorizer names the app clients whose tokens it accepts",
        remedy="audiences=[auth.client_id] on the authorizer",
        sources=("API Gateway: JWT authorizers",),
        types=(AUTHORIZER,),
        check=_audience,
    ),
    ResourceRule(
        id="API-TOKEN-SOURCE",
        severity=Severity.HIGH,
        title="Tokens come in the Authorization header, never in a URL, which is logged",
        remedy='identity_sources=["$request.header.Authorization"] on the authorizer',
        sources=("RFC 6750, 5.3",),
        types=(AUTHORIZER,),
        check=_token_source,
    ),
    ResourceRule(
        id="API-ACCESS-LOG",
        severity=Severity.MEDIUM,
        title="Every request is logged as JSON, with the caller and the reason of a refusal, without a token",
        remedy="access_log_settings on the stage",
        sources=("APIG1", "SH APIGateway.9", "CKV_AWS_76", "CKV_AWS_95"),
        types=(STAGE,),
        check=_access_log,
    ),
    ResourceRule(
        id="API-THROTTLE",
        severity=Severity.MEDIUM,
        title="Every route has a rate and a burst above 0",
        remedy="pulumi config set throttleRate 50; pulumi config set throttleBurst 100",
        sources=("APIGWDefaultThrottling", "ES2003", "OWASP API4"),
        types=(STAGE,),
        check=_throttled,
    ),
    ResourceRule(
        id="API-CORS",
        severity=Severity.HIGH,
        title="CORS allows exact https origins, named methods and named headers only",
        remedy="pulumi config set --path 'allowedOrigins[0]' https://app.example.com",
        sources=("OWASP API8",),
        types=(API,),
        check=_cors,
    ),
    ResourceRule(
        id="API-TLS",
        severity=Severity.HIGH,
        title="A custom domain requires TLS 1.2 or newer",
        remedy='security_policy="TLS_1_2" on the domain name',
        sources=("CKV_AWS_206",),
        types=(DOMAIN,),
        check=_domain,
    ),
    ResourceRule(
        id="API-OWN-DOMAIN",
        severity=Severity.MEDIUM,
        title="The default execute-api endpoint is disabled: clients use the custom domain only",
        remedy="pulumi config set apiDomain api.example.com; pulumi config set apiZoneId Z0123456789EXAMPLE",
        sources=("API Gateway: disable the default endpoint",),
        environments=PRODUCTION,
        types=(API,),
        check=lambda api: wants(api, "disableExecuteApiEndpoint", True),
    ),
)
