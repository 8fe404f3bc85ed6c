"""The role that deploys: what it may do, from the resources that a stack's program makes, and whom it trusts."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from operations.rights import RIGHTS, Right
from stacks.command_line import Command, CommandError
from stacks.engine import Stack
from stacks.plan import plan_of
from stacks.resource import Resource

MOST = 6_144  # characters of a managed policy, white space not counted ("IAM and AWS STS quotas")
PROVIDER = "token.actions.githubusercontent.com"

_SIGN_IN_DOMAIN = "aws:cognito/userPoolDomain:UserPoolDomain"

Document = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to print, and of which stack, account and repository."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--policy", action="store_true", help="what it may do, as one managed policy or several")
    which.add_argument("--trust", action="store_true", help="whom it trusts: this repository's jobs of one environment")
    parser.add_argument("--stack", required=True, metavar="NAME", help="which stack it deploys")
    parser.add_argument("--account", required=True, metavar="ID", help="the account's twelve digits")
    parser.add_argument("--repository", default="", metavar="OWNER/NAME", help="with --trust: the repository on GitHub")
    parser.add_argument("--environment", metavar="NAME", help="with --trust: GitHub's environment (the stack's name)")
    parser.add_argument("--read-only", action="store_true", help="with --policy: for previews, which change nothing")


def execute(arguments: argparse.Namespace) -> None:
    """Print the policies or the trust as JSON; CommandError for an argument that cannot be right."""
    if not re.fullmatch(r"\d{12}", arguments.account):
        raise CommandError(f"--account must be twelve digits, got {arguments.account}")
    if arguments.trust:
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", arguments.repository):
            raise CommandError(f"--repository must be OWNER/NAME, got {arguments.repository!r}")
        print(
            json.dumps(
                trust(arguments.account, arguments.repository, arguments.environment or arguments.stack), indent=2
            )
        )
        return
    resources = plan_of(arguments.stack).resources
    region = Stack.load(arguments.stack).region
    documents = policies(resources, region, arguments.account, read_only=arguments.read_only)
    print(json.dumps(documents[0] if len(documents) == 1 else documents, indent=2))


def trust(account: str, repository: str, environment: str) -> Document:
    """Jobs of this repository that run in this environment, by GitHub's tokens, and nobody else.

    The environment is what reviewers guard; a branch alone would let every job of the branch deploy.
    """
    return _document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{PROVIDER}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{PROVIDER}:aud": "sts.amazonaws.com",
                        f"{PROVIDER}:sub": f"repo:{repository}:environment:{environment}",
                    }
                },
            }
        ]
    )


def policies(resources: Sequence[Resource], region: str, account: str, *, read_only: bool = False) -> list[Document]:
    """What deploying these takes, in as few managed policies as fit."""
    statements = [*_statements(resources, region, account, read_only=read_only)]
    documents: list[list[Mapping[str, Any]]] = [[]]
    for each in statements:
        if _size(_document([*documents[-1], each])) > MOST:
            documents.append([])
        documents[-1].append(each)
    return [_document(each) for each in documents]


def _statements(
    resources: Sequence[Resource], region: str, account: str, *, read_only: bool
) -> Iterable[Mapping[str, Any]]:
    """One for each set of resources, one for what takes none, and those that are for changes only."""
    scoped: dict[tuple[str, ...], set[str]] = {}
    anywhere: set[str] = set()
    for right, names in _needed(resources):
        anywhere |= {f"{right.service}:{action}" for action in right.anywhere.split()}
        if right.actions:
            places = [place.format(region=region, account=account, name=name) for place in right.at for name in names]
            actions = {f"{right.service}:{action}" for action in right.actions.split()}
            scoped.setdefault(tuple(dict.fromkeys(places)), set()).update(actions)
    for at, actions in scoped.items():
        if kept := _kept(actions, read_only=read_only):
            yield {"Effect": "Allow", "Action": kept, "Resource": list(at)}
    if kept := _kept(anywhere, read_only=read_only):
        condition = {"StringEquals": {"aws:RequestedRegion": region}}
        yield {"Effect": "Allow", "Action": kept, "Resource": "*", "Condition": condition}
    if not read_only:
        yield from _for_changes(resources, account)


def _for_changes(resources: Sequence[Resource], account: str) -> Iterable[Mapping[str, Any]]:
    """What no action of one resource's own service covers."""
    roles = _components(resources).get("aws:iam/role:Role", set())
    if roles:
        yield {
            "Effect": "Allow",
            "Action": ["iam:PassRole"],
            "Resource": [f"arn:aws:iam::{account}:role/{name}-*" for name in sorted(roles)],
            "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        }
    if any(each.type == _SIGN_IN_DOMAIN and each.inputs.get("certificateArn") for each in resources):
        # A sign-in page at a domain of one's own is a CloudFront distribution of Cognito's ("Using your own domain").
        yield {"Effect": "Allow", "Action": ["cloudfront:UpdateDistribution"], "Resource": "*"}


def _needed(resources: Sequence[Resource]) -> Iterable[tuple[Right, list[str]]]:
    """What each kind of resource takes, and the components that have one. CommandError for an unknown kind."""
    for type_, names in sorted(_components(resources).items()):
        if type_ not in RIGHTS:
            raise CommandError(f"operations/rights.py must say what {type_} takes")
        for right in RIGHTS[type_]:
            yield right, sorted(names)


def _components(resources: Sequence[Resource]) -> dict[str, set[str]]:
    """The components that have a resource of each type: what Pulumi begins its name with."""
    found: dict[str, set[str]] = {}
    for each in resources:
        found.setdefault(each.type, set()).add(each.name.split("-")[0])
    return found


def _kept(actions: Iterable[str], *, read_only: bool) -> list[str]:
    reads = re.compile(r"\w[\w-]*:(GET|Get\w+|List\w+|Describe\w+)")
    return sorted(action for action in actions if not read_only or reads.fullmatch(action))


def _document(statements: Iterable[Mapping[str, Any]]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _size(document: Document) -> int:
    return len("".join(json.dumps(document, separators=(",", ":")).split()))


COMMAND = Command(
    about="Print the deploying role's policy, or whom it trusts.",
    examples="""examples:
  python -m operations role --policy --stack prod --account 123456789012
  python -m operations role --trust --stack prod --account 123456789012 --repository acme/api""",
    add_arguments=add_arguments,
    execute=execute,
)
