"""What one hostile request is: how it is built, what must answer it, and where it applies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.handler.events import Pairs, http_event
from tests.handler.signing import World

HELLO, REPORTS, ADMIN, HEALTH = "GET /hello", "GET /reports", "GET /admin", "GET /health"


@dataclass(frozen=True, kw_only=True)
class Line:
    """What the table of hostile requests says of one. `layer` is who must stop it: G gateway, H handler, B each."""

    id: str
    name: str
    title: str
    expected: tuple[int, ...] = (401,)
    layer: str = "B"

    def __str__(self) -> str:
        return f"{self.id}-{self.name}"


@dataclass(frozen=True, kw_only=True)
class Case(Line):
    """One hostile request.

    `headers`, `request` and `body` are what the client sends, so they serve a live API too; `event` and `jwks` bend
    what only a direct call of the handler can (the event's shape, the pool's key set), and so does `environment`.
    `needs_key` says that the pool's private key must sign it. `reason` is the handler's reason code. `gateway` are the
    statuses allowed end to end where they are not `expected`: the gateway may be first, or the wire may not carry the
    case as written. `milliseconds` is the processor time that the handler may spend.
    """

    headers: Callable[[World], Pairs]
    reason: str | tuple[str, ...] | None
    route: str = HELLO
    request: Callable[[World], str] | str = ""
    body: Callable[[World], str] | None = None
    claims: Mapping[str, Any] = field(default_factory=dict)
    event: Callable[[World, dict[str, Any]], Any] | None = None
    jwks: Callable[[World], list[Mapping[str, Any]]] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    needs_key: bool = False
    unsendable: bool = False
    gateway: tuple[int, ...] = ()
    milliseconds: float | None = None

    @property
    def handler_only(self) -> bool:
        """No HTTP client and no gateway can bring this about."""
        return bool(self.event or self.jwks or self.environment or self.unsendable)

    @property
    def end_to_end(self) -> tuple[int, ...]:
        """The statuses that a live API may answer with."""
        return self.gateway or self.expected

    @property
    def reasons(self) -> tuple[str | None, ...]:
        return self.reason if isinstance(self.reason, tuple) else (self.reason,)

    def request_line(self, world: World) -> str:
        """Method and target as the client sends them."""
        return (self.request if isinstance(self.request, str) else self.request(world)) or self.route

    def build(self, world: World) -> Any:
        """The event for a direct call.

        Its authorizer context vouches for an administrator with every scope: the handler has to hold without the
        gateway, and must not believe it.
        """
        event = http_event(
            self.route,
            self.headers(world),
            claims={**world.claims(), "cognito:groups": ["admin"], "scope": "api/reports.read", **self.claims},
            request=self.request_line(world),
            body=self.body(world) if self.body is not None else None,
        )
        return self.event(world, event) if self.event is not None else event


def bearer(token: str) -> Pairs:
    return [("Authorization", f"Bearer {token}")]


def token_case(
    id: str,  # noqa: A002 - the field's name
    name: str,
    title: str,
    token: Callable[[World], str],
    reason: str | tuple[str, ...] | None,
    **more: Any,
) -> Case:
    """A case whose request is an ordinary one, with this token in it."""
    return Case(id=id, name=name, title=title, headers=lambda world: bearer(token(world)), reason=reason, **more)


def claims_case(
    id: str,  # noqa: A002 - the field's name
    name: str,
    title: str,
    changes: Mapping[str, Any] | Callable[[World], Mapping[str, Any]],
    reason: str | tuple[str, ...] | None,
    **more: Any,
) -> Case:
    """A case whose access token has these claims otherwise, really signed by the pool's key."""

    def token(world: World) -> str:
        return world.signed(payload=world.claims(**(changes(world) if callable(changes) else changes)))

    return token_case(id, name, title, token, reason, needs_key=True, **more)


def header_case(
    id: str,  # noqa: A002 - the field's name
    name: str,
    title: str,
    changes: Mapping[str, Any] | Callable[[World], Mapping[str, Any]],
    reason: str | tuple[str, ...] | None = "header_invalid",
    *,
    needs_key: bool = True,
    **more: Any,
) -> Case:
    """A case whose JOSE header is otherwise, signed by the pool's key (`needs_key`) or by the best key at hand."""

    def token(world: World) -> str:
        header = world.header(**(changes(world) if callable(changes) else changes))
        return world.signed(header) if needs_key else world.strongest(header)

    return token_case(id, name, title, token, reason, needs_key=needs_key, **more)
