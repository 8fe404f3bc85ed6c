"""`python -m operations role`: the policies of the role that deploys a stack, and of those who end sessions in it."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from operations.resource_types import RESOURCE_TYPES, Right, Scope
from stacks.command_line import Command, CommandError
from stacks.engine import Stack
from stacks.mappings.mapping import DEPLOYED_ACCOUNT, PULUMI_SUFFIX
from stacks.plan import Plan, plan_of
from stacks.recorder import RecordedResource

MOST = 6_144  # characters of a managed policy without white space ("IAM and AWS STS quotas")
PROVIDER = "token.actions.githubusercontent.com"
# Reads that answer secrets: app clients' and identity providers' secrets, and functions' environments and code. A
# preview runs the code of a pull request that nobody has reviewed yet.
SECRET_READS = frozenset(
    {
        "cognito-idp:DescribeIdentityProvider",
        "cognito-idp:DescribeUserPoolClient",
        "lambda:GetFunction",
        "lambda:GetFunctionConfiguration",
        "lambda:ListVersionsByFunction",
        "s3:GetObject",
        "s3:GetObjectVersion",
        "ssm:GetParameter",
        "ssm:GetParameters",
    }
)
# The calls of operations/sessions.py: of the pool, and of the table of revocations.
SESSION_CALLS: Mapping[str, str] = {
    "cognito-idp": "AdminGetUser AdminUserGlobalSignOut AdminDisableUser AdminEnableUser AdminRemoveUserFromGroup "
    "GetGroup ListUsers DescribeUserPoolClient",
    "dynamodb": "UpdateItem BatchGetItem",
}
_READS = re.compile(r"[\w-]+:(GET|Get\w+|List\w+|Describe\w+)")
# GitHub's default subject, with and without the immutable ids of owner and repository ("OpenID Connect reference").
_SUBJECT_PREFIX = re.compile(r"repo:[\w.-]+(@\d+)?/[\w.-]+(?(1)@\d+)")

Document = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `policy`, `trust` and `sessions`, each with the stack and the account."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    policy = actions.add_parser("policy", help="print the role's permissions, as one managed policy or a list")
    policy.add_argument("--api-id", default="*", metavar="ID", help="the deployed HTTP API: narrow its routes to it")
    policy.add_argument("--read-only", action="store_true", help="for previews: reads only, none that answers a secret")
    trust_ = actions.add_parser("trust", help="print the trust policy: one repository's jobs in one environment")
    trust_.add_argument(
        "--subject-prefix",
        required=True,
        metavar="PREFIX",
        help="as GitHub shows it for the repository: repo:OWNER/NAME or repo:OWNER@ID/NAME@ID",
    )
    trust_.add_argument("--environment", metavar="NAME", help="GitHub's environment (the stack's name)")
    sessions = actions.add_parser(
        "sessions", help="print what it takes to end sessions: sign-out, disable and the like"
    )
    for action in (policy, trust_, sessions):
        action.add_argument("--stack", required=True, metavar="NAME", help="the stack")
        action.add_argument("--account", required=True, metavar="ID", help="the AWS account, twelve digits")


def execute(arguments: argparse.Namespace) -> None:
    """Print the policies or the trust policy as JSON; CommandError for a wrong argument."""
    if not re.fullmatch(r"\d{12}", arguments.account):
        raise CommandError(f"--account must be twelve digits, got {arguments.account}")
    if arguments.action == "trust":
        environment = arguments.environment or arguments.stack
        print(json.dumps(trust(arguments.account, arguments.subject_prefix, environment), indent=2))
        return
    if arguments.action == "sessions":
        print(json.dumps(session_policy(plan_of(arguments.stack), arguments.account), indent=2))
        return
    if not re.fullmatch(r"[a-z0-9]+|\*", arguments.api_id):
        raise CommandError(f"--api-id must be lower-case letters and digits, got {arguments.api_id}")
    documents = policies(
        plan_of(arguments.stack), arguments.account, api_id=arguments.api_id, read_only=arguments.read_only
    )
    print(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))


def trust(account: str, subject_prefix: str, environment: str) -> Document:
    """Return the trust policy for jobs of this repository in this environment. CommandError for another prefix.

    The environment's reviewers guard the role; a branch instead would let every job of the branch deploy.
    """
    if not _SUBJECT_PREFIX.fullmatch(subject_prefix):
        raise CommandError(
            "--subject-prefix must be repo:OWNER/NAME or repo:OWNER@ID/NAME@ID, "
            f"as docs/delivery.md shows to find it, got {subject_prefix}"
        )
    condition = {
        f"{PROVIDER}:aud": "sts.amazonaws.com",
        f"{PROVIDER}:sub": f"{subject_prefix}:environment:{environment}",
    }
    return _document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{PROVIDER}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": condition},
            }
        ]
    )


def policies(plan: Plan, account: str, *, api_id: str = "*", read_only: bool = False) -> list[Document]:
    """Return the permissions to deploy a stack, in as few managed policies as they fit into."""
    documents: list[list[Mapping[str, Any]]] = [[]]
    for statement in _statements(plan, account, api_id, read_only=read_only):
        if _size(_document([*documents[-1], statement])) > MOST:
            documents.append([])
        documents[-1].append(statement)
    return [_document(each) for each in documents]


def session_policy(plan: Plan, account: str) -> Document:
    """Return the permissions of those who end sessions by the commands of operations/sessions.py."""
    region, own = plan.settings.region, _conditions(plan)[Scope.OWN]
    places = {"cognito-idp": f"arn:aws:cognito-idp:{region}:{account}:userpool/*"}
    tables = [each for each in plan.resources if each.kind == "Table" and each.name == "revocations-table"]
    if tables:
        places["dynamodb"] = f"arn:aws:dynamodb:{region}:{account}:table/{_name(tables[0])}"
    statements: list[Mapping[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": sorted(f"{service}:{action}" for action in SESSION_CALLS[service].split()),
            "Resource": [place],
            "Condition": own,
        }
        for service, place in places.items()
    ]
    for table in tables:
        key = (table.inputs.get("serverSideEncryption") or {}).get("kmsKeyArn")
        if key:
            by_table = {"kms:ViaService": f"dynamodb.{region}.amazonaws.com"}
            is_own = any(each.outputs.get("arn") == key for each in plan.resources if each.kind == "Key")
            named = {"StringEquals": {**(own["StringEquals"] if is_own else {}), **by_table}}
            arn = f"arn:aws:kms:{region}:{account}:key/*" if is_own else key
            statements.append({"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [arn], "Condition": named})
    return _document(statements)


def _statements(plan: Plan, account: str, api_id: str, *, read_only: bool) -> Iterable[Mapping[str, Any]]:
    """Yield one statement for each scope and set of actions, with every ARN that takes them."""
    actions: dict[tuple[Scope, str], set[str]] = {}
    roles: set[str] = set()
    for resource, right, arns in _needed(plan, account, api_id):
        taken = {f"{right.service}:{action}" for action in right.actions.split()}
        if read_only:
            taken = {action for action in taken if _READS.fullmatch(action)} - SECRET_READS
        for arn in arns if taken else ():
            actions.setdefault((right.scope, arn), set()).update(taken)
        if resource.type == "aws:iam/role:Role":
            roles |= {arn for arn in arns if right.scope is Scope.OWN}
    together: dict[tuple[Scope, frozenset[str]], set[str]] = {}
    for (scope, arn), taken in actions.items():
        together.setdefault((scope, frozenset(taken)), set()).add(arn)
    conditions = _conditions(plan)
    for (scope, names), places in sorted(together.items(), key=lambda each: (each[0][0].name, sorted(each[0][1]))):
        statement = {"Effect": "Allow", "Action": sorted(names), "Resource": _shortened(places)}
        yield {**statement, **({"Condition": conditions[scope]} if conditions[scope] else {})}
    if roles and not read_only:
        # By name alone: AWS says that tags of the role do not work reliably here ("iam:PassRole").
        passed = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
        yield {"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": sorted(roles), "Condition": passed}


def _conditions(plan: Plan) -> Mapping[Scope, Mapping[str, Any]]:
    tags = {"Project": Stack.load(plan.stack).project, "Stack": plan.stack}
    request = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    resource = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    return {
        Scope.OWN: {"StringEquals": resource},
        Scope.NEW: {"StringEquals": request, "StringEqualsIfExists": resource},
        Scope.UNTAGGED: {"StringEqualsIfExists": resource},
        Scope.NAMED: {},
        Scope.REGION: {"StringEquals": {"aws:RequestedRegion": plan.settings.region}},
    }


def _needed(plan: Plan, account: str, api_id: str) -> Iterable[tuple[RecordedResource, Right, list[str]]]:
    """Yield every right of every resource with its ARNs. CommandError for an unknown resource type."""
    generated = _generated(plan.resources, api_id)
    for resource in plan.resources:
        if resource.type not in RESOURCE_TYPES:
            raise CommandError(f"add {resource.type} to RESOURCE_TYPES in operations/resource_types.py")
        type_ = RESOURCE_TYPES[resource.type]
        inputs = _replaced(resource.inputs, generated)
        fields = {key: _in_account(value, account) for key, value in inputs.items() if isinstance(value, str)}
        fields |= {"region": plan.settings.region, "account": account, "name": _name(resource), "api": api_id}
        fields["path"] = fields["name"].removeprefix("/")
        for right in (*type_.rights, *type_.by_setting(replace(resource, inputs=inputs))):
            yield resource, right, [template.format_map(fields).replace("**", "*") for template in right.at]


def _generated(resources: Sequence[RecordedResource], api_id: str) -> Mapping[str, str]:
    """Return the made-up parts of recorded names and ids, with what stands for them in a pattern."""
    ids = {each.id: "*" for each in resources if each.kind in {"Key", "WebAcl"}}
    apis = {each.id: api_id for each in resources if each.kind == "Api"}
    return {**ids, **apis, PULUMI_SUFFIX: "-*", PULUMI_SUFFIX.lstrip("-"): "*"}


def _replaced(value: Any, generated: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for made_up, pattern in generated.items():
            value = value.replace(made_up, pattern)
        return value
    if isinstance(value, Mapping):
        return {key: _replaced(member, generated) for key, member in value.items()}
    return [_replaced(member, generated) for member in value] if isinstance(value, list) else value


def _in_account(value: str, account: str) -> str:
    return value.replace(f":{DEPLOYED_ACCOUNT}:", f":{account}:") if value.startswith("arn:") else value


def _name(resource: RecordedResource) -> str:
    """Return the resource's name in AWS: the program's, or the pattern of those that Pulumi generates."""
    if prefix := resource.inputs.get("namePrefix") or resource.inputs.get("bucketPrefix"):
        return f"{prefix}*"
    return str(resource.inputs.get("name") or resource.inputs.get("bucket") or f"{resource.name}-*")


def _shortened(arns: Iterable[str]) -> list[str]:
    """Leave out each ARN that another one covers."""
    found = sorted(set(arns))
    return [arn for arn in found if not any(arn != other and fnmatchcase(arn, other) for other in found)]


def _document(statements: Iterable[Mapping[str, Any]]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _size(document: Document) -> int:
    return len("".join(json.dumps(document, separators=(",", ":")).split()))


COMMAND = Command(
    about="Print the permissions and the trust policy of the role that deploys a stack, and those to end sessions.",
    examples="""examples:
  python -m operations role policy --stack prod --account 123456789012
  python -m operations role policy --stack prod --account 123456789012 --api-id a1b2c3d4e5    after the first deployment
  python -m operations role trust --stack prod --account 123456789012 --subject-prefix repo:acme@123/api@456
  python -m operations role sessions --stack prod --account 123456789012    for those who sign users out""",
    add_arguments=add_arguments,
    execute=execute,
)
