"""End sessions: in Cognito, so that no token is refreshed, and in the table of revocations, so that none is accepted.

Cognito comes first in each command: a token that it issued until then is older than the moment in the table. The moment
is taken from Cognito's own answer, whose clock issues the tokens; this machine's may be minutes off. Each command can
be repeated.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import ClientError

from handler import revoking
from handler.revocation import read_entries
from operations import account
from stacks import outputs as stack_outputs
from stacks.command_line import Command, CommandError
from stacks.terminal import printable

TOKEN_LIFE = 86_400  # seconds; Cognito issues access tokens for a day at most
PAGE = 60  # users in one answer (ListUsers)
NO_TABLE = (
    "the stack has no table of revocations, so access tokens work until they expire; make it with: "
    "pulumi config set revocation true"
)


@dataclass(frozen=True, kw_only=True)
class User:
    """A user of the pool; `changed_at` is when the account was last changed, in seconds since the epoch."""

    name: str
    sub: str
    changed_at: float

    @property
    def shown(self) -> str:
        return printable(self.name, 128)


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A stack's user pool and its table of revocations, if it has one."""

    outputs: Mapping[str, Any]
    wait: Callable[[float], None] = time.sleep
    clients: dict[str, Any] = field(default_factory=dict)

    @property
    def table(self) -> str | None:
        return (self.outputs.get("revocation") or {}).get("table")

    @property
    def delay(self) -> int:
        return int(self.outputs["revocation"]["delaySeconds"])

    def call(self, service: str, operation: str, *, expected: str = "", **parameters: Any) -> Any:
        """Call AWS as `handler.aws.call` does, but let its refusals through, except for the code `expected`."""
        if service not in self.clients:
            self.clients[service] = account.client(self.outputs, service)
        try:
            return getattr(self.clients[service], operation)(**parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] == expected:
                return None
            raise

    def cognito(self, operation: str, **parameters: Any) -> int:
        """Do something in the pool, and return the second of Cognito's clock."""
        return _second(self.call("cognito-idp", operation, UserPoolId=self.outputs["userPoolId"], **parameters))

    def need(self, operation: str, option: str, **parameter: str) -> Any:
        """Return what an option names. CommandError if the pool does not have it."""
        ((name, value),) = parameter.items()
        missing = "UserNotFoundException" if name == "Username" else "ResourceNotFoundException"
        found = self.call(
            "cognito-idp", operation, expected=missing, UserPoolId=self.outputs["userPoolId"], **parameter
        )
        if found is None:
            raise CommandError(f"--{option} must be one of pool {self.outputs['userPoolId']}, got {value}")
        return found

    def user(self, name: str) -> User:
        """Return the user of this name, or of this address where the pool takes it as a name."""
        found = self.need("admin_get_user", "user", Username=name)
        return _user({**found, "Attributes": found["UserAttributes"]})

    def disabled(self) -> Iterator[User]:
        """Yield every user that is disabled in Cognito."""
        pages = functools.partial(self.call, "cognito-idp", "list_users", UserPoolId=self.outputs["userPoolId"])
        more: dict[str, str] = {}
        while True:
            page = pages(Filter='status = "Disabled"', Limit=PAGE, **more)
            yield from (_user(each) for each in page["Users"] if not each["Enabled"])
            if "PaginationToken" not in page:
                return
            more = {"PaginationToken": page["PaginationToken"]}

    def revoke(self, subject: str, at: int, moment: revoking.Moment = "revokedBefore") -> bool:
        """Revoke the tokens that were issued until the second `at`, and wait until newer ones can be told from them.

        Return whether the stack has a table for it.
        """
        if self.table is None:
            return False
        revoking.revoke(self.call, self.table, subject, revoking.end_of(at), moment)
        self.wait(revoking.end_of(at) - at)
        return True


def _second(answer: Mapping[str, Any]) -> int:
    date = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return int(parsedate_to_datetime(date).timestamp()) if date else int(time.time())


def _user(found: Mapping[str, Any]) -> User:
    attributes = {each["Name"]: each["Value"] for each in found["Attributes"]}
    return User(name=found["Username"], sub=attributes["sub"], changed_at=found["UserLastModifiedDate"].timestamp())


def sign_out(pool: Pool, arguments: argparse.Namespace) -> None:
    """End every session of a user, or one session, or those of an app client."""
    if arguments.session or arguments.client:
        _revoke_alone(pool, arguments)
        return
    user = pool.user(arguments.user)
    _ended(pool, user, pool.cognito("admin_user_global_sign_out", Username=user.name), "is signed out everywhere")


def _revoke_alone(pool: Pool, arguments: argparse.Namespace) -> None:
    """Revoke what Cognito cannot end: one session of a user, or the sessions of an app client."""
    if pool.table is None:
        raise CommandError(NO_TABLE)
    if arguments.client:
        pool.revoke(
            f"client#{arguments.client}",
            _second(pool.need("describe_user_pool_client", "client", ClientId=arguments.client)),
        )
        print(f"Tokens of app client {arguments.client} are refused within {pool.delay} s. Its users sign in again.")
        return
    # Cognito goes on refreshing this session, so all of its tokens are revoked, also those to come.
    revoking.revoke(pool.call, pool.table, f"session#{arguments.session}", int(time.time()) + revoking.SESSION_KEPT)
    print(f"Session {arguments.session} is refused within {pool.delay} s, with every token that is refreshed in it.")


def disable(pool: Pool, arguments: argparse.Namespace) -> None:
    """Disable a user's account, and end every session."""
    user = pool.user(arguments.user)
    pool.cognito("admin_disable_user", Username=user.name)
    # A session that began before would go on once the account is enabled again.
    _ended(pool, user, pool.cognito("admin_user_global_sign_out", Username=user.name), "is disabled")


def enable(pool: Pool, arguments: argparse.Namespace) -> None:
    """Enable a user's account. Tokens that were revoked stay revoked."""
    user = pool.user(arguments.user)
    pool.cognito("admin_enable_user", Username=user.name)
    print(f"{user.shown} is enabled and can sign in now. Tokens that were revoked stay revoked.")


def remove_from_group(pool: Pool, arguments: argparse.Namespace) -> None:
    """Take a user out of a group, and make the tokens that still name it stale."""
    user = pool.user(arguments.user)
    pool.need("get_group", "group", GroupName=arguments.group)
    at = pool.cognito("admin_remove_user_from_group", Username=user.name, GroupName=arguments.group)
    print(f"{user.shown} is no longer in group {printable(arguments.group, 128)}.")
    if pool.revoke(f"user#{user.sub}", at, "groupsBefore"):
        print("Routes that are fresh refuse the user's tokens from the next call on, until they are refreshed.")
        print("Other routes take the group from the token until it expires; sign-out ends that, too.")
    else:
        print(f"Tokens name the group until they expire: {NO_TABLE}.")


def reconcile(pool: Pool, arguments: argparse.Namespace) -> None:
    """Find users that are disabled in Cognito, and whose tokens are not revoked; CommandError unless `--apply`."""
    if pool.table is None:
        raise CommandError(NO_TABLE)
    found = [user for user in pool.disabled() if _may_have_tokens(pool, user)]
    if not found:
        print("Every user that is disabled in Cognito is revoked here, too.")
        return
    names = ", ".join(user.shown for user in found)
    if not arguments.apply:
        raise CommandError(f"disabled in Cognito and not revoked here: {names}; revoke them with: --apply")
    for user in found:
        _ended(pool, user, pool.cognito("admin_user_global_sign_out", Username=user.name), "is disabled")


def _may_have_tokens(pool: Pool, user: User) -> bool:
    """Return whether a token that was issued before the account was disabled may still be valid."""
    subject = f"user#{user.sub}"
    entry = read_entries(str(pool.table), [subject], pool.call).get(subject)
    is_revoked = entry is not None and entry.revoked_before > user.changed_at
    return not is_revoked and user.changed_at + TOKEN_LIFE > time.time()


def _ended(pool: Pool, user: User, at: int, state: str) -> None:
    print(f"{user.shown} {state}: no token is refreshed any more.", flush=True)
    if pool.revoke(f"user#{user.sub}", at):
        print(f"Every access token that was issued until now is refused within {pool.delay} s.")
    else:
        print(f"But {NO_TABLE}.")


def _options(*required: str, about: str) -> Callable[[argparse.ArgumentParser], None]:
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        stack_outputs.add_arguments(parser)
        for name in required:
            parser.add_argument(f"--{name}", required=True, metavar="NAME", help=f"the {name}'s name")
        if about == "sign-out":
            which = parser.add_mutually_exclusive_group(required=True)
            which.add_argument("--user", metavar="NAME", help="every session of this user")
            which.add_argument("--session", metavar="ID", help="one session, by the claim origin_jti of its tokens")
            which.add_argument("--client", metavar="ID", help="every session of this app client")
        if about == "reconcile":
            parser.add_argument("--apply", action="store_true", help="revoke the tokens of the users that are found")

    return add_arguments


def _command(
    name: str, act: Callable[[Pool, argparse.Namespace], None], about: str, example: str, *required: str
) -> Command:
    def execute(arguments: argparse.Namespace) -> None:
        with account.refusals_in_one_line():
            act(Pool(outputs=stack_outputs.read(arguments)), arguments)

    return Command(
        about=about,
        examples=f"example:\n  python -m operations {name} {example}",
        add_arguments=_options(*required, about=name),
        execute=execute,
    )


COMMANDS: Mapping[str, Command] = {
    "sign-out": _command(
        "sign-out", sign_out, "End every session of a user, in Cognito and here.", "--user ada --stack prod"
    ),
    "disable": _command("disable", disable, "Disable a user and end every session.", "--user ada --stack prod", "user"),
    "enable": _command("enable", enable, "Enable a user again.", "--user ada --stack prod", "user"),
    "remove-from-group": _command(
        "remove-from-group",
        remove_from_group,
        "Take a user out of a group, which fresh routes see at the next call.",
        "--user ada --group admin --stack prod",
        "user",
        "group",
    ),
    "reconcile": _command(
        "reconcile",
        reconcile,
        "Find users that are disabled in Cognito and not revoked here, as after a change in the AWS console.",
        "--stack prod --apply",
    ),
}
