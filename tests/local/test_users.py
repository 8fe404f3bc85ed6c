"""Users that the commands create: whatever the pool's password policy, they can sign in."""

from __future__ import annotations

import re
from typing import Any

import pytest

from local.users import Users, new_password
from stacks.command_line import CommandError

LENGTHS = range(12, 100)  # what passwordMinimumLength may be


def outputs_with(outputs: dict[str, Any], cognito: Any, length: int) -> dict[str, Any]:
    """The outputs of a stack whose pool asks for passwords of this length."""
    policy = {"MinimumLength": length} | dict.fromkeys(
        ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols"), True
    )
    pool = cognito.create_user_pool(PoolName=f"length-{length}", Policies={"PasswordPolicy": policy})["UserPool"]
    return {**outputs, "userPoolId": pool["Id"], "signIn": {"passwordPolicy": {"minimumLength": length}}}


def test_users_follow_every_password_policy(outputs: dict[str, Any], cognito: Any) -> None:
    """`make up` creates the demo user; from 13 on the emulator's own temporary password would be too short."""
    for length in LENGTHS:
        made = outputs_with(outputs, cognito, length)
        assert Users(made, new_password(made), cognito).ensure("demo") == "demo"


@pytest.mark.parametrize("length", [0, 12, 20, 21, 99])
def test_password_has_all_that_a_policy_asks_for(length: int) -> None:
    """And no more characters than a person can copy, unless the pool asks for them."""
    password = new_password({"signIn": {"passwordPolicy": {"minimumLength": length}}})
    assert len(password) == max(20, length)
    assert all(re.search(kind, password) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[-_]"))


def test_raised_minimum_is_said(outputs: dict[str, Any], cognito: Any) -> None:
    """All users of a run have one password, which a change of the policy cannot lengthen."""
    made = outputs_with(outputs, cognito, 30)
    with pytest.raises(CommandError, match=r"passwordMinimumLength was raised to 30 .*; restart it"):
        Users(made, new_password(), cognito).ensure("late")
