"""The simulated crowd: the page has its figures, and the rules for signing keys hold in it."""

from __future__ import annotations

import pytest

from benchmarks.crowd import OUTAGE, ROTATION, TOKEN_LIFE, simulate
from handler.keys import BACKOFF_MOST, SOFT_AGE
from stacks import ROOT


@pytest.mark.parametrize("users", [10, 1_000, 100_000])
def test_page_has_the_figures(users: int) -> None:
    """A rule that changes changes them, and whoever plans by the page must see it."""
    seen = simulate(users)
    row = f"| {users:,} | " + " | ".join(f"{number:,}" for number in seen[:8]) + " |"
    assert row in (ROOT / "docs" / "scale.md").read_text()


def test_no_good_token_is_refused_and_the_endpoint_is_spared() -> None:
    """Neither an outage nor a rotation signs anybody out; and environments do not ask more often than their rules."""
    seen = simulate(100_000)
    assert seen.refused == 0
    assert seen.unavailable < seen.calls / 20
    assert abs(seen.unavailable - seen.repeated - seen.given_up) <= 1
    assert seen.given_up < seen.repeated / 10
    assert max(seen.by_minute) <= seen.environments * (60 / BACKOFF_MOST + 1)
    assert seen.after_outage <= seen.environments
    quiet = seen.by_minute[: OUTAGE.start // 60]
    assert sum(quiet) <= seen.environments * (2 + OUTAGE.start / SOFT_AGE)
    assert seen.most_in_a_second < seen.environments / 4  # no herd
    assert sum(seen.by_minute[ROTATION // 60 :]) < seen.environments * (2 + TOKEN_LIFE / SOFT_AGE)
