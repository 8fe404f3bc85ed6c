"""What AWS asks of whom that deploys: for each kind of resource, the actions and the resources that they take.

From AWS's Service Authorization Reference, page by page. Where an action takes no resource there, or makes the one it
would take, it is `anywhere`: on `*`, in the stack's region.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Right:
    """`actions` of `service` on `at`, and those on `anywhere`.

    In an ARN, {region} and {account} are the stack's, and {name} is each component that has such a resource: every name
    that Pulumi gives begins with it.
    """

    service: str
    actions: str
    at: tuple[str, ...]
    anywhere: str = ""


_POOL = ("arn:aws:cognito-idp:{region}:{account}:userpool/*",)
_FUNCTION = ("arn:aws:lambda:{region}:{account}:function:{name}-*",)
_LOGS = (
    "arn:aws:logs:{region}:{account}:log-group:{name}-*",
    "arn:aws:logs:{region}:{account}:log-group:/aws/vendedlogs/{name}-*",
)
_ALARM = ("arn:aws:cloudwatch:{region}:{account}:alarm:{name}-*",)
_TOPIC = ("arn:aws:sns:{region}:{account}:{name}-*",)
_ROLE = ("arn:aws:iam::{account}:role/{name}-*",)
_KEY = ("arn:aws:kms:{region}:{account}:key/*",)
_TAGS = "TagResource UntagResource ListTagsForResource"

# API Gateway has a verb for everything, and paths for resources.
_VERBS = "GET POST PUT PATCH DELETE TagResource UntagResource"
_API = Right(
    service="apigateway",
    actions=_VERBS,
    at=(
        "arn:aws:apigateway:{region}::/apis",
        "arn:aws:apigateway:{region}::/apis/*",
        "arn:aws:apigateway:{region}::/tags/*",
    ),
)
_DOMAIN = Right(
    service="apigateway",
    actions=f"{_VERBS} AddCertificateToDomain RemoveCertificateFromDomain",
    at=("arn:aws:apigateway:{region}::/domainnames", "arn:aws:apigateway:{region}::/domainnames/*"),
)


def _own_role_of(service: str) -> Right:
    """Have an AWS service make its own role in the account, which it does once, at the first use of a feature."""
    return Right(
        service="iam",
        actions="CreateServiceLinkedRole",
        at=(f"arn:aws:iam::{{account}}:role/aws-service-role/{service}/*",),
    )


def _pool(actions: str, anywhere: str = "") -> Right:
    return Right(service="cognito-idp", actions=actions, at=_POOL, anywhere=anywhere)


RIGHTS: dict[str, tuple[Right, ...]] = {
    "aws:acm/certificate:Certificate": (
        Right(
            service="acm",
            actions="DescribeCertificate DeleteCertificate UpdateCertificateOptions AddTagsToCertificate "
            "RemoveTagsFromCertificate ListTagsForCertificate",
            at=("arn:aws:acm:{region}:{account}:certificate/*",),
            anywhere="RequestCertificate",
        ),
    ),
    "aws:acm/certificateValidation:CertificateValidation": (),
    "aws:apigatewayv2/api:Api": (_API,),
    "aws:apigatewayv2/apiMapping:ApiMapping": (_DOMAIN,),
    "aws:apigatewayv2/authorizer:Authorizer": (_API,),
    # "Using service-linked roles for API Gateway"
    "aws:apigatewayv2/domainName:DomainName": (_DOMAIN, _own_role_of("ops.apigateway.amazonaws.com")),
    "aws:apigatewayv2/integration:Integration": (_API,),
    "aws:apigatewayv2/route:Route": (_API,),
    "aws:apigatewayv2/stage:Stage": (
        _API,
        # Of whom that switches access logs on ("Enabling logging from AWS services").
        Right(
            service="logs",
            actions="",
            at=(),
            anywhere="CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries "
            "PutResourcePolicy DescribeResourcePolicies DescribeLogGroups",
        ),
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": (
        Right(
            service="cloudwatch",
            actions=f"PutCompositeAlarm DeleteAlarms {_TAGS}",
            at=_ALARM,
            anywhere="DescribeAlarms",  # AWS: a composite alarm's are described on *
        ),
    ),
    "aws:cloudwatch/dashboard:Dashboard": (
        Right(
            service="cloudwatch",
            actions="PutDashboard GetDashboard DeleteDashboards",
            at=("arn:aws:cloudwatch::{account}:dashboard/secure-api-*",),
        ),
    ),
    "aws:cloudwatch/logGroup:LogGroup": (
        Right(
            service="logs",
            actions=f"CreateLogGroup DeleteLogGroup PutRetentionPolicy DeleteRetentionPolicy AssociateKmsKey "
            f"DisassociateKmsKey {_TAGS}",
            at=_LOGS,
            anywhere="DescribeLogGroups",
        ),
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": (
        Right(service="logs", actions="PutMetricFilter DescribeMetricFilters DeleteMetricFilter", at=_LOGS),
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": (
        Right(
            service="cloudwatch", actions=f"PutMetricAlarm DeleteAlarms {_TAGS}", at=_ALARM, anywhere="DescribeAlarms"
        ),
    ),
    "aws:cloudwatch/queryDefinition:QueryDefinition": (
        Right(
            service="logs",
            actions="",
            at=(),
            anywhere="PutQueryDefinition DescribeQueryDefinitions DeleteQueryDefinition",
        ),
    ),
    "aws:cognito/identityProvider:IdentityProvider": (
        _pool("CreateIdentityProvider DescribeIdentityProvider UpdateIdentityProvider DeleteIdentityProvider"),
    ),
    "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration": (
        _pool("SetLogDeliveryConfiguration GetLogDeliveryConfiguration"),
        Right(
            service="logs",
            actions="",
            at=(),
            anywhere="CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries "
            "PutResourcePolicy DescribeResourcePolicies DescribeLogGroups",
        ),
    ),
    "aws:cognito/managedLoginBranding:ManagedLoginBranding": (
        _pool(
            "CreateManagedLoginBranding DescribeManagedLoginBranding DescribeManagedLoginBrandingByClient "
            "UpdateManagedLoginBranding DeleteManagedLoginBranding"
        ),
    ),
    "aws:cognito/resourceServer:ResourceServer": (
        _pool("CreateResourceServer DescribeResourceServer UpdateResourceServer DeleteResourceServer"),
    ),
    "aws:cognito/riskConfiguration:RiskConfiguration": (_pool("SetRiskConfiguration DescribeRiskConfiguration"),),
    "aws:cognito/userGroup:UserGroup": (_pool("CreateGroup GetGroup UpdateGroup DeleteGroup"),),
    "aws:cognito/userPool:UserPool": (
        _pool(
            f"DescribeUserPool UpdateUserPool DeleteUserPool GetUserPoolMfaConfig SetUserPoolMfaConfig "
            f"AddCustomAttributes {_TAGS}",
            anywhere="CreateUserPool",
        ),
        # "Using service-linked roles for Amazon Cognito": it sends mail through SES by its own role.
        _own_role_of("email.cognito-idp.amazonaws.com"),
    ),
    "aws:cognito/userPoolClient:UserPoolClient": (
        _pool("CreateUserPoolClient DescribeUserPoolClient UpdateUserPoolClient DeleteUserPoolClient"),
    ),
    "aws:cognito/userPoolDomain:UserPoolDomain": (
        _pool("CreateUserPoolDomain UpdateUserPoolDomain DeleteUserPoolDomain", anywhere="DescribeUserPoolDomain"),
    ),
    "aws:dynamodb/table:Table": (
        Right(
            service="dynamodb",
            actions="CreateTable DescribeTable UpdateTable DeleteTable DescribeContinuousBackups "
            "UpdateContinuousBackups DescribeTimeToLive UpdateTimeToLive TagResource UntagResource ListTagsOfResource",
            at=("arn:aws:dynamodb:{region}:{account}:table/{name}-*",),
        ),
    ),
    "aws:iam/role:Role": (
        Right(
            service="iam",
            actions="CreateRole GetRole UpdateRole UpdateAssumeRolePolicy DeleteRole TagRole UntagRole "
            "ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole",
            at=_ROLE,
        ),
    ),
    "aws:iam/rolePolicy:RolePolicy": (
        Right(service="iam", actions="PutRolePolicy GetRolePolicy DeleteRolePolicy", at=_ROLE),
    ),
    "aws:kms/key:Key": (
        Right(
            service="kms",
            actions="DescribeKey GetKeyPolicy GetKeyRotationStatus EnableKeyRotation DisableKeyRotation "
            "UpdateKeyDescription EnableKey DisableKey ScheduleKeyDeletion TagResource UntagResource ListResourceTags "
            # Of whom that gives a function or a table this key (Lambda's and DynamoDB's pages on encryption).
            "CreateGrant Encrypt Decrypt",
            at=_KEY,
            anywhere="CreateKey",
        ),
    ),
    "aws:kms/keyPolicy:KeyPolicy": (Right(service="kms", actions="GetKeyPolicy PutKeyPolicy", at=_KEY),),
    "aws:lambda/alias:Alias": (
        Right(service="lambda", actions="CreateAlias GetAlias UpdateAlias DeleteAlias", at=_FUNCTION),
        # A release looks at the versions, calls the new one, and watches the alarms.
        Right(service="lambda", actions="ListVersionsByFunction InvokeFunction", at=_FUNCTION),
        Right(service="cloudwatch", actions="", at=(), anywhere="DescribeAlarms"),
    ),
    "aws:lambda/function:Function": (
        Right(
            service="lambda",
            actions="CreateFunction GetFunction GetFunctionConfiguration UpdateFunctionCode "
            "UpdateFunctionConfiguration DeleteFunction PublishVersion ListVersionsByFunction "
            "GetFunctionCodeSigningConfig PutFunctionConcurrency GetFunctionConcurrency "
            "DeleteFunctionConcurrency TagResource UntagResource ListTags",
            at=_FUNCTION,
        ),
        # Of whom that puts a function into a VPC (Lambda's page on VPCs).
        Right(service="ec2", actions="", at=(), anywhere="DescribeSecurityGroups DescribeSubnets DescribeVpcs"),
    ),
    "aws:lambda/permission:Permission": (
        Right(service="lambda", actions="AddPermission RemovePermission GetPolicy", at=_FUNCTION),
    ),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": (
        Right(
            service="lambda",
            actions="PutProvisionedConcurrencyConfig GetProvisionedConcurrencyConfig "
            "DeleteProvisionedConcurrencyConfig",
            at=_FUNCTION,
        ),
    ),
    "aws:route53/record:Record": (
        Right(
            service="route53",
            actions="ChangeResourceRecordSets ListResourceRecordSets GetHostedZone",
            at=("arn:aws:route53:::hostedzone/*",),
        ),
        Right(service="route53", actions="GetChange", at=("arn:aws:route53:::change/*",)),
    ),
    "aws:sns/topic:Topic": (
        Right(
            service="sns",
            actions=f"CreateTopic GetTopicAttributes SetTopicAttributes DeleteTopic {_TAGS}",
            at=_TOPIC,
        ),
    ),
    "aws:sns/topicPolicy:TopicPolicy": (
        Right(service="sns", actions="GetTopicAttributes SetTopicAttributes", at=_TOPIC),
    ),
    "aws:sns/topicSubscription:TopicSubscription": (
        Right(
            service="sns",
            actions="Subscribe ListSubscriptionsByTopic",
            at=_TOPIC,
            anywhere="GetSubscriptionAttributes SetSubscriptionAttributes Unsubscribe",
        ),
    ),
}
