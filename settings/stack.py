"""Settings of the stack as a whole, which belong to no component alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from enum import StrEnum

from components.api_function import FunctionSizeArgs
from components.arguments import (
    Key,
    Path,
    checked,
    distinct,
    each_entry,
    frozen,
    keys,
    matching,
    predicate,
    sized,
    validate,
)
from components.formats import REGIONS, function_name, group_name, key_arn, optional, retention_days

_OWN_TAGS = frozenset({"project", "stack", "environment"})


class Environment(StrEnum):
    """How strict the rules are."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


class PackagePlatform(StrEnum):
    """Platform of the deployment package."""

    LAMBDA = "lambda"
    HOST = "host"


def _free_tag_names(tags: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """IAM compares tag keys without case, and refuses a role with two that differ in case only (TagRole)."""
    seen: set[str] = set()
    for name in tags:
        if name.lower() in _OWN_TAGS:
            yield (Key(name),), "not be Project, Stack or Environment, which the program sets"
        elif name.lower().startswith("aws:"):
            yield (Key(name),), "not begin with aws:, which AWS reserves"
        elif name.lower() in seen:
            yield (Key(name),), "differ from the other tags in more than case"
        seen.add(name.lower())


@frozen
class Suppression:
    """An exception from a policy, with its reason."""

    rule: str = field(metadata=checked(matching(r"[A-Z]+(-[A-Z]+)+", "be the id of a rule")))
    """Id of a rule of docs/policies.md."""
    resource: str = field(default="*", metadata=checked(sized(1, 200, "characters")))
    """Pattern of resource names. `*`: all resources."""
    reason: str = field(metadata=checked(matching(r"\S.{18,}\.", "be a sentence of 20 characters or more")))
    """Why the rule need not hold there, as a sentence."""

    def __post_init__(self) -> None:
        validate(self)


@frozen
class StackSettings:
    """The stack as a whole."""

    region: str = field(
        metadata=checked(
            predicate(lambda value: value in REGIONS, "be a region of the partition aws that has Cognito and Lambda"),
            example="eu-central-1",
        )
    )
    """AWS region of the stack; the AWS provider's own key."""
    environment: Environment = Environment.PROD
    """How strict the rules are: dev, staging or prod. Production refuses settings that only help development."""
    accept_id_tokens: bool = False
    """The function also accepts ID tokens, which are meant for the client and carry no scopes."""
    groups: Sequence[str] = field(default=(), metadata=checked(distinct, each_entry(group_name), example=["member"]))
    """Groups of users in addition to those that routes require."""
    log_retention_days: int = field(default=365, metadata=checked(retention_days))
    """Days that logs are kept, one of CloudWatch's values such as 30 or 365. Production keeps them at least 90 days."""
    log_subject_salt: str = field(
        default="",
        # As handler/settings.py reads it. A short salt is found by trying, and with it every known subject.
        metadata=checked(
            matching(r"[!-~]{32,256}", "be 32 to 256 characters of ASCII without spaces", empty=True),
            example="replace-with-32-random-characters",
            secret=True,
        ),
    )
    """Salt with which the function's log names callers by a hash of their subject, 32 characters or more. Empty: the
    log names nobody. A Pulumi secret."""
    create_kms_key: bool = False
    """Make a KMS key for logs, the functions' environments and the table. Off: AWS's own keys encrypt them."""
    kms_key_arn: str = field(
        default="",
        metadata=checked(
            optional(key_arn),
            example="arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000000",
        ),
    )
    """An existing key, whose policy must let CloudWatch Logs use it. Beside createKmsKey, that key stays and encrypts
    nothing new."""
    tags: Mapping[str, str] = field(
        default_factory=dict,
        metadata=checked(
            sized(0, 40),  # AWS: 50 of a resource, with the program's own and those that AWS adds
            # The narrowest of AWS's services: letters, digits, space and _.:/=+-@
            keys(matching(r"[\w .:/=+@-]{1,128}", "have a name of 1 to 128 letters, digits, spaces and _.:/=+@-")),
            _free_tag_names,
            each_entry(matching(r"[\w .:/=+@-]{0,256}", "be up to 256 letters, digits, spaces and _.:/=+@-")),
            example={"Owner": "team-api", "CostCenter": "1234"},
        ),
    )
    """Tags of all that can be tagged, in addition to Project, Stack and Environment."""
    other_functions: Mapping[str, FunctionSizeArgs] = field(
        default_factory=dict,
        metadata=checked(
            keys(
                function_name,
                predicate(lambda value: value != "api", "not be api, whose settings have keys of their own"),
            ),
            example={"reports": {"memoryMb": 1024, "timeoutSeconds": 29}},
        ),
    )
    """Functions in addition to `api`, by the names that routes use, each with its own `memoryMb`, `timeoutSeconds`,
    `reservedConcurrency`, `provisionedConcurrency` and `secretReferences`. The rest is as the first function's."""
    policy_suppressions: Sequence[Suppression] = field(
        default=(),
        metadata=checked(
            example=[{"rule": "L-VPC", "reason": "The VPC has a NAT gateway, so that keys can be fetched."}]
        ),
    )
    """Rules of docs/policies.md that need not hold in this stack, each with its reason."""
    package_platform: PackagePlatform = PackagePlatform.LAMBDA
    """Platform that the package is built for: lambda or host. The local run sets host by itself."""
