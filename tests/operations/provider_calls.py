"""The AWS calls of Pulumi's AWS provider for each resource type: create, read, update, delete and tags.

Written from the provider's sources (terraform-provider-aws, internal/service), not from operations/resource_types.py:
the two must agree. ARNs are those of one deployed resource, as the recording has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from stacks.recorder import ACCOUNT, RecordedResource
from tests.operations.iam import Call, Tags


class Deployment:
    """A deployed stack: its region, its tags, and the ids that its resources refer to."""

    def __init__(self, resources: tuple[RecordedResource, ...], region: str) -> None:
        self.region = region
        self.tags: Tags = next(each.inputs["tags"] for each in resources if each.kind == "UserPool")
        self.pool = next(each.outputs["arn"] for each in resources if each.kind == "UserPool")
        self._keys = {each.id for each in resources if each.kind == "Key"}
        self.resources = resources

    def arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self.region}:{ACCOUNT}:{rest}"

    def calls(self) -> Iterator[Call]:
        """Yield the calls of every resource. A type without an entry has those of its mapping, in test_role.py."""
        for each in self.resources:
            if each.type in CALLS:
                yield from CALLS[each.type](each, self)

    def on(self, service: str, actions: str, arn: str, *, tagged: bool = True) -> Iterator[Call]:
        """Calls on a resource that exists, with the stack's tags if its type has tags."""
        tags = self.tags if tagged else {}
        yield from (Call(f"{service}:{action}", arn, tags) for action in actions.split())

    def new(self, service: str, actions: str, arn: str) -> Iterator[Call]:
        """Calls that create a resource with the stack's tags."""
        yield from (Call(f"{service}:{action}", arn, request_tags=self.tags) for action in actions.split())

    def retagged(self, service: str, action: str, arn: str) -> Iterator[Call]:
        """A call that changes the tags of a resource."""
        yield Call(f"{service}:{action}", arn, self.tags, self.tags)

    def encrypted(self, key: str | None) -> Iterator[Call]:
        """Encrypt a resource with a KMS key."""
        if key:
            is_own = key.rpartition("/")[2] in self._keys
            yield from self.on("kms", "CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey", key, tagged=is_own)


Calls = Callable[[RecordedResource, Deployment], Iterator[Call]]


def _pool_part(actions: str) -> Calls:
    return lambda _, stack: stack.on("cognito-idp", actions, stack.pool)


def _api_part(collection: str) -> Calls:
    def calls(part: RecordedResource, stack: Deployment) -> Iterator[Call]:
        path = f"arn:aws:apigateway:{stack.region}::/apis/{part.inputs['apiId']}/{collection}"
        yield from stack.on("apigateway", "POST", path, tagged=False)
        yield from stack.on("apigateway", "GET PATCH DELETE", f"{path}/{part.id}", tagged=False)

    return calls


def _certificate(certificate: RecordedResource, stack: Deployment) -> Iterator[Call]:
    yield from stack.new("acm", "RequestCertificate", "*")
    yield from stack.new("acm", "AddTagsToCertificate", certificate.id)
    yield from stack.on("acm", "DescribeCertificate ListTagsForCertificate DeleteCertificate", certificate.id)
    yield from stack.on("acm", "UpdateCertificateOptions RemoveTagsFromCertificate", certificate.id)
    yield from stack.retagged("acm", "AddTagsToCertificate", certificate.id)


def _api(api: RecordedResource, stack: Deployment) -> Iterator[Call]:
    apis = f"arn:aws:apigateway:{stack.region}::/apis"
    yield from stack.new("apigateway", "POST", apis)
    yield from stack.on("apigateway", "GET PATCH DELETE", f"{apis}/{api.id}")
    tags = f"arn:aws:apigateway:{stack.region}::/tags/arn%3Aaws%3Aapigateway%3A{stack.region}%3A%3A%2Fapis%2F{api.id}"
    yield from stack.on("apigateway", "GET POST DELETE", tags, tagged=False)
    yield from stack.on("apigateway", "GET POST DELETE", f"{tags}%2Fstages%2F%24default", tagged=False)


def _stage(stage: RecordedResource, stack: Deployment) -> Iterator[Call]:
    yield from _api_part("stages")(stage, stack)
    yield from stack.on("logs", _DELIVERY, "*", tagged=False)


def _domain_name(domain: RecordedResource, stack: Deployment) -> Iterator[Call]:
    domains = f"arn:aws:apigateway:{stack.region}::/domainnames"
    one = f"{domains}/{domain.inputs['domainName']}"
    yield from stack.new("apigateway", "POST", domains)
    yield from stack.on("apigateway", "AddCertificateToDomain RemoveCertificateFromDomain", domains, tagged=False)
    yield from stack.on("apigateway", "GET PATCH DELETE", one)
    yield from stack.on("apigateway", "AddCertificateToDomain RemoveCertificateFromDomain", one)
    tags = f"%2Fdomainnames%2F{domain.inputs['domainName']}"
    tags = f"arn:aws:apigateway:{stack.region}::/tags/arn%3Aaws%3Aapigateway%3A{stack.region}%3A%3A{tags}"
    yield from stack.on("apigateway", "GET POST DELETE", tags, tagged=False)
    service = "aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway"
    yield Call("iam:CreateServiceLinkedRole", f"arn:aws:iam::{ACCOUNT}:role/{service}")
    if truststore := (domain.inputs.get("mutualTlsAuthentication") or {}).get("truststoreUri"):
        where = f"arn:aws:s3:::{truststore.removeprefix('s3://')}"
        yield from stack.on("s3", "GetObject GetObjectVersion", where, tagged=False)


def _api_mapping(mapping: RecordedResource, stack: Deployment) -> Iterator[Call]:
    path = f"arn:aws:apigateway:{stack.region}::/domainnames/{mapping.inputs['domainName']}/apimappings"
    yield from stack.on("apigateway", "POST", path)
    yield from stack.on("apigateway", "GET PATCH DELETE", f"{path}/{mapping.id}")


def _alarm(put: str, on_any: str) -> Calls:
    def calls(alarm: RecordedResource, stack: Deployment) -> Iterator[Call]:
        arn = stack.arn("cloudwatch", f"alarm:{alarm.id}")
        yield Call(f"cloudwatch:{put}", "*" if on_any else arn, request_tags=stack.tags)
        yield Call(f"cloudwatch:{put}", "*" if on_any else arn, stack.tags, stack.tags)
        yield Call("cloudwatch:DescribeAlarms", "*")
        yield from stack.new("cloudwatch", "TagResource", arn)
        yield from stack.retagged("cloudwatch", "TagResource", arn)
        yield from stack.on("cloudwatch", "DeleteAlarms ListTagsForResource UntagResource", arn)

    return calls


def _dashboard(dashboard: RecordedResource, stack: Deployment) -> Iterator[Call]:
    arn = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{dashboard.inputs['dashboardName']}"
    yield from stack.on("cloudwatch", "PutDashboard GetDashboard DeleteDashboards", arn, tagged=False)


def _log_group(group: RecordedResource, stack: Deployment) -> Iterator[Call]:
    arn = stack.arn("logs", f"log-group:{group.id}")
    yield from stack.new("logs", "CreateLogGroup TagResource", arn)
    yield Call("logs:DescribeLogGroups", "*")
    for each in (arn, f"{arn}:*"):
        yield from stack.on("logs", "PutRetentionPolicy DeleteRetentionPolicy DeleteLogGroup", each)
        yield from stack.on("logs", "AssociateKmsKey DisassociateKmsKey", each)
        yield from stack.on("logs", "ListTagsForResource UntagResource", each)
    yield from stack.retagged("logs", "TagResource", arn)
    yield from stack.encrypted(group.inputs.get("kmsKeyId"))


def _metric_filter(each: RecordedResource, stack: Deployment) -> Iterator[Call]:
    arn = stack.arn("logs", f"log-group:{each.inputs['logGroupName']}:*")
    yield from stack.on("logs", "PutMetricFilter DescribeMetricFilters DeleteMetricFilter", arn)


def _query(_: RecordedResource, stack: Deployment) -> Iterator[Call]:
    actions = "PutQueryDefinition DescribeQueryDefinitions DeleteQueryDefinition"
    yield from stack.on("logs", actions, "*", tagged=False)


def _log_delivery(_: RecordedResource, stack: Deployment) -> Iterator[Call]:
    actions = "SetLogDeliveryConfiguration GetLogDeliveryConfiguration"
    yield from stack.on("cognito-idp", actions, stack.pool)
    yield from stack.on("logs", _DELIVERY, "*", tagged=False)


def _user_pool(_: RecordedResource, stack: Deployment) -> Iterator[Call]:
    yield from stack.new("cognito-idp", "CreateUserPool", "*")
    yield from stack.new("cognito-idp", "TagResource", stack.pool)
    yield from stack.on("cognito-idp", "DescribeUserPool GetUserPoolMfaConfig SetUserPoolMfaConfig", stack.pool)
    yield from stack.on("cognito-idp", "AddCustomAttributes DeleteUserPool", stack.pool)
    yield from stack.on("cognito-idp", "ListTagsForResource UntagResource", stack.pool)
    yield from stack.retagged("cognito-idp", "UpdateUserPool", stack.pool)
    yield from stack.retagged("cognito-idp", "TagResource", stack.pool)
    service = "aws-service-role/email.cognito-idp.amazonaws.com/AWSServiceRoleForAmazonCognitoIdpEmailService"
    yield Call("iam:CreateServiceLinkedRole", f"arn:aws:iam::{ACCOUNT}:role/{service}")


def _user_pool_domain(domain: RecordedResource, stack: Deployment) -> Iterator[Call]:
    yield from stack.on("cognito-idp", "CreateUserPoolDomain UpdateUserPoolDomain DeleteUserPoolDomain", stack.pool)
    yield Call("cognito-idp:DescribeUserPoolDomain")
    if domain.inputs.get("certificateArn"):
        yield Call("cloudfront:UpdateDistribution", "arn:aws:cloudfront::111122223333:distribution/E1")


def _table(table: RecordedResource, stack: Deployment) -> Iterator[Call]:
    arn = table.outputs["arn"]
    yield from stack.new("dynamodb", "CreateTable TagResource", arn)
    yield from stack.on("dynamodb", "DescribeTable UpdateTable DeleteTable DescribeContinuousBackups", arn)
    yield from stack.on("dynamodb", "UpdateContinuousBackups DescribeTimeToLive UpdateTimeToLive", arn)
    yield from stack.on("dynamodb", "ListTagsOfResource UntagResource", arn)
    yield from stack.retagged("dynamodb", "TagResource", arn)
    yield from stack.encrypted((table.inputs.get("serverSideEncryption") or {}).get("kmsKeyArn"))


def _role(role: RecordedResource, stack: Deployment) -> Iterator[Call]:
    arn = role.outputs["arn"]
    yield from stack.new("iam", "CreateRole TagRole", arn)
    yield from stack.on("iam", "GetRole UpdateRole UpdateAssumeRolePolicy DeleteRole UntagRole", arn)
    yield from stack.on("iam", "ListRolePolicies ListAttachedRolePolicies ListInstanceProfilesForRole", arn)
    yield from stack.retagged("iam", "TagRole", arn)


def _role_policy(policy: RecordedResource, stack: Deployment) -> Iterator[Call]:
    arn = f"arn:aws:iam::{ACCOUNT}:role/{policy.inputs['role']}"
    yield from stack.on("iam", "PutRolePolicy GetRolePolicy DeleteRolePolicy", arn)


def _key(key: RecordedResource, stack: Deployment) -> Iterator[Call]:
    arn = key.outputs["arn"]
    yield from stack.new("kms", "CreateKey", "*")
    yield from stack.new("kms", "TagResource", arn)
    yield Call("kms:PutKeyPolicy", arn)  # a part of CreateKey
    yield from stack.on("kms", "PutKeyPolicy GetKeyPolicy DescribeKey GetKeyRotationStatus EnableKeyRotation", arn)
    yield from stack.on("kms", "DisableKeyRotation UpdateKeyDescription EnableKey DisableKey", arn)
    yield from stack.on("kms", "ScheduleKeyDeletion ListResourceTags UntagResource", arn)
    yield from stack.retagged("kms", "TagResource", arn)


def _key_policy(policy: RecordedResource, stack: Deployment) -> Iterator[Call]:
    yield from stack.on("kms", "GetKeyPolicy PutKeyPolicy", stack.arn("kms", f"key/{policy.inputs['keyId']}"))


def _alias(alias: RecordedResource, stack: Deployment) -> Iterator[Call]:
    function = stack.arn("lambda", f"function:{alias.inputs['functionName']}")
    yield from stack.on("lambda", "CreateAlias GetAlias UpdateAlias DeleteAlias ListVersionsByFunction", function)
    yield from stack.on("lambda", "InvokeFunction", f"{function}:42", tagged=False)  # a release
    yield Call("cloudwatch:DescribeAlarms")


def _function(function: RecordedResource, stack: Deployment) -> Iterator[Call]:
    arn = function.outputs["arn"]
    yield from stack.new("lambda", "CreateFunction TagResource", arn)
    service = {"iam:PassedToService": "lambda.amazonaws.com"}
    yield Call("iam:PassRole", function.inputs["role"], stack.tags, context=service)
    yield from stack.on("lambda", "GetFunction GetFunctionConfiguration GetFunctionCodeSigningConfig", arn)
    yield from stack.on("lambda", "UpdateFunctionCode UpdateFunctionConfiguration PublishVersion DeleteFunction", arn)
    yield from stack.on("lambda", "ListVersionsByFunction ListTags UntagResource", arn)
    yield from stack.on("lambda", "PutFunctionConcurrency GetFunctionConcurrency DeleteFunctionConcurrency", arn)
    yield from stack.retagged("lambda", "TagResource", arn)
    yield from stack.encrypted(function.inputs.get("kmsKeyArn"))
    if function.inputs.get("vpcConfig"):
        yield from stack.on("ec2", "DescribeSecurityGroups DescribeSubnets DescribeVpcs", "*", tagged=False)


def _permission(permission: RecordedResource, stack: Deployment) -> Iterator[Call]:
    function = stack.arn("lambda", f"function:{permission.inputs['function']}")
    yield from stack.on("lambda", "AddPermission RemovePermission GetPolicy", function)


def _provisioned(each: RecordedResource, stack: Deployment) -> Iterator[Call]:
    arn = stack.arn("lambda", f"function:{each.inputs['functionName']}:{each.inputs['qualifier']}")
    for verb in ("Put", "Get", "Delete"):
        yield from stack.on("lambda", f"{verb}ProvisionedConcurrencyConfig", arn, tagged=False)


def _record(record: RecordedResource, stack: Deployment) -> Iterator[Call]:
    zone = f"arn:aws:route53:::hostedzone/{record.inputs['zoneId']}"
    yield from stack.on("route53", "ChangeResourceRecordSets ListResourceRecordSets GetHostedZone", zone, tagged=False)
    yield Call("route53:GetChange", "arn:aws:route53:::change/C1")


def _topic(topic: RecordedResource, stack: Deployment) -> Iterator[Call]:
    yield from stack.new("sns", "CreateTopic TagResource", topic.id)
    yield from stack.on("sns", "GetTopicAttributes SetTopicAttributes DeleteTopic", topic.id)
    yield from stack.on("sns", "ListTagsForResource UntagResource", topic.id)
    yield from stack.retagged("sns", "TagResource", topic.id)


def _topic_policy(policy: RecordedResource, stack: Deployment) -> Iterator[Call]:
    yield from stack.on("sns", "GetTopicAttributes SetTopicAttributes", policy.inputs["arn"])


def _subscription(each: RecordedResource, stack: Deployment) -> Iterator[Call]:
    yield from stack.on("sns", "Subscribe ListSubscriptionsByTopic", each.inputs["topic"])
    actions = "GetSubscriptionAttributes SetSubscriptionAttributes Unsubscribe"
    yield from stack.on("sns", actions, "*", tagged=False)


def _web_acl(acl: RecordedResource, stack: Deployment) -> Iterator[Call]:
    arn, groups = acl.outputs["arn"], stack.arn("wafv2", "regional/managedruleset/AWSManagedRulesCommonRuleSet/1")
    yield from stack.new("wafv2", "CreateWebACL TagResource", arn)
    yield Call("wafv2:CreateWebACL", groups, request_tags=stack.tags)
    yield from stack.on("wafv2", "UpdateWebACL", groups, tagged=False)
    yield from stack.on("wafv2", "GetWebACL UpdateWebACL DeleteWebACL ListTagsForResource UntagResource", arn)
    yield from stack.retagged("wafv2", "TagResource", arn)


def _web_acl_association(each: RecordedResource, stack: Deployment) -> Iterator[Call]:
    """Cognito checks rights of its own ("Associate an AWS WAF web ACL with a user pool")."""
    yield from stack.on("cognito-idp", "AssociateWebACL GetWebACLForResource DisassociateWebACL", stack.pool)
    yield from stack.on("wafv2", "AssociateWebACL GetWebACLForResource DisassociateWebACL", stack.pool, tagged=False)
    own = any(acl.outputs["arn"] == each.inputs["webAclArn"] for acl in stack.resources if acl.kind == "WebAcl")
    yield from stack.on("wafv2", "AssociateWebACL GetWebACLForResource", each.inputs["webAclArn"], tagged=own)


def _web_acl_logging(each: RecordedResource, stack: Deployment) -> Iterator[Call]:
    actions = "PutLoggingConfiguration GetLoggingConfiguration DeleteLoggingConfiguration"
    yield from stack.on("wafv2", actions, each.inputs["resourceArn"])
    yield from stack.on("logs", _DELIVERY, "*", tagged=False)


_DELIVERY = (
    "CreateLogDelivery GetLogDelivery UpdateLogDelivery DeleteLogDelivery ListLogDeliveries PutResourcePolicy "
    "DescribeResourcePolicies DescribeLogGroups"
)
CALLS: Mapping[str, Calls] = {
    "aws:acm/certificate:Certificate": _certificate,
    "aws:acm/certificateValidation:CertificateValidation": lambda each, stack: stack.on(
        "acm", "DescribeCertificate", each.inputs["certificateArn"]
    ),
    "aws:apigatewayv2/api:Api": _api,
    "aws:apigatewayv2/apiMapping:ApiMapping": _api_mapping,
    "aws:apigatewayv2/authorizer:Authorizer": _api_part("authorizers"),
    "aws:apigatewayv2/domainName:DomainName": _domain_name,
    "aws:apigatewayv2/integration:Integration": _api_part("integrations"),
    "aws:apigatewayv2/route:Route": _api_part("routes"),
    "aws:apigatewayv2/stage:Stage": _stage,
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _alarm("PutCompositeAlarm", "on any"),
    "aws:cloudwatch/dashboard:Dashboard": _dashboard,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _metric_filter,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm("PutMetricAlarm", ""),
    "aws:cloudwatch/queryDefinition:QueryDefinition": _query,
    "aws:cognito/identityProvider:IdentityProvider": _pool_part(
        "CreateIdentityProvider DescribeIdentityProvider UpdateIdentityProvider DeleteIdentityProvider"
    ),
    "aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration": _log_delivery,
    "aws:cognito/managedLoginBranding:ManagedLoginBranding": _pool_part(
        "CreateManagedLoginBranding DescribeManagedLoginBranding DescribeManagedLoginBrandingByClient "
        "UpdateManagedLoginBranding DeleteManagedLoginBranding ListUserPoolClients"
    ),
    "aws:cognito/resourceServer:ResourceServer": _pool_part(
        "CreateResourceServer DescribeResourceServer UpdateResourceServer DeleteResourceServer"
    ),
    "aws:cognito/riskConfiguration:RiskConfiguration": _pool_part("SetRiskConfiguration DescribeRiskConfiguration"),
    "aws:cognito/userGroup:UserGroup": _pool_part("CreateGroup GetGroup UpdateGroup DeleteGroup"),
    "aws:cognito/userPool:UserPool": _user_pool,
    "aws:cognito/userPoolClient:UserPoolClient": _pool_part(
        "CreateUserPoolClient DescribeUserPoolClient UpdateUserPoolClient DeleteUserPoolClient"
    ),
    "aws:cognito/userPoolDomain:UserPoolDomain": _user_pool_domain,
    "aws:dynamodb/table:Table": _table,
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:kms/key:Key": _key,
    "aws:kms/keyPolicy:KeyPolicy": _key_policy,
    "aws:lambda/alias:Alias": _alias,
    "aws:lambda/function:Function": _function,
    "aws:lambda/permission:Permission": _permission,
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": _provisioned,
    "aws:route53/record:Record": _record,
    "aws:sns/topic:Topic": _topic,
    "aws:sns/topicPolicy:TopicPolicy": _topic_policy,
    "aws:sns/topicSubscription:TopicSubscription": _subscription,
    "aws:wafv2/webAcl:WebAcl": _web_acl,
    "aws:wafv2/webAclAssociation:WebAclAssociation": _web_acl_association,
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration": _web_acl_logging,
}
