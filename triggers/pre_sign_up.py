"""Before Cognito makes a user: only addresses of the listed domains may have an account.

Cognito asks for every way in: sign-up, the first sign-in through an identity provider, and users that administrators
create.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from triggers.logs import write


class SignUpRefused(Exception):  # noqa: N818 - a refusal says what it is
    """Cognito refuses the user, and shows the client this text; it must not say which domains would do."""


def is_listed(email: object, domains: Iterable[str]) -> bool:
    """Whether the address is at exactly one of the domains, upper and lower case alike.

    `domains` are lower case. An address in other characters than ASCII is never listed: some of them fold to letters.
    """
    if not isinstance(email, str):
        return False
    person, _, domain = email.partition("@")  # a second @ is part of the domain, and so listed nowhere
    return bool(person) and domain.isascii() and domain.lower() in set(domains)


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """The event, which confirms and verifies nothing; SignUpRefused for an address that is not listed."""
    email = event["request"]["userAttributes"].get("email")
    if not is_listed(email, json.loads(os.environ["SIGN_UP_EMAIL_DOMAINS"])):
        write("WARNING", event, "refused", reason="email_absent" if email is None else "domain_not_listed")
        raise SignUpRefused("this email address may not have an account here")
    event["response"] = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
    write("INFO", event, "accepted")
    return event
