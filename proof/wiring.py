"""Compare the deployed API, as API Gateway describes it, with the route table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from proof.access import Access, Table, Throttle, any_of
from proof.aws import client_of
from proof.target import Target
from stacks.command_line import CommandError

_DENIED = {"AccessDeniedException", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId"}


class UnreadableError(Exception):
    """The deployed API cannot be read, so the comparison proves nothing. The text says why."""


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """One difference between the deployed API and the program."""

    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.text}"


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """An HTTP API as `apigatewayv2` describes it; members as in AWS's own answers."""

    api: Mapping[str, Any]
    routes: Sequence[Mapping[str, Any]]
    authorizers: Mapping[str, Mapping[str, Any]]
    integrations: Mapping[str, Mapping[str, Any]]
    stages: Mapping[str, Mapping[str, Any]]


def deviations(target: Target, table: Table) -> list[Deviation]:
    """Return every difference between the deployed API and the table. UnreadableError if the API cannot be read."""
    return list(compared(read(target), target, table))


def read(target: Target) -> Deployed:
    """Read the deployed API, without changing it. UnreadableError if these credentials cannot."""
    if target.api_id is None:
        raise UnreadableError(f"{target.api_url} does not name the API's id, as behind a custom domain")
    try:
        client = client_of(target, "apigatewayv2")
        api = client.get_api(ApiId=target.api_id)
        routes, authorizers, integrations, stages = (
            [item for page in client.get_paginator(name).paginate(ApiId=target.api_id) for item in page["Items"]]
            for name in ("get_routes", "get_authorizers", "get_integrations", "get_stages")
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NotFoundException":
            raise UnreadableError(f"these credentials see no API {target.api_id} in {target.region}") from None
        if code in _DENIED:
            raise UnreadableError(f"these credentials may not read the API ({code})") from None
        raise UnreadableError(f"AWS refuses: {' '.join(str(error).split())}") from None
    except CommandError as error:
        raise UnreadableError(str(error)) from None
    except BotoCoreError as error:
        raise UnreadableError(f"AWS cannot be asked: {' '.join(str(error).split())}") from None
    return Deployed(
        api=api,
        routes=routes,
        authorizers={each["AuthorizerId"]: each for each in authorizers},
        integrations={each["IntegrationId"]: each for each in integrations},
        stages={each["StageName"]: each for each in stages},
    )


def compared(deployed: Deployed, target: Target, table: Table) -> Iterator[Deviation]:
    """Yield every difference, routes first."""
    found = {route["RouteKey"]: route for route in deployed.routes}
    for route in table.routes:
        if route.key in found:
            yield from _of_route(route, found[route.key], deployed)
        else:
            yield Deviation(subject=route.key, text="is missing, though the route table has it")
    known = {route.key for route in table.routes}
    for key, other in found.items():
        if key not in known:
            kind = other.get("AuthorizationType", "NONE")
            yield Deviation(
                subject=key, text=f"exists, though the route table has no such route (authorization {kind})"
            )
    for authorizer in deployed.authorizers.values():
        yield from _of_authorizer(authorizer, target)
    yield from _of_cors(deployed.api.get("CorsConfiguration"), target)
    yield from _of_stages(deployed.stages, target, table)


def _of_route(route: Access, found: Mapping[str, Any], deployed: Deployed) -> Iterator[Deviation]:
    def deviation(text: str) -> Deviation:
        return Deviation(subject=route.key, text=text)

    wanted, kind = "NONE" if route.public else "JWT", found.get("AuthorizationType", "NONE")
    authorizer_id = found.get("AuthorizerId")
    if kind != wanted:
        words = "is open" if kind == "NONE" else "is not checked as it should be"
        yield deviation(f"{words}: authorization is {kind}, the route table says {wanted}")
    elif kind == "JWT" and authorizer_id not in deployed.authorizers:
        yield deviation(
            "has no authorizer" if not authorizer_id else f"has an authorizer that is gone ({authorizer_id})"
        )
    dropped, added = _difference(route.scopes, found.get("AuthorizationScopes") or ())
    if kind == "JWT" and dropped:
        yield deviation(f"lacks scope {any_of(dropped)}")
    if kind == "JWT" and added:
        words = "is also open to" if route.scopes else "asks for"
        yield deviation(f"{words} scope {any_of(added)}, which the route table does not name")
    integration = deployed.integrations.get(str(found.get("Target", "")).removeprefix("integrations/"), {})
    if (integration.get("IntegrationType"), integration.get("PayloadFormatVersion")) != ("AWS_PROXY", "2.0"):
        yield deviation("does not lead to a function with payload format 2.0")


def _of_authorizer(authorizer: Mapping[str, Any], target: Target) -> Iterator[Deviation]:
    def deviation(text: str) -> Deviation:
        return Deviation(subject=f"authorizer {authorizer.get('Name', '')}".strip(), text=text)

    if authorizer.get("AuthorizerType") != "JWT":
        yield deviation(f"type is {authorizer.get('AuthorizerType')}, and no route is to have that")
        return
    jwt = authorizer.get("JwtConfiguration") or {}
    if jwt.get("Issuer") != target.issuer:
        yield deviation(f"issuer is {jwt.get('Issuer')}, not the stack's {target.issuer}")
    missing, foreign = _difference(target.client_ids[:1], jwt.get("Audience") or ())
    if missing:
        yield deviation(f"audience {any_of(missing)} is missing, the stack's own app client")
    foreign -= {*target.client_ids, *(target.expected.resources if target.expected else ())}
    if foreign:
        yield deviation(f"audience {any_of(foreign)} is foreign: no app client in the stack's outputs")
    if list(authorizer.get("IdentitySource") or ()) != ["$request.header.Authorization"]:
        sources = ", ".join(authorizer.get("IdentitySource") or ()) or "nowhere"
        yield deviation(f"takes the token from {sources}, not from the Authorization header alone")


def _of_cors(cors: Mapping[str, Any] | None, target: Target) -> Iterator[Deviation]:
    def deviation(text: str) -> Deviation:
        return Deviation(subject="CORS", text=text)

    cors = cors or {}
    for name, what in (("AllowOrigins", "origin"), ("AllowMethods", "method"), ("AllowHeaders", "header")):
        wild = [value for value in cors.get(name) or () if "*" in value]
        if wild:
            yield deviation(f"any {what} is allowed ({any_of(wild)})")
    if cors.get("AllowCredentials"):
        yield deviation("credentials are allowed, though the token travels in a header")
    if target.expected is not None:
        missing, added = _difference(target.expected.origins, cors.get("AllowOrigins") or ())
        if missing:
            yield deviation(f"origin {any_of(missing)} is missing, which Pulumi.{target.expected.stack}.yaml allows")
        added = {origin for origin in added if "*" not in origin}
        if added:
            yield deviation(f"origin {any_of(added)} is allowed, and not by Pulumi.{target.expected.stack}.yaml")


def _of_stages(stages: Mapping[str, Mapping[str, Any]], target: Target, table: Table) -> Iterator[Deviation]:
    def deviation(text: str) -> Deviation:
        return Deviation(subject="stage", text=text)

    if set(stages) != {"$default"}:
        yield deviation(f"must be $default and no other, got {', '.join(sorted(stages)) or 'none'}")
    stage = stages.get("$default", {})
    limits = {"every route": (target.expected.throttle if target.expected else None, stage.get("DefaultRouteSettings"))}
    own = stage.get("RouteSettings") or {}
    limits |= {route.key: (route.throttle, own.get(route.key)) for route in table.routes if route.throttle is not None}
    for subject, (wanted, settings) in limits.items():
        rate, burst = ((settings or {}).get(f"Throttling{name}Limit") for name in ("Rate", "Burst"))
        found = None if rate is None or burst is None else Throttle(rate=rate, burst=int(burst))
        if stage and (found is None or (wanted is not None and found != wanted)):
            instead = f", not {wanted}" if wanted is not None else ""
            yield deviation(f"throttle of {subject} is {found or 'missing'}{instead}")


def _difference(wanted: Sequence[str], found: Sequence[str]) -> tuple[set[str], set[str]]:
    """Return the missing names and the additional ones."""
    return set(wanted) - set(found), set(found) - set(wanted)
