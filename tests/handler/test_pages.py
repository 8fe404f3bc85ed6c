"""Cursors: opaque, and good for one caller on one route."""

from __future__ import annotations

import pytest

from handler import pages
from handler.errors import QueryInvalid
from handler.route import Caller, Request

ALICE, BOB = (Caller(name, name, "client", frozenset(), frozenset()) for name in ("alice", "bob"))


def asking(caller: Caller | None, key: str = "GET /things") -> Request[None]:
    return Request({"routeKey": key}, caller, None)


@pytest.mark.parametrize("place", ["1", "a\0b", "Zoë 🦊", "x" * 1_000])
@pytest.mark.parametrize("caller", [ALICE, None])
def test_cursor_leads_back_to_its_position(place: str, caller: Caller | None) -> None:
    """Whatever the sort key holds; and it fits into a query as it is."""
    cursor = pages.cursor(asking(caller), place)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert len(cursor) <= pages.LIMIT
    assert pages.position(asking(caller), cursor) == place


@pytest.mark.parametrize("other", [asking(BOB), asking(None), asking(ALICE, "GET /others")])
def test_cursor_of_another_caller_or_route_is_refused(other: Request[None]) -> None:
    """Nobody goes on in a list that was begun by somebody else."""
    with pytest.raises(QueryInvalid) as refused:
        pages.position(other, pages.cursor(asking(ALICE), "7"), "from")
    assert (refused.value.field, refused.value.rule) == ("from", "be the cursor of an earlier page")


def test_altered_cursor_is_refused() -> None:
    """At every character, and in every other spelling of the same bytes."""
    cursor = pages.cursor(asking(ALICE), "7")
    altered = {cursor[:at] + "A" + cursor[at + 1 :] for at in range(len(cursor))} - {cursor}
    for text in (*altered, "", "7", "=", f"{cursor}=", f"{cursor}A", cursor[:-1], f" {cursor}", "ü", "\0"):
        with pytest.raises(QueryInvalid):
            pages.position(asking(ALICE), text)
