"""Each rule: silent on a resource as it should be, and what it says of each way to get it wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest

from handler.routes import ROUTES
from policies.rule import ENVIRONMENTS, STACK, ResourceRule, Violation
from policies.rules import RULES
from policies.rules.http_api import LOGGED, PUBLIC
from policies.rules.permissions import is_narrow
from stacks.resource import Resource

ACCOUNT = "123456789012"
API_ARN = f"arn:aws:execute-api:eu-central-1:{ACCOUNT}:a1b2c3"
LOG_ARN = f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:function-logs"
ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc123"
LOG_FORMAT = {name: f"$context.{name}" for name in LOGGED}
STATEMENT = {"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": f"{LOG_ARN}:*"}
TAGS = {"Project": "example", "Stack": "prod"}

BY_ID = {rule.id: rule for rule in RULES}

# One resource of each type as production should have it, by the last part of its type token.
GOOD: Mapping[str, tuple[str, dict[str, Any]]] = {
    "UserPool": (
        "aws:cognito/userPool:UserPool",
        {
            "passwordPolicy": {
                "minimumLength": 12,
                "requireLowercase": True,
                "requireUppercase": True,
                "requireNumbers": True,
                "requireSymbols": True,
                "temporaryPasswordValidityDays": 1,
            },
            "mfaConfiguration": "ON",
            "userPoolTier": "PLUS",
            "userPoolAddOns": {"advancedSecurityMode": "ENFORCED"},
            "deletionProtection": "ACTIVE",
            "adminCreateUserConfig": {"allowAdminCreateUserOnly": True},
            "tags": TAGS,
        },
    ),
    "UserPoolClient": (
        "aws:cognito/userPoolClient:UserPoolClient",
        {
            "preventUserExistenceErrors": "ENABLED",
            "enableTokenRevocation": True,
            "explicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            "allowedOauthFlows": ["code"],
            "generateSecret": False,
            "callbackUrls": ["https://app.example.com/", "com.example.app:/signed-in"],
            "logoutUrls": ["https://app.example.com/"],
            "accessTokenValidity": 15,
            "idTokenValidity": 60,
            "tokenValidityUnits": {"accessToken": "minutes", "idToken": "minutes"},
        },
    ),
    "IdentityPool": ("aws:cognito/identityPool:IdentityPool", {"allowUnauthenticatedIdentities": False}),
    "Api": (
        "aws:apigatewayv2/api:Api",
        {
            "disableExecuteApiEndpoint": True,
            "corsConfiguration": {
                "allowOrigins": ["https://app.example.com"],
                "allowMethods": ["GET"],
                "allowHeaders": ["authorization"],
            },
            "tags": TAGS,
        },
    ),
    "Authorizer": (
        "aws:apigatewayv2/authorizer:Authorizer",
        {
            "identitySources": ["$request.header.Authorization"],
            "jwtConfiguration": {"issuer": ISSUER, "audiences": ["client"]},
        },
    ),
    "Route": (
        "aws:apigatewayv2/route:Route",
        {"routeKey": "GET /hello/{name}", "authorizationType": "JWT", "authorizerId": "a1"},
    ),
    "Stage": (
        "aws:apigatewayv2/stage:Stage",
        {
            "accessLogSettings": {"destinationArn": LOG_ARN, "format": json.dumps(LOG_FORMAT)},
            "defaultRouteSettings": {"throttlingRateLimit": 50, "throttlingBurstLimit": 100},
            "routeSettings": [{"routeKey": "GET /a", "throttlingRateLimit": 0.5, "throttlingBurstLimit": 1}],
            "tags": TAGS,
        },
    ),
    "DomainName": (
        "aws:apigatewayv2/domainName:DomainName",
        {"domainNameConfiguration": {"securityPolicy": "TLS_1_2", "endpointType": "REGIONAL"}, "tags": TAGS},
    ),
    "Permission": (
        "aws:lambda/permission:Permission",
        {"principal": "apigateway.amazonaws.com", "sourceArn": f"{API_ARN}/*/*"},
    ),
    "FunctionUrl": ("aws:lambda/functionUrl:FunctionUrl", {"authorizationType": "AWS_IAM"}),
    "Function": (
        "aws:lambda/function:Function",
        {
            "runtime": "python3.13",
            "timeout": 10,
            "memorySize": 512,
            "reservedConcurrentExecutions": 10,
            "kmsKeyArn": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1",
            "loggingConfig": {"logFormat": "JSON", "logGroup": "function-logs"},
            "tracingConfig": {"mode": "Active"},
            "environment": {
                "variables": {
                    "COGNITO_USER_POOL_ID": "eu-central-1_Abc123",
                    "COGNITO_CLIENT_IDS": "3n4b5urk1ft4fl3mg5e62d9ado,7n4b5urk1ft4fl3mg5e62d9ado",
                    "COGNITO_TOKEN_USES": "access",
                    "STRIPE_SECRET": f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:stripe-AbCdEf",
                    "MAIL_PASSWORD": "/secureapi/mail/password",
                    "SECRET_API_KEY": "prod/api-key",
                    "EMPTY_TOKEN": "",
                }
            },
            "tags": TAGS,
        },
    ),
    "Role": (
        "aws:iam/role:Role",
        {
            "assumeRolePolicy": json.dumps(
                {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}
            ),
            "tags": TAGS,
        },
    ),
    "RolePolicy": (
        "aws:iam/rolePolicy:RolePolicy",
        {
            "policy": json.dumps(
                {
                    "Statement": [
                        STATEMENT,
                        {"Effect": "Allow", "Action": "xray:PutTraceSegments", "Resource": "*"},
                        {"Effect": "Deny", "Action": "*", "Resource": "*"},
                    ]
                }
            )
        },
    ),
    "RolePolicyAttachment": (
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"policyArn": f"arn:aws:iam::{ACCOUNT}:policy/own"},
    ),
    "LogGroup": (
        "aws:cloudwatch/logGroup:LogGroup",
        {"retentionInDays": 365, "kmsKeyId": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1", "tags": TAGS},
    ),
    "Table": (
        "aws:dynamodb/table:Table",
        {
            "pointInTimeRecovery": {"enabled": True},
            "serverSideEncryption": {"enabled": True},
            "deletionProtectionEnabled": True,
            "tags": TAGS,
        },
    ),
    "Bucket": ("aws:s3/bucket:Bucket", {"bucket": "example-data", "tags": TAGS}),
    "BucketPublicAccessBlock": (
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {
            "bucket": "example-data",
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
    ),
    "Topic": ("aws:sns/topic:Topic", {"kmsMasterKeyId": "alias/alarms", "tags": TAGS}),
    "Key": ("aws:kms/key:Key", {"enableKeyRotation": True, "tags": TAGS}),
    "LogMetricFilter": (
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        {"pattern": '{ $.status = "401" }', "metricTransformation": {"name": "Refused"}},
    ),
    "MetricAlarm": (
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {
            "alarmActions": ["arn:aws:sns:eu-central-1:123456789012:alarms"],
            "metricQueries": [
                {"metric": {"metricName": "5xx"}},
                {"metric": {"metricName": "Refused"}},
                {"metric": {"metricName": "FunctionRefusals", "dimensions": {"Reason": "keys_unavailable"}}},
                {"metric": {"metricName": "FunctionRefusals", "dimensions": {"Reason": "authorizer_missing"}}},
            ],
            "tags": TAGS,
        },
    ),
}


def good(kind: str) -> Resource:
    type_, inputs = GOOD[kind]
    return Resource(type=type_, name=kind.lower(), inputs=copy.deepcopy(inputs), protect=True)


def changed(kind: str, path: str, value: Any) -> Resource:
    """The good resource with one input set, or taken away with None; `#` parts a path, since names hold dots."""
    resource = good(kind)
    if path == "protect":
        return Resource(type=resource.type, name=resource.name, inputs=resource.inputs, protect=value)
    *parents, last = path.split("#")
    place: Any = resource.inputs
    for parent in parents:
        place = place[int(parent)] if isinstance(place, list) else place[parent]
    if value is None:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return resource


def policy(*statements: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def log_format(**changes: str) -> str:
    return json.dumps({**LOG_FORMAT, **changes})


def trust(principal: object) -> str:
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


BROAD = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
SOME_TABLES = f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/*"
MADE_UP_KEY = "AKIA" + "ABCDEFGHIJKLMNOP"

# Rule, resource, the input that is wrong, its value, and all that the rule says.
BAD: list[tuple[str, str, str, Any, list[str]]] = [
    ("COG-PASSWORD", "UserPool", "passwordPolicy#minimumLength", 8, ["minimumLength must be at least 12, got 8"]),
    ("COG-PASSWORD", "UserPool", "passwordPolicy#requireSymbols", False, ["requireSymbols must be true, got false"]),
    ("COG-PASSWORD", "UserPool", "passwordPolicy#requireNumbers", 1, ["requireNumbers must be true, got 1"]),
    (
        "COG-PASSWORD",
        "UserPool",
        "passwordPolicy#temporaryPasswordValidityDays",
        8,
        ["temporaryPasswordValidityDays must be 1 to 7, got 8"],
    ),
    (
        "COG-PASSWORD",
        "UserPool",
        "passwordPolicy",
        None,
        [
            "minimumLength must be at least 12, got 0",
            "requireLowercase must be true, got nothing",
            "requireUppercase must be true, got nothing",
            "requireNumbers must be true, got nothing",
            "requireSymbols must be true, got nothing",
            "temporaryPasswordValidityDays must be 1 to 7, got nothing",
        ],
    ),
    ("COG-MFA", "UserPool", "mfaConfiguration", "OPTIONAL", ["mfaConfiguration must be ON, got OPTIONAL"]),
    ("COG-MFA", "UserPool", "mfaConfiguration", None, ["mfaConfiguration must be ON, got nothing"]),
    ("COG-THREATS", "UserPool", "userPoolTier", "ESSENTIALS", ["userPoolTier must be PLUS, got ESSENTIALS"]),
    (
        "COG-THREATS",
        "UserPool",
        "userPoolAddOns#advancedSecurityMode",
        "AUDIT",
        ["userPoolAddOns.advancedSecurityMode must be ENFORCED, got AUDIT"],
    ),
    ("COG-KEPT", "UserPool", "deletionProtection", None, ["deletionProtection must be ACTIVE, got nothing"]),
    ("COG-KEPT", "UserPool", "protect", False, ["the resource option protect must be true, got false"]),
    (
        "COG-SIGN-UP",
        "UserPool",
        "adminCreateUserConfig#allowAdminCreateUserOnly",
        False,
        ["adminCreateUserConfig.allowAdminCreateUserOnly must be true, got false"],
    ),
    (
        "COG-STRANGERS",
        "UserPoolClient",
        "preventUserExistenceErrors",
        "LEGACY",
        ["preventUserExistenceErrors must be ENABLED, got LEGACY"],
    ),
    (
        "COG-REVOCATION",
        "UserPoolClient",
        "enableTokenRevocation",
        False,
        ["enableTokenRevocation must be true, got false"],
    ),
    (
        "COG-PLAIN-PASSWORD",
        "UserPoolClient",
        "explicitAuthFlows",
        ["ALLOW_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"],
        ["must hold no flow that sends the password, got ADMIN_NO_SRP_AUTH, ALLOW_USER_PASSWORD_AUTH"],
    ),
    (
        "COG-CUSTOM-AUTH",
        "UserPoolClient",
        "explicitAuthFlows",
        ["ALLOW_CUSTOM_AUTH"],
        ["explicitAuthFlows must hold no custom sign-in, got ALLOW_CUSTOM_AUTH"],
    ),
    (
        "COG-CODE-FLOW",
        "UserPoolClient",
        "allowedOauthFlows",
        ["code", "implicit"],
        ["allowedOauthFlows must be code alone, or client_credentials alone, got code, implicit"],
    ),
    ("COG-SECRET", "UserPoolClient", "generateSecret", True, ["generateSecret must be false, got true"]),
    (
        "COG-SECRET",
        "UserPoolClient",
        "allowedOauthFlows",
        ["client_credentials"],
        ["generateSecret must be true, got false"],
    ),
    (
        "COG-CALLBACKS",
        "UserPoolClient",
        "callbackUrls",
        ["http://localhost:5173/", "https://*.example.com/", "app://signed-in", "https://a.example.com/#x"],
        [
            "callbackUrls must be exact https:// addresses, got http://localhost:5173/",
            "callbackUrls must be exact https:// addresses, got https://*.example.com/",
            "callbackUrls must be exact https:// addresses, got app://signed-in",
            "callbackUrls must be exact https:// addresses, got https://a.example.com/#x",
        ],
    ),
    (
        "COG-CALLBACKS",
        "UserPoolClient",
        "logoutUrls",
        ["http://app.example.com/"],
        ["logoutUrls must be exact https:// addresses, got http://app.example.com/"],
    ),
    (
        "COG-TOKEN-LIFE",
        "UserPoolClient",
        "accessTokenValidity",
        61,
        ["accessTokenValidity must be at most 60 minutes, got 61 minutes"],
    ),
    (
        "COG-TOKEN-LIFE",
        "UserPoolClient",
        "tokenValidityUnits",
        None,
        [
            "accessTokenValidity must be at most 60 minutes, got 15 hours",
            "idTokenValidity must be at most 60 minutes, got 60 hours",
        ],
    ),
    (
        "COG-GUESTS",
        "IdentityPool",
        "allowUnauthenticatedIdentities",
        True,
        ["allowUnauthenticatedIdentities must be false, got true"],
    ),
    ("API-JWT", "Route", "authorizationType", "NONE", ["authorizationType must be JWT, got NONE"]),
    ("API-JWT", "Route", "authorizationType", None, ["authorizationType must be JWT, got nothing"]),
    ("API-JWT", "Route", "authorizerId", None, ["authorizerId must name the JWT authorizer, got nothing"]),
    ("API-CATCH-ALL", "Route", "routeKey", "$default", ["routeKey must be one method and one path, got $default"]),
    ("API-CATCH-ALL", "Route", "routeKey", "ANY /a", ["routeKey must be one method and one path, got ANY /a"]),
    (
        "API-CATCH-ALL",
        "Route",
        "routeKey",
        "GET /{proxy+}",
        ["routeKey must be one method and one path, got GET /{proxy+}"],
    ),
    (
        "API-ISSUER",
        "Authorizer",
        "jwtConfiguration#issuer",
        f"{ISSUER}/",
        [f"must be https://cognito-idp.<region>.amazonaws.com/<pool>, got {ISSUER}/"],
    ),
    (
        "API-ISSUER",
        "Authorizer",
        "jwtConfiguration#issuer",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-central-1_Abc123",
        ["got https://cognito-idp.eu-west-1.amazonaws.com/eu-central-1_Abc123"],
    ),
    (
        "API-AUDIENCE",
        "Authorizer",
        "jwtConfiguration#audiences",
        [],
        ["jwtConfiguration.audiences must name an app client, got nothing"],
    ),
    (
        "API-TOKEN-SOURCE",
        "Authorizer",
        "identitySources",
        ["$request.querystring.token"],
        ["identitySources must be the Authorization header alone, got $request.querystring.token"],
    ),
    (
        "API-ACCESS-LOG",
        "Stage",
        "accessLogSettings",
        None,
        [
            "accessLogSettings.destinationArn must name a log group, got nothing",
            "accessLogSettings.format must be JSON, got nothing",
        ],
    ),
    (
        "API-ACCESS-LOG",
        "Stage",
        "accessLogSettings#format",
        log_format(status="-"),
        ["accessLogSettings.format must hold status, got none of them"],
    ),
    (
        "API-ACCESS-LOG",
        "Stage",
        "accessLogSettings#format",
        log_format(token="$context.authorizer.claims"),
        ["accessLogSettings.format must hold no header and no token, got $context.authorizer.claims"],
    ),
    (
        "API-THROTTLE",
        "Stage",
        "defaultRouteSettings",
        None,
        [
            "defaultRouteSettings: throttlingRateLimit must be above 0, got nothing",
            "defaultRouteSettings: throttlingBurstLimit must be above 0, got nothing",
        ],
    ),
    (
        "API-THROTTLE",
        "Stage",
        "routeSettings#0#throttlingBurstLimit",
        0,
        ["routeSettings of GET /a: throttlingBurstLimit must be above 0, got 0"],
    ),
    (
        "API-CORS",
        "Api",
        "corsConfiguration#allowOrigins",
        ["*", "http://localhost:5173"],
        [
            "corsConfiguration.allowOrigins must be exact https:// origins, got *",
            "corsConfiguration.allowOrigins must be exact https:// origins, got http://localhost:5173",
        ],
    ),
    (
        "API-CORS",
        "Api",
        "corsConfiguration#allowHeaders",
        ["*"],
        ["corsConfiguration.allowHeaders must be named one by one, got *"],
    ),
    (
        "API-TLS",
        "DomainName",
        "domainNameConfiguration#securityPolicy",
        "TLS_1_0",
        ["domainNameConfiguration.securityPolicy must be TLS_1_2, got TLS_1_0"],
    ),
    (
        "API-OWN-DOMAIN",
        "Api",
        "disableExecuteApiEndpoint",
        None,
        ["disableExecuteApiEndpoint must be true, got nothing"],
    ),
    ("L-PERMISSION", "Permission", "principal", "*", ["principal must be one AWS service, got *"]),
    ("L-PERMISSION", "Permission", "principal", ACCOUNT, [f"principal must be one AWS service, got {ACCOUNT}"]),
    (
        "L-PERMISSION",
        "Permission",
        "sourceArn",
        None,
        ["sourceArn must name what may invoke the function, got nothing"],
    ),
    (
        "L-PERMISSION",
        "Permission",
        "sourceArn",
        "arn:aws:execute-api:*:*:*/*/*",
        ["sourceArn must name one resource of one account, got arn:aws:execute-api:*:*:*/*/*"],
    ),
    ("L-URL", "FunctionUrl", "authorizationType", "NONE", ["authorizationType must be AWS_IAM, got NONE"]),
    (
        "L-SECRETS",
        "Function",
        "environment#variables",
        {"MAIL_PASSWORD": "hunter2", "SERVICE": f"id {MADE_UP_KEY}", "PEM": "-----BEGIN PRIVATE KEY-----"},
        [
            "environment must hold no secret, got one in MAIL_PASSWORD",
            "environment must hold no secret, got one in SERVICE",
            "environment must hold no secret, got one in PEM",
        ],
    ),
    (
        "L-RESERVED",
        "Function",
        "environment#variables",
        {"AWS_REGION": "eu-central-1", "_HANDLER": "x"},
        ["environment must set none of Lambda's own variables, got AWS_REGION, _HANDLER"],
    ),
    ("L-KMS", "Function", "kmsKeyArn", None, ["kmsKeyArn must name a key of the account, got nothing"]),
    (
        "L-RUNTIME",
        "Function",
        "runtime",
        "python3.9",
        ["runtime must be python3.12 or python3.13 or python3.14, got python3.9"],
    ),
    (
        "L-CONCURRENCY",
        "Function",
        "reservedConcurrentExecutions",
        -1,
        ["reservedConcurrentExecutions must be at least 1, got -1"],
    ),
    ("L-TIMEOUT", "Function", "timeout", 3, ["timeout must be 5 to 29 seconds, got 3"]),
    ("L-TIMEOUT", "Function", "timeout", 30, ["timeout must be 5 to 29 seconds, got 30"]),
    ("L-TIMEOUT", "Function", "timeout", None, ["timeout must be 5 to 29 seconds, got nothing"]),
    ("L-MEMORY", "Function", "memorySize", 128, ["memorySize must be at least 256, got 128"]),
    (
        "L-LOGS",
        "Function",
        "loggingConfig",
        None,
        [
            "loggingConfig.logFormat must be JSON, got nothing",
            "loggingConfig.logGroup must name the function's own log group, got nothing",
        ],
    ),
    ("L-TRACING", "Function", "tracingConfig", None, ["tracingConfig.mode must be Active, got nothing"]),
    (
        "L-VPC",
        "Function",
        "vpcConfig",
        {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]},
        ["vpcConfig must not be set, got subnets subnet-1"],
    ),
    (
        "IAM-EXACT",
        "RolePolicy",
        "policy",
        policy({**STATEMENT, "Action": "logs:*"}),
        ["Action must be exact, got logs:*"],
    ),
    (
        "IAM-EXACT",
        "RolePolicy",
        "policy",
        policy({**STATEMENT, "Resource": "*"}),
        ["Resource of logs:PutLogEvents must be exact, got *"],
    ),
    (
        "IAM-EXACT",
        "RolePolicy",
        "policy",
        policy({"Effect": "Allow", "Action": ["dynamodb:GetItem", "xray:PutTraceSegments"], "Resource": SOME_TABLES}),
        [f"Resource of dynamodb:GetItem, xray:PutTraceSegments must be exact, got {SOME_TABLES}"],
    ),
    (
        "IAM-EXACT",
        "RolePolicy",
        "policy",
        policy({"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": f"{LOG_ARN}:*"}),
        ["policy must say what is allowed, got NotAction"],
    ),
    ("IAM-OWN", "RolePolicyAttachment", "policyArn", BROAD, [f"must have policies of this stack only, got {BROAD}"]),
    ("IAM-OWN", "Role", "managedPolicyArns", [BROAD], [f"must have policies of this stack only, got {BROAD}"]),
    (
        "IAM-TRUST",
        "Role",
        "assumeRolePolicy",
        trust({"AWS": "*"}),
        ['assumeRolePolicy must trust AWS services by name, got {"AWS": "*"}'],
    ),
    ("IAM-TRUST", "Role", "assumeRolePolicy", trust("*"), ['must trust AWS services by name, got "*"']),
    (
        "IAM-COGNITO",
        "RolePolicy",
        "policy",
        policy({**STATEMENT, "Action": "cognito-idp:AdminDeleteUser"}),
        ["Action must leave Cognito alone, got cognito-idp:AdminDeleteUser"],
    ),
    ("LOG-ENDS", "LogGroup", "retentionInDays", None, ["retentionInDays must be set, got nothing"]),
    ("LOG-YEAR", "LogGroup", "retentionInDays", 90, ["retentionInDays must be at least 365, got 90"]),
    ("LOG-KMS", "LogGroup", "kmsKeyId", None, ["kmsKeyId must name a key of the account, got nothing"]),
    (
        "DATA-TABLE",
        "Table",
        "pointInTimeRecovery",
        None,
        ["pointInTimeRecovery.enabled must be true, got nothing"],
    ),
    (
        "DATA-BUCKET",
        "BucketPublicAccessBlock",
        "blockPublicPolicy",
        False,
        ["blockPublicPolicy must be true, got false"],
    ),
    ("DATA-BUCKET", "Bucket", "bucket", "other", ["a bucket must have a public access block, got none"]),
    ("DATA-TOPIC", "Topic", "kmsMasterKeyId", None, ["kmsMasterKeyId must name a key, got nothing"]),
    ("DATA-KEY", "Key", "enableKeyRotation", None, ["enableKeyRotation must be true, got nothing"]),
    (
        "OPS-ALARMS",
        "MetricAlarm",
        "metricQueries",
        [],
        [
            "an alarm must watch answers with 5xx, got none",
            "an alarm must watch signing keys that cannot be had, got none",
            "an alarm must watch a route that lost its authorizer, got none",
            "an alarm must watch a surge of 401, got none",
        ],
    ),
    ("OPS-ALARMS", "LogMetricFilter", "pattern", "x", ["an alarm must watch a surge of 401, got none"]),
    ("OPS-TOLD", "MetricAlarm", "alarmActions", [], ["alarmActions must name who is told, got nothing"]),
    ("OPS-TAGS", "Function", "tags", {"Stack": "prod"}, ["tags must have Project, got Stack"]),
]


def names(each: tuple[str, str, str, Any, list[str]]) -> str:
    return f"{each[0]}-{each[1]}-{each[2].replace('#', '.')}-{each[4][0].rpartition('got ')[2][:20]}"


def everything(*, but: Resource) -> list[Resource]:
    """A whole stack of good resources, with this one in the place of its like."""
    return [but if resource.type == but.type else resource for resource in map(good, GOOD)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_is_silent_where_all_is_well(rule: Any) -> None:
    """A rule that complains of what is right is suppressed, and then says nothing of what is wrong."""
    assert list(rule.violations([good(kind) for kind in GOOD])) == []


@pytest.mark.parametrize(("id_", "kind", "path", "value", "says"), BAD, ids=map(names, BAD))
def test_rule_says_what_is_wrong(id_: str, kind: str, path: str, value: Any, says: list[str]) -> None:
    """Input, rule and value: enough to mend it without opening the rule."""
    resource = changed(kind, path, value)
    found = list(BY_ID[id_].violations(everything(but=resource)))

    assert [violation.resource for violation in found] == [STACK if id_ == "OPS-ALARMS" else resource.name] * len(says)
    for violation, expected in zip(found, says, strict=True):
        assert violation.says.endswith(expected)


def test_every_rule_has_a_bad_resource() -> None:
    """A rule that nobody has seen complain may be one that cannot."""
    assert {rule.id for rule in RULES} == {id_ for id_, *_ in BAD}


def test_every_type_is_judged_by_a_rule() -> None:
    """A type token that is misspelled matches no resource, in silence."""
    types = {type_ for type_, _ in GOOD.values()}

    for rule in RULES:
        if isinstance(rule, ResourceRule):
            assert any(type_ in types for type_ in rule.types), rule.id


def test_rules_say_what_they_are() -> None:
    """Ids are what suppressions name; the rest is what a person reads."""
    assert len(BY_ID) == len(RULES)
    for rule in RULES:
        assert rule.title[0].isupper() or rule.title.startswith("X-Ray"), rule.id
        assert not rule.title.endswith("."), rule.id
        assert rule.remedy, rule.id
        assert rule.sources, rule.id
        assert set(rule.environments) <= set(ENVIRONMENTS), rule.id
        assert "prod" in rule.environments, rule.id


def test_public_routes_are_the_tables() -> None:
    """The only routes that need no token are those that the route table says are public."""
    assert {route.key for route in ROUTES if route.public} == PUBLIC
    for key in PUBLIC:
        open_route = Resource(type="aws:apigatewayv2/route:Route", name=key, inputs={"routeKey": key})
        assert list(BY_ID["API-JWT"].violations([open_route])) == []


def test_client_of_a_machine_is_as_it_should_be() -> None:
    """It has a secret, no person's flow, and nowhere to return to."""
    machine = {
        "allowedOauthFlows": ["client_credentials"],
        "generateSecret": True,
        "explicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"],
        "callbackUrls": None,
        "logoutUrls": None,
    }
    client = good("UserPoolClient")
    resource = Resource(type=client.type, name="machine", inputs={**client.inputs, **machine})

    assert [
        violation for rule in RULES if isinstance(rule, ResourceRule) for violation in rule.violations([resource])
    ] == []


def test_part_of_a_combined_alarm_tells_through_it() -> None:
    """Only the whole is worth waking somebody for."""
    part = Resource(type=GOOD["MetricAlarm"][0], name="many", inputs={"name": "refusals-many"})
    whole = Resource(
        type="aws:cloudwatch/compositeAlarm:CompositeAlarm",
        name="surge",
        inputs={"alarmRule": 'ALARM("refusals-many")', "alarmActions": ["arn"]},
    )

    assert list(BY_ID["OPS-TOLD"].violations([part, whole])) == []
    assert list(BY_ID["OPS-TOLD"].violations([part])) == [
        Violation("many", "alarmActions must name who is told, got nothing")
    ]


def test_bucket_without_a_block_is_open() -> None:
    """A block of another bucket closes that one."""
    found = list(BY_ID["DATA-BUCKET"].violations([good("Bucket")]))

    assert found == [Violation("bucket", "a bucket must have a public access block, got none")]


@pytest.mark.parametrize(
    ("arn", "narrow"),
    [
        (f"{LOG_ARN}:*", True),
        (f"{API_ARN}/*/*", True),
        (f"{API_ARN}/*/GET/hello", True),
        ("arn:aws:s3:::bucket/*", True),
        (f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:name-??????", True),
        (f"arn:aws:dynamodb:eu-central-1:{ACCOUNT}:table/name/index/*", True),
        ("*", False),
        ("arn:aws:s3:::*", False),
        (f"arn:aws:logs:*:{ACCOUNT}:log-group:name:*", False),
        (f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:*", False),
        (f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:/aws/*/name", False),
        (f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:name-*", False),
        (f"arn:aws:execute-api:eu-central-1:{ACCOUNT}:*/*/*", False),
    ],
)
def test_what_counts_as_one_resource(arn: str, *, narrow: bool) -> None:
    """A wildcard may stand for what is inside of a resource, never for which one."""
    assert is_narrow(arn) is narrow
