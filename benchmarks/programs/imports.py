"""The imports that the program needs in any case: Pulumi, and the classes of its AWS provider that it uses."""

import pulumi
import pulumi_aws as aws

# The provider imports a service's module, with all its classes, when its name is first used.
CLASSES = (
    pulumi.ComponentResource,
    aws.apigatewayv2.Api,
    aws.apigatewayv2.Authorizer,
    aws.apigatewayv2.Integration,
    aws.apigatewayv2.Route,
    aws.apigatewayv2.Stage,
    aws.cloudwatch.Dashboard,
    aws.cloudwatch.LogGroup,
    aws.cloudwatch.LogMetricFilter,
    aws.cloudwatch.QueryDefinition,
    aws.cognito.ResourceServer,
    aws.cognito.UserGroup,
    aws.cognito.UserPool,
    aws.cognito.UserPoolClient,
    aws.cognito.UserPoolDomain,
    aws.dynamodb.Table,
    aws.iam.Role,
    aws.iam.RolePolicy,
    aws.lambda_.Alias,
    aws.lambda_.Function,
    aws.lambda_.Permission,
)
