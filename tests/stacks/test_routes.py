"""Choosing a route to call: commands must work with a team's own route table, whatever it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import make_dataclass
from typing import TypedDict

import pytest

from handler.route import Route
from stacks.routes import MISSING, group_route, path_of, public_route, scoped_route, signed_in_route

Choice = Callable[[Iterable[Route]], Route | None]


class Empty(TypedDict):
    pass


def route(key: str, *, public: bool = False, scopes: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> Route:
    kind = make_dataclass("At", [("id", str)], frozen=True) if "{" in key else None
    return Route(
        key=key,
        parameters=kind,
        call=lambda _: {},
        summary="",
        response=Empty,
        public=public,
        scopes=scopes,
        groups=groups,
    )


ROUTES = (
    route("POST /orders", public=True),
    route("GET /products/{id}", public=True),
    route("GET /status", public=True),
    route("GET /both", scopes=("api/a",), groups=("staff",)),
    route("GET /orders/{id}"),
    route("GET /staff", groups=("staff",)),
    route("GET /export", scopes=("api/export",)),
    route("GET /me"),
    route("GET /also-me"),
)


@pytest.mark.parametrize(
    ("choose", "key"),
    [
        (public_route, "GET /status"),
        (signed_in_route, "GET /me"),
        (scoped_route, "GET /export"),
        (group_route, "GET /staff"),
    ],
)
def test_first_route_of_the_kind_is_chosen(choose: Choice, key: str) -> None:
    """A call must change nothing and need no variable, and the kind must be that and nothing more."""
    found = choose(ROUTES)
    assert found is not None
    assert found.key == key
    assert choose([each for each in ROUTES if each.key not in {key, "GET /also-me"}]) is None


def test_path_is_what_follows_the_method() -> None:
    """Callers put it behind the API's URL."""
    assert path_of(route("GET /products/{id}")) == "/products/{id}"


def test_every_kind_has_words_for_its_absence() -> None:
    """A check that cannot be made must say why."""
    assert {"public", "signed-in", "scoped", "group"} == set(MISSING)
