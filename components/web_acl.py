"""The web ACL in front of the user pool: its sign-in page, its token endpoint, and its API for clients.

Annotations that name `aws.wafv2` are texts: importing it takes longer than the whole program, and few stacks need it.
"""

from collections.abc import Iterator
from dataclasses import field

import pulumi
import pulumi_aws as aws

from .arguments import Problem, Set, between, checked, frozen, validate
from .formats import optional, web_acl_arn

EXAMPLE_ARN = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/sign-in/00000000-0000-0000-0000-000000000000"
# Rules of AWSManagedRulesCommonRuleSet that match ordinary sign-ins: they count, and the log shows what they matched.
COUNTED = (
    "NoUserAgent_HEADER",  # programs that fetch a machine's token need not send one
    "SizeRestrictions_QUERYSTRING",  # 2,048 bytes: the code and state that an identity provider returns
    "SizeRestrictions_BODY",  # 8 KB: a SAML response
    "CrossSiteScripting_BODY",  # base64, as in a SAML response, can look like a script
    "EC2MetaDataSSRF_QUERYARGUMENTS",  # redirect_uri on localhost, as of native apps and development
    "EC2MetaDataSSRF_BODY",  # the same, sent to the token endpoint
    "GenericRFI_QUERYARGUMENTS",  # redirect_uri with an address, as http://127.0.0.1
    "GenericRFI_BODY",
)


def made_or_existing(create: bool, arn: str) -> Iterator[Problem]:
    """A user pool has one web ACL ("Associate an AWS WAF web ACL with a user pool")."""
    if create and arn:
        yield Problem(("create",), "be false with arn", value=True, fix=Set(("create",), value=False))


@frozen
class SignInWebAclArgs:
    """The web ACL in front of sign-in. Without `create` and `arn` there is none."""

    create: bool = False
    """Make one: AWS's rules for common attacks and addresses of bad repute, and a limit for each address."""
    arn: str = field(default="", metadata=checked(optional(web_acl_arn), example=EXAMPLE_ARN))
    """ARN of an existing regional web ACL instead. Whoever owns it sets its rules, its log and its alarms."""
    # RateBasedStatement: 10 to 2,000,000,000
    requests_per_address: int = field(default=500, metadata=checked(between(10, 2_000_000_000)))
    """Requests in five minutes after which one address is blocked by the web ACL that is made, 10 or more. A sign-in
    takes about five; many people share the address of an office."""

    def __post_init__(self) -> None:
        validate(self, made_or_existing)


def web_acl(
    name: str,
    pool: aws.cognito.UserPool,
    args: SignInWebAclArgs,
    retention: int,
    key_arn: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str] | None:
    """Put a web ACL in front of the pool, if one is configured. Return the name of the one that was made."""
    if not args.create and not args.arn:
        return None
    made = _made(name, pool, args, opts) if args.create else None
    aws.wafv2.WebAclAssociation(
        f"{name}-web-acl-association",
        resource_arn=pool.arn,
        web_acl_arn=made.arn if made else args.arn,
        # The pool has one: created first, the new association would be ended by the end of the old one.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )
    if made is None:
        return None
    _log(name, made, retention, key_arn, opts)
    return made.name


def _made(
    name: str, pool: aws.cognito.UserPool, args: SignInWebAclArgs, opts: pulumi.ResourceOptions
) -> "aws.wafv2.WebAcl":
    # The pool's id makes it unique: metrics need a name before Pulumi's random suffix is known.
    acl = pulumi.Output.concat("sign-in-", pool.id)
    return aws.wafv2.WebAcl(
        f"{name}-web-acl",
        name=acl,
        description="Sign-in of one user pool",
        scope="REGIONAL",
        default_action={"allow": {}},
        rules=[
            # Public keys, without which nobody's token can be verified. Who fetches them sends no user agent, and many
            # environments share the address of a NAT gateway.
            {
                "name": "signing-keys",
                "priority": 0,
                "action": {"allow": {}},
                "statement": {
                    "byte_match_statement": {
                        "field_to_match": {"uri_path": {}},
                        "positional_constraint": "STARTS_WITH",
                        "search_string": pulumi.Output.concat("/", pool.id, "/.well-known/"),
                        "text_transformations": [{"priority": 0, "type": "NONE"}],
                    }
                },
                "visibility_config": _visibility("signing-keys"),
            },
            _managed("bad-addresses", 1, "AWSManagedRulesAmazonIpReputationList"),
            {
                "name": "requests-per-address",
                "priority": 2,
                "action": {"block": {}},
                "statement": {
                    "rate_based_statement": {
                        "limit": args.requests_per_address,
                        "aggregate_key_type": "IP",
                        "evaluation_window_sec": 300,
                    }
                },
                "visibility_config": _visibility("requests-per-address"),
            },
            _managed("common-attacks", 3, "AWSManagedRulesCommonRuleSet", COUNTED),
        ],
        visibility_config=_visibility(acl),
        opts=opts,
    )


def _managed(name: str, priority: int, group: str, counted: tuple[str, ...] = ()) -> "aws.wafv2.WebAclRuleArgsDict":
    """Return a rule that does what AWS's rule group says, but for the rules that only count."""
    overrides: list[aws.wafv2.WebAclRuleStatementManagedRuleGroupStatementRuleActionOverrideArgsDict] = [
        {"name": each, "action_to_use": {"count": {}}} for each in counted
    ]
    return {
        "name": name,
        "priority": priority,
        "override_action": {"none": {}},
        "statement": {
            "managed_rule_group_statement": {
                "vendor_name": "AWS",
                "name": group,
                "rule_action_overrides": overrides or None,
            }
        },
        "visibility_config": _visibility(name),
    }


def _visibility(metric: pulumi.Input[str]) -> "aws.wafv2.WebAclVisibilityConfigArgsDict":
    """Return metrics without samples, which show whole requests in the console: redaction is of the log alone."""
    return {"cloudwatch_metrics_enabled": True, "metric_name": metric, "sampled_requests_enabled": False}


def _log(
    name: str,
    acl: "aws.wafv2.WebAcl",
    retention: int,
    key_arn: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> None:
    """Log the requests that a rule blocked or counted, without what signs somebody in."""
    logs = aws.cloudwatch.LogGroup(
        f"{name}-web-acl-logs",
        name_prefix=f"aws-waf-logs-{name}-",  # WAF takes no other prefix
        retention_in_days=retention,
        kms_key_id=key_arn,
        opts=opts,
    )
    aws.wafv2.WebAclLoggingConfiguration(
        f"{name}-web-acl-logging",
        resource_arn=acl.arn,
        log_destination_configs=[logs.arn],
        # Tokens, the session of the sign-in page, and the code that a redirect brings back.
        redacted_fields=[
            {"single_header": {"name": "authorization"}},
            {"single_header": {"name": "cookie"}},
            {"query_string": {}},
        ],
        logging_filter={
            "default_behavior": "DROP",
            "filters": [
                {
                    "behavior": "KEEP",
                    "requirement": "MEETS_ANY",
                    "conditions": [
                        {"action_condition": {"action": action}} for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
                    ],
                }
            ],
        },
        opts=opts,
    )
