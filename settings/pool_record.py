"""The record of a stack's deployed user pool: what Cognito cannot change in place, kept beside the stack's file.

`python -m operations pool record` writes it after a deployment, and the rules here refuse settings that the pool cannot
follow. Without a record, the program cannot know that anything is deployed.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from components.api_function import FunctionSizeArgs
from components.app_clients import AppClientArgs
from components.arguments import (
    ArgumentsError,
    Key,
    Path,
    Problem,
    Rule,
    checked,
    converted,
    matching,
    validate,
    written,
)
from components.auth_pool import UserPoolTier
from components.custom_attributes import AttributeType, CustomAttributeArgs
from components.second_factors import AccountRecovery, FirstFactor, Mfa, SecondFactor
from settings.problems import key_of, set_command
from settings.rules import Route

FOLDER = pathlib.Path(__file__).parents[1]
_GUIDE = "docs/operations.md, Moving users to another pool"
_STEPS = "docs/configuration.md, Changes in two steps"
_PROGRAM = "components/auth_pool.py"
_RECORD = "python -m operations pool record"


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """A custom attribute as Cognito holds it."""

    type: AttributeType
    mutable: bool


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Needs of the versions of a function that get traffic, or would get it by a rollback."""

    secrets: Sequence[str]
    """Names of `secretReferences`."""
    tables: Sequence[str]
    """Variables with the names of tables."""
    vpc: bool
    """A version runs in subnets of a VPC."""
    keys: Sequence[str]
    """KMS keys of the versions' environments."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """Properties that a deployment changes in place, but not in any order."""

    tier: UserPoolTier
    recovery: AccountRecovery
    """How users replace a forgotten password."""
    trigger: bool
    """Whether the pool calls a function before it signs a token."""
    rotation: bool
    """Whether an app client rotates refresh tokens."""
    functions: Mapping[str, Needs] = field(default_factory=dict)
    """The needs of each function's published versions, by its name."""


@dataclass(frozen=True, kw_only=True)
class PoolRecord:
    """A pool's identity: a different answer to any of these is another pool, or a deployment that fails half-way.

    The AWS provider has ForceNew on `username_attributes`, `alias_attributes`, `case_sensitive` and `name` (which the
    program leaves to Pulumi). It adds attributes in place; any other change of them ends with "cannot modify or remove
    schema items" (terraform-provider-aws, internal/service/cognitoidp/user_pool.go).
    """

    user_pool_id: str = field(metadata=checked(matching(r"[\w-]+_[0-9A-Za-z]+", "be a user pool's id")))
    aws_region: str
    username_attributes: Sequence[str]
    alias_attributes: Sequence[str]
    case_sensitive: bool
    custom_attributes: Mapping[str, Attribute]
    deployed: Deployed | None = None

    def __post_init__(self) -> None:
        validate(self)

    def as_json(self) -> str:
        """Return the record as its file holds it."""
        members = {_member(name): value for name, value in dataclasses.asdict(self).items() if value is not None}
        return json.dumps(members, indent=2) + "\n"


def _member(name: str) -> str:
    return "region" if name == "aws_region" else key_of(name)


def path_of(stack: str) -> pathlib.Path:
    """Return the file that holds the record of a stack."""
    return FOLDER / f"Pulumi.{stack}.pool.json"


def recorded(stack: str) -> PoolRecord | None:
    """Return the record of a stack, None where there is none; raise ArgumentsError if it cannot be read."""
    try:
        text = path_of(stack).read_text()
    except FileNotFoundError:
        return None
    try:
        content = json.loads(text)
    except ValueError:
        raise ArgumentsError([Problem(("the file",), "be JSON")]) from None
    record, problems = converted(PoolRecord, content, (), _member)
    if problems:
        raise ArgumentsError(problems)
    found: PoolRecord = record
    return found


def rules_of(stack: str) -> tuple[Rule, ...]:
    """Return the rules that the record of a stack sets for its settings; none where there is no record."""
    try:
        deployed = recorded(stack)
    except ArgumentsError as error:
        place = written(error.problems[0].path, _member) or "the file"
        return (partial(_unreadable, stack, place),)
    if deployed is None:
        return ()
    stay = tuple(partial(rule, deployed) for rule in (region_stays, names_stay, case_stays, attributes_stay))
    if deployed.deployed is None:
        return stay
    in_order = (factors_follow, tokens_lead, trigger_leaves_last, secrets_stay, tables_stay, subnets_stay, keys_stay)
    return (*stay, *(partial(rule, deployed.deployed) for rule in in_order))


def region_stays(deployed: PoolRecord, region: str) -> Iterator[Problem]:
    """A stack that moves makes everything anew, the pool too."""
    if region != deployed.aws_region:
        yield _lost(deployed, "region", deployed.aws_region, region)


def names_stay(deployed: PoolRecord, email_as_username: bool) -> Iterator[Problem]:
    """How users are named is decided once."""
    there = list(deployed.username_attributes), list(deployed.alias_attributes)
    if there == _naming(email_as_username=not email_as_username):
        yield _lost(deployed, "email_as_username", not email_as_username, email_as_username)
    elif there != _naming(email_as_username=email_as_username):
        before = {"usernameAttributes": there[0], "aliasAttributes": there[1]}
        yield _lost(deployed, _PROGRAM, before, None)


def case_stays(deployed: PoolRecord) -> Iterator[Problem]:
    """The program's pools do not tell `Ann` from `ann`, but a pool that was adopted may."""
    if deployed.case_sensitive:
        yield _lost(deployed, _PROGRAM, {"caseSensitive": True}, None)


def attributes_stay(deployed: PoolRecord, custom_attributes: Sequence[CustomAttributeArgs]) -> Iterator[Problem]:
    """Custom attributes can be added at any time; an existing attribute cannot be changed or removed."""
    wanted = {each.name: Attribute(type=each.type, mutable=each.mutable) for each in custom_attributes}
    complete = [
        {"name": name, **dataclasses.asdict(each)} for name, each in {**wanted, **deployed.custom_attributes}.items()
    ]
    for name, there in deployed.custom_attributes.items():
        if wanted.get(name) != there:
            rule = (
                f"keep {json.dumps({'name': name, **dataclasses.asdict(there)})}: Cognito neither changes nor removes "
                f"an attribute of pool {deployed.user_pool_id}, and the deployment would fail half-way"
            )
            got = dataclasses.asdict(wanted[name]) if name in wanted else None
            yield Problem(("custom_attributes",), rule, got, _remedy("custom_attributes", complete))


def factors_follow(
    deployed: Deployed,
    user_pool_tier: UserPoolTier,
    first_factors: Sequence[FirstFactor],
    mfa: Mfa,
    mfa_methods: Sequence[SecondFactor],
) -> Iterator[Problem]:
    """The AWS provider sets a pool's factors first (SetUserPoolMfaConfig), then all else (UpdateUserPool)."""
    rises = deployed.tier is UserPoolTier.LITE and user_pool_tier is not UserPoolTier.LITE
    if rises and FirstFactor.PASSKEY in first_factors:
        rule = f"not include passkey while the deployed tier is {deployed.tier.value}"
        yield _later("first_factors", rule, list(first_factors), "deploy userPoolTier without it")
    if SecondFactor.EMAIL in mfa_methods and mfa is not Mfa.OFF and deployed.recovery is AccountRecovery.EMAIL:
        rule = "not include email while users of the deployed pool recover their accounts by email"
        first = "deploy accountRecovery administrators, emailFrom and emailSourceArn without it"
        yield _later("mfa_methods", rule, list(mfa_methods), first)


def tokens_lead(
    deployed: Deployed,
    user_pool_tier: UserPoolTier,
    refresh_token_rotation: bool,
    app_clients: Sequence[AppClientArgs],
) -> Iterator[Problem]:
    """The pool changes before its clients, and Cognito refuses LITE while one of them rotates its tokens."""
    rotates = refresh_token_rotation or any(each.refresh_token_rotation for each in app_clients)
    if deployed.rotation and not rotates and user_pool_tier is UserPoolTier.LITE:
        rule = "stay as deployed while app clients there rotate their refresh tokens"
        yield _later("user_pool_tier", rule, user_pool_tier.value, "deploy refreshTokenRotation false")


def trigger_leaves_last(
    deployed: Deployed,
    group_scopes: Mapping[str, Sequence[str]],
    sign_up_email_domains: Sequence[str],
    default_group: str,
) -> Iterator[Problem]:
    """The AWS provider keeps this trigger of a pool that has another one: it would call a function that is gone."""
    if deployed.trigger and not group_scopes and (sign_up_email_domains or default_group):
        rule = "stay while there is another trigger, or nobody could sign in"
        first = "deploy without groupScopes, signUpEmailDomains and defaultGroup, with selfSignUp false"
        yield _later("group_scopes", rule, None, first)


def secrets_stay(
    deployed: Deployed,
    shift_traffic: bool,
    secret_references: Mapping[str, str],
    other_functions: Mapping[str, FunctionSizeArgs],
) -> Iterator[Problem]:
    """All versions of a function have one role: a version in service would lose the right at once."""
    wanted = {"api": secret_references, **{name: each.secret_references for name, each in other_functions.items()}}
    for name, needs in deployed.functions.items():
        path: Path = () if name == "api" else ("other_functions", Key(name))
        for secret in needs.secrets:
            if shift_traffic and name in wanted and secret not in wanted[name]:
                yield _in_service((*path, "secret_references", Key(secret)), "reads it")


def tables_stay(
    deployed: Deployed, shift_traffic: bool, revocation: bool, routes: Sequence[Route]
) -> Iterator[Problem]:
    """A table goes with the last route that names it, and `revocation` with its own."""
    wanted = {items.variable for route in routes for items in route.items}
    for variable in sorted({each for needs in deployed.functions.values() for each in needs.tables}):
        if shift_traffic and variable == "REVOCATION_TABLE" and not revocation:
            yield _in_service(("revocation",), "asks it", value=False)
        elif shift_traffic and variable not in {*wanted, "REVOCATION_TABLE"}:
            yield _in_service(
                (Key(variable),), "uses the table", rule="stay in the items of a route of handler/routes.py"
            )


def subnets_stay(deployed: Deployed, shift_traffic: bool, vpc_subnets: Sequence[str]) -> Iterator[Problem]:
    """A version in subnets needs its role's right to network interfaces whenever Lambda starts it anew."""
    if shift_traffic and not vpc_subnets and any(needs.vpc for needs in deployed.functions.values()):
        fix = f"in two steps: deploy the change with shiftTraffic false; then shiftTraffic true again ({_STEPS})"
        yield Problem(("vpc_subnets",), "stay while a version in service runs in them", None, fix)


def keys_stay(deployed: Deployed, shift_traffic: bool, create_kms_key: bool, kms_key_arn: str) -> Iterator[Problem]:
    """A version whose environment cannot be decrypted does not start. With a key of its own the stack keeps the right.

    The record does not tell the stack's own key from another, so one that the stack still has counts for any.
    """
    keys = {key for needs in deployed.functions.values() for key in needs.keys} - {kms_key_arn}
    if shift_traffic and keys and not create_kms_key:
        rule = f"be true while the environment of a version in service is encrypted with {min(keys)}"
        first = "deploy kmsKeyArn beside it, with a key that stays, release it and the version after it"
        fix = f"in two steps: {first}, and run {_RECORD}; or deploy the change with shiftTraffic false ({_STEPS})"
        yield Problem(("create_kms_key",), rule, value=False, fix=fix)


def _in_service(path: Path, does: str, value: object = None, rule: str = "stay") -> Problem:
    fix = f"in two steps: release code without it; then deploy the rest with shiftTraffic false ({_STEPS})"
    return Problem(path, f"{rule} while a version in service {does}", value, fix)


def _later(name: str, rule: str, value: object, first: str) -> Problem:
    fix = f"in two steps: {first}, and run {_RECORD}; then the rest ({_STEPS})"
    return Problem((name,), rule, value, fix)


def _naming(*, email_as_username: bool) -> tuple[list[str], list[str]]:
    """Return username and alias attributes as components/auth_pool.py sets them."""
    return (["email"], []) if email_as_username else ([], ["email"])


def _lost(deployed: PoolRecord, name: str, before: object, now: object) -> Problem:
    rule = (
        f"stay {json.dumps(before)}: Cognito cannot change it in pool {deployed.user_pool_id}, so another pool would "
        "take its place and every user be lost"
    )
    path = (Key(name) if name == _PROGRAM else name,)
    return Problem(path, rule, now, _remedy(name, before))


def _remedy(name: str, before: object) -> str:
    undo = "undo the change" if name == _PROGRAM else f"undo it with: {_undo(name, before)}"
    return f"{undo}; or move the users first: {_GUIDE}"


def _undo(name: str, before: object) -> str:
    if isinstance(before, list):  # the whole list, which `set_command` would set member by member
        return f"pulumi config set {key_of(name)} '{json.dumps(before)}'"
    return set_command((name,), before)


def _unreadable(stack: str, place: str) -> Iterator[Problem]:
    fix = f"restore it from git, or write it anew with: python -m operations pool record --stack {stack}"
    rule = f"be as python -m operations pool record wrote it, but {place} is not"
    yield Problem((Key(f"Pulumi.{stack}.pool.json"),), rule, None, fix)
