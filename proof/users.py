"""Temporary users, app clients and pools that a run creates in a stack on this machine, and deletes afterwards."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from local.users import Users, new_password
from proof.aws import client_of
from proof.sign_in import Tokens
from proof.target import Target
from stacks.command_line import CommandError

_PASSWORD_FLOW = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


class TemporaryUsers:
    """Creates users, and tokens of other clients and pools. A context manager; CommandError if a call is refused."""

    def __init__(self, target: Target) -> None:
        if target.endpoint is None:
            raise CommandError("users are made on this machine only; name one of the stack's with: --user NAME")
        self.password = new_password(dict(target.outputs))
        self._target = target
        self._cognito = client_of(target, "cognito-idp")
        self._users = Users(dict(target.outputs), self.password, self._cognito)
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ClientError, BotoCoreError):  # the stack may be gone, and the users with it
            self._undo.close()

    def user(self, groups: tuple[str, ...] = ()) -> str:
        """Create a user in these groups. Return the name to sign in with; the password is `password`."""
        try:
            name = self._users.ensure(f"proof-{secrets.token_hex(6)}", groups)
        except (ClientError, BotoCoreError, CommandError) as error:
            raise CommandError(f"a user must be made, but: {' '.join(str(error).split())}") from None
        self._undo.callback(self._cognito.admin_delete_user, UserPoolId=self._target.pool_id, Username=name)
        return name

    def of_other_client(self, name: str) -> Tokens:
        """Return real tokens of a user from a second app client of the same pool, which no API accepts."""
        return self._tokens(self._target.pool_id, self._client(self._target.pool_id), name)

    def of_other_pool(self) -> Tokens:
        """Return real tokens of a second pool of the same account and region."""
        try:
            pool: str = self._cognito.create_user_pool(PoolName="proof-other")["UserPool"]["Id"]
            self._undo.callback(self._cognito.delete_user_pool, UserPoolId=pool)
            self._cognito.admin_create_user(UserPoolId=pool, Username="root", MessageAction="SUPPRESS")
            self._cognito.admin_set_user_password(
                UserPoolId=pool, Username="root", Password=self.password, Permanent=True
            )
        except (ClientError, BotoCoreError) as error:
            raise CommandError(f"a second pool must be made, but: {' '.join(str(error).split())}") from None
        return self._tokens(pool, self._client(pool), "root")

    def revoke(self, table: str, subject: str) -> None:
        """Revoke the tokens of a subject, issued until now. The entry is deleted with the users."""
        dynamodb, key, now = client_of(self._target, "dynamodb"), {"subject": {"S": subject}}, int(time.time())
        entry = {"revokedBefore": {"N": str(now + 2)}, "expires": {"N": str(now + 86_400)}}
        try:
            dynamodb.put_item(TableName=table, Item={**key, **entry})
        except (ClientError, BotoCoreError) as error:
            raise CommandError(f"a token must be revoked, but: {' '.join(str(error).split())}") from None
        self._undo.callback(dynamodb.delete_item, TableName=table, Key=key)

    def _client(self, pool: str) -> str:
        try:
            made: dict[str, Any] = self._cognito.create_user_pool_client(
                UserPoolId=pool, ClientName="proof-other", ExplicitAuthFlows=_PASSWORD_FLOW
            )["UserPoolClient"]
        except (ClientError, BotoCoreError) as error:
            raise CommandError(f"a second app client must be made, but: {' '.join(str(error).split())}") from None
        self._undo.callback(self._cognito.delete_user_pool_client, UserPoolId=pool, ClientId=made["ClientId"])
        return str(made["ClientId"])

    def _tokens(self, pool: str, client_id: str, name: str) -> Tokens:
        try:
            issued = self._cognito.initiate_auth(
                ClientId=client_id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": name, "PASSWORD": self.password},
            )["AuthenticationResult"]
        except (ClientError, BotoCoreError) as error:
            raise CommandError(f"{name} must sign in to pool {pool}, but: {' '.join(str(error).split())}") from None
        return Tokens(access=issued["AccessToken"], id=issued["IdToken"])
