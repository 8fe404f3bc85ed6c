"""The metrics that the stack's resources emit: AWS's own with their dimensions, each with the page that says so.

A name that is not here is drawn as an empty graph forever, and an alarm on it never begins.
"""

from __future__ import annotations

# docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html. With a stage and a route as further
# dimensions only where detailed metrics are on, which they are not.
HTTP_API = ("4xx", "5xx", "Count", "IntegrationLatency", "Latency", "DataProcessed")
# docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
FUNCTION = ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions", "AsyncEventsReceived")
# docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html
REGION = ("ConcurrentExecutions", "UnreservedConcurrentExecutions", "ClaimedAccountConcurrency")
# docs.aws.amazon.com/cognito/latest/developerguide/metrics-for-cognito-user-pools.html
APP_CLIENT = tuple(
    f"{kind}{outcome}" for kind in ("SignUp", "SignIn", "TokenRefresh") for outcome in ("Successes", "Throttles")
)
FEDERATION = ("FederationSuccesses", "FederationThrottles")
# docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html. A regional web ACL has the dimension Region.
WEB_ACL = ("AllowedRequests", "BlockedRequests", "CountedRequests", "PassedRequests")

# Namespace and the names of the dimensions, to the metrics.
EMITTED: dict[tuple[str, frozenset[str]], tuple[str, ...]] = {
    ("AWS/ApiGateway", frozenset({"ApiId"})): HTTP_API,
    ("AWS/ApiGateway", frozenset({"ApiId", "Stage"})): HTTP_API,
    ("AWS/Lambda", frozenset({"FunctionName"})): FUNCTION,
    ("AWS/Lambda", frozenset()): REGION,
    ("AWS/Cognito", frozenset({"UserPool", "UserPoolClient"})): APP_CLIENT,
    ("AWS/Cognito", frozenset({"UserPool", "UserPoolClient", "IdentityProvider"})): FEDERATION,
    ("AWS/WAFV2", frozenset({"WebACL", "Rule", "Region"})): WEB_ACL,
}
