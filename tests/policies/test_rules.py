"""Each rule: no violation for a good resource, and one for each way to break it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    "WebAclAssociation": (
        "aws:wafv2/webAclAssociation:WebAclAssociation",
        {"resourceArn": f"arn:aws:cognito-idp:eu-central-1:{ACCOUNT}:userpool/eu-central-1_Abc123", "webAclArn": "acl"},
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
                    "REVOCATION_TABLE": "revocations-1",
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
            "serverSideEncryption": {"enabled": True, "kmsKeyArn": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1"},
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
    """Return the good resource with one input set, or removed with None. `#` separates the path: names have dots."""
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


@dataclass(frozen=True)
class Bad:
    """A good resource with one wrong input, the rule that must notice it, and a word of each violation."""

    rule: str
    kind: str
    path: str
    value: Any
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule}-{self.kind}-{self.path.replace('#', '.')}-{str(self.value)[:20]}"


def bad(rule: str, kind: str, path: str, value: Any, words: Sequence[str] = ()) -> Bad:
    """Expect one violation that names the input, unless `words` has others."""
    return Bad(rule, kind, path, value, tuple(words) or (path.rpartition("#")[2],))


# To add a rule, add here each way in which a resource can break it.
BAD = [
    bad("COG-PASSWORD", "UserPool", "passwordPolicy#minimumLength", 8),
    bad("COG-PASSWORD", "UserPool", "passwordPolicy#requireSymbols", False),
    bad("COG-PASSWORD", "UserPool", "passwordPolicy#requireNumbers", 1),
    bad("COG-PASSWORD", "UserPool", "passwordPolicy#temporaryPasswordValidityDays", 8),
    bad(
        "COG-PASSWORD",
        "UserPool",
        "passwordPolicy",
        None,
        [
            "minimumLength",
            "requireLowercase",
            "requireUppercase",
            "requireNumbers",
            "requireSymbols",
            "temporaryPasswordValidityDays",
        ],
    ),
    bad("COG-MFA", "UserPool", "mfaConfiguration", "OPTIONAL"),
    bad("COG-MFA", "UserPool", "mfaConfiguration", None),
    bad("COG-THREATS", "UserPool", "userPoolTier", "ESSENTIALS"),
    bad("COG-THREATS", "UserPool", "userPoolAddOns#advancedSecurityMode", "AUDIT"),
    bad(
        "COG-WAF",
        "WebAclAssociation",
        "resourceArn",
        f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:loadbalancer/app/other/1",
        ["got 0 of 1"],
    ),
    bad("COG-KEPT", "UserPool", "deletionProtection", None),
    bad("COG-KEPT", "UserPool", "protect", False),
    bad("COG-SIGN-UP", "UserPool", "adminCreateUserConfig#allowAdminCreateUserOnly", False),
    bad("COG-STRANGERS", "UserPoolClient", "preventUserExistenceErrors", "LEGACY"),
    bad("COG-REVOCATION", "UserPoolClient", "enableTokenRevocation", False),
    bad(
        "COG-PLAIN-PASSWORD",
        "UserPoolClient",
        "explicitAuthFlows",
        ["ALLOW_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH"],
        ["ADMIN_NO_SRP_AUTH, ALLOW_USER_PASSWORD_AUTH"],
    ),
    bad("COG-CUSTOM-AUTH", "UserPoolClient", "explicitAuthFlows", ["ALLOW_CUSTOM_AUTH"]),
    bad("COG-CODE-FLOW", "UserPoolClient", "allowedOauthFlows", ["code", "implicit"]),
    bad("COG-SECRET", "UserPoolClient", "generateSecret", True),
    bad("COG-SECRET", "UserPoolClient", "allowedOauthFlows", ["client_credentials"], ["generateSecret"]),
    bad(
        "COG-CALLBACKS",
        "UserPoolClient",
        "callbackUrls",
        ["http://localhost:5173/", "https://*.example.com/", "app://signed-in", "https://a.example.com/#x"],
        ["callbackUrls"] * 4,
    ),
    bad("COG-CALLBACKS", "UserPoolClient", "logoutUrls", ["http://app.example.com/"]),
    bad("COG-TOKEN-LIFE", "UserPoolClient", "accessTokenValidity", 61),
    bad("COG-TOKEN-LIFE", "UserPoolClient", "tokenValidityUnits", None, ["accessTokenValidity", "idTokenValidity"]),
    bad("COG-GUESTS", "IdentityPool", "allowUnauthenticatedIdentities", True),
    bad("API-JWT", "Route", "authorizationType", "NONE"),
    bad("API-JWT", "Route", "authorizationType", None),
    bad("API-JWT", "Route", "authorizerId", None),
    bad("API-CATCH-ALL", "Route", "routeKey", "$default"),
    bad("API-CATCH-ALL", "Route", "routeKey", "ANY /a"),
    bad("API-CATCH-ALL", "Route", "routeKey", "GET /{proxy+}"),
    bad(
        "API-ISSUER",
        "Authorizer",
        "jwtConfiguration#issuer",
        f"{ISSUER}/",
        ["must be https://cognito-idp.<region>.amazonaws.com/<pool>"],
    ),
    bad(
        "API-ISSUER",
        "Authorizer",
        "jwtConfiguration#issuer",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-central-1_Abc123",
        ["got https://cognito-idp.eu-west-1.amazonaws.com/eu-central-1_Abc123"],
    ),
    bad("API-AUDIENCE", "Authorizer", "jwtConfiguration#audiences", []),
    bad("API-TOKEN-SOURCE", "Authorizer", "identitySources", ["$request.querystring.token"]),
    bad(
        "API-ACCESS-LOG",
        "Stage",
        "accessLogSettings",
        None,
        ["accessLogSettings.destinationArn", "accessLogSettings.format"],
    ),
    bad("API-ACCESS-LOG", "Stage", "accessLogSettings#format", log_format(status="-")),
    bad("API-ACCESS-LOG", "Stage", "accessLogSettings#format", log_format(token="$context.authorizer.claims")),
    bad(
        "API-THROTTLE",
        "Stage",
        "defaultRouteSettings",
        None,
        ["defaultRouteSettings: throttlingRateLimit", "defaultRouteSettings: throttlingBurstLimit"],
    ),
    bad("API-THROTTLE", "Stage", "routeSettings#0#throttlingBurstLimit", 0),
    bad(
        "API-CORS",
        "Api",
        "corsConfiguration#allowOrigins",
        ["*", "http://localhost:5173"],
        ["allowOrigins"] * 2,
    ),
    bad("API-CORS", "Api", "corsConfiguration#allowHeaders", ["*"]),
    bad("API-TLS", "DomainName", "domainNameConfiguration#securityPolicy", "TLS_1_0"),
    bad("API-OWN-DOMAIN", "Api", "disableExecuteApiEndpoint", None),
    bad("L-PERMISSION", "Permission", "principal", "*"),
    bad("L-PERMISSION", "Permission", "principal", ACCOUNT),
    bad("L-PERMISSION", "Permission", "sourceArn", None),
    bad("L-PERMISSION", "Permission", "sourceArn", "arn:aws:execute-api:*:*:*/*/*"),
    bad("L-URL", "FunctionUrl", "authorizationType", "NONE"),
    bad(
        "L-SECRETS",
        "Function",
        "environment#variables",
        {"MAIL_PASSWORD": "hunter2", "SERVICE": f"id {MADE_UP_KEY}", "PEM": "-----BEGIN PRIVATE KEY-----"},
        ["MAIL_PASSWORD", "SERVICE", "PEM"],
    ),
    bad("L-RESERVED", "Function", "environment#variables", {"AWS_REGION": "eu-central-1", "_HANDLER": "x"}),
    bad("L-KMS", "Function", "kmsKeyArn", None),
    bad("L-REVOCATION", "Function", "environment#variables", {"COGNITO_USER_POOL_ID": "x"}, ["environment must name"]),
    bad("L-RUNTIME", "Function", "runtime", "python3.9"),
    bad("L-CONCURRENCY", "Function", "reservedConcurrentExecutions", -1),
    bad("L-TIMEOUT", "Function", "timeout", 3),
    bad("L-TIMEOUT", "Function", "timeout", 30),
    bad("L-TIMEOUT", "Function", "timeout", None),
    bad("L-MEMORY", "Function", "memorySize", 128),
    bad("L-LOGS", "Function", "loggingConfig", None, ["loggingConfig.logFormat", "loggingConfig.logGroup"]),
    bad("L-TRACING", "Function", "tracingConfig", None),
    bad("L-VPC", "Function", "vpcConfig", {"subnetIds": ["subnet-1"], "securityGroupIds": ["sg-1"]}),
    bad("IAM-EXACT", "RolePolicy", "policy", policy({**STATEMENT, "Action": "logs:*"}), ["Action"]),
    bad("IAM-EXACT", "RolePolicy", "policy", policy({**STATEMENT, "Resource": "*"}), ["Resource of logs:PutLogEvents"]),
    bad(
        "IAM-EXACT",
        "RolePolicy",
        "policy",
        policy({"Effect": "Allow", "Action": ["dynamodb:GetItem", "xray:PutTraceSegments"], "Resource": SOME_TABLES}),
        ["Resource of dynamodb:GetItem, xray:PutTraceSegments"],
    ),
    bad(
        "IAM-EXACT",
        "RolePolicy",
        "policy",
        policy({"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": f"{LOG_ARN}:*"}),
    ),
    bad("IAM-OWN", "RolePolicyAttachment", "policyArn", BROAD, ["must have policies of this stack only"]),
    bad("IAM-OWN", "Role", "managedPolicyArns", [BROAD], ["must have policies of this stack only"]),
    bad("IAM-TRUST", "Role", "assumeRolePolicy", trust({"AWS": "*"})),
    bad("IAM-TRUST", "Role", "assumeRolePolicy", trust("*"), ["must trust AWS services by name"]),
    *(
        bad("IAM-COGNITO", "RolePolicy", "policy", policy({**STATEMENT, "Action": f"cognito-idp:{action}"}), ["Action"])
        for action in ("AdminDeleteUser", "AdminAddUserToGroup")
    ),
    bad("LOG-ENDS", "LogGroup", "retentionInDays", None),
    bad("LOG-YEAR", "LogGroup", "retentionInDays", 90),
    bad("LOG-KMS", "LogGroup", "kmsKeyId", None),
    bad("DATA-TABLE", "Table", "pointInTimeRecovery", None),
    bad("DATA-TABLE-KMS", "Table", "serverSideEncryption#kmsKeyArn", None),
    bad("DATA-BUCKET", "BucketPublicAccessBlock", "blockPublicPolicy", False),
    bad("DATA-BUCKET", "Bucket", "bucket", "other"),
    bad("DATA-TOPIC", "Topic", "kmsMasterKeyId", None),
    bad("DATA-KEY", "Key", "enableKeyRotation", None),
    bad("OPS-ALARMS", "MetricAlarm", "metricQueries", [], ["5xx", "signing keys", "authorizer", "401"]),
    bad("OPS-ALARMS", "LogMetricFilter", "pattern", "x", ["an alarm"]),
    bad("OPS-TOLD", "MetricAlarm", "alarmActions", []),
    bad("OPS-TAGS", "Function", "tags", {"Stack": "prod"}),
]


def everything(*, but: Resource) -> list[Resource]:
    """Return a stack of good resources, with this one in place of its type."""
    return [but if resource.type == but.type else resource for resource in map(good, GOOD)]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_is_silent_where_all_is_well(rule: Any) -> None:
    """A rule with false alarms gets suppressed, and then misses real violations."""
    found = list(rule.violations([good(kind) for kind in GOOD]))
    assert found == [], "change the resource in GOOD above, which must satisfy every rule"


@pytest.mark.parametrize("case", BAD, ids=str)
def test_rule_names_the_input_that_is_wrong(case: Bad) -> None:
    """Input, rule and value: enough to fix it without reading the rule's code."""
    resource = changed(case.kind, case.path, case.value)
    found = list(BY_ID[case.rule].violations(everything(but=resource)))

    assert {violation.resource for violation in found} == {
        STACK if case.rule in {"COG-WAF", "OPS-ALARMS"} else resource.name
    }
    assert len(found) == len(case.words)
    for violation, word in zip(found, case.words, strict=True):
        assert word in violation.says
        assert re.search(r" must .*, got ", violation.says)
        assert "hunter2" not in violation.says  # a report is printed and logged: it never quotes a secret


def test_every_rule_has_a_bad_resource() -> None:
    """A rule without a bad example may be one that never reports."""
    missing = {rule.id for rule in RULES} - {case.rule for case in BAD}
    assert not missing, f"add a line to BAD in tests/policies/test_rules.py for {', '.join(sorted(missing))}"


def test_every_type_is_judged_by_a_rule() -> None:
    """A misspelled type token silently matches no resource."""
    types = {type_ for type_, _ in GOOD.values()}

    for rule in RULES:
        if isinstance(rule, ResourceRule):
            assert any(type_ in types for type_ in rule.types), f"add to GOOD above a resource that {rule.id} judges"


def test_rules_say_what_they_are() -> None:
    """Suppressions use the ids; people read the rest."""
    assert len(BY_ID) == len(RULES)
    for rule in RULES:
        assert rule.title[0].isupper() or rule.title.startswith("X-Ray"), rule.id
        assert not rule.title.endswith("."), rule.id
        assert rule.remedy, rule.id
        assert rule.sources, rule.id
        assert set(rule.environments) <= set(ENVIRONMENTS), rule.id
        assert "prod" in rule.environments, rule.id


def test_public_routes_are_the_tables() -> None:
    """Only the routes that the route table declares public need no token."""
    assert {route.key for route in ROUTES if route.public} == PUBLIC
    for key in PUBLIC:
        open_route = Resource(type="aws:apigatewayv2/route:Route", name=key, inputs={"routeKey": key})
        assert list(BY_ID["API-JWT"].violations([open_route])) == []


def test_client_of_a_machine_is_as_it_should_be() -> None:
    """A machine's client has a secret, no user flow and no callback."""
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


@pytest.mark.parametrize(("action", "violations"), [("AdminAddUserToGroup", 0), ("AdminDeleteUser", 1)])
def test_one_trigger_may_add_users_to_groups(action: str, violations: int) -> None:
    """It is called by the pool alone, and may do nothing else to it."""
    (rule,) = (rule for rule in RULES if rule.id == "IAM-COGNITO")
    trigger = changed("RolePolicy", "policy", policy({**STATEMENT, "Action": f"cognito-idp:{action}"}))
    named = Resource(type=trigger.type, name="auth-policy-post-confirmation", inputs=trigger.inputs, protect=False)

    assert len(list(rule.violations([named]))) == violations


def test_part_of_a_combined_alarm_tells_through_it() -> None:
    """An alarm without actions is fine if it is part of a composite alarm."""
    part = Resource(type=GOOD["MetricAlarm"][0], name="many", inputs={"name": "refusals-many"})
    whole = Resource(
        type="aws:cloudwatch/compositeAlarm:CompositeAlarm",
        name="surge",
        inputs={"alarmRule": 'ALARM("refusals-many")', "alarmActions": ["arn"]},
    )

    assert list(BY_ID["OPS-TOLD"].violations([part, whole])) == []
    assert list(BY_ID["OPS-TOLD"].violations([part])) == [
        Violation("many", "alarmActions must name a topic, got nothing")
    ]


def test_bucket_without_a_block_is_open() -> None:
    """Another bucket's access block does not count."""
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
    """A wildcard may stand for parts inside a resource, never for the resource."""
    assert is_narrow(arn) is narrow
