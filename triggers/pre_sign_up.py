"""Pre-sign-up trigger: only email addresses of the listed domains may have an account.

Cognito calls it for sign-up, for the first sign-in through an identity provider, and for users that administrators
create.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from triggers.logs import write


class SignUpRefused(Exception):  # noqa: N818 - a refusal says what it is
    """Cognito refuses the user and shows this text to the client. It must not name the accepted domains."""


def is_listed(email: object, domains: Iterable[str]) -> bool:
    """Return whether the address is at one of the domains, in any case.

    `domains` are lower case. A domain with other characters than ASCII is never listed: some fold to ASCII letters.
    """
    if not isinstance(email, str):
        return False
    person, _, domain = email.partition("@")  # a second @ is part of the domain, which is then not listed
    return bool(person) and domain.isascii() and domain.lower() in set(domains)


def lambda_handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Return the event without any confirmation or verification. SignUpRefused for an unlisted address."""
    email = event["request"]["userAttributes"].get("email")
    if not is_listed(email, json.loads(os.environ["SIGN_UP_EMAIL_DOMAINS"])):
        write("WARNING", event, "refused", reason="email_absent" if email is None else "domain_not_listed")
        raise SignUpRefused("this email address may not have an account here")
    event["response"] = {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}
    write("INFO", event, "accepted")
    return event
