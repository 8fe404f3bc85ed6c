"""The log line's time: Lambda sorts and filters by it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from handler import logs


@pytest.mark.parametrize("now", [0.0, 1_799_999_999.0004, 1_799_999_999.9994, 1_800_000_000.0, 1_800_000_000.25])
def test_timestamp_is_the_moment_to_the_millisecond(
    now: float, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In UTC, also in the second after one that is remembered."""
    for moment in (now, now + 1):
        monkeypatch.setattr(logs.time, "time", lambda moment=moment: moment)
        logs.write("INFO", "INFO", "id", None, 200, 1.0)
        logged = datetime.fromisoformat(json.loads(capsys.readouterr().out)["timestamp"])
        assert logged.tzinfo == UTC
        assert 0 <= moment - logged.timestamp() < 0.001 + 1e-6
