"""The deploying role's rights for each resource type, and whether the type is free.

Actions, resources and condition keys are those of AWS's Service Authorization Reference. An ARN is a template, filled
from the recorded resource: {region} and {account} are the stack's, {name} is the resource's name in AWS, {path} is the
name without a leading slash, {api} is the HTTP API's id, and every other field is one of the resource's inputs. Random
parts of names and ids are wildcards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from stacks.resource import Resource


class Scope(Enum):
    """Which of the resources that match the ARN: the condition of the statement."""

    OWN = "resources with the stack's tags"
    NEW = "requests with the stack's tags, on resources that have none yet or the stack's"
    UNTAGGED = "resources with the stack's tags, or without tags"
    NAMED = "every resource that the ARN matches: AWS evaluates no tags here"
    REGION = "the stack's region: the action has no resource, or AWS asks for *"


@dataclass(frozen=True)
class Right:
    """Actions of a service, separated by spaces, on ARN templates."""

    scope: Scope
    service: str
    actions: str
    at: tuple[str, ...]


def own(service: str, actions: str, *at: str) -> Right:
    return Right(Scope.OWN, service, actions, at)


def new(service: str, actions: str, *at: str) -> Right:
    return Right(Scope.NEW, service, actions, at)


def untagged(service: str, actions: str, *at: str) -> Right:
    return Right(Scope.UNTAGGED, service, actions, at)


def named(service: str, actions: str, *at: str) -> Right:
    return Right(Scope.NAMED, service, actions, at)


def anywhere(service: str, actions: str) -> Right:
    return Right(Scope.REGION, service, actions, ("*",))


BySetting = Callable[[Resource], Iterator[Right]]


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """Rights that every resource of the type takes, those that follow from its inputs, and whether it costs nothing."""

    rights: tuple[Right, ...]
    by_setting: BySetting = lambda _: iter(())
    free: bool = False  # if it is not, operations/bill.py has a line for it


_POOL = "arn:aws:cognito-idp:{region}:{account}:userpool/*"
_FUNCTION = "arn:aws:lambda:{region}:{account}:function:"
_LOG_GROUP = "arn:aws:logs:{region}:{account}:log-group:"
_KEY = "arn:aws:kms:{region}:{account}:key/*"
_CERTIFICATE = "arn:aws:acm:{region}:{account}:certificate/*"
_ALARM = "arn:aws:cloudwatch:{region}:{account}:alarm:"
_QUEUE = "arn:aws:sqs:{region}:{account}:{name}"
_PARAMETER = "arn:aws:ssm:{region}:{account}:parameter/{path}"
_RULES = "arn:aws:events:{region}:{account}:rule/"
_WEB_ACL = "arn:aws:wafv2:{region}:{account}:regional/webacl/sign-in-*/*"
_API = "arn:aws:apigateway:{region}::/apis"
_DOMAIN = "arn:aws:apigateway:{region}::/domainnames"
_API_TAGS = "arn:aws:apigateway:{region}::/tags/arn%3Aaws%3Aapigateway%3A{region}%3A%3A%2F"
_VERBS = "GET POST PUT PATCH DELETE"
_TAGS = "TagResource UntagResource ListTagsForResource"
# To encrypt with a customer managed key: Lambda ("Securing environment variables"), DynamoDB ("Using customer managed
# keys") and CloudWatch Logs use the key with the caller's rights.
_USE_KEY = "CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey"
# "Enabling logging from AWS services"
_LOG_DELIVERY = anywhere(
    "logs",
    "CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy "
    "DescribeResourcePolicies DescribeLogGroups",
)
_DESCRIBE_ALARMS = anywhere("cloudwatch", "DescribeAlarms")  # AWS: for composite alarms only on *


def _pool(actions: str, *, free: bool = True) -> ResourceType:
    """A part of a user pool, which has no tags but the pool's."""
    return ResourceType(rights=(own("cognito-idp", actions, _POOL),), free=free)


def _api(*more: Right) -> ResourceType:
    """A part of an HTTP API. AWS documents inherited tags for REST APIs only."""
    return ResourceType(rights=(named("apigateway", _VERBS, f"{_API}/{{api}}/*"), *more), free=True)


def _service_role(service: str) -> Right:
    """Let AWS create its own role for a service, which it does once for each account."""
    return named(
        "iam", "CreateServiceLinkedRole", f"arn:aws:iam::{{account}}:role/aws-service-role/{service}.amazonaws.com/*"
    )


def _vpc(function: Resource) -> Iterator[Right]:
    """Lambda, "Giving Lambda functions access to resources in an Amazon VPC"."""
    if function.inputs.get("vpcConfig"):
        yield anywhere("ec2", "DescribeSecurityGroups DescribeSubnets DescribeVpcs")


def _truststore(domain: Resource) -> Iterator[Right]:
    """API Gateway, "Configuring mutual TLS authentication": it reads the truststore with the caller's rights."""
    uri = str((domain.inputs.get("mutualTlsAuthentication") or {}).get("truststoreUri") or "")
    if match := re.fullmatch(r"s3://(.+)", uri):
        yield named("s3", "GetObject GetObjectVersion", f"arn:aws:s3:::{match[1]}")


def _own_page(domain: Resource) -> Iterator[Right]:
    """Cognito, "Using your own domain for managed login": the page is a CloudFront distribution of Cognito's."""
    if domain.inputs.get("certificateArn"):
        yield named("cloudfront", "UpdateDistribution", "*")


def _other_web_acl(association: Resource) -> Iterator[Right]:
    """Associate the web ACL in the inputs: the stack's own by its tags, any other by its ARN."""
    arn = str(association.inputs.get("webAclArn") or "")
    yield (own if arn.endswith("*") else named)("wafv2", "AssociateWebACL GetWebACLForResource", arn)


def uses_key(resource: Resource) -> Iterator[Right]:
    """Encrypt with the KMS keys in a resource's inputs: the stack's own by their tags, any other by its ARN."""
    for arn in sorted(set(re.findall(r"arn:[\w-]+:kms:[\w-]+:\d{12}:key/[\w*-]+", str(resource.inputs)))):
        yield own("kms", _USE_KEY, _KEY) if arn.endswith("*") else named("kms", _USE_KEY, arn)


# To add a type, look up its actions in the Service Authorization Reference.
RESOURCE_TYPES: dict[str, ResourceType] = {
    "aws:acm/certificate:Certificate": ResourceType(
        rights=(
            new("acm", "RequestCertificate", "*"),
            new("acm", "AddTagsToCertificate", _CERTIFICATE),
            own(
                "acm",
                "DescribeCertificate DeleteCertificate UpdateCertificateOptions AddTagsToCertificate "
                "RemoveTagsFromCertificate ListTagsForCertificate",
                _CERTIFICATE,
            ),
        ),
        free=True,
    ),
    "aws:acm/certificateValidation:CertificateValidation": ResourceType(
        rights=(own("acm", "DescribeCertificate", _CERTIFICATE),), free=True
    ),
    "aws:apigatewayv2/api:Api": ResourceType(
        rights=(
            new("apigateway", "POST", _API),
            own("apigateway", _VERBS, f"{_API}/{{api}}"),
            named("apigateway", _VERBS, f"{_API_TAGS}apis%2F{{api}}*"),
        ),
    ),
    "aws:apigatewayv2/apiMapping:ApiMapping": ResourceType(
        rights=(named("apigateway", _VERBS, f"{_DOMAIN}/{{domainName}}/apimappings*"),), free=True
    ),
    "aws:apigatewayv2/authorizer:Authorizer": _api(),
    "aws:apigatewayv2/domainName:DomainName": ResourceType(
        rights=(
            new("apigateway", "POST", _DOMAIN),
            named("apigateway", _VERBS, f"{_DOMAIN}/{{domainName}}"),
            named(
                "apigateway", "AddCertificateToDomain RemoveCertificateFromDomain", _DOMAIN, f"{_DOMAIN}/{{domainName}}"
            ),
            named("apigateway", _VERBS, f"{_API_TAGS}domainnames%2F{{domainName}}"),
            _service_role("ops.apigateway"),  # "Using service-linked roles for API Gateway"
        ),
        by_setting=_truststore,
        free=True,
    ),
    "aws:apigatewayv2/integration:Integration": _api(),
    "aws:apigatewayv2/route:Route": _api(),
    "aws:apigatewayv2/stage:Stage": _api(_LOG_DELIVERY),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": ResourceType(
        rights=(
            anywhere("cloudwatch", "PutCompositeAlarm"),  # AWS: only on *
            _DESCRIBE_ALARMS,
            new("cloudwatch", "TagResource", f"{_ALARM}{{alarmName}}"),
            own("cloudwatch", f"DeleteAlarms {_TAGS}", f"{_ALARM}{{alarmName}}"),
        ),
    ),
    "aws:cloudwatch/dashboard:Dashboard": ResourceType(
        rights=(
            named(
                "cloudwatch",
                "PutDashboard GetDashboard DeleteDashboards",
                "arn:aws:cloudwatch::{account}:dashboard/{dashboardName}",
            ),
        ),
    ),
    # Its use is not in the estimate of a month's cost; the same goes for buckets, queues and parameters.
    "aws:cloudwatch/eventRule:EventRule": ResourceType(
        rights=(
            new("events", "PutRule TagResource", f"{_RULES}{{name}}", f"{_RULES}*/{{name}}"),
            own(
                "events",
                f"DescribeRule PutRule DeleteRule EnableRule DisableRule {_TAGS}",
                f"{_RULES}{{name}}",
                f"{_RULES}*/{{name}}",
            ),
        ),
        free=True,
    ),
    "aws:cloudwatch/eventTarget:EventTarget": ResourceType(
        rights=(
            own(
                "events",
                "PutTargets ListTargetsByRule RemoveTargets",
                f"{_RULES}{{rule}}",
                f"{_RULES}*/{{rule}}",
            ),
        ),
        free=True,
    ),
    "aws:cloudwatch/logGroup:LogGroup": ResourceType(
        rights=(
            new("logs", "CreateLogGroup TagResource", f"{_LOG_GROUP}{{name}}", f"{_LOG_GROUP}{{name}}:*"),
            own(
                "logs",
                f"DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey DisassociateKmsKey {_TAGS}",
                f"{_LOG_GROUP}{{name}}",
                f"{_LOG_GROUP}{{name}}:*",
            ),
            anywhere("logs", "DescribeLogGroups"),
        ),
        by_setting=uses_key,
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": ResourceType(
        rights=(
            own(
                "logs",
                "PutMetricFilter DescribeMetricFilters DeleteMetricFilter",
                f"{_LOG_GROUP}{{logGroupName}}",
                f"{_LOG_GROUP}{{logGroupName}}:*",
            ),
        ),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ResourceType(
        rights=(
            new("cloudwatch", "PutMetricAlarm TagResource", f"{_ALARM}{{name}}"),
            own(
                "cloudwatch",
                f"PutMetricAlarm DeleteAlarms {_TAGS}",
                f"{_ALARM}{{name}}",
            ),
            _DESCRIBE_ALARMS,
        ),
    ),
    "aws:cloudwatch/queryDefinition:QueryDefinition": ResourceType(
        rights=(anywhere("logs", "PutQueryDefinition DescribeQueryDefinitions DeleteQueryDefinition"),), free=True
    ),
    "aws:cognito/identityProvider:IdentityProvider": _pool(
        "CreateIdentityProvider DescribeIdentityProvider UpdateIdentityProvider DeleteIdentityProvider"
    ),
    "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration": ResourceType(
        rights=(own("cognito-idp", "SetLogDeliveryConfiguration GetLogDeliveryConfiguration", _POOL), _LOG_DELIVERY),
        free=True,
    ),
    "aws:cognito/managedLoginBranding:ManagedLoginBranding": _pool(
        "CreateManagedLoginBranding DescribeManagedLoginBranding DescribeManagedLoginBrandingByClient "
        "UpdateManagedLoginBranding DeleteManagedLoginBranding ListUserPoolClients"
    ),
    "aws:cognito/resourceServer:ResourceServer": _pool(
        "CreateResourceServer DescribeResourceServer UpdateResourceServer DeleteResourceServer"
    ),
    "aws:cognito/riskConfiguration:RiskConfiguration": _pool("SetRiskConfiguration DescribeRiskConfiguration"),
    "aws:cognito/userGroup:UserGroup": _pool("CreateGroup GetGroup UpdateGroup DeleteGroup"),
    "aws:cognito/userPool:UserPool": ResourceType(
        rights=(
            new("cognito-idp", "CreateUserPool", "*"),
            new("cognito-idp", "TagResource", _POOL),
            own(
                "cognito-idp",
                f"DescribeUserPool UpdateUserPool DeleteUserPool GetUserPoolMfaConfig SetUserPoolMfaConfig "
                f"AddCustomAttributes {_TAGS}",
                _POOL,
            ),
            # "Using service-linked roles for Amazon Cognito": it sends email through SES with its own role.
            _service_role("email.cognito-idp"),
        ),
    ),
    "aws:cognito/userPoolClient:UserPoolClient": ResourceType(
        rights=_pool("CreateUserPoolClient DescribeUserPoolClient UpdateUserPoolClient DeleteUserPoolClient").rights,
    ),
    "aws:cognito/userPoolDomain:UserPoolDomain": ResourceType(
        rights=(
            own("cognito-idp", "CreateUserPoolDomain UpdateUserPoolDomain DeleteUserPoolDomain", _POOL),
            anywhere("cognito-idp", "DescribeUserPoolDomain"),
        ),
        by_setting=_own_page,
        free=True,
    ),
    "aws:dynamodb/table:Table": ResourceType(
        rights=(
            new("dynamodb", "CreateTable TagResource", "arn:aws:dynamodb:{region}:{account}:table/{name}"),
            own(
                "dynamodb",
                "DescribeTable UpdateTable DeleteTable DescribeContinuousBackups UpdateContinuousBackups "
                "DescribeTimeToLive UpdateTimeToLive TagResource UntagResource ListTagsOfResource",
                "arn:aws:dynamodb:{region}:{account}:table/{name}",
            ),
        ),
        by_setting=uses_key,
    ),
    "aws:iam/role:Role": ResourceType(
        rights=(
            new("iam", "CreateRole TagRole", "arn:aws:iam::{account}:role/{name}"),
            own(
                "iam",
                "GetRole UpdateRole UpdateAssumeRolePolicy DeleteRole TagRole UntagRole ListRolePolicies "
                "ListAttachedRolePolicies ListInstanceProfilesForRole",
                "arn:aws:iam::{account}:role/{name}",
            ),
        ),
        free=True,
    ),
    "aws:iam/rolePolicy:RolePolicy": ResourceType(
        rights=(own("iam", "PutRolePolicy GetRolePolicy DeleteRolePolicy", "arn:aws:iam::{account}:role/{role}"),),
        free=True,
    ),
    "aws:kms/key:Key": ResourceType(
        rights=(
            new("kms", "CreateKey", "*"),
            new("kms", "TagResource", _KEY),
            untagged("kms", "PutKeyPolicy", _KEY),  # part of CreateKey, where the key may not have its tags yet
            own(
                "kms",
                "DescribeKey GetKeyPolicy GetKeyRotationStatus EnableKeyRotation DisableKeyRotation "
                "UpdateKeyDescription EnableKey DisableKey ScheduleKeyDeletion TagResource UntagResource "
                "ListResourceTags",
                _KEY,
            ),
        ),
    ),
    "aws:kms/keyPolicy:KeyPolicy": ResourceType(rights=(own("kms", "GetKeyPolicy PutKeyPolicy", _KEY),), free=True),
    "aws:lambda/alias:Alias": ResourceType(
        rights=(
            own(
                "lambda",
                "CreateAlias GetAlias UpdateAlias DeleteAlias ListVersionsByFunction",
                f"{_FUNCTION}{{functionName}}",
            ),
            # A release invokes the new version, and reads the alarms.
            named("lambda", "InvokeFunction", f"{_FUNCTION}{{functionName}}:*"),
            _DESCRIBE_ALARMS,
        ),
        free=True,
    ),
    "aws:lambda/function:Function": ResourceType(
        rights=(
            new("lambda", "CreateFunction TagResource", f"{_FUNCTION}{{name}}"),
            own(
                "lambda",
                "GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction "
                "PublishVersion ListVersionsByFunction GetFunctionCodeSigningConfig PutFunctionConcurrency "
                "GetFunctionConcurrency DeleteFunctionConcurrency TagResource UntagResource ListTags",
                f"{_FUNCTION}{{name}}",
            ),
        ),
        by_setting=lambda function: iter([*_vpc(function), *uses_key(function)]),
    ),
    "aws:lambda/permission:Permission": ResourceType(
        rights=(own("lambda", "AddPermission RemovePermission GetPolicy", f"{_FUNCTION}{{function}}"),), free=True
    ),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": ResourceType(
        rights=(
            named(
                "lambda",
                "PutProvisionedConcurrencyConfig GetProvisionedConcurrencyConfig DeleteProvisionedConcurrencyConfig",
                f"{_FUNCTION}{{functionName}}:*",
            ),
        ),
    ),
    "aws:route53/record:Record": ResourceType(
        rights=(
            named(
                "route53",
                "ChangeResourceRecordSets ListResourceRecordSets GetHostedZone",
                "arn:aws:route53:::hostedzone/{zoneId}",
            ),
            named("route53", "GetChange", "arn:aws:route53:::change/*"),
        ),
        free=True,
    ),
    # A bucket's tags have no effect on who may use it unless its owner switches that on: its name decides.
    "aws:s3/bucket:Bucket": ResourceType(
        rights=(
            named(
                "s3",
                "CreateBucket DeleteBucket ListBucket GetBucketLocation GetBucketAcl GetBucketCORS GetBucketWebsite "
                "GetBucketVersioning GetAccelerateConfiguration GetBucketRequestPayment GetBucketLogging "
                "GetLifecycleConfiguration GetReplicationConfiguration GetEncryptionConfiguration "
                "GetBucketObjectLockConfiguration GetBucketPolicy GetBucketTagging PutBucketTagging TagResource "
                "UntagResource ListTagsForResource",
                "arn:aws:s3:::{name}",
            ),
        ),
        free=True,
    ),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ResourceType(
        # To remove the block, too, S3 asks for the right to put it.
        rights=(named("s3", "PutBucketPublicAccessBlock GetBucketPublicAccessBlock", "arn:aws:s3:::{bucket}"),),
        free=True,
    ),
    "aws:sqs/queue:Queue": ResourceType(
        rights=(
            new("sqs", "CreateQueue TagQueue", _QUEUE),
            own("sqs", "DeleteQueue GetQueueAttributes ListQueueTags SetQueueAttributes TagQueue UntagQueue", _QUEUE),
        ),
        free=True,
    ),
    "aws:ssm/parameter:Parameter": ResourceType(
        rights=(
            new("ssm", "PutParameter AddTagsToResource", _PARAMETER),
            own(
                "ssm",
                "PutParameter GetParameter GetParameters DeleteParameter AddTagsToResource RemoveTagsFromResource "
                "ListTagsForResource",
                _PARAMETER,
            ),
            anywhere("ssm", "DescribeParameters"),
        ),
        by_setting=uses_key,
        free=True,
    ),
    "aws:sns/topic:Topic": ResourceType(
        rights=(
            new("sns", "CreateTopic TagResource", "arn:aws:sns:{region}:{account}:{name}"),
            own(
                "sns",
                f"GetTopicAttributes SetTopicAttributes DeleteTopic {_TAGS}",
                "arn:aws:sns:{region}:{account}:{name}",
            ),
        ),
    ),
    "aws:sns/topicPolicy:TopicPolicy": ResourceType(
        rights=(own("sns", "GetTopicAttributes SetTopicAttributes", "{arn}"),), free=True
    ),
    "aws:sns/topicSubscription:TopicSubscription": ResourceType(
        rights=(
            own("sns", "Subscribe ListSubscriptionsByTopic", "{topic}"),
            anywhere("sns", "GetSubscriptionAttributes SetSubscriptionAttributes Unsubscribe"),
        ),
        free=True,
    ),
    "aws:wafv2/webAcl:WebAcl": ResourceType(
        rights=(
            new("wafv2", "CreateWebACL TagResource", _WEB_ACL),
            own("wafv2", "GetWebACL UpdateWebACL DeleteWebACL ListTagsForResource TagResource UntagResource", _WEB_ACL),
            # Rule groups of AWS's are resources here, in the account that names them.
            named("wafv2", "CreateWebACL UpdateWebACL", "arn:aws:wafv2:{region}:{account}:regional/managedruleset/*/*"),
        ),
    ),
    # Cognito asks for its own rights on the pool, and those go by its tags.
    "aws:wafv2/webAclAssociation:WebAclAssociation": ResourceType(
        rights=(
            own("cognito-idp", "AssociateWebACL DisassociateWebACL GetWebACLForResource", _POOL),
            named("wafv2", "AssociateWebACL DisassociateWebACL GetWebACLForResource", _POOL),
        ),
        by_setting=_other_web_acl,
        free=True,
    ),
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": ResourceType(
        rights=(
            own("wafv2", "PutLoggingConfiguration GetLoggingConfiguration DeleteLoggingConfiguration", _WEB_ACL),
            _LOG_DELIVERY,
        ),
        free=True,
    ),
}
