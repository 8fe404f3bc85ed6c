"""Mappings of API Gateway's resources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks.mappings.mapping import (
    Deployed,
    Endpoint,
    ResourceMapping,
    Values,
    found,
    known_by,
    leave_as_made,
    pascal,
    renamed,
    same,
)


def _api(answer: Values, _: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    api_id = answer["ApiId"]
    return api_id, {
        "arn": f"arn:aws:apigateway:{emulator.region}::/apis/{api_id}",
        "executionArn": emulator.arn("execute-api", api_id),
        # A path, because most resolvers do not know the name <id>.execute-api.localhost.
        "apiEndpoint": f"{emulator.endpoint}/_aws/execute-api/{api_id}",
    }


def _deployed_api(api: Deployed) -> tuple[str, dict[str, Any]]:
    api_id = api.digest[:10]
    return api_id, {
        "name": api.physical_name,
        "executionArn": api.arn("execute-api", api_id),
        "apiEndpoint": f"https://{api_id}.execute-api.{api.region}.amazonaws.com",
    }


def _route_settings(settings: list[Values]) -> dict[str, Any]:
    return {
        "RouteSettings": {
            each["routeKey"]: pascal({key: value for key, value in each.items() if key != "routeKey"})
            for each in settings
        }
    }


def _domain_name(_: Values, sent: Values, emulator: Endpoint) -> tuple[str, dict[str, Any]]:
    (configuration,) = sent["DomainNameConfigurations"]
    return sent["DomainName"], {
        "domainNameConfiguration": {
            **{key[0].lower() + key[1:]: value for key, value in configuration.items()},
            "targetDomainName": f"d-local.execute-api.{emulator.region}.amazonaws.com",
            "hostedZoneId": "ZLOCAL",
        }
    }


def _deployed_domain_name(domain: Deployed) -> tuple[str, dict[str, Any]]:
    configuration = {
        "targetDomainName": f"d-{domain.digest[:10]}.execute-api.{domain.region}.amazonaws.com",
        "hostedZoneId": "Z1U9ULNL0V5AJ3",
        **domain.inputs["domainNameConfiguration"],
    }
    return domain.inputs["domainName"], {"domainNameConfiguration": configuration}


MAPPINGS: Mapping[str, ResourceMapping] = {
    "aws:apigatewayv2/api:Api": ResourceMapping(
        service="apigatewayv2",
        call="create_api",
        update="update_api",
        delete="delete_api",
        identity="ApiId",
        name="Name",
        inputs=same("protocolType", "corsConfiguration", "disableExecuteApiEndpoint", "tags"),
        changes={"Tags": leave_as_made},
        outputs=_api,
        deployed=_deployed_api,
    ),
    "aws:apigatewayv2/authorizer:Authorizer": ResourceMapping(
        service="apigatewayv2",
        call="create_authorizer",
        update="update_authorizer",
        delete="delete_authorizer",
        identity="AuthorizerId",
        inputs={
            **same("name", "apiId", "authorizerType"),
            "identitySources": "IdentitySource",
            "jwtConfiguration": renamed("JwtConfiguration", {"issuer": "Issuer", "audiences": "Audience"}),
        },
        outputs=found("AuthorizerId"),
    ),
    "aws:apigatewayv2/integration:Integration": ResourceMapping(
        service="apigatewayv2",
        call="create_integration",
        update="update_integration",
        delete="delete_integration",
        identity="IntegrationId",
        inputs=same("apiId", "integrationType", "integrationUri", "payloadFormatVersion"),
        outputs=found("IntegrationId"),
    ),
    "aws:apigatewayv2/route:Route": ResourceMapping(
        service="apigatewayv2",
        call="create_route",
        update="update_route",
        delete="delete_route",
        identity="RouteId",
        inputs=same("apiId", "routeKey", "target", "authorizationType", "authorizerId", "authorizationScopes"),
        outputs=found("RouteId"),
    ),
    "aws:apigatewayv2/stage:Stage": ResourceMapping(
        service="apigatewayv2",
        call="create_stage",
        update="update_stage",
        delete="delete_stage",
        inputs={
            **same("apiId", "autoDeploy", "defaultRouteSettings", "accessLogSettings", "tags"),
            "name": "StageName",
            "routeSettings": _route_settings,
        },
        changes={"Tags": leave_as_made},
        outputs=known_by("StageName"),
    ),
    "aws:apigatewayv2/domainName:DomainName": ResourceMapping(
        service="apigatewayv2",
        call="create_domain_name",
        update="update_domain_name",
        delete="delete_domain_name",
        inputs={
            **same("domainName", "mutualTlsAuthentication", "tags"),
            "domainNameConfiguration": lambda value: {"DomainNameConfigurations": [pascal(value)]},
        },
        changes={"Tags": leave_as_made},
        outputs=_domain_name,
        deployed=_deployed_domain_name,
    ),
    "aws:apigatewayv2/apiMapping:ApiMapping": ResourceMapping(
        service="apigatewayv2",
        call="create_api_mapping",
        update="update_api_mapping",
        delete="delete_api_mapping",
        identity="ApiMappingId",
        inputs=same("apiId", "domainName", "stage"),
        outputs=found("ApiMappingId"),
    ),
}
