"""What signs in: the app clients, one for each front end, app or machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pulumi
import pulumi_aws as aws


class Client(Protocol):
    """Where a client's people come back to, what it may ask for, and how long that lasts."""

    @property
    def callback_urls(self) -> Sequence[str]: ...
    @property
    def logout_urls(self) -> Sequence[str]: ...
    @property
    def scopes(self) -> Collection[str]: ...
    @property
    def access_token_minutes(self) -> int: ...
    @property
    def refresh_token_days(self) -> int: ...
    @property
    def refresh_token_rotation(self) -> bool: ...
    @property
    def refresh_grace_seconds(self) -> int: ...


class AppClient(Client, Protocol):
    """One more client: a page in a browser, a native app, or a machine with a secret of its own."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> Literal["browser", "native", "machine"]: ...


@dataclass(frozen=True, kw_only=True)
class AppClientsArgs:
    """Clients beside the browser's; ValueError where two share a name or a machine could ask for nothing."""

    app_clients: Sequence[AppClient] = ()

    def __post_init__(self) -> None:
        names = [each.name for each in self.app_clients]
        if len(set(names)) < len(names):
            raise ValueError(f"app_clients must have a name each, got {', '.join(names)}")
        for each in self.app_clients:
            if each.kind == "machine" and not each.scopes:
                raise ValueError(f"app_clients {each.name} must have scopes: a machine's token opens nothing else")


@dataclass(frozen=True)
class Others:
    """The further clients by name."""

    people: Mapping[str, aws.cognito.UserPoolClient]
    machines: Mapping[str, aws.cognito.UserPoolClient]

    @property
    def all(self) -> Mapping[str, aws.cognito.UserPoolClient]:
        return {**self.people, **self.machines}


@dataclass(frozen=True, kw_only=True)
class People:
    """How the people of a pool may sign in, whichever client they use."""

    providers: Sequence[str] = ("COGNITO",)
    password_sign_in: bool = False
    choice: bool = False
    write_attributes: Sequence[str] | None = None


def others(
    name: str, pool: aws.cognito.UserPool, args: AppClientsArgs, people: People, opts: pulumi.ResourceOptions
) -> Others:
    """Every further client. They belong to the pool and change nothing in it, so one may go at any time."""
    return Others(
        people={
            each.name: for_people(f"{name}-client-{each.name}", pool, each, people, opts)
            for each in args.app_clients
            if each.kind != "machine"
        },
        machines={
            each.name: machine(f"{name}-client-{each.name}", pool, each, opts)
            for each in args.app_clients
            if each.kind == "machine"
        },
    )


def for_people(
    name: str,
    pool: aws.cognito.UserPool,
    client: Client,
    people: People,
    opts: pulumi.ResourceOptions,
) -> aws.cognito.UserPoolClient:
    """A public client of browsers or native apps: no secret, code flow only."""
    return aws.cognito.UserPoolClient(
        name,
        user_pool_id=pool.id,
        generate_secret=False,  # whoever has the page or the app would have it too
        explicit_auth_flows=_flows(client, people),
        supported_identity_providers=list(people.providers),
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_flows=["code"],  # never implicit: its tokens travel in the address bar
        allowed_oauth_scopes=["openid", "email", "profile", *sorted(client.scopes)],
        callback_urls=list(client.callback_urls),
        logout_urls=list(client.logout_urls),
        write_attributes=people.write_attributes,
        refresh_token_rotation=_rotation(client),
        **_of_every_kind(client),
        opts=opts,
    )


def machine(
    name: str, pool: aws.cognito.UserPool, client: AppClient, opts: pulumi.ResourceOptions
) -> aws.cognito.UserPoolClient:
    """A client with a secret, which acts for itself (client credentials) and can sign nobody in."""
    return aws.cognito.UserPoolClient(
        name,
        user_pool_id=pool.id,
        generate_secret=True,
        explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],  # Cognito's default has flows for people; this one has no use
        supported_identity_providers=["COGNITO"],
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_flows=["client_credentials"],
        allowed_oauth_scopes=sorted(client.scopes),  # custom ones only: Cognito refuses OpenID Connect's here
        **_of_every_kind(client),
        opts=opts,
    )


def _flows(client: Client, people: People) -> list[str]:
    # Cognito refuses a client that rotates and has the flow by which refresh tokens are used again ("Refresh token
    # rotation"): GetTokensFromRefreshToken and the token endpoint take its place.
    flows = ["ALLOW_USER_SRP_AUTH"]
    if not client.refresh_token_rotation:
        flows.append("ALLOW_REFRESH_TOKEN_AUTH")
    if people.choice:
        flows.append("ALLOW_USER_AUTH")
    if people.password_sign_in:
        flows.append("ALLOW_USER_PASSWORD_AUTH")
    return flows


def _rotation(client: Client) -> aws.cognito.UserPoolClientRefreshTokenRotationArgs | None:
    if not client.refresh_token_rotation:
        return None
    return aws.cognito.UserPoolClientRefreshTokenRotationArgs(
        feature="ENABLED", retry_grace_period_seconds=client.refresh_grace_seconds
    )


def _of_every_kind(client: Client) -> dict[str, Any]:
    return {
        "prevent_user_existence_errors": "ENABLED",  # Cognito's own default tells strangers who has an account
        "enable_token_revocation": True,
        "access_token_validity": client.access_token_minutes,
        "id_token_validity": client.access_token_minutes,
        "refresh_token_validity": client.refresh_token_days,
        # Without units Cognito counts hours for access and ID tokens.
        "token_validity_units": {"access_token": "minutes", "id_token": "minutes", "refresh_token": "days"},
    }
