"""Answers to the Pulumi invokes of the program, which ask the provider for facts of the account."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stacks.command_line import CommandError

ACCOUNT = "000000000000"  # the emulator's only account

# The answers, by token, for an account.
_ANSWERS: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": lambda account: {
        "accountId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "userId": account,
    },
}


def answer(token: str, account: str = ACCOUNT) -> dict[str, Any]:
    """Answer a Pulumi invoke of the program. CommandError for an unknown one: an invented answer would be worse."""
    if token not in _ANSWERS:
        raise CommandError(f"{token} must have an answer: add one to _ANSWERS in stacks/invokes.py")
    return _ANSWERS[token](account)
