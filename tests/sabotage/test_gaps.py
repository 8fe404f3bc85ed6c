"""What a sabotage got past every other test with."""

from __future__ import annotations

import pytest

from tests.pulumi_recorder import deployed, record_program


@pytest.mark.parametrize(("value", "word"), [("true", "ACTIVE"), ("false", "INACTIVE")])
def test_deletion_protection_is_what_the_setting_says(value: str, word: str) -> None:
    """The stacks here are both of the kind that may be lost, so only this sees the other kind deployed unprotected."""
    pool = record_program(deployed("dev", deletionProtection=value)).one("UserPool")

    assert pool.inputs["deletionProtection"] == word
    assert pool.protect is (value == "true")
