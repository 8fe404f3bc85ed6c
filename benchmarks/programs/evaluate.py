"""Evaluate the whole program without creating anything. The argument is the number of routes."""

from __future__ import annotations

import sys
from typing import Any

import handler.routes
from handler.route import Route, table
from stacks.engine import Stack, evaluate

# Outputs that AWS computes and the program passes on.
_COMPUTED = ("arn", "apiEndpoint", "endpoint", "executionArn", "invokeArn", "name")


def main(routes: int) -> None:
    shipped = handler.routes.ROUTES
    if routes != len(shipped):
        handler.routes.ROUTES = table(*(_route(number) for number in range(routes)))
    created: list[str] = []

    def create(type_: str, name: str, inputs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        created.append(type_)
        return name, {**dict.fromkeys(_COMPUTED, name), **inputs}

    outputs = evaluate(Stack.load("local"), create)
    if not outputs["apiUrl"] or created.count("aws:apigatewayv2/route:Route") != routes:
        sys.exit(f"the program must create {routes} routes, got {created}")


def _route(number: int) -> Route:
    """Return a route for any user, for a scope or for a group, in turn."""
    scopes = (f"api/scope{number // 10}",) if number % 3 == 1 else ()
    groups = ("admin",) if number % 3 == 2 else ()
    like = handler.routes.ROUTES[0]
    return Route(
        key=f"GET /route{number}",
        call=like.call,
        summary=f"Route {number}",
        response=like.response,
        scopes=scopes,
        groups=groups,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
