"""What each resource of the program becomes in the emulator: a table from Pulumi type to AWS API calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import LocalError

ACCOUNT = "000000000000"  # the emulator's only account

# What AWS answers to the program's questions, by token.
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "accountId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "userId": ACCOUNT,
    },
}

_CLOUDFRONT = "Z2FDTNDATAQYW2"

# What AWS enforces and the emulator does not: held by unit tests, and said by `up`.
NOT_EMULATED = (
    "throttles and reserved concurrency",
    "the invoke permission, the function's role, its VPC and its key",
    "an alias's weights and provisioned concurrency",
    "TLS and clients' certificates on an own domain",
    "reserved environment keys",
    "closed sign-up and sign-in flows that are off",
    "processor and Python version of the function",
    "delivery of the access log",
    "metrics of any kind: what metric filters, dashboard and alarms would show",
    "email (nothing is sent, and any confirmation code is right)",
    "pre sign-up of users that administrators create, and post confirmation",
)

Values = Mapping[str, Any]
Parameter = str | Callable[[Any], dict[str, Any]]


def _pascal(value: Any) -> Any:
    """Pulumi's camelCase keys as the PascalCase of most AWS APIs, at every depth."""
    if isinstance(value, Mapping):
        return {key[0].upper() + key[1:]: _pascal(member) for key, member in value.items()}
    return [_pascal(member) for member in value] if isinstance(value, list) else value


def _nested(*path: str) -> Callable[[Any], dict[str, Any]]:
    """Put the value, its keys in PascalCase, at a path of parameters."""

    def place(value: Any) -> dict[str, Any]:
        placed: dict[str, Any] = _pascal(value)
        for name in reversed(path):
            placed = {name: placed}
        return placed

    return place


def _same(*names: str) -> dict[str, Parameter]:
    """Inputs whose parameter is their own name in PascalCase; a tag's name stays as it is."""
    return {name: "Tags" if name == "tags" else _nested(name[0].upper() + name[1:]) for name in names}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How one Pulumi type is made, changed and removed.

    `inputs` maps an input to a parameter, or to a function that makes parameters of its value; `then` has the inputs
    with a call of their own. `outputs` makes the resource's id and its computed outputs of the call's answer, the
    parameters sent and the world around. `update` and `delete` take the same parameters, as far as AWS's model of the
    call has them, and the id as `identity`; what `update` cannot change, or a type without it, is made anew.
    """

    service: str
    call: str
    inputs: Mapping[str, Parameter]
    outputs: Callable[[Values, Values, World], tuple[str, dict[str, Any]]]
    name: str | None = None  # the parameter that Pulumi would fill with a name of its own where the program gives none
    then: Mapping[str, Callable[[Any, Any, Values], object]] = field(
        default_factory=dict
    )  # their `sent` has the id too
    update: str | None = None
    delete: str | None = None
    identity: str | None = None  # the parameter of both that takes the id
    changes: Mapping[str, Callable[[Any, Values], object]] = field(
        default_factory=dict
    )  # parameters with a call of their own
    kept: bool = False  # never made anew: its users would be lost
    # Inputs that the emulator takes and does nothing with, each with what `up` says of it.
    without_effect: Mapping[str, str] = field(default_factory=dict)
    missing: str = ""  # what `up` says is not there, of a type that the emulator has no call for; it is only checked
    renewed: Callable[[Any, Values], dict[str, Any]] | None = None  # computed outputs that a change brings anew


@dataclass(frozen=True)
class World:
    """Where resources are made."""

    endpoint: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{resource}"


def _user_pool(answer: Values, _: Values, world: World) -> tuple[str, dict[str, Any]]:
    pool_id = answer["UserPool"]["Id"]
    return pool_id, {
        "arn": world.arn("cognito-idp", f"userpool/{pool_id}"),
        "endpoint": f"cognito-idp.{world.region}.amazonaws.com/{pool_id}",
    }


def _second_factor(parameter: str) -> Callable[[Any, Any, Values], object]:
    """A second factor's settings have a call of their own; it leaves the others as they are in the emulator."""

    def set_it(client: Any, value: Any, sent: Values) -> None:
        client.set_user_pool_mfa_config(UserPoolId=sent["UserPoolId"], **{parameter: _pascal(value)})

    return set_it


def _add_attributes(client: Any, sent: Values) -> None:
    """Cognito adds custom attributes, and never changes or removes one; LocalError where that is asked."""
    pool = client.describe_user_pool(UserPoolId=sent["UserPoolId"])["UserPool"]
    own = [each for each in pool["SchemaAttributes"] if each["Name"].startswith("custom:")]
    there = {each["Name"].removeprefix("custom:"): each for each in own}
    wanted = {each["Name"]: each for each in sent.get("Schema", [])}
    for name, attribute in there.items():
        same = ("AttributeDataType", "Mutable")
        if name not in wanted or any(wanted[name][key] != attribute[key] for key in same):
            raise LocalError(
                f"custom attribute {name} can neither change nor go while the pool lives; restart the stack"
            )
    if new := [attribute for name, attribute in wanted.items() if name not in there]:
        client.add_custom_attributes(UserPoolId=sent["UserPoolId"], CustomAttributes=new)


def _domain(answer: Values, sent: Values, _: World) -> tuple[str, dict[str, Any]]:
    # CloudFront's own zone, the same for every distribution (Route 53, AliasTarget)
    cloudfront = {"cloudfrontDistribution": answer.get("CloudFrontDomain"), "cloudfrontDistributionZoneId": _CLOUDFRONT}
    return sent["Domain"], cloudfront if "CustomDomainConfig" in sent else {}


def _style(document: str) -> dict[str, Any]:
    return {"Settings": json.loads(document)}


def _change(**record: Any) -> dict[str, Any]:
    """One record set of one change, which the inputs fill together."""
    return {"ChangeBatch": {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}}


def _alias_target(aliases: list[Values]) -> dict[str, Any]:
    names = {"name": "DNSName", "zoneId": "HostedZoneId", "evaluateTargetHealth": "EvaluateTargetHealth"}
    return _change(AliasTarget={names[key]: value for key, value in aliases[0].items()})


def _function(answer: Values, _: Values, world: World) -> tuple[str, dict[str, Any]]:
    name = answer["FunctionName"]
    arn = world.arn("lambda", f"function:{name}")  # without the version that a published function's answer names
    return name, {"arn": arn, "name": name, "invokeArn": _invoke_arn(world, arn), "version": answer["Version"]}


def _invoke_arn(world: World, function_arn: str) -> str:
    return f"arn:aws:apigateway:{world.region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"


def _api(answer: Values, _: Values, world: World) -> tuple[str, dict[str, Any]]:
    api_id = answer["ApiId"]
    return api_id, {
        "arn": f"arn:aws:apigateway:{world.region}::/apis/{api_id}",
        "executionArn": world.arn("execute-api", api_id),
        # By path, since <id>.execute-api.localhost is a name that most resolvers do not know.
        "apiEndpoint": f"{world.endpoint}/_aws/execute-api/{api_id}",
    }


def _log_group(_: Values, sent: Values, world: World) -> tuple[str, dict[str, Any]]:
    name = sent["logGroupName"]
    return name, {"name": name, "arn": world.arn("logs", f"log-group:{name}")}


def _topic(answer: Values, _: Values, __: World) -> tuple[str, dict[str, Any]]:
    return answer["TopicArn"], {"arn": answer["TopicArn"]}


def _alarm(_: Values, sent: Values, world: World) -> tuple[str, dict[str, Any]]:
    name = sent["AlarmName"]
    return name, {"name": name, "arn": world.arn("cloudwatch", f"alarm:{name}")}


def _alarm_series(queries: list[Values]) -> dict[str, Any]:
    """Metrics and expressions of an alarm: dimensions are pairs in the API, and the statistic stands beside them."""
    metrics = []
    for query in queries:
        entry = _pascal({key: value for key, value in query.items() if key != "metric"})
        if "metric" in query:
            metric = query["metric"]
            dimensions = [{"Name": name, "Value": value} for name, value in metric.get("dimensions", {}).items()]
            named = {"Namespace": metric["namespace"], "MetricName": metric["metricName"], "Dimensions": dimensions}
            entry["MetricStat"] = {"Metric": named, "Period": metric["period"], "Stat": metric["stat"]}
        metrics.append(entry)
    return {"Metrics": metrics}


def _transformation(value: Values) -> dict[str, Any]:
    names = {"name": "metricName", "namespace": "metricNamespace", "value": "metricValue", "unit": "unit"}
    sent = {names[key]: member for key, member in value.items() if key in names}
    if "dimensions" in value:
        sent["dimensions"] = value["dimensions"]
    if "defaultValue" in value:
        sent["defaultValue"] = float(value["defaultValue"])
    return {"metricTransformations": [sent]}


def _table(answer: Values, _: Values, __: World) -> tuple[str, dict[str, Any]]:
    table = answer["TableDescription"]
    return table["TableName"], {"name": table["TableName"], "arn": table["TableArn"]}


def _recover(client: Any, value: Values, sent: Values) -> None:
    client.update_continuous_backups(
        TableName=sent["TableName"], PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": value["enabled"]}
    )


def _keep_logs(client: Any, days: Any, sent: Values) -> None:
    client.put_retention_policy(logGroupName=sent["logGroupName"], retentionInDays=int(days))


def _reserve(client: Any, count: Any, sent: Values) -> None:
    if count >= 0:  # -1 shares the account's concurrency
        client.put_function_concurrency(FunctionName=sent["FunctionName"], ReservedConcurrentExecutions=int(count))


def _archive(archive: Any) -> dict[str, Any]:
    return {"Code": {"ZipFile": Path(archive.path).read_bytes()}}


def _upload(client: Any, sent: Values) -> None:
    client.update_function_code(FunctionName=sent["FunctionName"], ZipFile=sent["Code"]["ZipFile"])


def _renamed(parameter: str, names: Mapping[str, str]) -> Callable[[Values], dict[str, Any]]:
    """An object whose members have other names in the API; LocalError for one that is not among `names`."""

    def place(value: Values) -> dict[str, Any]:
        unmapped = value.keys() - names.keys()
        if unmapped:
            raise LocalError(f"{parameter} has no mapping for {', '.join(sorted(unmapped))}")
        return {parameter: {names[key]: _pascal(member) for key, member in value.items()}}

    return place


def _route_settings(settings: list[Values]) -> dict[str, Any]:
    return {
        "RouteSettings": {
            each["routeKey"]: _pascal({key: value for key, value in each.items() if key != "routeKey"})
            for each in settings
        }
    }


def _alias(answer: Values, sent: Values, world: World) -> tuple[str, dict[str, Any]]:
    arn = answer["AliasArn"]
    return f"{sent['FunctionName']}/{sent['Name']}", {"arn": arn, "invokeArn": _invoke_arn(world, arn)}


def _published(client: Any, sent: Values) -> dict[str, Any]:
    """A change of a published function is a version of its own, as `Publish` makes the first."""
    if not sent.get("Publish"):
        return {}
    return {"version": client.publish_version(FunctionName=sent["FunctionName"])["Version"]}


def _key(answer: Values, _: Values, __: World) -> tuple[str, dict[str, Any]]:
    made = answer["KeyMetadata"]
    return made["KeyId"], {"arn": made["Arn"], "keyId": made["KeyId"]}


def _rotate(client: Any, on: Any, sent: Values) -> None:
    if on:
        client.enable_key_rotation(KeyId=sent["KeyId"])


def _domain_name(_: Values, sent: Values, world: World) -> tuple[str, dict[str, Any]]:
    (configuration,) = sent["DomainNameConfigurations"]
    return sent["DomainName"], {
        "domainNameConfiguration": {
            **{key[0].lower() + key[1:]: value for key, value in configuration.items()},
            "targetDomainName": f"d-local.execute-api.{world.region}.amazonaws.com",
            "hostedZoneId": "ZLOCAL",
        }
    }


def _certificate(_: Values, sent: Values, world: World) -> tuple[str, dict[str, Any]]:
    arn, domain = world.arn("acm", "certificate/local"), sent["DomainName"]
    proof = {"domainName": domain, "resourceRecordName": f"_local.{domain}."}
    proof |= {"resourceRecordType": "CNAME", "resourceRecordValue": "_local.acm-validations.aws."}
    return arn, {"arn": arn, "domainValidationOptions": [proof]}


def _record(_: Values, sent: Values, __: World) -> tuple[str, dict[str, Any]]:
    record = sent["ChangeBatch"]["Changes"][0]["ResourceRecordSet"]
    return f"{sent['HostedZoneId']}_{record['Name']}_{record['Type']}", {"fqdn": record["Name"].rstrip(".")}


def _leave(_: Any, __: Values) -> None:
    """Tags are given when a resource is made. To change them AWS has other calls; here they stay until a restart."""


def _tag_list(key: str = "Key", value: str = "Value") -> Callable[[Values], dict[str, Any]]:
    """Tags as a list of pairs, for the services that have no map of them."""
    return lambda tags: {"Tags": [{key: name, value: text} for name, text in tags.items()]}


def _found(key: str) -> Callable[[Values, Values, World], tuple[str, dict[str, Any]]]:
    """A resource whose id stands in the answer and that computes nothing else."""
    return lambda answer, _sent, _world: (str(answer[key]), {})


def _sent(*keys: str) -> Callable[[Values, Values, World], tuple[str, dict[str, Any]]]:
    """A resource that is known by what was sent."""
    return lambda _answer, sent, _world: ("/".join(str(sent[key]) for key in keys), {})


KINDS: Mapping[str, Kind] = {
    "aws:cognito/userPool:UserPool": Kind(
        service="cognito-idp",
        call="create_user_pool",
        update="update_user_pool",
        delete="delete_user_pool",
        identity="UserPoolId",
        kept=True,
        name="PoolName",
        inputs={
            **_same("usernameAttributes", "aliasAttributes", "usernameConfiguration", "autoVerifiedAttributes"),
            **_same("accountRecoverySetting", "adminCreateUserConfig", "deletionProtection", "lambdaConfig"),
            **_same("userPoolTier", "userPoolAddOns", "mfaConfiguration"),
            "schemas": _nested("Schema"),
            "passwordPolicy": _nested("Policies", "PasswordPolicy"),
            "signInPolicy": _nested("Policies", "SignInPolicy"),
            "emailConfiguration": _renamed(
                "EmailConfiguration",
                {
                    "emailSendingAccount": "EmailSendingAccount",
                    "fromEmailAddress": "From",
                    "sourceArn": "SourceArn",
                    "replyToEmailAddress": "ReplyToEmailAddress",
                    "configurationSet": "ConfigurationSet",
                },
            ),
            "tags": "UserPoolTags",
            "userAttributeUpdateSettings": _renamed(
                "UserAttributeUpdateSettings",
                {"attributesRequireVerificationBeforeUpdates": "AttributesRequireVerificationBeforeUpdate"},
            ),
        },
        then={
            "softwareTokenMfaConfiguration": _second_factor("SoftwareTokenMfaConfiguration"),
            "emailMfaConfiguration": _second_factor("EmailMfaConfiguration"),
            "webAuthnConfiguration": _second_factor("WebAuthnConfiguration"),
        },
        changes={"Schema": _add_attributes},
        without_effect={"webAuthnConfiguration": "passkeys", "emailMfaConfiguration": "second factors by email"},
        outputs=_user_pool,
    ),
    "aws:cognito/userPoolClient:UserPoolClient": Kind(
        service="cognito-idp",
        call="create_user_pool_client",
        update="update_user_pool_client",
        delete="delete_user_pool_client",
        identity="ClientId",
        name="ClientName",
        inputs={
            **_same("userPoolId", "generateSecret", "explicitAuthFlows", "supportedIdentityProviders"),
            **_same("allowedOauthFlowsUserPoolClient", "callbackUrls", "logoutUrls", "preventUserExistenceErrors"),
            **_same("enableTokenRevocation", "accessTokenValidity", "idTokenValidity", "refreshTokenValidity"),
            **_same("tokenValidityUnits", "refreshTokenRotation", "writeAttributes"),
            "allowedOauthFlowsUserPoolClient": "AllowedOAuthFlowsUserPoolClient",
            "allowedOauthFlows": "AllowedOAuthFlows",
            "allowedOauthScopes": "AllowedOAuthScopes",
            "callbackUrls": "CallbackURLs",
            "logoutUrls": "LogoutURLs",
        },
        outputs=lambda answer, _sent, _world: (
            answer["UserPoolClient"]["ClientId"],
            {"clientSecret": answer["UserPoolClient"].get("ClientSecret")},
        ),
        without_effect={"refreshTokenRotation": "rotation of refresh tokens"},
    ),
    "aws:cognito/resourceServer:ResourceServer": Kind(
        service="cognito-idp",
        call="create_resource_server",
        update="update_resource_server",
        delete="delete_resource_server",
        inputs=_same("userPoolId", "identifier", "name", "scopes"),
        outputs=_sent("UserPoolId", "Identifier"),
    ),
    "aws:cognito/userGroup:UserGroup": Kind(
        service="cognito-idp",
        call="create_group",
        update="update_group",
        delete="delete_group",
        inputs={**_same("userPoolId", "description"), "name": "GroupName"},
        outputs=_sent("UserPoolId", "GroupName"),
    ),
    "aws:cognito/userPoolDomain:UserPoolDomain": Kind(
        service="cognito-idp",
        call="create_user_pool_domain",
        update="update_user_pool_domain",
        delete="delete_user_pool_domain",
        inputs={
            **_same("domain", "userPoolId", "managedLoginVersion"),
            "certificateArn": lambda arn: {"CustomDomainConfig": {"CertificateArn": arn}},
        },
        outputs=_domain,
    ),
    "aws:cognito/identityProvider:IdentityProvider": Kind(
        service="cognito-idp",
        call="create_identity_provider",
        update="update_identity_provider",
        delete="delete_identity_provider",
        inputs={
            **_same("userPoolId", "providerName", "providerType"),
            # Their members are the providers' own names, not AWS's.
            "providerDetails": "ProviderDetails",
            "attributeMapping": "AttributeMapping",
        },
        outputs=_sent("UserPoolId", "ProviderName"),
    ),
    "aws:cognito/riskConfiguration:RiskConfiguration": Kind(
        service="cognito-idp",
        call="set_risk_configuration",
        missing="threat protection",
        inputs={
            "userPoolId": "UserPoolId",
            "accountTakeoverRiskConfiguration": _nested("AccountTakeoverRiskConfiguration"),
            "compromisedCredentialsRiskConfiguration": _nested("CompromisedCredentialsRiskConfiguration"),
        },
        outputs=_sent("UserPoolId"),
    ),
    "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration": Kind(
        service="cognito-idp",
        call="set_log_delivery_configuration",
        missing="delivery of user events",
        inputs=_same("userPoolId", "logConfigurations"),
        outputs=_sent("UserPoolId"),
    ),
    "aws:cognito/managedLoginBranding:ManagedLoginBranding": Kind(
        service="cognito-idp",
        call="create_managed_login_branding",
        missing="the look of managed login",
        inputs={**_same("userPoolId", "clientId", "useCognitoProvidedValues"), "settings": _style},
        outputs=_sent("UserPoolId", "ClientId"),
    ),
    "aws:route53/record:Record": Kind(
        service="route53",
        call="change_resource_record_sets",
        missing="DNS records",
        inputs={
            "zoneId": "HostedZoneId",
            "name": lambda name: _change(Name=name),
            "type": lambda type_: _change(Type=type_),
            "ttl": lambda seconds: _change(TTL=seconds),
            "records": lambda records: _change(ResourceRecords=[{"Value": each} for each in records]),
            "aliases": _alias_target,
        },
        outputs=_record,
    ),
    "aws:iam/role:Role": Kind(
        service="iam",
        call="create_role",
        delete="delete_role",
        name="RoleName",
        inputs={"assumeRolePolicy": "AssumeRolePolicyDocument", "tags": _tag_list()},
        changes={"Tags": _leave},
        outputs=lambda answer, _sent, _world: (answer["Role"]["RoleName"], {"arn": answer["Role"]["Arn"]}),
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        service="iam",
        call="put_role_policy",
        update="put_role_policy",
        delete="delete_role_policy",
        name="PolicyName",
        inputs={"role": "RoleName", "policy": "PolicyDocument"},
        outputs=_sent("RoleName", "PolicyName"),
    ),
    "aws:cloudwatch/logGroup:LogGroup": Kind(
        service="logs",
        call="create_log_group",
        delete="delete_log_group",
        name="logGroupName",
        inputs={
            "namePrefix": lambda prefix: {"logGroupName": f"{prefix}local"},
            "kmsKeyId": "kmsKeyId",
            "tags": "tags",
        },
        then={"retentionInDays": _keep_logs},
        changes={"tags": _leave},
        outputs=_log_group,
    ),
    "aws:lambda/function:Function": Kind(
        service="lambda",
        call="create_function",
        update="update_function_configuration",
        delete="delete_function",
        name="FunctionName",
        inputs={
            **_same("role", "handler", "runtime", "architectures", "memorySize", "timeout", "packageType"),
            **_same("tracingConfig", "loggingConfig", "vpcConfig", "snapStart", "publish", "tags"),
            "kmsKeyArn": "KMSKeyArn",
            "code": _archive,
            "environment": lambda value: {"Environment": {"Variables": value["variables"]}},
        },
        then={"reservedConcurrentExecutions": _reserve},
        changes={"Code": _upload, "Tags": _leave},
        renewed=_published,
        outputs=_function,
    ),
    "aws:lambda/alias:Alias": Kind(
        service="lambda",
        call="create_alias",
        update="update_alias",
        delete="delete_alias",
        inputs=_same("functionName", "functionVersion", "name", "routingConfig"),
        outputs=_alias,
    ),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": Kind(
        service="lambda",
        call="put_provisioned_concurrency_config",
        update="put_provisioned_concurrency_config",
        delete="delete_provisioned_concurrency_config",
        inputs=_same("functionName", "qualifier", "provisionedConcurrentExecutions"),
        outputs=_sent("FunctionName", "Qualifier"),
    ),
    "aws:lambda/permission:Permission": Kind(
        service="lambda",
        call="add_permission",
        delete="remove_permission",
        name="StatementId",
        inputs={**_same("action", "principal", "sourceArn", "qualifier"), "function": "FunctionName"},
        outputs=_sent("StatementId"),
    ),
    "aws:apigatewayv2/api:Api": Kind(
        service="apigatewayv2",
        call="create_api",
        update="update_api",
        delete="delete_api",
        identity="ApiId",
        name="Name",
        inputs=_same("protocolType", "corsConfiguration", "disableExecuteApiEndpoint", "tags"),
        changes={"Tags": _leave},
        outputs=_api,
    ),
    "aws:apigatewayv2/authorizer:Authorizer": Kind(
        service="apigatewayv2",
        call="create_authorizer",
        update="update_authorizer",
        delete="delete_authorizer",
        identity="AuthorizerId",
        inputs={
            **_same("name", "apiId", "authorizerType"),
            "identitySources": "IdentitySource",
            "jwtConfiguration": _renamed("JwtConfiguration", {"issuer": "Issuer", "audiences": "Audience"}),
        },
        outputs=_found("AuthorizerId"),
    ),
    "aws:apigatewayv2/integration:Integration": Kind(
        service="apigatewayv2",
        call="create_integration",
        update="update_integration",
        delete="delete_integration",
        identity="IntegrationId",
        inputs=_same("apiId", "integrationType", "integrationUri", "payloadFormatVersion"),
        outputs=_found("IntegrationId"),
    ),
    "aws:apigatewayv2/route:Route": Kind(
        service="apigatewayv2",
        call="create_route",
        update="update_route",
        delete="delete_route",
        identity="RouteId",
        inputs=_same("apiId", "routeKey", "target", "authorizationType", "authorizerId", "authorizationScopes"),
        outputs=_found("RouteId"),
    ),
    "aws:apigatewayv2/stage:Stage": Kind(
        service="apigatewayv2",
        call="create_stage",
        update="update_stage",
        delete="delete_stage",
        inputs={
            **_same("apiId", "autoDeploy", "defaultRouteSettings", "accessLogSettings", "tags"),
            "name": "StageName",
            "routeSettings": _route_settings,
        },
        changes={"Tags": _leave},
        outputs=_sent("StageName"),
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Kind(
        service="logs",
        call="put_metric_filter",
        update="put_metric_filter",
        delete="delete_metric_filter",
        name="filterName",
        inputs={
            "logGroupName": "logGroupName",
            "pattern": "filterPattern",
            "metricTransformation": _transformation,
        },
        outputs=_sent("filterName"),
    ),
    "aws:cloudwatch/queryDefinition:QueryDefinition": Kind(
        service="logs",
        call="put_query_definition",
        missing="saved log queries",
        inputs={"name": "name", "logGroupNames": "logGroupNames", "queryString": "queryString"},
        outputs=_sent("name"),
    ),
    "aws:cloudwatch/dashboard:Dashboard": Kind(
        service="cloudwatch",
        call="put_dashboard",
        update="put_dashboard",
        delete="delete_dashboards",
        identity="DashboardNames",
        inputs=_same("dashboardName", "dashboardBody"),
        outputs=_sent("DashboardName"),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind(
        service="cloudwatch",
        call="put_metric_alarm",
        update="put_metric_alarm",
        delete="delete_alarms",
        identity="AlarmNames",
        name="AlarmName",
        inputs={
            **_same("alarmDescription", "comparisonOperator", "threshold", "thresholdMetricId", "evaluationPeriods"),
            **_same("datapointsToAlarm", "treatMissingData", "alarmActions"),
            "okActions": "OKActions",
            "tags": _tag_list(),
            "metricQueries": _alarm_series,
        },
        outputs=_alarm,
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": Kind(
        service="cloudwatch",
        call="put_composite_alarm",
        update="put_composite_alarm",
        delete="delete_alarms",
        identity="AlarmNames",
        inputs={
            **_same("alarmName", "alarmDescription", "alarmRule", "alarmActions"),
            "okActions": "OKActions",
            "tags": _tag_list(),
        },
        outputs=_alarm,
    ),
    "aws:apigatewayv2/domainName:DomainName": Kind(
        service="apigatewayv2",
        call="create_domain_name",
        update="update_domain_name",
        delete="delete_domain_name",
        inputs={
            **_same("domainName", "mutualTlsAuthentication", "tags"),
            "domainNameConfiguration": lambda value: {"DomainNameConfigurations": [_pascal(value)]},
        },
        changes={"Tags": _leave},
        outputs=_domain_name,
    ),
    "aws:apigatewayv2/apiMapping:ApiMapping": Kind(
        service="apigatewayv2",
        call="create_api_mapping",
        update="update_api_mapping",
        delete="delete_api_mapping",
        identity="ApiMappingId",
        inputs=_same("apiId", "domainName", "stage"),
        outputs=_found("ApiMappingId"),
    ),
    "aws:acm/certificate:Certificate": Kind(
        service="acm",
        call="request_certificate",
        inputs={**_same("domainName", "validationMethod"), "tags": _tag_list()},
        outputs=_certificate,
        missing="certificates",
    ),
    "aws:acm/certificateValidation:CertificateValidation": Kind(
        service="acm",
        call="describe_certificate",  # until the certificate is issued
        inputs={"certificateArn": "CertificateArn", "validationRecordFqdns": lambda _: {}},
        outputs=_sent("CertificateArn"),
        missing="certificates",
    ),
    "aws:dynamodb/table:Table": Kind(
        service="dynamodb",
        call="create_table",
        update="update_table",
        delete="delete_table",
        identity="TableName",
        name="TableName",
        inputs={
            **_same("billingMode", "deletionProtectionEnabled"),
            "tags": _tag_list(),
            "attributes": lambda value: {
                "AttributeDefinitions": [
                    {"AttributeName": each["name"], "AttributeType": each["type"]} for each in value
                ]
            },
            "hashKey": lambda name: {"KeySchema": [{"AttributeName": name, "KeyType": "HASH"}, {}]},
            "rangeKey": lambda name: {"KeySchema": [{}, {"AttributeName": name, "KeyType": "RANGE"}]},
            "serverSideEncryption": _renamed("SSESpecification", {"enabled": "Enabled"}),
        },
        then={"pointInTimeRecovery": _recover},
        changes={"Tags": _leave},
        outputs=_table,
    ),
    "aws:kms/key:Key": Kind(
        service="kms",
        call="create_key",
        delete="schedule_key_deletion",
        identity="KeyId",
        inputs={**_same("description", "policy"), "tags": _tag_list("TagKey", "TagValue")},
        then={"enableKeyRotation": _rotate, "deletionWindowInDays": lambda *_: None},  # the window is for its end
        changes={"Tags": _leave},
        outputs=_key,
    ),
    "aws:kms/keyPolicy:KeyPolicy": Kind(
        service="kms",
        call="put_key_policy",
        update="put_key_policy",
        delete="put_key_policy",  # nothing to undo: it goes with its key
        inputs=_same("keyId", "policy"),
        outputs=_sent("KeyId"),
    ),
    "aws:sns/topic:Topic": Kind(
        service="sns",
        call="create_topic",
        delete="delete_topic",
        identity="TopicArn",
        name="Name",
        inputs={"kmsMasterKeyId": lambda key: {"Attributes": {"KmsMasterKeyId": key}}, "tags": _tag_list()},
        changes={"Tags": _leave},
        outputs=_topic,
    ),
    "aws:sns/topicPolicy:TopicPolicy": Kind(
        service="sns",
        call="set_topic_attributes",
        update="set_topic_attributes",
        delete="get_topic_attributes",  # it goes with its topic
        inputs={
            "arn": "TopicArn",
            "policy": lambda policy: {"AttributeName": "Policy", "AttributeValue": policy},
        },
        outputs=_sent("TopicArn"),
    ),
    "aws:sns/topicSubscription:TopicSubscription": Kind(
        service="sns",
        call="subscribe",
        delete="unsubscribe",
        identity="SubscriptionArn",
        inputs={"topic": "TopicArn", **_same("protocol", "endpoint")},
        outputs=_found("SubscriptionArn"),
    ),
}
