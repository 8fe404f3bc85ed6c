"""App clients: one for each front end, app or machine that gets tokens from the user pool."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from .arguments import (
    Check,
    Problem,
    Remove,
    Set,
    between,
    checked,
    distinct,
    each_entry,
    frozen,
    matching,
    sized,
    validate,
)
from .formats import browser_url, return_url


class ClientKind(StrEnum):
    """The kind of program that an app client serves."""

    BROWSER = "browser"
    NATIVE = "native"
    MACHINE = "machine"


# Cognito: 100 callback and 100 sign-out URLs of an app client
urls: Check = sized(0, 100)
access_token_minutes = between(5, 1440)  # Cognito: 5 minutes to 1 day
refresh_token_days = between(1, 3650)  # Cognito: 60 minutes to 10 years
refresh_grace_seconds = between(0, 60)  # Cognito: RetryGracePeriodSeconds
_SCOPE = "api/reports.read"
MOST_SCOPES = 47  # Cognito: 50 of an app client, three of which are OpenID Connect's


def machines_have_scopes_and_no_urls(
    kind: ClientKind, scopes: Sequence[str], callback_urls: Sequence[str], logout_urls: Sequence[str]
) -> Iterator[Problem]:
    """Client credentials return to no URL, and without a scope the token opens nothing (CreateUserPoolClient)."""
    if kind is not ClientKind.MACHINE:
        return
    if not scopes:
        yield Problem(
            ("scopes",), "include a scope for a machine: its token opens nothing else", None, Set(("scopes", 0), _SCOPE)
        )
    for name, values in {"callback_urls": callback_urls, "logout_urls": logout_urls}.items():
        if values:
            yield Problem((name,), "be empty for a machine", list(values), Remove((name,)))


def people_return_to_urls(
    kind: ClientKind, callback_urls: Sequence[str], logout_urls: Sequence[str]
) -> Iterator[Problem]:
    """The code flow returns to a URL; a browser has no app's own scheme."""
    if kind is ClientKind.MACHINE:
        return
    for name, values in {"callback_urls": callback_urls, "logout_urls": logout_urls}.items():
        if not values:
            fix = Set((name, 0), "https://app.example.com/")
            yield Problem((name,), f"include a URL for a {kind.value} client", None, fix)
        for index, url in enumerate(values):
            if kind is ClientKind.BROWSER and not url.startswith(("https://", "http://")):
                fix = Set((name, index), "https://app.example.com/")
                yield Problem((name, index), "be https:// for a browser", url, fix)


def urls_are_as_browsers_send_them(callback_urls: Sequence[str], logout_urls: Sequence[str]) -> Iterator[Problem]:
    """Cognito compares texts with the address that a page sends, which has no default port and no capital host."""
    for name, values in {"callback_urls": callback_urls, "logout_urls": logout_urls}.items():
        for index, url in enumerate(values):
            right, path = browser_url(url), (name, index)
            if url != right:
                fix = Remove(path) if right in values else Set(path, right)
                yield Problem(path, "be a URL as browsers send it", url, fix)


@frozen
class AppClientArgs:
    """One app client. A machine has scopes and no URLs; the others have URLs and may have scopes."""

    name: str = field(
        metadata=checked(
            matching(r"[a-z][a-z0-9-]{0,30}", "be up to 31 lower-case letters, digits and hyphens, a letter first"),
            example="shop",
        )
    )
    """Short name, of lower-case letters, digits and hyphens."""
    kind: ClientKind
    """browser, native (an app on a device) or machine (client credentials, with a secret)."""
    callback_urls: Sequence[str] = field(
        default=(), metadata=checked(urls, distinct, each_entry(return_url), example=["https://app.example.com/"])
    )
    """Exact URLs that the sign-in page may return to, also of a native app's own scheme."""
    logout_urls: Sequence[str] = field(
        default=(), metadata=checked(urls, distinct, each_entry(return_url), example=["https://app.example.com/"])
    )
    """Exact URLs that sign-out may return to."""
    scopes: Sequence[str] = field(default=(), metadata=checked(sized(0, MOST_SCOPES), distinct))
    """Scopes of the route table that the client may ask for."""
    access_token_minutes: int = field(default=15, metadata=checked(access_token_minutes))
    """Lifetime of its access and ID tokens in minutes, 5 to 1440."""
    refresh_token_days: int = field(default=30, metadata=checked(refresh_token_days))
    """Days until its users sign in again, 1 to 3650."""
    refresh_token_rotation: bool = False
    """Each refresh returns a new refresh token and ends the old one."""
    refresh_grace_seconds: int = field(default=10, metadata=checked(refresh_grace_seconds))
    """Seconds in which a used refresh token works once more, 0 to 60."""

    def __post_init__(self) -> None:
        validate(self, machines_have_scopes_and_no_urls, people_return_to_urls, urls_are_as_browsers_send_them)


def names_are_unique(app_clients: Sequence[AppClientArgs]) -> Iterator[Problem]:
    """Outputs and resources carry the name."""
    names = [client.name for client in app_clients]
    for index, name in enumerate(names):
        if name in names[:index]:
            path = ("app_clients", index, "name")
            yield Problem(path, "be unique among the clients", name, Set(path, f"{name}-{index}"))


RULES = (names_are_unique,)


@frozen
class AppClientsArgs:
    """App clients in addition to the browser's."""

    app_clients: Sequence[AppClientArgs] = field(
        default=(),
        metadata=checked(
            sized(0, 49),  # API Gateway: 50 audiences of a JWT authorizer; the browser's client is one
            example=[{"name": "nightly", "kind": "machine", "scopes": ["api/reports.read"]}],
        ),
    )
    """App clients in addition to the browser's, each with a name, a kind, URLs, scopes and lifetimes."""

    def __post_init__(self) -> None:
        validate(self, *RULES)


@frozen
class UserAccess:
    """How users sign in, whichever client they use."""

    providers: Sequence[str]
    password_sign_in: bool
    choice: bool
    write_attributes: Sequence[str]


@dataclass(frozen=True)
class Clients:
    """The additional clients by name."""

    users: Mapping[str, aws.cognito.UserPoolClient]
    machines: Mapping[str, aws.cognito.UserPoolClient]

    @property
    def all(self) -> Mapping[str, aws.cognito.UserPoolClient]:
        """Clients of users first, then machines."""
        return {**self.users, **self.machines}


def additional_clients(
    name: str, pool: aws.cognito.UserPool, args: AppClientsArgs, access: UserAccess, opts: pulumi.ResourceOptions
) -> Clients:
    """Make the additional clients. They change nothing in the pool, so one may go at any time."""
    users = {
        client.name: user_client(f"{name}-client-{client.name}", pool, client, access, opts)
        for client in args.app_clients
        if client.kind is not ClientKind.MACHINE
    }
    machines = {
        client.name: machine_client(f"{name}-client-{client.name}", pool, client, opts)
        for client in args.app_clients
        if client.kind is ClientKind.MACHINE
    }
    return Clients(users=users, machines=machines)


def user_client(
    name: str, pool: aws.cognito.UserPool, client: AppClientArgs, access: UserAccess, opts: pulumi.ResourceOptions
) -> aws.cognito.UserPoolClient:
    """Make a public client of browsers or native apps: no secret, code flow only."""
    return aws.cognito.UserPoolClient(
        name,
        user_pool_id=pool.id,
        generate_secret=False,  # whoever has the page or the app would have it too
        explicit_auth_flows=_flows(client, access),
        supported_identity_providers=list(access.providers),
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_flows=["code"],  # never implicit: its tokens travel in the address bar
        allowed_oauth_scopes=["openid", "email", "profile", *sorted(client.scopes)],
        callback_urls=list(client.callback_urls),
        logout_urls=list(client.logout_urls),
        write_attributes=list(access.write_attributes),
        refresh_token_rotation=_rotation(client),
        **_of_every_kind(client),
        opts=opts,
    )


def machine_client(
    name: str, pool: aws.cognito.UserPool, client: AppClientArgs, opts: pulumi.ResourceOptions
) -> aws.cognito.UserPoolClient:
    """Make a client with a secret, which acts for itself (client credentials) and signs nobody in."""
    return aws.cognito.UserPoolClient(
        name,
        user_pool_id=pool.id,
        generate_secret=True,
        explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],  # Cognito's default has flows of users, which it never uses
        supported_identity_providers=["COGNITO"],
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_flows=["client_credentials"],
        allowed_oauth_scopes=sorted(client.scopes),  # custom ones only: Cognito refuses OpenID Connect's here
        **_of_every_kind(client),
        opts=opts,
    )


def _flows(client: AppClientArgs, access: UserAccess) -> list[str]:
    # Cognito refuses a client that rotates and has the flow by which refresh tokens are used again ("Refresh token
    # rotation"): GetTokensFromRefreshToken and the token endpoint take its place.
    flows = ["ALLOW_USER_SRP_AUTH"]
    if not client.refresh_token_rotation:
        flows.append("ALLOW_REFRESH_TOKEN_AUTH")
    if access.choice:
        flows.append("ALLOW_USER_AUTH")
    if access.password_sign_in:
        flows.append("ALLOW_USER_PASSWORD_AUTH")
    return flows


def _rotation(client: AppClientArgs) -> aws.cognito.UserPoolClientRefreshTokenRotationArgs:
    """Return the rotation, off in words too: left out, Cognito keeps it and refuses the flow that comes back."""
    on = client.refresh_token_rotation
    return aws.cognito.UserPoolClientRefreshTokenRotationArgs(
        feature="ENABLED" if on else "DISABLED",
        retry_grace_period_seconds=client.refresh_grace_seconds if on else 0,
    )


class _CommonInputs(TypedDict):
    prevent_user_existence_errors: str
    enable_token_revocation: bool
    access_token_validity: int
    id_token_validity: int
    refresh_token_validity: int
    token_validity_units: aws.cognito.UserPoolClientTokenValidityUnitsArgs


def _of_every_kind(client: AppClientArgs) -> _CommonInputs:
    return {
        "prevent_user_existence_errors": "ENABLED",  # Cognito's own default tells strangers who has an account
        "enable_token_revocation": True,
        "access_token_validity": client.access_token_minutes,
        "id_token_validity": client.access_token_minutes,
        "refresh_token_validity": client.refresh_token_days,
        # Without units Cognito counts hours for access and ID tokens.
        "token_validity_units": aws.cognito.UserPoolClientTokenValidityUnitsArgs(
            access_token="minutes",  # noqa: S106 - a unit
            id_token="minutes",  # noqa: S106 - a unit
            refresh_token="days",  # noqa: S106 - a unit
        ),
    }
