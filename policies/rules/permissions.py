"""Rules for IAM: roles have exact actions on exact resources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.rule import ResourceRule, Severity, shown
from stacks.resource import Resource

ROLE = "aws:iam/role:Role"
POLICIES = ("aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy", "aws:iam/userPolicy:UserPolicy")
ATTACHMENTS = ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "aws:iam/policyAttachment:PolicyAttachment")

# Actions without resource-level permissions, which AWS allows on `*` only ("Service Authorization Reference").
WITHOUT_RESOURCE = {
    "xray:PutTraceSegments": "X-Ray",
    "xray:PutTelemetryRecords": "X-Ray",
    "ec2:CreateNetworkInterface": "a function in a VPC",
    "ec2:DescribeNetworkInterfaces": "a function in a VPC",
    "ec2:DescribeSubnets": "a function in a VPC",
    "ec2:DeleteNetworkInterface": "a function in a VPC",
    "ec2:AssignPrivateIpAddresses": "a function in a VPC",
    "ec2:UnassignPrivateIpAddresses": "a function in a VPC",
}
# What a trigger may do to the pool that calls it, by the end of its policy's name (components/pool_triggers.py).
OF_TRIGGERS = {"post-confirmation": frozenset({"cognito-idp:AdminAddUserToGroup"})}
SIGN_OUT = frozenset({"cognito-idp:AdminUserGlobalSignOut"})  # ends sessions, and opens nothing
# Resource kinds in ARNs; an ARN that ends with one names no resource.
_KINDS = frozenset({"log-group", "function", "table", "secret", "parameter", "key", "topic", "userpool", "role"})


def is_narrow(arn: str) -> bool:
    """Return whether an ARN names one resource of one account. Parts inside that resource may be wildcards."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        return False
    if any("*" in part or "?" in part for part in parts[:5]):
        return False
    named = re.sub(r"([:/]\*)+$", "", parts[5])
    named = re.sub(r"-\?{6}$", "", named)  # Secrets Manager ends a secret's name with six characters of its own
    if parts[2] == "execute-api":
        named = named.partition("/")[0]  # api/stage/method/path: a stage's name is a wildcard's place
    return not re.search(r"[*?]", named) and named not in {"", *_KINDS}


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def statements(document: object) -> list[Mapping[str, Any]]:
    """Return the Allow statements of a policy, given as JSON or as an object."""
    if not document:
        return []
    policy: Any = document if isinstance(document, Mapping) else json.loads(str(document))
    found = policy.get("Statement") or ()
    found = [found] if isinstance(found, Mapping) else found
    return [each for each in found if each.get("Effect") != "Deny"]


def _least_privilege(policy: Resource) -> Iterator[str]:
    for statement in statements(policy.inputs.get("policy")):
        for key in ("NotAction", "NotResource"):
            if key in statement:
                yield f"policy must list allowed actions and resources, got {key}"
        actions = _listed(statement.get("Action"))
        if broad := [action for action in actions if "*" in action or "?" in action]:
            yield f"Action must be exact, got {shown(broad)}"
        if actions and all(action in WITHOUT_RESOURCE for action in actions):
            continue
        if broad := [arn for arn in _listed(statement.get("Resource")) if not is_narrow(arn)]:
            yield f"Resource of {shown(actions)} must be exact, got {shown(broad)}"


def _no_user_administration(policy: Resource) -> Iterator[str]:
    actions = [action for each in statements(policy.inputs.get("policy")) for action in _listed(each.get("Action"))]
    own = next((actions for end, actions in OF_TRIGGERS.items() if policy.name.endswith(f"-policy-{end}")), SIGN_OUT)
    found = [action for action in actions if action.startswith(("cognito-idp:", "cognito-identity:"))]
    if found := [action for action in found if action not in own]:
        yield f"Action must not be Cognito's, got {shown(found)}"


def _own_policies(resource: Resource) -> Iterator[str]:
    attached = [resource.inputs.get("policyArn"), *(resource.inputs.get("managedPolicyArns") or ())]
    if managed := [arn for arn in attached if re.match(r"arn:[\w-]+:iam::aws:policy/", str(arn or ""))]:
        yield f"a role must have policies of this stack only, got {shown(managed)}"


def _trusted(role: Resource) -> Iterator[str]:
    for statement in statements(role.inputs.get("assumeRolePolicy")):
        principal = statement.get("Principal")
        services = _listed(principal.get("Service")) if isinstance(principal, Mapping) else []
        others = isinstance(principal, Mapping) and principal.keys() - {"Service"}
        if not services or others or any("*" in service for service in services):
            yield f"assumeRolePolicy must trust AWS services by name, got {json.dumps(principal)}"


RULES = (
    ResourceRule(
        id="IAM-EXACT",
        severity=Severity.CRITICAL,
        title="A policy names exact actions and resources, except for actions without resource-level permissions",
        remedy="name the action and the resource in the component's policy",
        sources=("IAM5",),
        types=POLICIES,
        check=_least_privilege,
    ),
    ResourceRule(
        id="IAM-OWN",
        severity=Severity.HIGH,
        title="A role has no AWS managed policy, only the stack's own",
        remedy="put the actions that are needed into a policy of the role",
        sources=("IAM4",),
        types=(ROLE, *ATTACHMENTS),
        check=_own_policies,
    ),
    ResourceRule(
        id="IAM-TRUST",
        severity=Severity.CRITICAL,
        title="Only AWS services, by name, may assume a role",
        remedy="name the service as Principal in the role's trust policy",
        sources=("IAM: trust policies",),
        types=(ROLE,),
        check=_trusted,
    ),
    ResourceRule(
        id="IAM-COGNITO",
        severity=Severity.HIGH,
        title="No function may administer users, but sign them out, and the trigger adds new users to a group",
        remedy="remove the action, or suppress the rule with the reason why the function needs it",
        sources=("OWASP API5",),
        types=POLICIES,
        check=_no_user_administration,
    ),
)
